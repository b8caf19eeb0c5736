from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar

import strawberry

from api.schema.portal.errors import UserErrors
from api.schema.portal.fields import said
from api.schema.portal.money import Money
from api.selection.kinds import Column, Id, MoneyOf
from cartera.db.tables import promises as tables


@strawberry.type
class Promise:
    identified_by: ClassVar[Any] = tables.Promise.id
    id: strawberry.ID = said(Id())
    amount: Money = said(MoneyOf(tables.Promise.amount_minor, tables.Promise.currency))
    due_on: date = said(Column(tables.Promise.due_on))


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
