"""Relay and workers on a real Redis: quick, fair, and unmoved by a Redis that forgets or goes away."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cartera.db.doorbell import Doorbell
from cartera.db.outbox import tell_screens
from cartera.db.session import Database
from cartera.db.tables.outbox import Outbox
from cartera.rules.outbox import ChangeKind, Lane
from cartera.servers import Servers
from cartera.settings import Settings
from jobs.context import Job, JobContext
from jobs.relay import Relay, queue_of, screens_channel
from jobs.runner import Runner
from jobs.worker import LaneWorker, redis_pool
from tests.conftest import MovableClock
from tests.factories import Factory
from tests.jobs.redis_line import RedisLine

SHORT = timedelta(seconds=0.5)


class Shop:
    """A relay and its workers, running. ``done`` counts effects by number."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.order: list[str] = []
        self.job_seconds = 0.0
        self.all_done = asyncio.Event()
        self.expected = 0

    async def work(self, ctx: JobContext, number: str) -> None:
        await asyncio.sleep(self.job_seconds)
        async with ctx.finish():
            pass
        self.done[number] += 1
        self.order.append(number)
        if len(self.done) >= self.expected:
            self.all_done.set()

    async def wait_for(self, expected: int, seconds: float = 30.0) -> None:
        self.expected = expected
        if len(self.done) < expected:
            self.all_done.clear()
            await asyncio.wait_for(self.all_done.wait(), seconds)

    @asynccontextmanager
    async def open(
        self, db: Database, engine: AsyncEngine, url: str, clock: MovableClock, settings: Settings
    ) -> AsyncIterator[Relay]:
        redis = redis_pool(url)
        jobs: dict[str, Job] = {"work": self.work}
        runner = Runner(db, clock, settings, jobs, lease=SHORT)
        lanes = [LaneWorker(lane, 2, redis, runner) for lane in (Lane.MONEY, Lane.INTERACTIVE, Lane.BULK)]
        room = {Lane.MONEY: 20, Lane.INTERACTIVE: 8, Lane.BULK: 8}
        relay = Relay(engine, redis, clock, room, run_lease=SHORT)
        tasks = [asyncio.create_task(part()) for part in (relay.run, *(lane.run for lane in lanes))]
        try:
            yield relay
        finally:
            await asyncio.gather(*(lane.stop() for lane in lanes))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await redis.aclose(close_connection_pool=True)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def ringing(database: Servers, redis: Redis) -> AsyncIterator[Database]:
    opened = Database(database.app, ring=Doorbell(redis).ring)
    yield opened
    await opened.close()


async def put(db: Database, factory: Factory, *numbers: str, lane: Lane = Lane.MONEY) -> None:
    async with db.write(factory.system, factory.now) as tx:
        for number in numbers:
            tx.later(lane, "work", key=number, number=number)


async def pending(factory: Factory) -> int:
    async with factory.read() as tx:
        return len(list(await tx.session.scalars(select(Outbox.id).where(Outbox.done_at.is_(None)))))


async def test_a_ring_brings_an_effect_about_at_once(
    factory: Factory,
    ringing: Database,
    relay_engine: AsyncEngine,
    redis_url: str,
    clock: MovableClock,
    settings: Settings,
) -> None:
    shop = Shop()
    async with shop.open(ringing, relay_engine, redis_url, clock, settings):
        await put(ringing, factory, "warm")
        await shop.wait_for(1)
        waits = []
        for number in range(8):
            await asyncio.sleep(0.15)
            began = time.monotonic()
            await put(ringing, factory, str(number))
            await shop.wait_for(number + 2)
            waits.append(time.monotonic() - began)
    assert sorted(waits)[4] < 0.3, waits


async def test_without_a_ring_the_outbox_is_looked_into_every_second(
    factory: Factory,
    db: Database,
    relay_engine: AsyncEngine,
    redis_url: str,
    clock: MovableClock,
    settings: Settings,
) -> None:
    shop = Shop()
    async with shop.open(db, relay_engine, redis_url, clock, settings):
        await asyncio.sleep(0.3)
        await put(db, factory, "1")
        await shop.wait_for(1, seconds=3)
    assert shop.done == {"1": 1}


