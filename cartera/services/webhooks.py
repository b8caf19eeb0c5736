"""A gateway's events: kept as they come, then acted upon by asking the gateway itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from cartera.actors import Actor
from cartera.db.base import new_id
from cartera.db.session import Database, Tx, WriteTx
from cartera.db.tables.outbox import Inbox
from cartera.errors import NotFound
from cartera.gateways.base import Event, UnknownCheckout
from cartera.gateways.registry import Gateways
from cartera.rules.outbox import Lane
from cartera.services.attempt_reports import Outcome, apply_report


async def receive(tx: WriteTx, gateway: str, event: Event, body: bytes) -> bool:
    """Keep a verified event, and the job that will act on it; False for a copy, which is ignored."""
    inbox_id = await tx.session.scalar(
        insert(Inbox)
        .values(
            organization_id=tx.organization_id,
            id=new_id(),
            gateway=gateway,
            event_id=event.id,
            reference=event.reference,
            body=body,
            received_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["organization_id", "gateway", "event_id"])
        .returning(Inbox.id)
    )
    if inbox_id is None:
        return False
    tx.later(Lane.MONEY, "process_inbox", key=str(inbox_id), inbox_id=str(inbox_id))
    return True


async def process(
    db: Database, now: datetime, actor: Actor, gateways: Gateways, inbox_id: UUID
) -> Outcome | None:
    """Ask the gateway about what an event hints at, and apply its answer; None if that has been done.

    Raises GatewayUnavailable: try again later.
    """
    async with db.read(actor, now) as read:
        event = await _event(read, inbox_id)
    if event.processed_at is not None:
        return None
    try:
        report = await gateways.of(actor.organization_id, event.gateway).fetch(event.reference)
    except UnknownCheckout:
        report = None
    async with db.write(actor, now) as tx:
        outcome = (
            Outcome.UNKNOWN_CHECKOUT if report is None else await apply_report(tx, event.gateway, report)
        )
        row = await _event(tx, inbox_id)
        row.processed_at, row.outcome = now, outcome
    return outcome


async def _event(tx: Tx, inbox_id: UUID) -> Inbox:
    row = await tx.session.scalar(select(Inbox).where(Inbox.id == inbox_id))
    if row is None:
        raise NotFound("inbox")
    return row
