"""Payment attempts whose webhook may never come."""

from __future__ import annotations

from uuid import UUID

from cartera.gateways.registry import Gateways
from cartera.services import attempt_reports
from jobs.context import JobContext


async def reconcile_attempt(ctx: JobContext, payment_attempt_id: str) -> None:
    """Ask the gateway how an unsettled attempt stands."""
    await attempt_reports.reconcile(
        ctx.db, ctx.clock.now(), ctx.actor, Gateways(ctx.settings), UUID(payment_attempt_id)
    )
