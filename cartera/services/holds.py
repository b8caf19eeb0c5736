"""Holds: do not contact about a customer, or one receivable, until and including a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from cartera.db.base import new_id
from cartera.db.outbox import tell_screens
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.holds import held_of
from cartera.db.queries.locks import lock
from cartera.db.session import WriteTx
from cartera.db.tables.receivables import Hold
from cartera.errors import refuse
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Scope


@dataclass(frozen=True, slots=True)
class NewHold:
    """Without ``receivable_id`` it covers the whole customer."""

    customer_id: UUID
    until_on: date
    reason: str
    receivable_id: UUID | None = None


async def place_hold(tx: WriteTx, new: NewHold) -> UUID:
    """Pause contact; returns the hold's id. Refused: HOLD_IN_PAST, HOLD_NEEDS_REASON, NOT_FOUND."""
    tx.actor.require(Scope.CUSTOMERS_WRITE)
    if new.until_on < tx.today:
        raise refuse("HOLD_IN_PAST", "untilOn", today=tx.today.isoformat())
    if not new.reason.strip():
        raise refuse("HOLD_NEEDS_REASON", "reason")
    receivables = [new.receivable_id] if new.receivable_id else []
    await lock(tx, customers=[new.customer_id], receivables=receivables, named_in="receivableId")
    hold = Hold(
        organization_id=tx.organization_id,
        id=new_id(),
        customer_id=new.customer_id,
        receivable_id=new.receivable_id,
        until_on=new.until_on,
        reason=new.reason.strip(),
        actor=str(tx.actor),
        created_at=tx.now,
        released_at=None,
    )
    tx.session.add(hold)
    tx.audit(
        "hold.place",
        "hold",
        hold.id,
        customer_id=new.customer_id,
        after={"until_on": new.until_on.isoformat(), "reason": hold.reason},
    )
    await _show(tx, new.customer_id)
    return hold.id


async def release_hold(tx: WriteTx, hold_id: UUID) -> None:
    """Let contact go on. Refused: HOLD_NOT_ACTIVE when it was released or has run out, NOT_FOUND."""
    tx.actor.require(Scope.CUSTOMERS_WRITE)
    customer_id = await held_of(tx, hold_id)
    await lock(tx, customers=[customer_id])
    hold = await tx.session.scalar(
        select(Hold).where(Hold.id == hold_id).execution_options(populate_existing=True)
    )
    if hold is None or hold.released_at is not None or hold.until_on < tx.today:
        raise refuse("HOLD_NOT_ACTIVE", "holdId")
    hold.released_at = tx.now
    tx.audit("hold.release", "hold", hold.id, customer_id=customer_id)
    await _show(tx, customer_id)


async def _show(tx: WriteTx, customer_id: UUID) -> None:
    await refresh_accounts(tx, [customer_id])
    tell_screens(tx, ChangeKind.CUSTOMER, customer_id, customer_id)