async def test_flushall_loses_nothing_and_doubles_nothing(
    factory: Factory,
    ringing: Database,
    relay_engine: AsyncEngine,
    redis_url: str,
    redis: Redis,
    clock: MovableClock,
    settings: Settings,
) -> None:
    shop = Shop()
    shop.job_seconds = 0.01
    numbers = [f"{n:03}" for n in range(100)]
    async with shop.open(ringing, relay_engine, redis_url, clock, settings):
        await put(ringing, factory, *numbers)
        for _ in range(2):
            await asyncio.sleep(0.3)
            assert len(shop.done) < len(numbers), "too quick for the test to mean anything"
            await redis.flushall()
        await shop.wait_for(len(numbers))
    assert shop.done == dict.fromkeys(numbers, 1)
    assert await pending(factory) == 0


async def test_a_redis_that_goes_away_is_waited_for(
    factory: Factory,
    db: Database,
    relay_engine: AsyncEngine,
    redis_url: str,
    clock: MovableClock,
    settings: Settings,
) -> None:
    shop = Shop()
    async with (
        RedisLine(redis_url) as line,
        shop.open(db, relay_engine, line.url, clock, settings),
    ):
        await put(db, factory, "before")
        await shop.wait_for(1)
        line.cut()
        await put(db, factory, "while")
        await asyncio.sleep(1.5)
        assert shop.done == {"before": 1}
        line.mend()
        await shop.wait_for(2)
        await put(db, factory, "after")
        await shop.wait_for(3)
    assert shop.done == dict.fromkeys(("before", "while", "after"), 1)


async def test_a_booking_does_not_wait_behind_reminders_nor_one_organization_behind_another(
    factory: Factory,
    db: Database,
    relay_engine: AsyncEngine,
    redis_url: str,
    redis: Redis,
    clock: MovableClock,
    settings: Settings,
) -> None:
    small = await factory.other()
    await put(db, factory, *(f"bulk{n:03}" for n in range(300)), lane=Lane.BULK)
    shop = Shop()
    shop.job_seconds = 0.05
    async with shop.open(db, relay_engine, redis_url, clock, settings):
        await shop.wait_for(1)
        assert int(await redis.zcard(queue_of(Lane.BULK))) <= 8, "the crowd waits in PostgreSQL, not in Redis"
        await put(db, factory, "booking")
        await put(db, small, "small", lane=Lane.BULK)
        await shop.wait_for(80)
    assert shop.order.index("booking") < 60
    assert shop.order.index("small") < 60


async def test_screens_hear_of_a_change_after_commit_and_only_their_own(
    factory: Factory,
    ringing: Database,
    relay_engine: AsyncEngine,
    redis_url: str,
    redis: Redis,
    clock: MovableClock,
    settings: Settings,
) -> None:
    customer = await factory.customer()
    other = await factory.other()
    async with (
        Shop().open(ringing, relay_engine, redis_url, clock, settings),
        redis.pubsub() as mine,
        redis.pubsub() as theirs,
    ):
        await mine.subscribe(screens_channel(factory.organization_id))
        await theirs.subscribe(screens_channel(other.organization_id))
        for pubsub in (mine, theirs):
            await pubsub.get_message(timeout=1)
        async with ringing.write(factory.system, factory.now) as tx:
            tell_screens(tx, ChangeKind.PAYMENT, UUID(int=7), customer.id)
        heard = await mine.get_message(ignore_subscribe_messages=True, timeout=3)
        assert heard is not None
        assert json.loads(heard["data"]) == {
            "kind": "payment",
            "node_id": str(UUID(int=7)),
            "customer_id": str(customer.id),
        }
        assert await theirs.get_message(ignore_subscribe_messages=True, timeout=0.2) is None
        await asyncio.sleep(0.1)
    async with factory.read() as tx:
        assert list(await tx.session.scalars(select(Outbox))) == []


async def test_a_booking_goes_through_while_redis_is_away(factory: Factory, database: Servers) -> None:
    nowhere = Redis.from_url("redis://127.0.0.1:1")
    opened = Database(database.app, ring=Doorbell(nowhere).ring)
    began = time.monotonic()
    await put(opened, factory, "1")
    assert time.monotonic() - began < 1
    assert await pending(factory) == 1
    await opened.close()
    await nowhere.aclose()
