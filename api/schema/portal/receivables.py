from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import strawberry
from sqlalchemy import ColumnElement, case

from api.schema.collector import ages
from api.schema.portal.fields import said
from api.schema.portal.money import Money
from api.selection.kinds import Column, Id, MoneyOf, MoneyTold, Told
from api.selection.levels import Level
from api.selection.statement import Build
from cartera.db.queries import portal as queries
from cartera.db.tables.receivables import Receivable as Debt


def _promised_until(at: Level, build: Build) -> ColumnElement[date]:
    return queries.promised_until(at[Debt.id], at.rows)


def _is_disputed(at: Level, build: Build) -> ColumnElement[bool]:
    return queries.in_dispute(at[Debt.id], at.rows) >= at[Debt.balance_minor]


def _payable(at: Level, build: Build) -> ColumnElement[int]:
    """``rules.disputes.payable``."""
    balance, disputed = at[Debt.balance_minor], queries.in_dispute(at[Debt.id], at.rows)
    return case((disputed < balance, balance - disputed), else_=balance)


@strawberry.type
class Receivable:
    identified_by: ClassVar[Any] = Debt.id
    id: strawberry.ID = said(Id())
    number: str = said(Column(Debt.number))
    issued_on: date = said(Column(Debt.issued_on))
    due_on: date = said(Column(Debt.due_on))
    days_overdue: int = said(Told(ages.days_overdue))
    is_overdue: bool = said(Told(ages.is_overdue))
    amount: Money = said(MoneyOf(Debt.amount_minor, Debt.currency))
    balance: Money = said(MoneyOf(Debt.balance_minor, Debt.currency))
    is_promised: bool = said(Told(lambda at, build: _promised_until(at, build).is_not(None)))
    is_disputed: bool = said(Told(_is_disputed), "As a whole.")
    payable: Money = said(
        MoneyTold(_payable, Debt.currency),
        "What of the balance nobody contests; all of it where all is contested.",
    )
    promised_until: date | None = said(Told(_promised_until))
