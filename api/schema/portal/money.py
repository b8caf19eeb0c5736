"""Money as the portal shows it."""

from __future__ import annotations

from typing import Any

import strawberry
from sqlalchemy import ColumnElement

from api.schema.scalars import CurrencyCode, Decimal
from api.selection.kinds import Kind, money, parts_of
from api.selection.levels import Level
from api.selection.statement import Build
from api.selection.tree import Selected
from api.selection.writing import list_of, written
from cartera.db.queries import portal as queries


@strawberry.type
class Money:
    amount: Decimal
    currency_code: CurrencyCode


@strawberry.type
class PortalTotal:
    currency_code: CurrencyCode
    balance: Money
    overdue: Money


class Totals(Kind):
    """One ``PortalTotal`` per currency of what the link shows."""

    is_whole = True

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        frame = build.frame
        rows = queries.sums(frame, frame.organization.business_day).subquery(build.name())
        found = rows.c
        made = {
            child.name: (
                money(child, found[child.name], found.currency) if child.children else written(found.currency)
            )
            for child in asked.children
            if child.definition
        }
        return list_of(rows, parts_of(asked, made))
