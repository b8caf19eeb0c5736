"""What is due by the calendar or the hour, put into the outbox. Nothing is done here: jobs do it.

Every look asks anew what is due now, so that nothing is missed that fell due while no process ran.
"""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cartera.actors import system
from cartera.clock import Clock
from cartera.db.outbox import later_once
from cartera.db.queries import due as queries
from cartera.db.session import Database
from cartera.rules.outbox import Lane
from cartera.services.messages import queue_due_messages

POLL_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Due:
    """Reads as the relay's role which organizations have something due; writes as the application's."""

    def __init__(self, engine: AsyncEngine, db: Database, clock: Clock) -> None:
        self._engine = engine
        self._db = db
        self._clock = clock

    async def run(self) -> None:
        """Look for ever; a database that is away is waited for."""
        while True:
            try:
                await self.look()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("clock_waits", error=type(error).__name__)
            await asyncio.sleep(POLL_SECONDS)

    async def look(self) -> None:
        """One look at everything that can fall due."""
        await self._business_days()
        await self._messages()

    async def _business_days(self) -> None:
        now = self._clock.now()
        async with self._engine.connect() as connection:
            begun = await queries.days_begun(connection, now)
        for organization_id, day in begun:
            async with self._db.write(system(organization_id, "clock"), now) as tx:
                await later_once(tx, Lane.INTERACTIVE, "begin_business_day", key=day.isoformat())
                await later_once(tx, Lane.BULK, "expire_links", key=day.isoformat())
                await later_once(tx, Lane.BULK, "housekeeping", key=day.isoformat())

    async def _messages(self) -> None:
        now = self._clock.now()
        async with self._engine.connect() as connection:
            waiting = await queries.messages_due(connection, now)
        for organization_id in waiting:
            async with self._db.write(system(organization_id, "clock"), now) as tx:
                await queue_due_messages(tx)
