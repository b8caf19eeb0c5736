"""From the outbox to the workers: leases what is due and hands it on, by lane and fairly by organization.

PostgreSQL is the truth and Redis the doorbell. Whatever Redis forgets is handed on again: a row stays in the
outbox, under a lease that runs out, until its effect has come about. Little is handed on at a time, so that
a booking never waits behind a hundred thousand reminders, nor one organization behind another.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from uuid import UUID

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cartera.clock import Clock
from cartera.db import doorbell
from cartera.db.queries import outbox as queries
from cartera.db.queries.outbox import Claimed
from cartera.rules.outbox import Lane
from jobs.runner import LEASE

# Without a ring the outbox is looked into this often, and this often while there is more than there is room.
POLL_SECONDS = 1.0
_CROWDED_SECONDS = 0.05

# How long a row may wait in Redis before it is handed on again: longer than its lane ever takes to be served.
QUEUE_LEASES = {
    Lane.MONEY: timedelta(minutes=1),
    Lane.SCREENS: timedelta(seconds=20),
    Lane.INTERACTIVE: timedelta(minutes=1),
    Lane.BULK: timedelta(minutes=10),
}
SCREENS_AT_A_TIME = 500

KEEP_DONE = timedelta(hours=1)
KEEP_FAILED = timedelta(days=30)
_TIDY_SECONDS = 30.0

# Redis holds this key as long as it remembers what it was told.
MEMORY = "cartera:relay:memory"

log = structlog.get_logger(__name__)


def queue_of(lane: Lane) -> str:
    return f"cartera:jobs:{lane.value}"


def screens_channel(organization_id: UUID) -> str:
    return f"cartera:changed:{organization_id}"


class Relay:
    """Any number may run at once. ``room`` is how many jobs of a lane may be queued or running in Redis."""

    def __init__(
        self,
        engine: AsyncEngine,
        redis: ArqRedis,
        clock: Clock,
        room: Mapping[Lane, int],
        *,
        queue_leases: Mapping[Lane, timedelta] = QUEUE_LEASES,
        run_lease: timedelta = LEASE,
    ) -> None:
        self._engine = engine
        self._redis = redis
        self._clock = clock
        self._room = room
        self._queue_leases = queue_leases
        self._run_lease = run_lease
        self._rung = asyncio.Event()
        self._tidied_at = 0.0
        # When it last looked into the outbox with success, on ``time.monotonic``.
        self.looked_at = 0.0

    async def run(self) -> None:
        """Hand on for ever; a database or a Redis that is away is waited for."""
        listening = asyncio.create_task(self._listen())
        wait = 0.0
        try:
            while True:
                try:
                    wait = await self._look()
                except (SQLAlchemyError, RedisError, OSError, TimeoutError) as error:
                    wait = min(max(2 * wait, 0.2), 5.0)
                    log.warning("relay_waits", error=type(error).__name__, seconds=wait)
                    await asyncio.sleep(wait)
                    continue
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._rung.wait(), wait)
                self._rung.clear()
        finally:
            listening.cancel()

    async def _look(self) -> float:
        """One round over everything due; the seconds to wait for a ring before the next."""
        await self._mind_memory()
        handed, crowded = await self.round()
        self.looked_at = monotonic()
        if self.looked_at - self._tidied_at > _TIDY_SECONDS:
            self._tidied_at = self.looked_at
            await self.tidy()
        if crowded:
            return _CROWDED_SECONDS
        return 0.0 if handed else POLL_SECONDS

    async def round(self) -> tuple[int, bool]:
        """Hand on a fair share of what is due; how many rows, and whether some lane had no room for more."""
        now = self._clock.now()
        async with self._engine.connect() as connection:
            waiting = await queries.due(connection, now)
        handed, crowded = 0, False
        for lane, organizations in waiting.items():
            room = await self._room_in(lane) if organizations else 0
            for place, organization_id in enumerate(organizations):
                share = -(-room // (len(organizations) - place))
                claimed = await self._hand_on(organization_id, lane, share) if share else 0
                room -= claimed
                handed += claimed
            crowded = crowded or (bool(organizations) and room <= 0)
        return handed, crowded

    async def _room_in(self, lane: Lane) -> int:
        if lane is Lane.SCREENS:
            return SCREENS_AT_A_TIME
        return max(self._room[lane] - int(await self._redis.zcard(queue_of(lane))), 0)

    async def _hand_on(self, organization_id: UUID, lane: Lane, limit: int) -> int:
        async with self._engine.begin() as connection:
            rows = await queries.claim(
                connection, organization_id, lane, self._clock.now(), limit, self._queue_leases[lane]
            )
        try:
            if lane is Lane.SCREENS:
                await self._publish(organization_id, rows)
            else:
                for row in rows:
                    await self._enqueue(row, lane)
        except (RedisError, OSError, TimeoutError):
            # A row that did reach Redis before this runs as an attempt that is over: it does nothing.
            async with self._engine.begin() as connection:
                await queries.release(connection, rows)
            raise
        return len(rows)

    async def _enqueue(self, row: Claimed, lane: Lane) -> None:
        await self._redis.enqueue_job(
            "run",
            str(row.organization_id),
            str(row.id),
            row.attempts,
            _job_id=f"{row.organization_id}:{row.key}:{row.attempts}",
            _queue_name=queue_of(lane),
        )

    async def _publish(self, organization_id: UUID, rows: list[Claimed]) -> None:
        if not rows:
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            for row in rows:
                told = {"kind": row.payload["change"]} | {
                    name: row.payload[name] for name in ("node_id", "customer_id")
                }
                pipe.publish(screens_channel(organization_id), json.dumps(told))
            await pipe.execute()
        async with self._engine.begin() as connection:
            await queries.drop(connection, organization_id, [row.id for row in rows])

    async def _mind_memory(self) -> None:
        """Notice a Redis that has forgotten everything, and let what it was told be told again soon."""
        if await self._redis.exists(MEMORY):
            return
        async with self._engine.begin() as connection:
            cut = await queries.cut_leases(connection, self._run_lease)
        if cut:
            log.warning("redis_lost_its_memory", leases_cut=cut)
        await self._redis.set(MEMORY, "1")

    async def tidy(self) -> None:
        """Shed what is done and close what never answered."""
        now = self._clock.now()
        async with self._engine.begin() as connection:
            given_up = await queries.give_up(connection, now)
            await queries.shed(connection, now - KEEP_DONE, now - KEEP_FAILED)
        if given_up:
            log.error("jobs_given_up", count=given_up)

    async def _listen(self) -> None:
        while True:
            with suppress(RedisError, OSError, TimeoutError):
                async with self._redis.pubsub() as heard:
                    await heard.subscribe(doorbell.CHANNEL)
                    async for _ in heard.listen():
                        self._rung.set()
            await asyncio.sleep(0.5)
