"""Allocations: the rows that say how much of a payment settled which receivable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Self
from uuid import UUID

from sqlalchemy import insert

from cartera.db.base import new_id
from cartera.db.queries.payments import last_effective_days
from cartera.db.session import WriteTx
from cartera.db.tables.payments import Allocation, Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.allocation import Share
from cartera.rules.receivables import EntryKind, state_of


class Allocations:
    """Entries and allocations of any number of payments, gathered under lock and written at once.

    Totals move as they are gathered, so that the next payment finds what the ones before it have left.
    """

    def __init__(
        self, tx: WriteTx, receivables: Mapping[UUID, Receivable], last_days: Mapping[UUID, date]
    ) -> None:
        """``last_days``: by receivable, the latest day on which an entry of it took effect."""
        self._tx = tx
        self._receivables = receivables
        self._last_days = dict(last_days)
        self._entries: list[dict[str, Any]] = []
        self._allocations: list[dict[str, Any]] = []

    @classmethod
    async def of(cls, tx: WriteTx, receivables: Mapping[UUID, Receivable]) -> Self:
        """Of money for these receivables, which are locked."""
        return cls(tx, receivables, await last_effective_days(tx, receivables))

    def add(self, payment: Payment, shares: Sequence[Share], *, on: date) -> None:
        """They take effect ``on`` that day, though never before the receivable was issued."""
        for share in shares:
            receivable = self._receivables[share.receivable_id]
            day = max(on, receivable.issued_on)
            last = self._last_days[receivable.id] = max(day, self._last_days.get(receivable.id, day))
            self._entries.append(entry := _entry(self._tx, payment, receivable, share, day))
            self._allocations.append(_allocation(self._tx, payment, share, entry["id"], day))
            _settle(self._tx, receivable, share.amount, on=last)
        allocated = sum(share.amount for share in shares)
        payment.allocated_minor += allocated
        payment.unapplied_minor -= allocated

    async def write(self) -> None:
        await self._tx.session.flush()
        if self._entries:
            await self._tx.session.execute(insert(Entry), self._entries)
            await self._tx.session.execute(insert(Allocation), self._allocations)


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
    named = {share.receivable_id: receivables[share.receivable_id] for share in shares}
    paid = await Allocations.of(tx, named)
    paid.add(payment, shares, on=on)
    await paid.write()


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
