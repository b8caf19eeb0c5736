"""The outbox worked off within a test: the relay's own claims and the worker's own runner, without arq."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cartera.clock import Clock
from cartera.db.queries import outbox as queries
from cartera.db.session import Database
from cartera.db.tables.outbox import Outbox
from cartera.rules.outbox import Lane
from cartera.settings import Settings
from jobs.clock import Due
from jobs.registry import JOBS
from jobs.runner import Runner


@dataclass
class Office:
    db: Database
    relay_engine: AsyncEngine
    clock: Clock
    settings: Settings

    async def look(self) -> None:
        """One look of the clock at what is due, and everything that follows from it."""
        await Due(self.relay_engine, self.db, self.clock).look()
        await self.work_off()

    async def work_off(self) -> list[str]:
        """Run everything due, and what that leaves, until nothing is; the kinds in their order."""
        runner = Runner(self.db, self.clock, self.settings, JOBS)
        kinds: list[str] = []
        while rows := await self._claim():
            for row in rows:
                if row.kind in JOBS:
                    await runner.run(row.organization_id, row.id, row.attempts)
                kinds.append(row.kind)
        return kinds

    async def failures(self) -> list[str]:
        """What is noted of failed attempts, done for or not."""
        async with self.relay_engine.connect() as connection:
            rows = await connection.scalars(select(Outbox.failure).where(Outbox.failure.is_not(None)))
            return [failure for failure in rows if failure]

    async def _claim(self) -> list[queries.Claimed]:
        now = self.clock.now()
        claimed: list[queries.Claimed] = []
        async with self.relay_engine.begin() as connection:
            for lane, organizations in (await queries.due(connection, now)).items():
                for organization_id in organizations:
                    rows = await queries.claim(
                        connection, organization_id, lane, now, 1000, timedelta(minutes=1)
                    )
                    if lane is Lane.SCREENS:
                        await queries.drop(connection, organization_id, [row.id for row in rows])
                    claimed += rows
        return claimed
