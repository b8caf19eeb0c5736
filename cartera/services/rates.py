"""Dated values of the organization: exchange rates, interest rates, units of account (UF).

Each has its source and its day. A second value for the same day replaces the first, which the audit keeps;
what was computed with that one stays as it was posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from cartera.checks import MOST_AT_ONCE
from cartera.db.base import new_id
from cartera.db.queries.business_day import fall_behind, lock_organization
from cartera.db.session import WriteTx
from cartera.db.tables.charge_policies import IndexValue, InterestRate
from cartera.db.tables.organizations import ExchangeRate
from cartera.errors import Problem, Refused
from cartera.rules.money import MoneyError, minor_digits
from cartera.rules.outbox import Lane
from cartera.rules.permissions import Scope
from cartera.rules.rates import MAX_SOURCE, MAX_VALUE, PERCENTS, is_code, may_date

_Dated = TypeVar("_Dated", ExchangeRate, InterestRate, IndexValue)


@dataclass(frozen=True, slots=True)
class NewExchangeRate:
    """``rate`` units of the organization's base currency for one unit of ``currency``."""

    currency: str
    quoted_on: date
    rate: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class NewInterestRate:
    """``annual_percent`` under a code, from a day until the next value of the code."""

    code: str
    valid_from: date
    annual_percent: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class NewIndexValue:
    """What a unit of account is worth on a day, in minor units of its country's currency."""

    code: str
    quoted_on: date
    value: Decimal
    source: str


async def set_exchange_rates(tx: WriteTx, new: Sequence[NewExchangeRate]) -> list[UUID]:
    """The rows' ids, as ``new`` comes. Refused by path ``("rates", place, field)``, everything or nothing.

    NO_ROWS, TOO_MANY, UNKNOWN_CURRENCY, RATE_OF_BASE_CURRENCY, RATE_OUT_OF_RANGE, DATE_OUT_OF_RANGE,
    SOURCE_MISSING, TOO_LONG, DATE_TWICE.
    """
    tx.actor.require(Scope.BOOKS_WRITE)
    problems = _count(new)
    for place, each in enumerate(new[:MOST_AT_ONCE]):
        problems += _about(tx, str(place), each.quoted_on, "quotedOn", each.source)
        problems += _currency(tx, str(place), each.currency)
        problems += _range(str(place), "rate", each.rate, Decimal(0), MAX_VALUE)
    rows = [{"currency": each.currency, "quoted_on": each.quoted_on} for each in new]
    _refuse("rates", rows, problems)
    # Account rows first, as everybody locks them: what they say in the base currency is another by now.
    await fall_behind(tx, {each.currency for each in new})
    tx.later(Lane.INTERACTIVE, "begin_business_day", key=f"rates:{new_id()}")
    await lock_organization(tx)
    values = [{"rate": each.rate, "source": each.source.strip()} for each in new]
    return await _put(tx, ExchangeRate, "exchange_rate.set", rows, values)


async def set_interest_rates(tx: WriteTx, new: Sequence[NewInterestRate]) -> list[UUID]:
    """As ``set_exchange_rates``; a code that is none is refused as RATE_CODE."""
    tx.actor.require(Scope.BOOKS_WRITE)
    problems = _count(new)
    least, most = PERCENTS
    for place, each in enumerate(new[:MOST_AT_ONCE]):
        problems += _about(tx, str(place), each.valid_from, "validFrom", each.source)
        problems += _code(str(place), each.code)
        problems += _range(str(place), "annualPercent", each.annual_percent, least, most)
    rows = [{"code": each.code, "valid_from": each.valid_from} for each in new]
    _refuse("rates", rows, problems)
    await lock_organization(tx)
    values = [{"annual_percent": each.annual_percent, "source": each.source.strip()} for each in new]
    return await _put(tx, InterestRate, "interest_rate.set", rows, values)


async def set_index_values(tx: WriteTx, new: Sequence[NewIndexValue]) -> list[UUID]:
    """As ``set_interest_rates``; the path begins with ``values``."""
    tx.actor.require(Scope.BOOKS_WRITE)
    problems = _count(new)
    for place, each in enumerate(new[:MOST_AT_ONCE]):
        problems += _about(tx, str(place), each.quoted_on, "quotedOn", each.source)
        problems += _code(str(place), each.code)
        problems += _range(str(place), "value", each.value, Decimal(0), MAX_VALUE)
    rows = [{"code": each.code, "quoted_on": each.quoted_on} for each in new]
    _refuse("values", rows, problems)
    await lock_organization(tx)
    values = [{"value": each.value, "source": each.source.strip()} for each in new]
    return await _put(tx, IndexValue, "index_value.set", rows, values)


def _refuse(name: str, keys: Sequence[dict[str, Any]], problems: list[Problem]) -> None:
    """Refuse what is wrong. Who goes on locks the organization, so that a day has one value."""
    seen: set[tuple[Any, ...]] = set()
    for place, key in enumerate(keys):
        if tuple(key.values()) in seen:
            problems.append(Problem("DATE_TWICE", (str(place),)))
        seen.add(tuple(key.values()))
    if problems:
        raise Refused(*(replace(each, path=(name, *each.path)) for each in problems))


async def _put(
    tx: WriteTx,
    table: type[_Dated],
    action: str,
    keys: Sequence[dict[str, Any]],
    values: Sequence[dict[str, Any]],
) -> list[UUID]:
    """Add rows, or give those of the same keys other values; the ids, in order."""
    written = []
    for key, told in zip(keys, values, strict=True):
        row = await tx.session.scalar(select(table).filter_by(**key))
        before = {name: str(getattr(row, name)) for name in told} if row else None
        if row is None:
            row = table(organization_id=tx.organization_id, id=new_id(), **key, **told)
            tx.session.add(row)
        else:
            for name, value in told.items():
                setattr(row, name, value)
        after = {name: str(value) for name, value in (key | told).items()}
        tx.audit(action, table.__tablename__, row.id, before=before, after=after)
        await tx.session.flush()
        written.append(row.id)
    return written


def _count(new: Sequence[Any]) -> list[Problem]:
    if not new:
        return [Problem("NO_ROWS")]
    return [Problem("TOO_MANY", (), {"largest": MOST_AT_ONCE})] if len(new) > MOST_AT_ONCE else []


def _about(tx: WriteTx, place: str, day: date, name: str, source: str) -> list[Problem]:
    problems = []
    if not may_date(day, tx.today):
        problems.append(Problem("DATE_OUT_OF_RANGE", (place, name)))
    if not source.strip():
        problems.append(Problem("SOURCE_MISSING", (place, "source")))
    if len(source) > MAX_SOURCE:
        problems.append(Problem("TOO_LONG", (place, "source"), {"longest": MAX_SOURCE}))
    return problems


def _currency(tx: WriteTx, place: str, currency: str) -> list[Problem]:
    try:
        minor_digits(currency)
    except MoneyError as error:
        return [Problem(error.code, (place, "currencyCode"), {"currency": currency[:20]})]
    if currency == tx.organization.base_currency:
        return [Problem("RATE_OF_BASE_CURRENCY", (place, "currencyCode"), {"currency": currency})]
    return []


def _code(place: str, code: str) -> list[Problem]:
    return [] if is_code(code) else [Problem("RATE_CODE", (place, "code"))]


def _range(place: str, name: str, value: Decimal, least: Decimal, most: Decimal) -> list[Problem]:
    """Above ``least``, at most ``most``, and with no more decimals than are kept."""
    if value.is_finite() and least < value <= most and value == round(value, 10):
        return []
    return [Problem("RATE_OUT_OF_RANGE", (place, name), {"most": str(most)})]
