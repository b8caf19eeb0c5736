"""The job that plans an organization's reminders."""

from __future__ import annotations

from uuid import UUID

from cartera.services import reminders
from jobs.context import JobContext


async def plan_reminders(ctx: JobContext) -> None:
    """Plan the day's reminders, some hundreds of customers at a time."""
    last: UUID | None = None
    while True:
        async with ctx.step() as tx:
            last = await reminders.plan_reminders(tx, last)
        if last is None:
            return
