"""The outbox's promises, on the relay's own role: once, in order of lanes, fair, and nothing lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cartera.db import outbox
from cartera.db.queries import outbox as queries
from cartera.db.session import Database
from cartera.db.tables.customers import Customer
from cartera.db.tables.outbox import Outbox
from cartera.errors import refuse
from cartera.rules.outbox import MAX_ATTEMPTS, ChangeKind, Lane, wait_after
from cartera.settings import Settings
from jobs.context import JobContext
from jobs.runner import Runner
from tests.conftest import MovableClock
from tests.factories import Factory

LEASE = timedelta(minutes=1)


async def put(factory: Factory, *keys: str, lane: Lane = Lane.MONEY, kind: str = "work") -> None:
    async with factory.write() as tx:
        for key in keys:
            tx.later(lane, kind, key=key, number=key)


async def claim(engine: AsyncEngine, factory: Factory, limit: int = 100) -> list[queries.Claimed]:
    async with engine.begin() as connection:
        return await queries.claim(connection, factory.organization_id, Lane.MONEY, factory.now, limit, LEASE)


async def rows(factory: Factory) -> list[Outbox]:
    async with factory.read() as tx:
        return list(await tx.session.scalars(select(Outbox).order_by(Outbox.key)))


async def expire_leases(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await queries.cut_leases(connection, timedelta(seconds=-1))


async def test_a_refused_transaction_leaves_no_effect(factory: Factory) -> None:
    with pytest.raises(Exception, match="NO"):
        async with factory.write() as tx:
            tx.later(Lane.MONEY, "work", key="1")
            raise refuse("NO")
    assert await rows(factory) == []


async def test_what_several_notice_is_put_in_once(factory: Factory) -> None:
    for _ in range(2):
        async with factory.write() as tx:
            await outbox.later_once(tx, Lane.BULK, "work", key="day", number="1")
    assert [row.key for row in await rows(factory)] == ["work:day"]


async def test_a_claim_takes_the_oldest_and_no_more_than_its_limit(
    factory: Factory, relay_engine: AsyncEngine
) -> None:
    await put(factory, *(f"{n:03}" for n in range(300)))
    assert [row.key for row in await claim(relay_engine, factory, 3)] == ["work:000", "work:001", "work:002"]
    assert len(await claim(relay_engine, factory, 8)) == 8


async def test_four_relays_claim_every_row_once(factory: Factory, relay_engine: AsyncEngine) -> None:
    await put(factory, *(f"{n:03}" for n in range(200)))

    async def relay() -> list[str]:
        claimed: list[str] = []
        while got := await claim(relay_engine, factory, 7):
            claimed += [row.key for row in got]
        return claimed

    parts = await asyncio.gather(*(relay() for _ in range(4)))
    assert Counter(key for part in parts for key in part) == Counter(f"work:{n:03}" for n in range(200))


async def test_what_is_planned_for_later_waits(factory: Factory, relay_engine: AsyncEngine) -> None:
    async with factory.write() as tx:
        tx.later(Lane.MONEY, "work", key="later", run_at=factory.now + timedelta(seconds=1))
    assert await claim(relay_engine, factory) == []
    async with relay_engine.begin() as connection:
        assert (await queries.due(connection, factory.now))[Lane.MONEY] == []
        assert (await queries.due(connection, factory.now + timedelta(seconds=1)))[Lane.MONEY] == [
            factory.organization_id
        ]


async def test_the_relay_sees_the_outbox_of_all_and_nothing_else(
    factory: Factory, relay_engine: AsyncEngine
) -> None:
    other = await factory.other()
    await put(factory, "1")
    await put(other, "1")
    async with relay_engine.begin() as connection:
        found = (await queries.due(connection, factory.now))[Lane.MONEY]
        assert set(found) == {factory.organization_id, other.organization_id}
    with pytest.raises(DBAPIError, match="permission denied"):
        async with relay_engine.begin() as connection:
            await connection.execute(select(Customer.name))
    with pytest.raises(DBAPIError, match="permission denied"):
        async with relay_engine.begin() as connection:
            await connection.execute(update(Outbox).values(payload={}))


async def test_a_claim_that_is_released_costs_no_attempt(factory: Factory, relay_engine: AsyncEngine) -> None:
    await put(factory, "1")
    async with relay_engine.begin() as connection:
        await queries.release(
            connection,
            await queries.claim(connection, factory.organization_id, Lane.MONEY, factory.now, 1, LEASE),
        )
    (row,) = await rows(factory)
    assert (row.attempts, row.lease_until) == (0, None)


class Jobs:
    """Jobs that count their effects and do as the test says."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fail: Exception | None = None

    async def work(self, ctx: JobContext, number: str) -> None:
        if self.fail:
            raise self.fail
        async with ctx.finish():
            self.done.append(number)


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def runner(db: Database, clock: MovableClock, settings: Settings, jobs: Jobs) -> Runner:
    return Runner(db, clock, settings, {"work": jobs.work})


