"""Jobs about payment links."""

from __future__ import annotations

from cartera.services import payment_links
from jobs.context import JobContext


async def expire_links(ctx: JobContext) -> None:
    """Close the links whose time is over, a batch at a time."""
    while True:
        async with ctx.step() as tx:
            if not await payment_links.expire_links(tx):
                return
