"""Payments, and tries to pay at a gateway."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from api.schema.portal.errors import UserErrors
from api.schema.portal.money import Money
from api.schema.scalars import Decimal
from cartera.rules.payments import AttemptState


@strawberry.type
class PaymentLine:
    number: str
    amount: Money


@strawberry.type
class Payment:
    id: strawberry.ID
    amount: Money
    received_on: date
    reference: str | None
    allocations: list[PaymentLine]


@strawberry.type
class PaymentAttempt:
    id: strawberry.ID
    state: AttemptState
    amount: Money
    payment: Payment | None = strawberry.field(description="Once the money is booked.")
    checkout_url: str | None = strawberry.field(description="The gateway's page, to which the customer goes.")


@strawberry.input
class PaymentLineInput:
    receivable_id: strawberry.ID
    amount: Decimal


@strawberry.input
class PaymentStartInput:
    idempotency_key: str
    lines: list[PaymentLineInput] = strawberry.field(description="All of one currency.")


@strawberry.type
class PaymentStartSuccess:
    attempt: PaymentAttempt
    replayed: bool


PaymentStartResult = Annotated[PaymentStartSuccess | UserErrors, strawberry.union("PaymentStartResult")]
