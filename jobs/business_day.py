"""The job that begins an organization's business day."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from cartera.db.outbox import later_once
from cartera.db.session import WriteTx
from cartera.rules.outbox import Lane
from cartera.services.business_day import catch_up, roll_business_day
from jobs.context import JobContext

Step = Callable[[], AbstractAsyncContextManager[WriteTx]]

# Chunks that are brought up to the day at the same time.
WALKERS = 2


async def begin_business_day(ctx: JobContext) -> None:
    """Roll the day, then bring every customer up to it; after that post charges and plan reminders."""
    async with ctx.step() as tx:
        await roll_business_day(tx)
    await bring_up(lambda: ctx.step(shared=True))
    async with ctx.finish() as tx:
        day = tx.organization.business_day.isoformat()
        await later_once(tx, Lane.BULK, "post_charges", key=day)
        await later_once(tx, Lane.BULK, "plan_reminders", key=day)


async def bring_up(step: Step) -> None:
    """Bring every customer up to the day, chunk by chunk, each in a ``step``.

    Several walk at once and pass by whoever is being written to; after them one waits for each that is left.
    A booking that began before the day was rolled may leave a row of yesterday behind a chunk that has
    passed it: hence another walk, until one finds nobody.
    """
    walks = (_walk(step, passing_by=True) for _ in range(WALKERS))
    # None may go on behind the back of a job that has failed.
    for outcome in await asyncio.gather(*walks, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
    while await _walk(step):
        pass


async def _walk(step: Step, *, passing_by: bool = False) -> bool:
    """Bring all who are behind up to the day; whether there was anybody."""
    last: UUID | None = None
    while True:
        async with step() as tx:
            reached = await catch_up(tx, last, passing_by=passing_by)
        if reached is None:
            return last is not None
        last = reached
