"""Dated values of the organization as people read them: of one kind, the latest first."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import select, true

from cartera.db.queries.keyset import Order, Page, Slice, fetch
from cartera.db.session import Tx
from cartera.db.tables.charge_policies import IndexValue, InterestRate
from cartera.db.tables.organizations import ExchangeRate
from cartera.rules.rates import RateKind


class _Columns(NamedTuple):
    """Where a kind of dated values keeps its own."""

    table: Any
    code: Any
    day: Any
    value: Any


_COLUMNS = {
    RateKind.EXCHANGE_RATE: _Columns(
        ExchangeRate, ExchangeRate.currency, ExchangeRate.quoted_on, ExchangeRate.rate
    ),
    RateKind.INTEREST_RATE: _Columns(
        InterestRate, InterestRate.code, InterestRate.valid_from, InterestRate.annual_percent
    ),
    RateKind.INDEX_VALUE: _Columns(IndexValue, IndexValue.code, IndexValue.quoted_on, IndexValue.value),
}

LATEST_FIRST = {
    kind: Order(f"{kind}.DAY", (columns.day, columns.code), descending=True)
    for kind, columns in _COLUMNS.items()
}


async def page(tx: Tx, kind: RateKind, code: str | None, asked: Page) -> Slice:
    """Rows of ``id``, ``code``, ``day``, ``value`` and ``source``; of one code where one is given."""
    table, in_code, day, value = _COLUMNS[kind]
    statement = select(
        table.id, in_code.label("code"), day.label("day"), value.label("value"), table.source
    ).where(true() if code is None else in_code == code)
    return await fetch(tx, statement, LATEST_FIRST[kind], asked)
