"""The job that begins an organization's business day."""

from __future__ import annotations

from uuid import UUID

from cartera.db.outbox import later_once
from cartera.rules.outbox import Lane
from cartera.services.business_day import catch_up, roll_business_day
from jobs.context import JobContext


async def begin_business_day(ctx: JobContext) -> None:
    """Roll the day, then bring every customer up to it, chunk by chunk; charges are posted after that,
    and reminders planned.

    A booking that began before the day was rolled may leave a row of yesterday behind a chunk that has
    passed it: hence another walk, until one finds nobody.
    """
    async with ctx.step() as tx:
        await roll_business_day(tx)
    while await _walk(ctx):
        pass
    async with ctx.finish() as tx:
        day = tx.organization.business_day.isoformat()
        await later_once(tx, Lane.BULK, "post_charges", key=day)
        await later_once(tx, Lane.BULK, "plan_reminders", key=day)


async def _walk(ctx: JobContext) -> bool:
    """Bring all who are behind up to the day; whether there was anybody."""
    last: UUID | None = None
    while True:
        async with ctx.step() as tx:
            reached = await catch_up(tx, last)
        if reached is None:
            return last is not None
        last = reached
