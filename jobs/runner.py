"""Runs one outbox row that the relay handed over, and settles the row as it went."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cartera.actors import Actor, ActorKind
from cartera.clock import Clock
from cartera.db import outbox
from cartera.db.session import Database
from cartera.errors import Refused
from cartera.settings import Settings
from jobs.context import Job, JobContext, Superseded

# How long a running job may be silent before the relay hands its row to another worker.
LEASE = timedelta(seconds=20)

log = structlog.get_logger(__name__)


class Runner:
    """Runs jobs by the ``kind`` of their outbox rows; how they went is kept in the database alone."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        settings: Settings,
        jobs: Mapping[str, Job],
        *,
        lease: timedelta = LEASE,
    ) -> None:
        self._db = db
        self._clock = clock
        self._settings = settings
        self._jobs = jobs
        self._lease = lease

    async def run(self, organization_id: UUID, outbox_id: UUID, attempt: int) -> None:
        """Run the row's job, unless the attempt is over. Raises nothing but what ends the process."""
        worker = Actor(organization_id, ActorKind.SYSTEM, "worker")
        try:
            async with self._db.write(worker, self._clock.now()) as tx:
                row = await outbox.begin(tx, outbox_id, attempt, self._lease)
        except (SQLAlchemyError, OSError) as error:
            log.warning("job_not_begun", outbox_id=str(outbox_id), error=type(error).__name__)
            return
        if row is None:
            log.info("job_superseded", outbox_id=str(outbox_id), attempt=attempt)
            return
        context = JobContext(
            self._db, self._clock, self._settings, organization_id, row.key, attempt, row.request_id
        )
        renewing = asyncio.create_task(self._renew(worker, outbox_id, attempt))
        try:
            await self._act(context, row.kind, row.payload)
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing

    async def _act(self, context: JobContext, kind: str, payload: dict[str, object]) -> None:
        bound = log.bind(job=kind, key=context.key, attempt=context.attempt, request_id=context.request_id)
        try:
            await self._jobs[kind](context, **payload)
            await self._finish(context)
        except Superseded:
            bound.info("job_superseded")
        except Exception as error:
            # Everything: a job that fails in a way nobody thought of must still be tried again.
            bound.exception("job_failed")
            await self._fail(context, error)
        else:
            bound.info("job_done")

    async def _finish(self, context: JobContext) -> None:
        async with self._db.write(context.actor, self._clock.now()) as tx:
            await outbox.finish(tx, context.key, context.attempt)

    async def _fail(self, context: JobContext, error: Exception) -> None:
        """Note the failure. Where that fails too the lease runs out, which says the same."""
        # What a service refuses it would refuse again.
        final = isinstance(error, Refused)
        with suppress(SQLAlchemyError, OSError):
            async with self._db.write(context.actor, self._clock.now()) as tx:
                failure = f"{type(error).__name__}: {error}"
                if await outbox.fail(tx, context.key, context.attempt, failure, final=final):
                    log.error("job_given_up", key=context.key, failure=type(error).__name__)

    async def _renew(self, worker: Actor, outbox_id: UUID, attempt: int) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 4)
            with suppress(SQLAlchemyError, OSError):
                async with self._db.write(worker, self._clock.now()) as tx:
                    await outbox.renew(tx, outbox_id, attempt, self._lease)
