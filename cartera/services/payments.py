"""Payments: record money received, allocate it to receivables, use credit that was left unapplied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from cartera.actors import ActorKind
from cartera.checks import LONGEST_AGO, LONGEST_NAME, check_text
from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries.locks import Locked, lock
from cartera.db.queries.payments import by_external_ids, payer_of
from cartera.db.session import WriteTx
from cartera.db.tables.payments import Payment
from cartera.errors import Refused, refuse
from cartera.rules.allocation import AllocationRule, Line, Share, as_told, by_rule, shares_of
from cartera.rules.charge_rules import Posting
from cartera.rules.exchange import Rate
from cartera.rules.money import MAX_MINOR, Money
from cartera.rules.outbox import ChangeKind, Lane
from cartera.rules.payments import DeductionReason, PaymentMethod
from cartera.rules.permissions import Scope
from cartera.services.allocations import check_currency, check_lines, check_use, debts_of, wanted_receivables
from cartera.services.books import settle_up
from cartera.services.charges import accrue_to, posting
from cartera.services.deductions import Deduction, check_deductions, deduct
from cartera.services.exchange import rate_between
from cartera.services.ledger import Ledger
from cartera.services.overcharges import correct_interest


@dataclass(frozen=True, slots=True)
class NewPayment:
    """Money received. Without ``lines`` it goes by ``rule``; what fits nowhere stays unapplied.

    Lines are minor units of the payment's own currency, whatever that of their receivables: these are then
    settled at the rate of the day on which the money came in. ``deductions`` say why it is short.
    ``external_id`` is its id where it came from (``sandbox:<reference>``): the same one is booked once.
    A payment of an import sends no receipt: whoever took the money has given one.
    """

    customer_id: UUID
    method: PaymentMethod
    amount: Money
    received_on: date
    external_id: str | None = None
    reference: str | None = None
    lines: Sequence[Line] | None = None
    rule: AllocationRule = AllocationRule.OLDEST_FIRST
    deductions: Sequence[Deduction] = ()
    payment_attempt_id: UUID | None = None
    import_run_id: UUID | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentRecorded:
    payment_id: UUID
    replayed: bool


class Booking(NamedTuple):
    """What became of one of many payments: the one on the books, and whether it came there just now."""

    payment: Payment
    is_new: bool


@dataclass(frozen=True, slots=True)
class CreditUse:
    """What of a payment's unapplied credit goes where; without ``lines`` by ``rule``."""

    payment_id: UUID
    lines: Sequence[Line] | None = None
    rule: AllocationRule = AllocationRule.OLDEST_FIRST
    # What the lines' amounts are of, where whoever told them has said so.
    currency: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class CreditApplied:
    payment_id: UUID
    replayed: bool


async def record_payment(tx: WriteTx, new: NewPayment) -> PaymentRecorded:
    """Book a payment and allocate it; entries take effect on the day on which it was received.

    Money that the system reports (a gateway's, an import's) is booked whatever its lines say; of a
    person's slips these are Refused: AMOUNT_NOT_POSITIVE, TOO_LARGE, RECEIVED_IN_FUTURE,
    RECEIVED_LONG_AGO, TOO_MANY, RECEIVABLE_TWICE, LINES_EXCEED_PAYMENT, NO_EXCHANGE_RATE,
    PAYMENT_ID_TAKEN, TOO_LONG, NOT_TEXT, IDEMPOTENCY_KEY_REUSED, and what ``deduct`` refuses.
    """
    tx.actor.require(Scope.PAYMENTS_WRITE)
    check_payment(tx, new)
    done = await earlier(tx, "record_payment", new.idempotency_key, new)
    if done is not None:
        return PaymentRecorded(done["payment"], replayed=True)
    await lock(tx, customers=[new.customer_id])
    payment_id = new_id()
    if not await _add_payment(tx, payment_id, new):
        return await _booked_before(tx, new)
    locked = await _lock_for(tx, new, payment_id)
    payment = locked.payments[payment_id]
    ledger = await Ledger.of(tx, locked.receivables)
    await accrue_to(tx, ledger, locked.receivables.values(), new.received_on)
    await deduct(tx, ledger, payment, new.deductions)
    shares = await _shares(tx, ledger, payment, new.amount, new)
    ledger.allocate(payment, shares, on=new.received_on)
    await ledger.write()
    if new.received_on < tx.today:
        await correct_interest(tx, locked.receivables, tx.today)
    _audit(tx, payment, shares, new.deductions)
    if new.import_run_id is None:
        tx.later(Lane.INTERACTIVE, "send_receipt", key=str(payment_id), payment_id=str(payment_id))
    await _finish(tx, payment)
    await remember(tx, "record_payment", new.idempotency_key, payment=payment_id)
    return PaymentRecorded(payment_id, replayed=False)


