"""Jobs about promises."""

from __future__ import annotations

from uuid import UUID

from cartera.services import promises
from jobs.context import JobContext


async def judge_promises(ctx: JobContext, promise_ids: list[str]) -> None:
    """Judge promises whose last day has passed."""
    async with ctx.finish() as tx:
        await promises.judge_promises(tx, [UUID(promise_id) for promise_id in promise_ids])
