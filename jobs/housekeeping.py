"""The daily job that sheds an organization's dead weight."""

from __future__ import annotations

from cartera.services.housekeeping import shed
from jobs.context import JobContext


async def housekeeping(ctx: JobContext) -> None:
    """Delete what is past its use, some thousands of rows at a time."""
    while True:
        async with ctx.step() as tx:
            if not await shed(tx):
                return
