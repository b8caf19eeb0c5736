"""Deductions: why a payment is short of what it pays, told by a coded reason (DOMAIN §2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from cartera.checks import check_count, check_text
from cartera.db.queries.ledger import deducted
from cartera.db.session import WriteTx
from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.errors import refuse
from cartera.rules.activities import TaskKind
from cartera.rules.disputes import DisputeReason
from cartera.rules.money import Money
from cartera.rules.payments import LARGEST_DEDUCTIONS, DeductionReason, discount_allowed
from cartera.rules.permissions import Scope
from cartera.rules.receivables import EntryKind
from cartera.services.disputes import open_dispute_under_lock
from cartera.services.ledger import Ledger
from cartera.services.tasks import NewTask, add_task, cancel_task

_KINDS = {
    DeductionReason.WITHHOLDING: EntryKind.WITHHOLDING,
    DeductionReason.BANK_FEE: EntryKind.BANK_FEE,
    DeductionReason.EARLY_PAYMENT_DISCOUNT: EntryKind.EARLY_PAYMENT_DISCOUNT,
}


@dataclass(frozen=True, slots=True)
class Deduction:
    """``amount`` minor units that were kept back of a receivable in the payment's currency."""

    receivable_id: UUID
    reason: DeductionReason
    amount: int
    note: str | None = None
    # Of a dispute: what is contested.
    dispute_reason: DisputeReason | None = None


def check_deductions(tx: WriteTx, deductions: Sequence[Deduction]) -> None:
    """Refuse what ``deduct`` says of deductions by themselves, whatever is on the books."""
    check_count(deductions, "deductions")
    for place, each in enumerate(deductions):
        if each.amount <= 0:
            raise refuse("AMOUNT_NOT_POSITIVE", "deductions", str(place), "amount")
        check_text(each.note, "deductions", str(place), "note")
        if each.reason is DeductionReason.DISPUTE and each.dispute_reason is None:
            raise refuse("DISPUTE_REASON_MISSING", "deductions", str(place), "disputeReason")


async def deduct(tx: WriteTx, ledger: Ledger, payment: Payment, deductions: Sequence[Deduction]) -> None:
    """Settle what coded reasons settle, of the principal; entries take effect when the payment came in.

    A withheld tax opens a task for its certificate. All that a document was ever deducted by for a reason
    must be what the organization grants, or what is usual (``LARGEST_DEDUCTIONS``), unless who books it may
    change the books; what is contested stays owed, in a dispute. Refused: CURRENCY_MISMATCH,
    DEDUCTION_ABOVE_BALANCE, DISCOUNT_NOT_AGREED, DEDUCTION_NEEDS_APPROVAL, what ``check_deductions`` says,
    and of a dispute what ``open_dispute_under_lock`` does.
    """
    so_far = await deducted(tx, {each.receivable_id for each in deductions})
    for place, each in enumerate(deductions):
        path = ("deductions", str(place))
        receivable = ledger.receivables[each.receivable_id]
        if receivable.currency != payment.currency:
            raise refuse("CURRENCY_MISMATCH", *path, currency=payment.currency)
        principal = ledger.debt(receivable.id).principal
        if each.amount > principal:
            balance = Money(principal, receivable.currency)
            raise refuse("DEDUCTION_ABOVE_BALANCE", *path, balance=balance.decimal, currency=balance.currency)
        if each.dispute_reason is not None and each.reason is DeductionReason.DISPUTE:
            money = Money(each.amount, receivable.currency)
            await open_dispute_under_lock(tx, receivable, each.dispute_reason, money, note=each.note)
            continue
        key = (receivable.id, _KINDS[each.reason].value)
        so_far[key] = so_far.get(key, 0) + each.amount
        if each.reason is DeductionReason.EARLY_PAYMENT_DISCOUNT:
            _check_discount(tx, receivable, payment, so_far[key], path)
        else:
            _check_usual(tx, receivable, each.reason, so_far[key], path)
        ledger.settle(
            receivable.id,
            each.amount,
            _KINDS[each.reason],
            on=payment.received_on,
            payment_id=payment.id,
            note=each.note,
            tax_document_needed=each.reason is DeductionReason.EARLY_PAYMENT_DISCOUNT,
        )
        if each.reason is DeductionReason.WITHHOLDING:
            note = _certificate(receivable, each.amount)
            await add_task(tx, NewTask(receivable.customer_id, TaskKind.CERTIFICATE, tx.now, note))


async def withdraw(tx: WriteTx, ledger: Ledger, told: Sequence[Entry], *, on: date, note: str | None) -> None:
    """Let what deductions settled be owed again, since their payment is gone: no certificate will come."""
    for entry in told:
        ledger.reverse(entry, -entry.amount_minor, on=on, note=note)
        if entry.kind == EntryKind.WITHHOLDING:
            receivable = ledger.receivables[entry.receivable_id]
            about = _certificate(receivable, -entry.amount_minor)
            await cancel_task(
                tx, entry.customer_id, TaskKind.CERTIFICATE, note=about, created_at=entry.recorded_at
            )


def _certificate(receivable: Receivable, amount: int) -> str:
    """What the certificate of a withheld tax is called by in its task."""
    return f"{receivable.number} · {Money(amount, receivable.currency)}"


def _check_usual(
    tx: WriteTx, receivable: Receivable, reason: DeductionReason, amount: int, path: tuple[str, ...]
) -> None:
    largest = receivable.amount_minor * LARGEST_DEDUCTIONS[reason] // 10_000
    if amount > largest and not tx.actor.can(Scope.BOOKS_WRITE):
        most = Money(largest, receivable.currency)
        raise refuse("DEDUCTION_NEEDS_APPROVAL", *path, most=most.decimal, currency=most.currency)


def _check_discount(
    tx: WriteTx, receivable: Receivable, payment: Payment, amount: int, path: tuple[str, ...]
) -> None:
    """``amount`` is all that the receivable is discounted by, with what it was before."""
    policy = tx.organization
    last_day = receivable.issued_on + timedelta(days=policy.discount_days)
    largest = discount_allowed(amount=receivable.amount_minor, basis_points=policy.discount_basis_points)
    is_agreed = payment.received_on <= last_day and amount <= largest
    if not (is_agreed or tx.actor.can(Scope.BOOKS_WRITE)):
        most = Money(largest, receivable.currency)
        raise refuse(
            "DISCOUNT_NOT_AGREED", *path, most=most.decimal, currency=most.currency, last=last_day.isoformat()
        )
