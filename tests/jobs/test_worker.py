"""The worker as a process: alive by its heartbeat, stopped cleanly, and killed without harm."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cartera.db.queries import outbox as queries
from cartera.db.session import Database
from cartera.db.tables.outbox import Outbox
from cartera.rules.outbox import Lane
from cartera.servers import WORKER_HEARTBEAT, Servers
from cartera.settings import Settings
from jobs.worker import lanes_of
from tests.conftest import MovableClock
from tests.factories import Factory
from tests.jobs.test_relay import Shop
from tests.mail_server import Inbox
from tests.services.correspondence import TUESDAY, debtor, local, messages, reviews

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    return tmp_path / "clock"


def set_clock(file: Path, hour: float) -> None:
    file.write_text(local(TUESDAY, hour).isoformat() + "\n", "ascii")


@pytest.fixture
def environment(database: Servers, inbox: Inbox, tmp_path: Path, clock_file: Path) -> dict[str, str]:
    return {
        **os.environ,
        **database.environment(),
        "PYTHONPATH": str(ROOT),
        "CARTERA_HOME": str(tmp_path),
        "SECRET_KEY": "s" * 40,
        "SMTP_URL": inbox.url,
        "MAIL_FROM": "Cartera <avisos@cartera.example>",
        "CARTERA_CLOCK_FILE": str(clock_file),
    }


@asynccontextmanager
async def process(module: str, environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, env=environment, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - another process can set no event of ours
            await asyncio.sleep(0.05)


async def test_a_process_lives_works_and_stops_when_it_is_asked_to(
    factory: Factory, environment: dict[str, str], clock_file: Path, inbox: Inbox, redis_url: str
) -> None:
    await debtor(factory)
    redis = Redis.from_url(redis_url)
    set_clock(clock_file, 0.5)
    async with process("jobs.worker", environment) as worker:

        async def beats() -> bool:
            return bool(await redis.exists(WORKER_HEARTBEAT))

        async def planned() -> bool:
            return [m.state for m in await messages(factory)] == ["planned"]

        async def sent() -> bool:
            return [m.state for m in await messages(factory)] == ["sent"]

        await until(beats)
        assert json.loads(await redis.get(WORKER_HEARTBEAT))["pid"] == worker.pid
        assert 0 < await redis.ttl(WORKER_HEARTBEAT) <= 15
        await until(planned)
        set_clock(clock_file, 11.1)
        await until(sent)
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(worker.wait(), 10) == 0
    assert len(inbox.messages) == 1
    await redis.aclose()


async def test_killed_between_sending_and_sent_it_parks_the_message_and_never_sends_it_again(
    factory: Factory, environment: dict[str, str], clock_file: Path, inbox: Inbox
) -> None:
    await debtor(factory)
    inbox.stall = True
    set_clock(clock_file, 0.5)
    async with process("jobs.worker", environment) as worker:

        async def planned() -> bool:
            return [m.state for m in await messages(factory)] == ["planned"]

        await until(planned)
        set_clock(clock_file, 11.1)
        await asyncio.wait_for(inbox.stalled.wait(), 30)
        worker.kill()
        await worker.wait()
    inbox.stall = False
    assert [(m.state, m.failure) for m in await messages(factory)] == [("sending", None)]
    set_clock(clock_file, 11.2)
    async with process("jobs.worker", environment):

        async def parked() -> bool:
            return [m.failure for m in await messages(factory)] == ["unconfirmed"]

        await until(parked, 60)
        await asyncio.sleep(0.5)
    assert await reviews(factory) == [("review_message", "open")]
    assert inbox.messages == []


async def test_a_job_whose_worker_was_killed_is_done_by_another(
    factory: Factory,
    db: Database,
    relay_engine: AsyncEngine,
    redis_url: str,
    environment: dict[str, str],
    clock: MovableClock,
    settings: Settings,
) -> None:
    async with factory.write() as tx:
        tx.later(Lane.MONEY, "work", key="1", number="1")
    async with process("tests.jobs.doomed_worker", environment) as worker:
        assert worker.stdout is not None
        line = await asyncio.wait_for(worker.stdout.readline(), 30)
        assert line.strip() == b"working on 1"
        worker.kill()
        await worker.wait()
    async with relay_engine.begin() as connection:
        # The dead worker's lease runs out, sooner than it would.
        assert await queries.cut_leases(connection, timedelta(seconds=0.2)) == 1
    shop = Shop()
    async with shop.open(db, relay_engine, redis_url, clock, settings):
        await shop.wait_for(1)
    assert shop.done == {"1": 1}
    async with factory.read() as tx:
        row = (await tx.session.scalars(select(Outbox))).one()
        assert (row.attempts, row.failure) == (2, None)


@pytest.mark.parametrize(("concurrency", "lanes"), [(1, (1, 1, 1)), (10, (3, 3, 4)), (30, (10, 10, 10))])
def test_every_lane_has_places_of_its_own(concurrency: int, lanes: tuple[int, int, int]) -> None:
    found = lanes_of(concurrency)
    assert (found[Lane.MONEY], found[Lane.INTERACTIVE], found[Lane.BULK]) == lanes
