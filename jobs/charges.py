"""The job that posts interest and cost where an organization lets that happen by itself."""

from __future__ import annotations

from uuid import UUID

from cartera.services.charges import post_automatically
from jobs.context import JobContext

# Customers per transaction. Their accounts stay locked until its end, and whoever waits gives up after 5 s.
CHUNK = 50


async def post_charges(ctx: JobContext) -> None:
    """Post what is due, some customers at a time; run again, it finds nothing more to post."""
    last: UUID | None = None
    while True:
        async with ctx.step() as tx:
            last = await post_automatically(tx, last, CHUNK)
        if last is None:
            return