async def record_payments(tx: WriteTx, payments: Sequence[NewPayment]) -> list[Booking]:
    """Book up to some thousand payments of an import, in order, as ``record_payment`` would each of them.

    Each has an external id, lines of its own and has passed ``check_payment``; one whose external id is on
    the books is left alone, whatever it says (``is_same``). Whoever calls proves promises and refreshes
    accounts afterwards, and holds the locks of all account rows from before the first of several calls.
    """
    tx.actor.require(Scope.PAYMENTS_WRITE)
    known = await by_external_ids(tx, [new.external_id for new in payments if new.external_id])
    wanted = {receivable_id for new in payments for receivable_id, _ in new.lines or ()}
    locked = await lock(tx, customers={new.customer_id for new in payments}, receivables=wanted)
    ledger = await Ledger.of(tx, locked.receivables)
    accrues = await posting(tx) is Posting.AUTOMATIC
    bookings = []
    for new in payments:
        assert new.external_id, "nothing would tell it from another"
        assert new.lines is not None, "what was due first is not looked up"
        payment, is_new = known.get(new.external_id), new.external_id not in known
        if payment is None:
            payment = known[new.external_id] = Payment(**_columns(tx, new_id(), new))
            named = [ledger.receivables[each] for each, _ in new.lines if each in ledger.receivables]
            if accrues:
                # Interest is computed on what the payments before this one have left.
                await ledger.write()
                await accrue_to(tx, ledger, named, new.received_on)
            order = ledger.order_of(new.customer_id)
            shares = as_told(new.amount, new.lines, debts_of(ledger, new.lines), order, {})
            ledger.allocate(payment, shares, on=new.received_on)
            tx.session.add(payment)
            _audit(tx, payment, shares)
        bookings.append(Booking(payment, is_new))
    await ledger.write()
    if any(each.is_new and each.payment.received_on < tx.today for each in bookings):
        await correct_interest(tx, ledger.receivables, tx.today)
    return bookings


def is_same(payment: Payment, new: NewPayment) -> bool:
    """Whether the payment on the books is the one that has come in once more."""
    return (payment.customer_id, payment.amount_minor, payment.currency) == (
        new.customer_id,
        new.amount.minor,
        new.amount.currency,
    )


async def apply_credit(tx: WriteTx, use: CreditUse) -> CreditApplied:
    """Allocate unapplied credit of a payment; entries take effect today.

    Interest that was running when the money came in is posted first, as by ``record_payment``.
    Refused: NOT_ENOUGH_CREDIT, OVER_ALLOCATED, NOTHING_TO_APPLY, CURRENCY_MISMATCH and what
    ``record_payment`` says of lines.
    """
    tx.actor.require(Scope.PAYMENTS_WRITE)
    check_lines(use.lines)
    done = await earlier(tx, "apply_credit", use.idempotency_key, use)
    if done is not None:
        return CreditApplied(done["payment"], replayed=True)
    customer_id = await payer_of(tx, use.payment_id)
    locked = await lock(tx, customers=[customer_id], payments=[use.payment_id])
    payment = locked.payments[use.payment_id]
    check_currency(use.currency, payment.currency)
    credit = Money(payment.unapplied_minor, payment.currency)
    receivables = await wanted_receivables(tx, customer_id, credit, use.lines, use.rule)
    locked = await lock(
        tx,
        customers=[customer_id],
        payments=[use.payment_id],
        receivables=receivables,
        named_in="allocations",
    )
    ledger = await Ledger.of(tx, locked.receivables)
    await accrue_to(tx, ledger, locked.receivables.values(), payment.received_on)
    shares = await _shares(tx, ledger, payment, credit, use)
    check_use(use.lines, credit, shares)
    ledger.allocate(payment, shares, on=tx.today)
    await ledger.write()
    tx.audit(
        "payment.apply_credit", "payment", payment.id, customer_id=customer_id, after=_story(payment, shares)
    )
    await _finish(tx, payment)
    await remember(tx, "apply_credit", use.idempotency_key, payment=payment.id)
    return CreditApplied(payment.id, replayed=False)


def check_payment(tx: WriteTx, new: NewPayment) -> None:
    """Refuse what ``record_payment`` says of a payment by itself, whatever is on the books."""
    if new.amount.minor <= 0:
        raise refuse("AMOUNT_NOT_POSITIVE", "amount")
    if new.amount.minor > MAX_MINOR:
        raise refuse("TOO_LARGE", "amount")
    if new.received_on > tx.today:
        raise refuse("RECEIVED_IN_FUTURE", "receivedOn", today=tx.today.isoformat())
    if new.received_on < tx.today - LONGEST_AGO:
        raise refuse("RECEIVED_LONG_AGO", "receivedOn", earliest=(tx.today - LONGEST_AGO).isoformat())
    check_lines(new.lines)
    check_deductions(tx, new.deductions)
    if _is_typed(tx):
        check_text(new.reference, "reference", longest=LONGEST_NAME)
    if _is_typed(tx) and sum(amount for _, amount in new.lines or ()) > new.amount.minor:
        raise refuse("LINES_EXCEED_PAYMENT", "allocations")


def _is_typed(tx: WriteTx) -> bool:
    """Whether somebody outside told the amounts, and can correct them; money that has come in cannot wait."""
    return tx.actor.kind is not ActorKind.SYSTEM


