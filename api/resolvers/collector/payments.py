"""Recording money received."""

from __future__ import annotations

from datetime import date
from typing import Annotated

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
from cartera.rules.payments import PaymentMethod
from cartera.rules.permissions import Scope
from cartera.services import payments as services


@strawberry.input
class AllocationInput:
    receivable_id: strawberry.ID
    amount: Decimal


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
        default=None,
        description="Left out: what was due first is paid first. Empty: all of it stays unapplied.",
    )


@strawberry.type
class PaymentRecordSuccess:
    payment: Payment
    customer: Customer
    replayed: bool


PaymentRecordResult = Annotated[PaymentRecordSuccess | UserErrors, strawberry.union("PaymentRecordResult")]


@strawberry.type
class PaymentMutations:
    @does(Scope.PAYMENTS_WRITE, "Book money received; the rest of it stays unapplied credit.")
    async def payment_record(self, info: Info, input: PaymentRecordInput) -> PaymentRecordResult:
        new = _new(input)
        async with info.context.write() as tx:
            recorded = await services.record_payment(tx, new)
        payment = Payment.of(await row_after(info, tables.Payment, recorded.payment_id))
        customer = await customer_after(info, new.customer_id)
        return PaymentRecordSuccess(payment=payment, customer=customer, replayed=recorded.replayed)


def _new(input: PaymentRecordInput) -> services.NewPayment:
    lines = None
    if input.allocations is not None:
        lines = [
            (
                ids.decode(each.receivable_id, "Receivable", "allocations", str(place), "receivableId"),
                money(each.amount, input.currency_code, "allocations", str(place), "amount").minor,
            )
            for place, each in enumerate(input.allocations)
        ]
    return services.NewPayment(
        customer_id=ids.decode(input.customer_id, "Customer", "customerId"),
        method=input.method,
        amount=money(input.amount, input.currency_code, "amount"),
        received_on=input.received_on,
        reference=input.reference,
        lines=lines,
        idempotency_key=input.idempotency_key,
    )
