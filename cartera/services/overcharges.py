"""Interest that a later fact shows to be too much: taken back by entries of its own, never edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cartera.db.queries import charges as queries
from cartera.db.queries.ledger import Standing, standing
from cartera.db.queries.locks import lock
from cartera.db.session import WriteTx
from cartera.db.tables.charges import Charge
from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.allocation import AllocationRule, by_rule, shares_of
from cartera.rules.charges import ChargeKind
from cartera.rules.interest import DatedRate, DayCount, LacksRate, Step, interest
from cartera.services.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Excess:
    """``amount`` minor units too much on a charge, which the entry posted."""

    charge: Charge
    entry: Entry
    amount: int


async def correct_interest(tx: WriteTx, receivables: Mapping[UUID, Receivable], on: date) -> list[UUID]:
    """Take back, on day ``on``, posted interest for days on which less principal was late than was thought.

    So it is after a payment with an earlier day, and where the due date has moved to a later one. Each line
    is computed anew at its own rate and convention, and what it holds too much is reversed. Where money has
    paid that already, it is freed and pays what else is open on its payer's receivables among these, else it
    stays unapplied. The caller holds the locks and settles up afterwards. Returns the ids of the charges
    corrected.
    """
    await tx.session.flush()
    found = await _excesses(tx, receivables)
    if not found:
        return []
    ledger = await Ledger.of(tx, receivables)
    freed: dict[UUID, tuple[Payment, int]] = {}
    corrected = []
    for excess in found:
        # The ledger has read the charges afresh: they are the same rows.
        paid = excess.amount - excess.charge.balance_minor
        if paid > 0:
            await _free(tx, ledger, excess, paid, freed, on)
        amount = min(excess.amount, excess.charge.balance_minor)
        if amount > 0:
            ledger.reverse(excess.entry, amount, on=on)
            corrected.append(excess.charge.id)
            _audit(tx, excess, amount)
    for payment, amount in freed.values():
        debts = [
            ledger.debt(row.id)
            for row in receivables.values()
            if (row.customer_id, row.currency) == (payment.customer_id, payment.currency)
        ]
        order = ledger.order_of(payment.customer_id)
        shares = shares_of(by_rule(amount, debts, AllocationRule.OLDEST_FIRST, order))
        ledger.allocate(payment, shares, on=on)
    await ledger.write()
    return corrected


async def overcharged(tx: WriteTx, receivables: Mapping[UUID, Receivable]) -> set[UUID]:
    """The customers of whose interest ``correct_interest`` would take something back."""
    return {each.charge.customer_id for each in await _excesses(tx, receivables)}


async def _excesses(tx: WriteTx, receivables: Mapping[UUID, Receivable]) -> list[Excess]:
    """Lines of interest that hold more than their days bear by what is known now."""
    lines = [each for each in await queries.charges_of(tx, receivables) if _is_line(each)]
    if not lines:
        return []
    steps = await queries.steps(tx, receivables)
    postings = await queries.postings(tx, [each.id for each in lines])
    found = []
    for charge in lines:
        entry, taken_back = postings[charge.id]
        overdue_from = receivables[charge.receivable_id].overdue_from
        due = _due(charge, steps[charge.receivable_id], overdue_from)
        amount = charge.amount_minor - taken_back - due
        if amount > 0:
            # What was waived of the line is not owed, and not to be taken back once more.
            amount = min(amount, charge.amount_minor - taken_back - await queries.waived(tx, charge.id))
        if amount > 0:
            found.append(Excess(charge, entry, amount))
    return found


def _is_line(charge: Charge) -> bool:
    """Whether it is a line of interest by rule, and so can be computed anew; a plan's was agreed upon."""
    computed_from = (charge.from_on, charge.to_on, charge.rate, charge.day_count)
    return charge.kind == ChargeKind.INTEREST and None not in computed_from


def _due(charge: Charge, steps: Sequence[Step], overdue_from: date) -> int:
    """What the line's late days bear by what is known now, in minor units; a line cut by a cap stays cut."""
    assert charge.from_on
    assert charge.to_on
    assert charge.rate is not None
    assert charge.day_count
    lines = interest(
        steps,
        [DatedRate(charge.from_on, charge.rate)],
        from_on=max(charge.from_on, overdue_from),
        to_on=charge.to_on,
        day_count=DayCount(charge.day_count),
    )
    assert not isinstance(lines, LacksRate)
    return min(sum(line.amount for line in lines), charge.amount_minor)


async def _free(
    tx: WriteTx,
    ledger: Ledger,
    excess: Excess,
    paid: int,
    freed: dict[UUID, tuple[Payment, int]],
    on: date,
) -> None:
    """Take money back from the charge, the latest first; adds to ``freed`` what is unapplied by it."""
    for payment_id in await queries.payers(tx, excess.charge.id):
        payment = (await lock(tx, customers=[excess.charge.customer_id], payments=[payment_id])).payments[
            payment_id
        ]
        for each in _on_charge(await standing(tx, payment_id=payment_id), excess.charge.id):
            # Across currencies a part has no exact counterpart: that interest stays paid.
            if paid <= 0 or each.allocation.rate is not None:
                continue
            part = min(paid, each.source_left)
            ledger.take_back(payment, each, part, on=on, gives_up=False)
            paid -= part
            freed[payment_id] = (payment, freed.get(payment_id, (payment, 0))[1] + part)


def _on_charge(found: Iterable[Standing], charge_id: UUID) -> list[Standing]:
    return [each for each in found if each.entry.charge_id == charge_id]


def _audit(tx: WriteTx, excess: Excess, amount: int) -> None:
    charge = excess.charge
    tx.audit(
        "charge.correct",
        "charge",
        charge.id,
        customer_id=charge.customer_id,
        before={"amount_minor": charge.amount_minor},
        after={"taken_back_minor": amount, "currency": charge.currency},
    )
