"""Reversals: money that came in and went back, or whose allocation was a mistake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from cartera.checks import check_text
from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries.ledger import Standing, deductions, standing
from cartera.db.queries.locks import lock
from cartera.db.queries.payments import payer_of
from cartera.db.session import WriteTx
from cartera.db.tables.payments import Payment, PaymentReversal
from cartera.errors import NotFound, refuse
from cartera.rules.money import Money
from cartera.rules.outbox import ChangeKind
from cartera.rules.payments import ReversalKind
from cartera.rules.permissions import Scope
from cartera.services.allocations import check_currency
from cartera.services.books import settle_up
from cartera.services.deductions import withdraw
from cartera.services.ledger import Ledger
from cartera.services.plan_proof import take_back_forgiveness


@dataclass(frozen=True, slots=True)
class NewReversal:
    """``amount`` minor units of the payment's currency went back; None: all that is left of it.

    ``external_id`` is the provider's id of the refund or chargeback: the same one is booked once.
    """

    payment_id: UUID
    kind: ReversalKind
    reversed_on: date
    amount: int | None = None
    reason: str | None = None
    external_id: str | None = None
    # What the amount is of, where whoever told it has said so.
    currency: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Reversed:
    payment_id: UUID
    replayed: bool


@dataclass(frozen=True, slots=True)
class Unallocation:
    """Take a payment off one receivable, or off all of them: it becomes unapplied credit again."""

    payment_id: UUID
    receivable_id: UUID | None = None
    reason: str | None = None
    idempotency_key: str | None = None


async def reverse_payment(tx: WriteTx, new: NewReversal) -> Reversed:
    """Book money that went back: what of it was unapplied first, then the latest allocations.

    What had been given up until it was paid is given up again, unless it was reinstated since. What a
    payment's coded reasons had settled stands again once none of the payment is left, unless it was refunded
    by our own will; certificates of its taxes are waited for no more. Refused: AMOUNT_NOT_POSITIVE,
    REVERSED_IN_FUTURE, REVERSED_BEFORE_RECEIVED, REVERSAL_ABOVE_PAYMENT, NOTHING_TO_REVERSE,
    CURRENCY_MISMATCH, TOO_LONG, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.BOOKS_WRITE)
    _check(tx, new)
    done = await earlier(tx, "reverse_payment", new.idempotency_key, new)
    if done is not None:
        return Reversed(done["payment"], replayed=True)
    customer_id = await payer_of(tx, new.payment_id)
    payment = (await lock(tx, customers=[customer_id], payments=[new.payment_id])).payments[new.payment_id]
    if await _is_known(tx, payment, new):
        await remember(tx, "reverse_payment", new.idempotency_key, payment=payment.id)
        return Reversed(payment.id, replayed=True)
    check_currency(new.currency, payment.currency)
    amount = _amount(payment, new)
    await _add(tx, payment, new, amount)
    before = _facts(payment)
    await _undo(tx, payment, new, amount)
    tx.audit(
        f"payment.{new.kind}",
        "payment",
        payment.id,
        customer_id=customer_id,
        before=before,
        after=_facts(payment) | {"amount_minor": amount, "currency": payment.currency, "reason": new.reason},
    )
    await settle_up(tx, [customer_id])
    tell_screens(tx, ChangeKind.PAYMENT, payment.id, customer_id)
    await remember(tx, "reverse_payment", new.idempotency_key, payment=payment.id)
    return Reversed(payment.id, replayed=False)


