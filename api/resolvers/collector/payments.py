"""Recording money received, putting it where it belongs, and booking what went back."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.resolvers.collector.amounts import money
from api.resolvers.collector.reading import customer_after, row_after
from api.schema import ids
from api.schema.collector.customers import Customer
from api.schema.collector.errors import UserErrors, does
from api.schema.collector.payments import Payment
from api.schema.scalars import CurrencyCode, Decimal
from cartera.db.tables import payments as tables
from cartera.rules.allocation import AllocationRule, Line
from cartera.rules.disputes import DisputeReason
from cartera.rules.payments import DeductionReason, PaymentMethod, ReversalKind
from cartera.rules.permissions import Scope
from cartera.services import payments as services
from cartera.services import reversals
from cartera.services.deductions import Deduction


@strawberry.input
class AllocationInput:
    receivable_id: strawberry.ID
    amount: Decimal = strawberry.field(description="In the currency of the money, whatever the receivable's.")


@strawberry.input(description="What was kept back of a receivable, and why.")
class DeductionInput:
    receivable_id: strawberry.ID
    reason: DeductionReason
    amount: Decimal
    note: str | None = None
    dispute_reason: DisputeReason | None = strawberry.field(
        default=None, description="Of a dispute, which it opens: what is contested."
    )


@strawberry.input
class PaymentRecordInput:
    idempotency_key: str
    customer_id: strawberry.ID
    method: PaymentMethod
    amount: Decimal
    currency_code: CurrencyCode
    received_on: date
    reference: str | None = None
    allocations: list[AllocationInput] | None = strawberry.field(
        default=None, description="Left out: it goes by the rule. Empty: all of it stays unapplied."
    )
    rule: AllocationRule | None = strawberry.field(
        default=None, description="Where no allocations are told; the oldest first, unless asked otherwise."
    )
    deductions: list[DeductionInput] | None = None


@strawberry.input
class CreditApplyInput:
    idempotency_key: str
    payment_id: strawberry.ID
    currency_code: CurrencyCode = strawberry.field(description="Of the payment, and so of the amounts.")
    allocations: list[AllocationInput] | None = strawberry.field(
        default=None, description="Left out: it goes by the rule."
    )
    rule: AllocationRule | None = None


@strawberry.input
class PaymentUnallocateInput:
    idempotency_key: str
    payment_id: strawberry.ID
    receivable_id: strawberry.ID | None = strawberry.field(
        default=None, description="Left out: it is taken off all of them."
    )
    reason: str | None = None


@strawberry.input
class PaymentReverseInput:
    idempotency_key: str
    payment_id: strawberry.ID
    kind: ReversalKind
    reversed_on: date
    currency_code: CurrencyCode = strawberry.field(description="Of the payment.")
    amount: Decimal | None = strawberry.field(default=None, description="Left out: all that is left of it.")
    reason: str | None = None


@strawberry.type
class PaymentRecordSuccess:
    payment: Payment
    customer: Customer
    replayed: bool


PaymentRecordResult = Annotated[PaymentRecordSuccess | UserErrors, strawberry.union("PaymentRecordResult")]


@strawberry.type(description="The payment as it is now, and its customer.")
class PaymentSuccess:
    payment: Payment
    customer: Customer
    replayed: bool


PaymentResult = Annotated[PaymentSuccess | UserErrors, strawberry.union("PaymentResult")]


@strawberry.type
class PaymentMutations:
    @does(Scope.PAYMENTS_WRITE, "Book money received; the rest of it stays unapplied credit.")
    async def payment_record(self, info: Info, input: PaymentRecordInput) -> PaymentRecordResult:
        new = _new(input)
        async with info.context.write() as tx:
            recorded = await services.record_payment(tx, new)
        done = await _after(info, recorded.payment_id, recorded.replayed)
        return PaymentRecordSuccess(payment=done.payment, customer=done.customer, replayed=done.replayed)

    @does(Scope.PAYMENTS_WRITE, "Put unapplied credit of a payment where it belongs.")
    async def credit_apply(self, info: Info, input: CreditApplyInput) -> PaymentResult:
        use = services.CreditUse(
            payment_id=ids.decode(input.payment_id, "Payment", "paymentId"),
            lines=lines(input.allocations, input.currency_code),
            rule=input.rule or AllocationRule.OLDEST_FIRST,
            currency=input.currency_code,
            idempotency_key=input.idempotency_key,
        )
        async with info.context.write() as tx:
            applied = await services.apply_credit(tx, use)
        return await _after(info, applied.payment_id, applied.replayed)

    @does(Scope.PAYMENTS_WRITE, "Take a payment off what it paid by mistake; it becomes unapplied credit.")
    async def payment_unallocate(self, info: Info, input: PaymentUnallocateInput) -> PaymentResult:
        whose = input.receivable_id
        new = reversals.Unallocation(
            payment_id=ids.decode(input.payment_id, "Payment", "paymentId"),
            receivable_id=ids.decode(whose, "Receivable", "receivableId") if whose else None,
            reason=input.reason,
            idempotency_key=input.idempotency_key,
        )
        async with info.context.write() as tx:
            done = await reversals.unallocate_payment(tx, new)
        return await _after(info, done.payment_id, done.replayed)

    @does(Scope.BOOKS_WRITE, "Book that money went back: what it had paid is owed again.")
    async def payment_reverse(self, info: Info, input: PaymentReverseInput) -> PaymentResult:
        amount = None if input.amount is None else money(input.amount, input.currency_code, "amount").minor
        new = reversals.NewReversal(
            payment_id=ids.decode(input.payment_id, "Payment", "paymentId"),
            kind=input.kind,
            reversed_on=input.reversed_on,
            amount=amount,
            reason=input.reason,
            currency=input.currency_code,
            idempotency_key=input.idempotency_key,
        )
        async with info.context.write() as tx:
            done = await reversals.reverse_payment(tx, new)
        return await _after(info, done.payment_id, done.replayed)


def lines(allocations: list[AllocationInput] | None, currency: CurrencyCode) -> list[Line] | None:
    if allocations is None:
        return None
    return [
        (
            ids.decode(each.receivable_id, "Receivable", "allocations", str(place), "receivableId"),
            money(each.amount, currency, "allocations", str(place), "amount").minor,
        )
        for place, each in enumerate(allocations)
    ]


def _deductions(input: PaymentRecordInput) -> tuple[Deduction, ...]:
    return tuple(
        Deduction(
            ids.decode(each.receivable_id, "Receivable", "deductions", str(place), "receivableId"),
            each.reason,
            money(each.amount, input.currency_code, "deductions", str(place), "amount").minor,
            each.note,
            each.dispute_reason,
        )
        for place, each in enumerate(input.deductions or ())
    )


def _new(input: PaymentRecordInput) -> services.NewPayment:
    return services.NewPayment(
        customer_id=ids.decode(input.customer_id, "Customer", "customerId"),
        method=input.method,
        amount=money(input.amount, input.currency_code, "amount"),
        received_on=input.received_on,
        reference=input.reference,
        lines=lines(input.allocations, input.currency_code),
        rule=input.rule or AllocationRule.OLDEST_FIRST,
        deductions=_deductions(input),
        idempotency_key=input.idempotency_key,
    )


async def _after(info: Info, payment_id: UUID, replayed: bool) -> PaymentSuccess:
    row = await row_after(info, tables.Payment, payment_id)
    customer = await customer_after(info, row.customer_id)
    return PaymentSuccess(payment=Payment.of(row), customer=customer, replayed=replayed)