async def test_a_row_handed_over_twice_acts_once(
    factory: Factory, relay_engine: AsyncEngine, runner: Runner, jobs: Jobs
) -> None:
    await put(factory, "1")
    (row,) = await claim(relay_engine, factory)
    await asyncio.gather(*(runner.run(row.organization_id, row.id, row.attempts) for _ in range(3)))
    assert jobs.done == ["1"]
    (kept,) = await rows(factory)
    assert (kept.done_at, kept.failure, kept.lease_until) == (factory.now, None, None)


async def test_an_older_attempt_does_nothing(
    factory: Factory, relay_engine: AsyncEngine, runner: Runner, jobs: Jobs
) -> None:
    await put(factory, "1")
    (first,) = await claim(relay_engine, factory)
    await expire_leases(relay_engine)
    (second,) = await claim(relay_engine, factory)
    assert (first.attempts, second.attempts) == (1, 2)
    await runner.run(first.organization_id, first.id, first.attempts)
    assert jobs.done == []
    await runner.run(second.organization_id, second.id, second.attempts)
    assert jobs.done == ["1"]


async def test_a_job_that_was_overtaken_while_it_ran_changes_nothing(
    factory: Factory, relay_engine: AsyncEngine, db: Database, clock: MovableClock, settings: Settings
) -> None:
    await put(factory, "1")
    (row,) = await claim(relay_engine, factory)

    async def slow(ctx: JobContext, number: str) -> None:
        await expire_leases(relay_engine)
        assert len(await claim(relay_engine, factory)) == 1
        async with ctx.finish() as tx:
            tx.later(Lane.BULK, "effect", key=number)

    await Runner(db, clock, settings, {"work": slow}).run(row.organization_id, row.id, row.attempts)
    assert [(kept.key, kept.done_at) for kept in await rows(factory)] == [("work:1", None)]


async def test_a_failure_is_kept_and_tried_again_later_and_later(
    factory: Factory, relay_engine: AsyncEngine, runner: Runner, jobs: Jobs, clock: MovableClock
) -> None:
    jobs.fail = RuntimeError("no luck")
    await put(factory, "1")
    waits = []
    for _ in range(MAX_ATTEMPTS):
        async with relay_engine.begin() as connection:
            (row,) = await queries.claim(
                connection, factory.organization_id, Lane.MONEY, clock.now(), 1, LEASE
            )
        await runner.run(row.organization_id, row.id, row.attempts)
        (kept,) = await rows(factory)
        waits.append(kept.run_at - clock.now())
        clock.set(kept.run_at)
    assert waits[:4] == [timedelta(seconds=seconds) for seconds in (5, 10, 20, 40)]
    assert max(waits) == timedelta(minutes=10) == wait_after(MAX_ATTEMPTS - 1)
    assert kept.failure == "RuntimeError: no luck"
    assert kept.done_at is not None, "given up, for a person to look at"
    assert await claim(relay_engine, factory) == []


async def test_what_a_service_refuses_is_not_tried_again(
    factory: Factory, relay_engine: AsyncEngine, runner: Runner, jobs: Jobs
) -> None:
    jobs.fail = refuse("NOT_FOUND")
    await put(factory, "1")
    (row,) = await claim(relay_engine, factory)
    await runner.run(row.organization_id, row.id, row.attempts)
    (kept,) = await rows(factory)
    assert (kept.done_at, kept.failure) == (factory.now, "Refused: NOT_FOUND")


