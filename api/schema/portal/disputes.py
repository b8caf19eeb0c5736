from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from api.schema.portal.errors import UserErrors
from api.schema.portal.money import Money
from api.schema.scalars import CurrencyCode, Decimal
from cartera.rules.disputes import DisputeReason, DisputeState


@strawberry.type
class Dispute:
    id: strawberry.ID
    reason: DisputeReason
    amount: Money
    state: DisputeState
    deadline_on: date = strawberry.field(description="By when the seller means to answer.")


@strawberry.input
class DisputeOpenInput:
    idempotency_key: str
    receivable_id: strawberry.ID
    reason: DisputeReason
    amount: Decimal = strawberry.field(description="At most what of the document nobody contests yet.")
    currency_code: CurrencyCode
    note: str = strawberry.field(description="What is wrong, in the customer's words.")


@strawberry.type
class DisputeOpenSuccess:
    dispute: Dispute
    replayed: bool


DisputeOpenResult = Annotated[DisputeOpenSuccess | UserErrors, strawberry.union("DisputeOpenResult")]
