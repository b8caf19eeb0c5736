"""Payments, and tries to pay at a gateway."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar

import strawberry
from sqlalchemy import ColumnElement

from api.schema.portal.errors import UserErrors
from api.schema.portal.fields import said
from api.schema.portal.money import Money
from api.schema.scalars import Decimal
from api.selection.kinds import Column, Id, Kind, MoneyOf, money, parts_of
from api.selection.levels import Level
from api.selection.statement import Build
from api.selection.tree import Selected
from api.selection.writing import list_of, written
from cartera.db.queries import portal as queries
from cartera.db.tables import payments as tables
from cartera.rules.payments import AttemptState


@strawberry.type
class PaymentLine:
    number: str
    amount: Money


class _Lines(Kind):
    """The documents to which a payment went."""

    is_whole = True

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        lines = queries.lines(build.frame)
        lines = lines.where(tables.Allocation.payment_id == at[tables.Payment.id]).correlate(at.rows)
        rows = lines.subquery(build.name())
        found = rows.c
        made = {
            child.name: money(child, found.minor, found.currency) if child.children else written(found.number)
            for child in asked.children
            if child.definition
        }
        return list_of(rows, parts_of(asked, made))


@strawberry.type
class Payment:
    identified_by: ClassVar[Any] = tables.Payment.id
    id: strawberry.ID = said(Id())
    amount: Money = said(MoneyOf(tables.Payment.amount_minor, tables.Payment.currency))
    received_on: date = said(Column(tables.Payment.received_on))
    reference: str | None = said(Column(tables.Payment.reference))
    allocations: list[PaymentLine] = said(_Lines())


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
