"""Allocations: the rows that say how much of a payment settled which receivable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from cartera.db.base import new_id
from cartera.db.queries.payments import last_effective_days
from cartera.db.session import WriteTx
from cartera.db.tables.payments import Allocation, Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.allocation import Share
from cartera.rules.receivables import EntryKind, state_of


async def allocate(
    tx: WriteTx,
    payment: Payment,
    shares: Sequence[Share],
    receivables: Mapping[UUID, Receivable],
    *,
    on: date,
) -> None:
    """Write the entries and allocations of ``shares`` and move the running totals, all under lock.

    They take effect ``on`` that day, though never before the receivable was issued.
    """
    if not shares:
        return
    last_days = await last_effective_days(tx, [share.receivable_id for share in shares])
    entries, allocations = [], []
    for share in shares:
        receivable = receivables[share.receivable_id]
        day = max(on, receivable.issued_on)
        entries.append(entry := _entry(tx, payment, receivable, share, day))
        allocations.append(_allocation(tx, payment, share, entry["id"], day))
        _settle(tx, receivable, share.amount, on=max(day, last_days.get(receivable.id, day)))
    allocated = sum(share.amount for share in shares)
    payment.allocated_minor += allocated
    payment.unapplied_minor -= allocated
    await tx.session.execute(insert(Entry), entries)
    await tx.session.execute(insert(Allocation), allocations)


def _entry(tx: WriteTx, payment: Payment, receivable: Receivable, share: Share, day: date) -> dict[str, Any]:
    return {
        "organization_id": tx.organization_id,
        "id": new_id(),
        "receivable_id": receivable.id,
        "customer_id": receivable.customer_id,
        "kind": EntryKind.ALLOCATION,
        "amount_minor": -share.amount,
        "currency": receivable.currency,
        "effective_on": day,
        "recorded_at": tx.now,
        "payment_id": payment.id,
        "import_run_id": payment.import_run_id,
        "actor": str(tx.actor),
    }


def _allocation(tx: WriteTx, payment: Payment, share: Share, entry_id: UUID, day: date) -> dict[str, Any]:
    return {
        "organization_id": tx.organization_id,
        "id": new_id(),
        "payment_id": payment.id,
        "receivable_id": share.receivable_id,
        "entry_id": entry_id,
        "amount_minor": share.amount,
        "source_minor": share.amount,
        "allocated_on": day,
        "recorded_at": tx.now,
    }


def _settle(tx: WriteTx, receivable: Receivable, amount: int, *, on: date) -> None:
    """``on``: the day on which the balance is zero if this is the rest of it."""
    receivable.settled_minor += amount
    receivable.balance_minor -= amount
    receivable.state = state_of(receivable.amount_minor + receivable.charges_minor, receivable.settled_minor)
    receivable.settled_on = on if receivable.balance_minor == 0 else None
    receivable.updated_at = tx.now
