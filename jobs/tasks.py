"""Jobs about tasks."""

from __future__ import annotations

from uuid import UUID

from cartera.services import tasks
from jobs.context import JobContext


async def wake_task(ctx: JobContext, task_id: str) -> None:
    """The hour of a task has come."""
    async with ctx.finish() as tx:
        await tasks.wake_task(tx, UUID(task_id))
