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
        sums = queries.sums(build.frame, build.frame.today)  # type: ignore[arg-type]  # stands in for a Tx
        by_currency = Level.bare(sums.subquery(build.name()))
        found = by_currency.rows.c
        made = {
            child.name: (
                money(child, found[child.name], found.currency) if child.children else written(found.currency)
            )
            for child in asked.children
            if child.definition
        }
        return list_of(by_currency.rows, parts_of(asked, made))
