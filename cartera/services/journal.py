"""The journal: rows of entries and allocations, gathered in the order of what happens and written at once."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from cartera.db.base import new_id
from cartera.db.session import WriteTx
from cartera.db.tables.payments import Allocation, CreditNote, ExchangeDifference, Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.exchange import Rate
from cartera.rules.periods import effective
from cartera.rules.receivables import EntryKind
from cartera.services.exchange import Settled, Undone, differences

Source = Payment | CreditNote

# Columns of an entry that say what it is about; a bulk insert wants every row to have all of them.
_ABOUT = ("charge_id", "payment_id", "credit_note_id", "import_run_id", "reverses_id", "note")


class Journal:
    """What the ledger tells, row by row. It moves no totals."""

    def __init__(self, tx: WriteTx) -> None:
        self._tx = tx
        self._entries: list[dict[str, Any]] = []
        self._allocations: list[dict[str, Any]] = []
        # Of which exchange differences follow.
        self.settled: list[Settled] = []
        self.undone: list[Undone] = []

    def entry(
        self,
        receivable: Receivable,
        kind: EntryKind,
        amount: int,
        *,
        on: date,
        not_before: date = date.min,
        value_on: date | None = None,
        **about: Any,
    ) -> UUID:
        """An entry about what really happened ``on`` that day; ``amount`` is what it adds to the balance.

        ``value_on``: the day since which it is so, where that is earlier, as of what was never owed.
        """
        days = effective(on, self._tx.organization.closed_through, not_before=not_before)
        if value_on is not None and value_on < days.effective_on:
            days = days._replace(value_on=value_on)
        entry_id = new_id()
        self._entries.append(
            {
                **dict.fromkeys(_ABOUT),
                "organization_id": self._tx.organization_id,
                "id": entry_id,
                "receivable_id": receivable.id,
                "customer_id": receivable.customer_id,
                "kind": kind,
                "amount_minor": amount,
                "currency": receivable.currency,
                "effective_on": days.effective_on,
                "value_on": days.value_on,
                "recorded_at": self._tx.now,
                "tax_document_needed": False,
                "actor": str(self._tx.actor),
                **about,
            }
        )
        return entry_id

    @property
    def last_effective_on(self) -> date:
        """When the latest entry takes effect."""
        day: date = self._entries[-1]["effective_on"]
        return day

    def allocation(
        self,
        source: Source,
        receivable: Receivable,
        entry_id: UUID,
        amount: int,
        spent: int,
        rate: Rate | None,
    ) -> UUID:
        """What of a source went to a receivable by the latest entry; negative where it is taken back."""
        is_payment = isinstance(source, Payment)
        allocation_id = new_id()
        self._allocations.append(
            {
                "organization_id": self._tx.organization_id,
                "id": allocation_id,
                "payment_id": source.id if is_payment else None,
                "credit_note_id": None if is_payment else source.id,
                "receivable_id": receivable.id,
                "entry_id": entry_id,
                "amount_minor": amount,
                "source_minor": spent,
                "rate": rate and rate.value,
                "rate_on": rate and rate.on,
                "allocated_on": self.last_effective_on,
                "recorded_at": self._tx.now,
            }
        )
        return allocation_id

    async def write(self) -> None:
        """Write what was gathered, with the exchange differences that it brought about."""
        session = self._tx.session
        await session.flush()
        if self._entries:
            await session.execute(insert(Entry), self._entries)
        if self._allocations:
            await session.execute(insert(Allocation), self._allocations)
        found = await differences(self._tx, self.settled, self.undone)
        if found:
            await session.execute(insert(ExchangeDifference), found)
        for gathered in (self._entries, self._allocations, self.settled, self.undone):
            gathered.clear()
