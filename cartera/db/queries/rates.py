"""Dated values of the organization as people read them: of one kind, the latest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement

from cartera.db.queries.keyset import Order
from cartera.db.queries.visibility import Sight
from cartera.db.tables.charge_policies import IndexValue, InterestRate
from cartera.db.tables.organizations import ExchangeRate
from cartera.rules.rates import RateKind


class Columns(NamedTuple):
    """Where a kind of dated values keeps its own."""

    table: Any
    code: Any
    day: Any
    value: Any


COLUMNS = {
    RateKind.EXCHANGE_RATE: Columns(
        ExchangeRate, ExchangeRate.currency, ExchangeRate.quoted_on, ExchangeRate.rate
    ),
    RateKind.INTEREST_RATE: Columns(
        InterestRate, InterestRate.code, InterestRate.valid_from, InterestRate.annual_percent
    ),
    RateKind.INDEX_VALUE: Columns(IndexValue, IndexValue.code, IndexValue.quoted_on, IndexValue.value),
}

LATEST_FIRST = {
    kind: Order(f"{kind}.DAY", (columns.day, columns.code), descending=True)
    for kind, columns in COLUMNS.items()
}


@dataclass(frozen=True)
class RateFilter:
    """What a list of the dated values of one kind is narrowed to; ``None`` narrows nothing."""

    kind: RateKind
    code: str | None = None


def conditions(sight: Sight, narrowed: RateFilter) -> list[ColumnElement[bool]]:
    return [] if narrowed.code is None else [COLUMNS[narrowed.kind].code == narrowed.code]
