"""Scalars of both schemas. They are strict on the way in: what they refuse never reaches the database."""

from __future__ import annotations

import decimal
import re
from datetime import UTC, date, datetime
from typing import Any, NewType, overload

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from cartera.rules.currencies import MINOR_DIGITS

CurrencyCode = NewType("CurrencyCode", str)
Decimal = NewType("Decimal", str)

FIRST_YEAR, LAST_YEAR = 1900, 2199
_DECIMAL = re.compile(r"-?\d{1,40}(\.\d{1,20})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _bad(kind: str, hint: str) -> GraphQLError:
    return GraphQLError(f"{kind} must be {hint}.")


def _decimal(value: Any) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise _bad("Decimal", 'a plain decimal as text, such as "1234.50"')
    return Decimal(value)


def _currency(value: Any) -> CurrencyCode:
    if not isinstance(value, str) or value not in MINOR_DIGITS:
        raise _bad("CurrencyCode", 'an ISO 4217 code in circulation, such as "MXN"')
    return CurrencyCode(value)


def _date(value: Any) -> date:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            found = date.fromisoformat(value)
            if FIRST_YEAR <= found.year <= LAST_YEAR:
                return found
    except ValueError:
        pass
    raise _bad("Date", f'a day of {FIRST_YEAR} to {LAST_YEAR}, such as "2026-11-16"')


def _instant(value: Any) -> datetime:
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            if found.tzinfo is not None and FIRST_YEAR < found.year < LAST_YEAR:
                return found.astimezone(UTC)
    except ValueError:
        pass
    raise _bad("DateTime", 'an instant with its offset, such as "2026-11-16T15:00:00Z"')


@overload
def plain(value: decimal.Decimal) -> Decimal: ...
@overload
def plain(value: decimal.Decimal | None) -> Decimal | None: ...
def plain(value: decimal.Decimal | None) -> Decimal | None:
    """A stored decimal as people write it: no exponent, and none of the zeros that a column adds."""
    return None if value is None else Decimal(f"{value.normalize():f}")


def _in_utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


SCALARS: dict[object, ScalarDefinition] = {
    CurrencyCode: strawberry.scalar(
        name="CurrencyCode", description="ISO 4217.", serialize=str, parse_value=_currency
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="A plain decimal as text; amounts have exactly their currency's digits.",
        serialize=str,
        parse_value=_decimal,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A business day, ISO 8601.",
        serialize=date.isoformat,
        parse_value=_date,
    ),
    datetime: strawberry.scalar(
        name="DateTime", description="An instant in UTC, ISO 8601.", serialize=_in_utc, parse_value=_instant
    ),
}