async def test_a_running_job_keeps_its_lease(
    factory: Factory, relay_engine: AsyncEngine, db: Database, clock: MovableClock, settings: Settings
) -> None:
    await put(factory, "1")
    (row,) = await claim(relay_engine, factory)

    async def slow(ctx: JobContext, number: str) -> None:
        await asyncio.sleep(1.2)
        assert await claim(relay_engine, factory) == [], "silent for longer than its lease, but renewed"

    lease = timedelta(seconds=0.6)
    await Runner(db, clock, settings, {"work": slow}, lease=lease).run(
        row.organization_id, row.id, row.attempts
    )
    (kept,) = await rows(factory)
    assert (kept.failure, kept.done_at) == (None, factory.now)


async def test_a_job_that_kills_its_worker_every_time_is_given_up(
    factory: Factory, relay_engine: AsyncEngine
) -> None:
    await put(factory, "1")
    for attempt in range(1, MAX_ATTEMPTS + 1):
        (row,) = await claim(relay_engine, factory)
        assert row.attempts == attempt
        await expire_leases(relay_engine)
    assert await claim(relay_engine, factory) == []
    async with relay_engine.begin() as connection:
        assert await queries.give_up(connection, factory.now) == 1
    (kept,) = await rows(factory)
    assert (kept.done_at, kept.failure) == (factory.now, "every attempt ended without an answer")


async def test_done_rows_are_shed_and_failures_kept(
    factory: Factory, relay_engine: AsyncEngine, runner: Runner, jobs: Jobs
) -> None:
    await put(factory, "done")
    (row,) = await claim(relay_engine, factory)
    await runner.run(row.organization_id, row.id, row.attempts)
    jobs.fail = refuse("NO")
    await put(factory, "failed")
    (row,) = await claim(relay_engine, factory)
    await runner.run(row.organization_id, row.id, row.attempts)
    await put(factory, "waiting")
    hour, month = timedelta(hours=1), timedelta(days=30)

    async def shed_at(later: timedelta) -> list[str]:
        now = factory.now + later
        async with relay_engine.begin() as connection:
            await queries.shed(connection, now - hour, now - month)
        return [kept.key for kept in await rows(factory)]

    assert await shed_at(hour) == ["work:done", "work:failed", "work:waiting"]
    assert await shed_at(hour * 2) == ["work:failed", "work:waiting"]
    assert await shed_at(month * 2) == ["work:waiting"]


async def test_screens_are_told_ids_only(factory: Factory) -> None:
    customer = await factory.customer()
    async with factory.write() as tx:
        outbox.tell_screens(tx, ChangeKind.PAYMENT, UUID(int=7), customer.id)
    (row,) = await rows(factory)
    assert (row.lane, row.kind) == ("screens", "changed")
    assert row.payload == {
        "change": "payment",
        "node_id": "00000000-0000-0000-0000-000000000007",
        "customer_id": str(customer.id),
    }


async def test_steps_at_once_hold_the_row_while_its_lease_goes_on(
    factory: Factory, relay_engine: AsyncEngine
) -> None:
    await put(factory, "1")
    (claimed,) = await claim(relay_engine, factory)
    (row,) = await rows(factory)

    async def step() -> bool:
        async with factory.write() as tx:
            return await outbox.hold_current(tx, row.key, claimed.attempts, shared=True)

    async with factory.write() as held:
        assert await outbox.hold_current(held, row.key, claimed.attempts, shared=True)
        assert await step()
        await expire_leases(relay_engine)
        # Nobody takes over what is being worked on.
        assert await claim(relay_engine, factory) == []
        async with factory.write() as tx:
            await outbox.renew(tx, row.id, claimed.attempts, LEASE)
    assert await claim(relay_engine, factory) == []
    await expire_leases(relay_engine)
    (again,) = await claim(relay_engine, factory)
    assert again.attempts == claimed.attempts + 1
    assert not await step()
