"""The ledger: the one place that writes entries and allocations and moves running totals, under lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from cartera.db.base import new_id
from cartera.db.queries.charges import charges_of, imputation_orders
from cartera.db.queries.ledger import Standing, given_up, last_days
from cartera.db.queries.periods import hold_periods
from cartera.db.queries.plans import later_charges, spared_charges
from cartera.db.session import WriteTx
from cartera.db.tables.charges import Charge
from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.allocation import Share
from cartera.rules.charges import ChargeKind, Component, component_of
from cartera.rules.exchange import Rate
from cartera.rules.imputation import Debt, ImputationOrder, OwedCharge, Part, default_order
from cartera.rules.receivables import EntryKind, state_of
from cartera.services.exchange import Settled, Undone
from cartera.services.journal import Journal, Source

# A receivable's charge, or its principal (None).
Key = tuple[UUID, UUID | None]


@dataclass(frozen=True, slots=True)
class NewCharge:
    """A line of interest or cost: ``amount`` in minor units of the receivable's currency.

    Interest names what it was computed on (``base``), at what ``rate`` percent a year, by which
    ``day_count``, for the days from ``from_on`` to before ``to_on``. ``on``: the day it takes effect.
    """

    kind: ChargeKind
    rule: str
    source: str
    amount: int
    due_on: date
    on: date
    base: int | None = None
    rate: Decimal | None = None
    day_count: str | None = None
    from_on: date | None = None
    to_on: date | None = None
    note: str | None = None


class Ledger:
    """What happens to some receivables, gathered under their locks and written at once by ``write``.

    Totals move as it is gathered, so that whatever comes next finds what came before. The order of rows is
    that of the calls.
    """

    def __init__(self, tx: WriteTx, receivables: Mapping[UUID, Receivable]) -> None:
        self._tx = tx
        self.receivables = dict(receivables)
        # By customer, what money pays first.
        self._orders: dict[UUID, ImputationOrder] = {}
        # By receivable, the latest day on which anything happened to its principal.
        self._last_days: dict[UUID, date] = {}
        self.charges: dict[UUID, Charge] = {}
        # Those that a plan forgives once all else is paid, and those that came after a plan.
        self._spared: set[UUID] = set()
        self._later: set[UUID] = set()
        # What was given up and could still be recovered.
        self.given_up: dict[Key, int] = {}
        self._journal = Journal(tx)

    @classmethod
    async def of(cls, tx: WriteTx, receivables: Mapping[UUID, Receivable]) -> Self:
        """For receivables whose rows are locked (``locks.lock``)."""
        await hold_periods(tx)
        ledger = cls(tx, receivables)
        await ledger.read(receivables)
        return ledger

    async def read(self, receivables: Mapping[UUID, Receivable]) -> None:
        """Take in more receivables, or afresh what is known of some."""
        self.receivables.update(receivables)
        customers = {each.customer_id for each in receivables.values()} - self._orders.keys()
        self._orders.update(await imputation_orders(self._tx, customers))
        self._last_days.update(await last_days(self._tx, receivables))
        charged = {each.id for each in receivables.values() if each.charges_minor}
        self.charges.update({each.id: each for each in await charges_of(self._tx, charged)})
        self._spared |= await spared_charges(self._tx, charged)
        self._later |= await later_charges(self._tx, charged)
        lost = {each.id for each in receivables.values() if each.written_off_minor}
        self.given_up.update(await given_up(self._tx, lost))

    def order_of(self, customer_id: UUID) -> ImputationOrder:
        """The order in which money pays what this customer owes."""
        return self._orders.get(customer_id) or default_order(self._tx.organization.country)

    def debt(self, receivable_id: UUID, *, with_given_up: bool = False) -> Debt:
        """What is open on a receivable, and what of it was given up if money may recover that."""
        row = self.receivables[receivable_id]
        lost = self.given_up if with_given_up else {}
        charges = [
            OwedCharge(
                each.id,
                ChargeKind(each.kind),
                each.due_on,
                each.balance_minor + lost.get((receivable_id, each.id), 0),
                waits=self._waits(each),
                spared=each.id in self._spared,
            )
            for each in self.charges.values()
            if each.receivable_id == receivable_id
        ]
        return Debt(
            receivable_id, row.due_on, row.principal_owed + lost.get((receivable_id, None), 0), tuple(charges)
        )

    def _waits(self, charge: Charge) -> bool:
        """Whether all else is paid first: it is not due yet (interest always is), or came after a plan."""
        is_to_come = charge.kind != ChargeKind.INTEREST and charge.due_on > self._tx.today
        return is_to_come or charge.id in self._later

    def add_charge(self, receivable_id: UUID, new: NewCharge) -> UUID:
        """Add a line of interest or cost; returns its id."""
        receivable = self.receivables[receivable_id]
        charge = Charge(
            organization_id=self._tx.organization_id,
            id=new_id(),
            receivable_id=receivable_id,
            customer_id=receivable.customer_id,
            kind=new.kind,
            rule=new.rule,
            source=new.source,
            currency=receivable.currency,
            amount_minor=new.amount,
            settled_minor=0,
            balance_minor=new.amount,
            base_minor=new.base,
            rate=new.rate,
            day_count=new.day_count,
            from_on=new.from_on,
            to_on=new.to_on,
            due_on=new.due_on,
            posted_on=new.on,
            recorded_at=self._tx.now,
            actor=str(self._tx.actor),
            note=new.note,
        )
        self._tx.session.add(charge)
        self.charges[charge.id] = charge
        is_interest = component_of(new.kind) is Component.INTEREST
        receivable.charges_minor += new.amount
        receivable.balance_minor += new.amount
        self._entry(
            receivable,
            EntryKind.INTEREST if is_interest else EntryKind.FEE,
            new.amount,
            on=new.on,
            charge_id=charge.id,
            note=new.note,
            # Where the sale bore a sales tax, so does the interest on it.
            tax_document_needed=is_interest,
        )
        self._restate(receivable)
        return charge.id

    def settle(
        self,
        receivable_id: UUID,
        amount: int,
        kind: EntryKind,
        *,
        on: date,
        charge_id: UUID | None = None,
        payment_id: UUID | None = None,
        note: str | None = None,
        tax_document_needed: bool = False,
    ) -> UUID:
        """Settle ``amount`` of a charge or of the principal by what is not money; returns the entry's id."""
        receivable = self.receivables[receivable_id]
        self._move(receivable, charge_id, amount)
        self._count(receivable, kind, amount)
        entry_id = self._entry(
            receivable,
            kind,
            -amount,
            on=on,
            charge_id=charge_id,
            payment_id=payment_id,
            note=note,
            tax_document_needed=tax_document_needed,
        )
        self._restate(receivable)
        return entry_id

    def write_off(self, receivable_id: UUID, parts: Sequence[Part], *, on: date, note: str) -> None:
        for part in parts:
            self.settle(
                receivable_id, part.amount, EntryKind.WRITE_OFF, on=on, charge_id=part.charge_id, note=note
            )
            key = (receivable_id, part.charge_id)
            self.given_up[key] = self.given_up.get(key, 0) + part.amount

    def allocate(
        self, source: Source, shares: Sequence[Share], *, on: date, value_on: date | None = None
    ) -> None:
        """Let money, or a credit note, settle its shares; what had been given up is recovered first.

        They take effect ``on`` that day, though never before the receivable was issued. ``value_on``: since
        when they were not owed, for interest, where that is earlier.
        """
        for share in shares:
            self._recover(source, share.part, on)
            self._allocate(source, share, on, value_on)
        _spend(source, sum(share.spent for share in shares))

    def _recover(self, source: Source, part: Part, on: date) -> None:
        """Put back on the books what of this part was written off and is paid all the same."""
        receivable = self.receivables[part.receivable_id]
        missing = part.amount - self._open(receivable, part.charge_id)
        if missing > 0:
            key = (part.receivable_id, part.charge_id)
            self.given_up[key] -= missing
            self._move(receivable, part.charge_id, -missing)
            self._count(receivable, EntryKind.RECOVERY, missing)
            self._entry(
                receivable, EntryKind.RECOVERY, missing, on=on, charge_id=part.charge_id, **_origin(source)
            )

    def _allocate(self, source: Source, share: Share, on: date, value_on: date | None) -> None:
        part = share.part
        receivable = self.receivables[part.receivable_id]
        self._move(receivable, part.charge_id, part.amount)
        entry_id = self._entry(
            receivable,
            EntryKind.ALLOCATION if isinstance(source, Payment) else EntryKind.CREDIT_NOTE,
            -part.amount,
            on=on,
            value_on=value_on,
            charge_id=part.charge_id,
            **_origin(source),
        )
        allocation_id = self._journal.allocation(
            source, receivable, entry_id, part.amount, share.spent, share.rate
        )
        if isinstance(source, Payment):
            self._journal.settled.append(
                Settled(
                    allocation_id,
                    receivable,
                    self._booked_on(receivable, part.charge_id),
                    part.amount,
                    source,
                    share.spent,
                    self._journal.last_effective_on,
                )
            )
        self._restate(receivable)

    def take_back(
        self,
        source: Source,
        standing: Standing,
        spent: int,
        *,
        on: date,
        note: str | None = None,
        gives_up: bool = True,
    ) -> None:
        """Undo an allocation as far as ``spent`` minor units of its source: so much is owed again.

        What it had recovered falls first, and is given up as it was before; not without ``gives_up``, where
        the caller takes back the debt as well.
        """
        allocation, entry = standing.allocation, standing.entry
        amount = standing.amount_of(spent)
        receivable = self.receivables[entry.receivable_id]
        self._move(receivable, entry.charge_id, -amount)
        entry_id = self._entry(
            receivable,
            EntryKind.REVERSAL,
            amount,
            on=_after(entry, on),
            not_before=entry.effective_on,
            charge_id=entry.charge_id,
            payment_id=entry.payment_id,
            credit_note_id=entry.credit_note_id,
            reverses_id=entry.id,
            note=note,
        )
        rate = Rate(allocation.rate, allocation.rate_on) if allocation.rate and allocation.rate_on else None
        undone = self._journal.allocation(source, receivable, entry_id, -amount, -spent, rate)
        self._journal.undone.append(Undone(undone, standing, amount, self._journal.last_effective_on))
        _spend(source, -spent)
        self._restate(receivable)
        for recovered in standing.recovered if gives_up else ():
            part = min(amount, recovered.left)
            if part:
                amount -= part
                recovered.left -= part
                self.reverse(recovered.entry, part, on=on, note=note)

    def reverse(self, entry: Entry, amount: int, *, on: date, note: str | None = None) -> UUID:
        """Undo ``amount`` of an entry that is no allocation: a waiver, a write-off, a charge, a deduction.

        Of a charge the line stays and is settled by its reversal.
        """
        receivable = self.receivables[entry.receivable_id]
        adds = entry.amount_minor > 0
        self._move(receivable, entry.charge_id, amount if adds else -amount)
        self._count(receivable, EntryKind(entry.kind), -amount)
        key = (receivable.id, entry.charge_id)
        if entry.kind in (EntryKind.WRITE_OFF, EntryKind.RECOVERY):
            self.given_up[key] = self.given_up.get(key, 0) + (amount if adds else -amount)
        entry_id = self._entry(
            receivable,
            EntryKind.REVERSAL,
            -amount if adds else amount,
            on=_after(entry, on),
            not_before=entry.effective_on,
            charge_id=entry.charge_id,
            payment_id=entry.payment_id,
            credit_note_id=entry.credit_note_id,
            reverses_id=entry.id,
            note=note,
        )
        self._restate(receivable)
        return entry_id

    async def write(self) -> None:
        """Write what was gathered, with the exchange differences that it brought about."""
        await self._journal.write()

    def _open(self, receivable: Receivable, charge_id: UUID | None) -> int:
        return self.charges[charge_id].balance_minor if charge_id else receivable.principal_owed

    def _booked_on(self, receivable: Receivable, charge_id: UUID | None) -> date:
        """The day whose rate a debt in foreign currency was booked at: a charge has its own."""
        return self.charges[charge_id].posted_on if charge_id else receivable.issued_on

    def _move(self, receivable: Receivable, charge_id: UUID | None, amount: int) -> None:
        """Count ``amount`` more as settled; less, where it is negative."""
        if charge_id:
            charge = self.charges[charge_id]
            charge.settled_minor += amount
            charge.balance_minor -= amount
            receivable.charges_settled_minor += amount
        receivable.settled_minor += amount
        receivable.balance_minor -= amount

    def _count(self, receivable: Receivable, kind: EntryKind, amount: int) -> None:
        """What nobody paid is counted apart, since the state follows from it."""
        if kind is EntryKind.WRITE_OFF:
            receivable.written_off_minor += amount
        elif kind is EntryKind.RECOVERY:
            receivable.written_off_minor -= amount
        elif kind in (EntryKind.CANCELLATION, EntryKind.SUBSTITUTION):
            receivable.cancelled_minor += amount

    def _restate(self, receivable: Receivable) -> None:
        receivable.state = state_of(
            receivable.amount_minor + receivable.charges_minor,
            receivable.settled_minor,
            written_off=receivable.written_off_minor,
            cancelled=receivable.cancelled_minor,
        )
        is_settled = receivable.balance_minor == 0
        receivable.settled_on = self._last_days[receivable.id] if is_settled else None
        receivable.updated_at = self._tx.now

    def _entry(
        self,
        receivable: Receivable,
        kind: EntryKind,
        amount: int,
        *,
        on: date,
        charge_id: UUID | None = None,
        not_before: date = date.min,
        value_on: date | None = None,
        **about: Any,
    ) -> UUID:
        day = max(on, receivable.issued_on)
        if charge_id is None:
            happened_on = min(value_on or day, day)
            self._last_days[receivable.id] = max(happened_on, self._last_days.get(receivable.id, happened_on))
        return self._journal.entry(
            receivable,
            kind,
            amount,
            on=day,
            not_before=not_before,
            value_on=value_on,
            charge_id=charge_id,
            **about,
        )


def _after(entry: Entry, day: date) -> date:
    """The day on which an entry was undone: never before the day on which it really happened."""
    return max(day, entry.value_on or entry.effective_on)


def _origin(source: Source) -> dict[str, Any]:
    """Where money or a reduction came from, as an entry says it."""
    if isinstance(source, Payment):
        return {"payment_id": source.id, "import_run_id": source.import_run_id}
    return {"credit_note_id": source.id}


def _spend(source: Source, amount: int) -> None:
    if isinstance(source, Payment):
        source.allocated_minor += amount
    else:
        source.applied_minor += amount
    source.unapplied_minor -= amount
