"""Payments, and tries to pay at a gateway."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar

import strawberry
from sqlalchemy import ColumnElement, func, select

from api.schema.portal.errors import UserErrors
from api.schema.portal.fields import said
from api.schema.portal.money import Money
from api.schema.scalars import Decimal
from api.selection.kinds import Column, Id, Kind, MoneyOf, money_row
from api.selection.levels import Level
from api.selection.statement import Build
from api.selection.tree import Selected
from cartera.db.queries import portal as queries
from cartera.db.statements import constant
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
        lines = queries.lines(build.frame)  # type: ignore[arg-type]  # stands in for a Tx
        lines = lines.where(tables.Allocation.payment_id == at[tables.Payment.id]).correlate(at.rows)
        level = Level.bare(lines.subquery(build.name()))
        found = level.rows.c
        made = [
            (
                money_row(build, level, child, found.minor, found.currency)
                if child.children
                else found.number
                if child.definition
                else constant(child.parent.name)
            ).label(child.key)
            for child in asked.children
        ]
        return func.array(select(build.row(level, made)).select_from(level.rows).scalar_subquery())


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
