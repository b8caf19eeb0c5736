"""What gateways have told, acted upon."""

from __future__ import annotations

from uuid import UUID

from cartera.gateways.registry import Gateways
from cartera.services import webhooks
from jobs.context import JobContext


async def process_inbox(ctx: JobContext, inbox_id: str) -> None:
    """Act upon an event in the inbox."""
    await webhooks.process(ctx.db, ctx.clock.now(), ctx.actor, Gateways(ctx.settings), UUID(inbox_id))
