"""What the ledger reads of receivables that are locked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import aliased

from cartera.db.session import Tx
from cartera.db.tables.charges import Charge
from cartera.db.tables.payments import Allocation
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.receivables import DEDUCTIONS, EntryKind


@dataclass(slots=True)
class Recovered:
    """An entry of recovery, and what of it stands, in minor units; less, once that is taken back."""

    entry: Entry
    left: int


@dataclass(frozen=True, slots=True)
class Standing:
    """An allocation with its entry, and what reversals have left of it: minor units of the receivable's
    currency and of its source's. ``recovered``: what had been given up until it paid that."""

    allocation: Allocation
    entry: Entry
    left: int
    source_left: int
    recovered: tuple[Recovered, ...] = ()

    def amount_of(self, spent: int) -> int:
        """What of the receivable ``spent`` of the source has settled; the last of it settled the rest."""
        if spent == self.source_left:
            return self.left
        return max(self.left * spent // self.source_left, 1)

    def source_of(self, spent: int) -> int:
        """What of the source to take back for ``spent`` of it: all, where the rest would settle nothing.

        A cent is worth many units of one currency, and a fraction of a unit of another.
        """
        return spent if self.amount_of(spent) < self.left else self.source_left


async def last_days(tx: Tx, receivables: Collection[UUID]) -> dict[UUID, date]:
    """By receivable, the latest day on which anything really happened to its principal."""
    rows = await tx.session.execute(
        select(Entry.receivable_id, func.max(func.coalesce(Entry.value_on, Entry.effective_on)).label("day"))
        .where(Entry.receivable_id.in_(receivables), Entry.charge_id.is_(None))
        .group_by(Entry.receivable_id)
    )
    return {row.receivable_id: row.day for row in rows}


async def given_up(tx: Tx, receivables: Collection[UUID]) -> dict[tuple[UUID, UUID | None], int]:
    """By receivable and charge (None: principal), what was written off and neither recovered nor reversed."""
    if not receivables:
        return {}
    reversed_entry = aliased(Entry)
    kinds = (EntryKind.WRITE_OFF, EntryKind.RECOVERY)
    rows = await tx.session.execute(
        select(Entry.receivable_id, Entry.charge_id, cast(-func.sum(Entry.amount_minor), BigInteger))
        .outerjoin(reversed_entry, reversed_entry.id == Entry.reverses_id)
        .where(
            Entry.receivable_id.in_(receivables),
            Entry.kind.in_(kinds) | ((Entry.kind == EntryKind.REVERSAL) & reversed_entry.kind.in_(kinds)),
        )
        .group_by(Entry.receivable_id, Entry.charge_id)
    )
    return {(receivable_id, charge_id): amount for receivable_id, charge_id, amount in rows}


async def standing(
    tx: Tx, *, payment_id: UUID | None = None, credit_note_id: UUID | None = None
) -> list[Standing]:
    """The allocations of a payment or credit note of which anything is left, in the order of their undoing.

    The latest first; of those made at once, what was due last, and its principal before its charges.
    """
    of_source = (
        Allocation.payment_id == payment_id if payment_id else Allocation.credit_note_id == credit_note_id
    )
    rows = (
        await tx.session.execute(
            select(Allocation, Entry)
            .join(Entry, Entry.id == Allocation.entry_id)
            .join(Receivable, Receivable.id == Allocation.receivable_id)
            .outerjoin(Charge, Charge.id == Entry.charge_id)
            .where(of_source)
            .order_by(
                Allocation.recorded_at.desc(),
                Receivable.due_on.desc(),
                Receivable.id.desc(),
                Charge.due_on.desc().nulls_first(),
                Charge.id.desc(),
            )
        )
    ).all()
    undone: dict[UUID, tuple[int, int]] = {}
    for allocation, entry in rows:
        if entry.reverses_id:
            amount, source = undone.get(entry.reverses_id, (0, 0))
            undone[entry.reverses_id] = amount + allocation.amount_minor, source + allocation.source_minor
    stand = [
        (allocation, entry)
        for allocation, entry in rows
        if entry.reverses_id is None and allocation.amount_minor + undone.get(entry.id, (0, 0))[0] > 0
    ]
    recovered = await _recovered(tx, {entry.receivable_id for _, entry in stand})
    found = []
    for allocation, entry in stand:
        amount, source = undone.get(entry.id, (0, 0))
        left, source_left = allocation.amount_minor + amount, allocation.source_minor + source
        by_it = tuple(each for each in recovered if _is_by(each.entry, entry))
        found.append(Standing(allocation, entry, left, source_left, by_it))
    return found


async def _recovered(tx: Tx, receivables: Collection[UUID]) -> list[Recovered]:
    """Recoveries that stand; none from before a reinstatement, since which nobody gives that up."""
    root = aliased(Entry)
    kind = func.coalesce(root.kind, Entry.kind)
    rows = await tx.session.execute(
        select(Entry, kind)
        .outerjoin(root, root.id == Entry.reverses_id)
        .where(
            Entry.receivable_id.in_(receivables),
            (kind == EntryKind.RECOVERY) | ((kind == EntryKind.WRITE_OFF) & Entry.reverses_id.is_not(None)),
        )
        .order_by(Entry.recorded_at, Entry.id)
    )
    found: dict[UUID, Recovered] = {}
    for entry, what in rows:
        if what == EntryKind.WRITE_OFF:
            found = {
                key: each for key, each in found.items() if each.entry.receivable_id != entry.receivable_id
            }
        elif entry.reverses_id is None:
            found[entry.id] = Recovered(entry, entry.amount_minor)
        elif entry.reverses_id in found:
            found[entry.reverses_id].left += entry.amount_minor
    return list(found.values())


def _is_by(recovery: Entry, allocated: Entry) -> bool:
    """Whether an allocation, of which this is the entry, brought the recovery about."""
    names = ("receivable_id", "charge_id", "payment_id", "credit_note_id", "recorded_at")
    return all(getattr(recovery, name) == getattr(allocated, name) for name in names)


async def deductions(tx: Tx, payment_id: UUID) -> list[Entry]:
    """What was settled beside a payment by a coded reason, and stands: withholding, bank fee, discount."""
    reversal = aliased(Entry)
    found = await tx.session.scalars(
        select(Entry)
        .outerjoin(reversal, reversal.reverses_id == Entry.id)
        .where(Entry.payment_id == payment_id, Entry.kind.in_(DEDUCTIONS), reversal.id.is_(None))
        .order_by(Entry.id)
    )
    return list(found)


async def deducted(tx: Tx, receivables: Collection[UUID]) -> dict[tuple[UUID, str], int]:
    """By receivable and kind, the deductions that stand, in minor units."""
    if not receivables:
        return {}
    undone = aliased(Entry)
    kind = func.coalesce(undone.kind, Entry.kind)
    rows = await tx.session.execute(
        select(Entry.receivable_id, kind, cast(-func.sum(Entry.amount_minor), BigInteger))
        .outerjoin(undone, undone.id == Entry.reverses_id)
        .where(Entry.receivable_id.in_(receivables), kind.in_(DEDUCTIONS))
        .group_by(Entry.receivable_id, kind)
    )
    return {(receivable_id, what): amount for receivable_id, what, amount in rows}


async def has_paid_charges(tx: Tx, receivable_id: UUID) -> bool:
    """Whether anything but a waiver has settled charges of a receivable, and stands."""
    root = aliased(Entry)
    kind = func.coalesce(root.kind, Entry.kind)
    standing_kind = await tx.session.scalar(
        select(kind)
        .select_from(Entry)
        .outerjoin(root, root.id == Entry.reverses_id)
        .where(
            Entry.receivable_id == receivable_id,
            Entry.charge_id.is_not(None),
            kind.not_in((EntryKind.INTEREST, EntryKind.FEE, EntryKind.WAIVER)),
        )
        .group_by(kind)
        .having(func.sum(Entry.amount_minor) != 0)
        .limit(1)
    )
    return standing_kind is not None


async def unreversed(tx: Tx, receivable_id: UUID, kind: EntryKind) -> list[Entry]:
    """A receivable's entries of a kind that no reversal is about, the latest first."""
    reversal = aliased(Entry)
    found = await tx.session.scalars(
        select(Entry)
        .outerjoin(reversal, reversal.reverses_id == Entry.id)
        .where(Entry.receivable_id == receivable_id, Entry.kind == kind, reversal.id.is_(None))
        .order_by(Entry.recorded_at.desc(), Entry.id.desc())
    )
    return list(found)
