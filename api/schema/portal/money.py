"""Money as the portal shows it."""

from __future__ import annotations

from typing import Any

import strawberry
from sqlalchemy import ColumnElement, func, select

from api.schema.scalars import CurrencyCode, Decimal
from api.selection.kinds import Kind, money_row
from api.selection.levels import Level
from api.selection.statement import Build
from api.selection.tree import Selected
from cartera.db.queries import portal as queries
from cartera.db.statements import constant


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
        made = [
            (
                _part(child, found)
                if not child.children
                else money_row(build, by_currency, child, found[child.name], found.currency)
            ).label(child.key)
            for child in asked.children
        ]
        return func.array(
            select(build.row(by_currency, made)).select_from(by_currency.rows).scalar_subquery()
        )


def _part(child: Selected, found: Any) -> ColumnElement[Any]:
    return found.currency if child.definition else constant(child.parent.name)