async def _add_payment(tx: WriteTx, payment_id: UUID, new: NewPayment) -> bool:
    """Insert the payment, all of it unapplied; False when its external id has been booked before."""
    added = await tx.session.scalar(
        insert(Payment)
        .values(**_columns(tx, payment_id, new))
        .on_conflict_do_nothing(index_elements=["organization_id", "external_id"])
        .returning(Payment.id)
    )
    return added is not None


def _columns(tx: WriteTx, payment_id: UUID, new: NewPayment) -> dict[str, Any]:
    """The payment's row, all of it unapplied."""
    return {
        "organization_id": tx.organization_id,
        "id": payment_id,
        "customer_id": new.customer_id,
        "external_id": new.external_id or f"cartera:{payment_id}",
        "method": new.method,
        "currency": new.amount.currency,
        "amount_minor": new.amount.minor,
        "allocated_minor": 0,
        "reversed_minor": 0,
        "unapplied_minor": new.amount.minor,
        "received_on": new.received_on,
        "reference": new.reference,
        "payment_attempt_id": new.payment_attempt_id,
        "import_run_id": new.import_run_id,
        "actor": str(tx.actor),
        "recorded_at": tx.now,
    }


async def _booked_before(tx: WriteTx, new: NewPayment) -> PaymentRecorded:
    before = await tx.session.scalar(select(Payment).where(Payment.external_id == new.external_id))
    if before is None or not is_same(before, new):
        raise refuse("PAYMENT_ID_TAKEN", "externalId")
    await remember(tx, "record_payment", new.idempotency_key, payment=before.id)
    return PaymentRecorded(before.id, replayed=True)


async def _lock_for(tx: WriteTx, new: NewPayment, payment_id: UUID) -> Locked:
    """Lock the payment and the receivables that it may pay; the account row is locked already."""
    # What is deducted of one leaves more of the money for the next.
    reach = Money(new.amount.minor + sum(each.amount for each in new.deductions), new.amount.currency)
    receivables = await wanted_receivables(tx, new.customer_id, reach, new.lines, new.rule)
    deducted = [each.receivable_id for each in new.deductions]
    customers, payments = [new.customer_id], [payment_id]
    locked = await lock(
        tx, customers=customers, payments=payments, receivables=receivables, named_in="allocations"
    )
    everything = {*receivables, *deducted}
    if everything == set(receivables):
        return locked
    return await lock(
        tx, customers=customers, payments=payments, receivables=everything, named_in="deductions"
    )


async def _shares(
    tx: WriteTx, ledger: Ledger, payment: Payment, money: Money, told: NewPayment | CreditUse
) -> list[Share]:
    order = ledger.order_of(payment.customer_id)
    if told.lines is None:
        contested = _contested(told)
        debts = [
            replace(debt, principal=max(debt.principal - contested[row.id], 0))
            for row in ledger.receivables.values()
            if row.currency == money.currency and (debt := ledger.debt(row.id))
        ]
        return shares_of(by_rule(money.minor, debts, told.rule, order))
    rates: dict[str, Rate] = {}
    for place, (receivable_id, _) in enumerate(told.lines):
        currency = ledger.receivables[receivable_id].currency
        if currency == money.currency or currency in rates:
            continue
        try:
            path = ("allocations", str(place))
            rates[currency] = await rate_between(tx, money.currency, payment.received_on, currency, *path)
        except Refused:
            # Money that has come in cannot wait for a rate: it stays unapplied.
            if _is_typed(tx):
                raise
    return as_told(money, told.lines, debts_of(ledger, told.lines), order, rates)


def _contested(told: NewPayment | CreditUse) -> Counter[UUID]:
    """By receivable, what the payer holds back in dispute: by rule, the money is for something else."""
    held: Counter[UUID] = Counter()
    for each in told.deductions if isinstance(told, NewPayment) else ():
        if each.reason is DeductionReason.DISPUTE:
            held[each.receivable_id] += each.amount
    return held


async def _finish(tx: WriteTx, payment: Payment) -> None:
    await settle_up(tx, [payment.customer_id])
    tell_screens(tx, ChangeKind.PAYMENT, payment.id, payment.customer_id)


def _audit(
    tx: WriteTx, payment: Payment, shares: Sequence[Share], deductions: Sequence[Deduction] = ()
) -> None:
    story = _story(payment, shares)
    if deductions:
        story["deductions"] = [
            {"receivable": str(each.receivable_id), "reason": each.reason, "amount_minor": each.amount}
            for each in deductions
        ]
    tx.audit("payment.record", "payment", payment.id, customer_id=payment.customer_id, after=story)


def _story(payment: Payment, shares: Sequence[Share]) -> dict[str, Any]:
    allocated: Counter[str] = Counter()
    for share in shares:
        allocated[str(share.part.receivable_id)] += share.spent
    return {
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "unapplied_minor": payment.unapplied_minor,
        "allocations": dict(allocated),
    }
