from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from api.schema.portal.errors import UserErrors
from api.schema.portal.money import Money


@strawberry.type
class Promise:
    id: strawberry.ID
    amount: Money
    due_on: date


@strawberry.input
class PromiseMakeInput:
    idempotency_key: str
    receivable_ids: list[strawberry.ID] = strawberry.field(
        description="All that is payable of them is promised; all of one currency."
    )
    due_on: date


@strawberry.type
class PromiseMakeSuccess:
    promise: Promise
    paused_until: date = strawberry.field(
        description="No reminder about these receivables up to and including this day."
    )
    replayed: bool


PromiseMakeResult = Annotated[PromiseMakeSuccess | UserErrors, strawberry.union("PromiseMakeResult")]