async def unallocate_payment(tx: WriteTx, new: Unallocation) -> Reversed:
    """Undo allocations that were a mistake: the money stays ours, unapplied; entries take effect today.

    Refused: NOT_ALLOCATED, TOO_LONG, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.PAYMENTS_WRITE)
    check_text(new.reason, "reason")
    done = await earlier(tx, "unallocate_payment", new.idempotency_key, new)
    if done is not None:
        return Reversed(done["payment"], replayed=True)
    customer_id = await payer_of(tx, new.payment_id)
    payment = (await lock(tx, customers=[customer_id], payments=[new.payment_id])).payments[new.payment_id]
    stand = [
        each
        for each in await standing(tx, payment_id=payment.id)
        if new.receivable_id in (None, each.entry.receivable_id)
    ]
    if not stand:
        raise refuse("NOT_ALLOCATED", "receivableId" if new.receivable_id else "paymentId")
    before = _facts(payment)
    ledger = await _ledger(tx, payment, [each.entry.receivable_id for each in stand])
    for each in stand:
        ledger.take_back(payment, each, each.source_left, on=tx.today, note=new.reason)
    await ledger.write()
    tx.audit(
        "payment.unallocate",
        "payment",
        payment.id,
        customer_id=customer_id,
        before=before,
        after=_facts(payment) | {"reason": new.reason},
    )
    await settle_up(tx, [customer_id])
    tell_screens(tx, ChangeKind.PAYMENT, payment.id, customer_id)
    await remember(tx, "unallocate_payment", new.idempotency_key, payment=payment.id)
    return Reversed(payment.id, replayed=False)


def _check(tx: WriteTx, new: NewReversal) -> None:
    if new.amount is not None and new.amount <= 0:
        raise refuse("AMOUNT_NOT_POSITIVE", "amount")
    if new.reversed_on > tx.today:
        raise refuse("REVERSED_IN_FUTURE", "reversedOn", today=tx.today.isoformat())
    check_text(new.reason, "reason")


def _amount(payment: Payment, new: NewReversal) -> int:
    if new.reversed_on < payment.received_on:
        raise refuse("REVERSED_BEFORE_RECEIVED", "reversedOn", received=payment.received_on.isoformat())
    left = payment.amount_minor - payment.reversed_minor
    if left == 0:
        raise refuse("NOTHING_TO_REVERSE", "paymentId")
    if new.amount is not None and new.amount > left:
        money = Money(left, payment.currency)
        raise refuse("REVERSAL_ABOVE_PAYMENT", "amount", left=money.decimal, currency=money.currency)
    return left if new.amount is None else new.amount


async def _is_known(tx: WriteTx, payment: Payment, new: NewReversal) -> bool:
    """Whether the provider has told of it before: asked first of all, since nothing may be left by now."""
    if new.external_id is None:
        return False
    known = await tx.session.scalar(
        select(PaymentReversal.payment_id).where(PaymentReversal.external_id == new.external_id)
    )
    if known not in (None, payment.id):
        raise NotFound("payment", "paymentId")
    return known is not None


async def _add(tx: WriteTx, payment: Payment, new: NewReversal, amount: int) -> None:
    reversal_id = new_id()
    added = await tx.session.scalar(
        insert(PaymentReversal)
        .values(
            organization_id=tx.organization_id,
            id=reversal_id,
            payment_id=payment.id,
            customer_id=payment.customer_id,
            kind=new.kind,
            amount_minor=amount,
            currency=payment.currency,
            external_id=new.external_id or f"cartera:{reversal_id}",
            reason=new.reason,
            reversed_on=new.reversed_on,
            recorded_at=tx.now,
            actor=str(tx.actor),
        )
        .on_conflict_do_nothing(index_elements=["organization_id", "external_id"])
        .returning(PaymentReversal.id)
    )
    if added is None:
        # Another customer's, at the same moment: the lock of this one's account does not stop it.
        raise NotFound("payment", "paymentId")


async def _undo(tx: WriteTx, payment: Payment, new: NewReversal, amount: int) -> None:
    undone = _taken_back(
        await standing(tx, payment_id=payment.id), amount - min(amount, payment.unapplied_minor)
    )
    is_gone = payment.reversed_minor + amount == payment.amount_minor
    told = await deductions(tx, payment.id) if is_gone and new.kind is not ReversalKind.REFUND else []
    touched = [each.entry.receivable_id for each, _ in undone] + [entry.receivable_id for entry in told]
    ledger = await _ledger(tx, payment, touched)
    for each, spent in undone:
        ledger.take_back(payment, each, spent, on=new.reversed_on, note=new.reason)
    await withdraw(tx, ledger, told, on=new.reversed_on, note=new.reason)
    payment.reversed_minor += amount
    payment.unapplied_minor -= amount
    await ledger.write()
    await take_back_forgiveness(tx, payment.customer_id, {each.entry.receivable_id for each, _ in undone})


def _taken_back(stand: list[Standing], back: int) -> list[tuple[Standing, int]]:
    """Which allocations fall, and with how much of the payment, where ``back`` of it has to come from them.

    Across currencies a charge may be so small that it cost nothing of the payment: it falls with what was
    paid beside it.
    """
    undone = []
    for each in stand:
        spent = min(back, each.source_left)
        if spent:
            undone.append((each, each.source_of(spent)))
            back -= spent
    touched = {each.entry.receivable_id for each, _ in undone}
    return undone + [
        (each, 0) for each in stand if each.source_left == 0 and each.entry.receivable_id in touched
    ]


async def _ledger(tx: WriteTx, payment: Payment, receivables: list[UUID]) -> Ledger:
    locked = await lock(
        tx, customers=[payment.customer_id], payments=[payment.id], receivables=set(receivables)
    )
    return await Ledger.of(tx, locked.receivables)


def _facts(payment: Payment) -> dict[str, int]:
    return {
        "allocated_minor": payment.allocated_minor,
        "unapplied_minor": payment.unapplied_minor,
        "reversed_minor": payment.reversed_minor,
    }
