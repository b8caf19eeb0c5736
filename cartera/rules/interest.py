"""Simple interest by the day on a declining principal; amounts in minor units of one currency.

A day bears interest on the principal with which it began: what is paid on a day lowers the base from the
next one, so a debt that is ten days overdue owes ten days of interest. The base is principal alone: no
interest on interest (Mexico, Código de Comercio 363; elsewhere, too, it would have to be agreed).
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple


class DayCount(StrEnum):
    """How days become parts of a year; 30/360 is 30E/360, the one that no split of a period changes."""

    ACTUAL_365 = "actual/365"
    ACTUAL_360 = "actual/360"
    ACTUAL_ACTUAL = "actual/actual"
    THIRTY_360 = "30/360"


@dataclass(frozen=True, slots=True)
class Step:
    """The principal owed from the beginning of a day until the next step."""

    from_on: date
    principal: int


class Period(NamedTuple):
    """Days from the first to before ``to_on``."""

    from_on: date
    to_on: date


@dataclass(frozen=True, slots=True)
class DatedRate:
    """Percent a year, in force from a day until the next rate."""

    from_on: date
    percent: Decimal


@dataclass(frozen=True, slots=True)
class InterestLine:
    """Interest of the days from ``from_on`` to before ``to_on`` on ``base`` at ``rate`` percent a year."""

    from_on: date
    to_on: date
    base: int
    rate: Decimal
    amount: int


@dataclass(frozen=True, slots=True)
class LacksRate:
    """No rate is known for this day: nothing may be computed, least of all with 0 or 1."""

    on: date


def year_fraction(from_on: date, to_on: date, day_count: DayCount) -> Fraction:
    """The part of a year from ``from_on`` to before ``to_on``."""
    if day_count is DayCount.ACTUAL_365:
        return Fraction((to_on - from_on).days, 365)
    if day_count is DayCount.ACTUAL_360:
        return Fraction((to_on - from_on).days, 360)
    if day_count is DayCount.THIRTY_360:
        return Fraction(_thirty(to_on) - _thirty(from_on), 360)
    if from_on.year == to_on.year:
        return Fraction((to_on - from_on).days, 366 if isleap(from_on.year) else 365)
    new_year = date(from_on.year + 1, 1, 1)
    return Fraction((new_year - from_on).days, 366 if isleap(from_on.year) else 365) + year_fraction(
        new_year, to_on, day_count
    )


def _thirty(day: date) -> int:
    return 360 * day.year + 30 * day.month + min(day.day, 30)


def principal_on(steps: Sequence[Step], day: date) -> int:
    """The principal with which a day begins; 0 before the first step."""
    return next((step.principal for step in reversed(steps) if step.from_on <= day), 0)


def percent_of(base: int, percent: Decimal) -> Fraction:
    """That many percent of minor units, unrounded."""
    return base * Fraction(percent) / 100


def interest(
    steps: Sequence[Step],
    rates: Sequence[DatedRate],
    *,
    from_on: date,
    to_on: date,
    day_count: DayCount,
    cap: int | None = None,
) -> list[InterestLine] | LacksRate:
    """Lines from ``from_on`` to before ``to_on``, split where principal or rate changes.

    Steps and rates come by date. Each line is rounded once, half to even; lines of nothing are left out.
    With ``cap`` minor units all lines together stop there: the last one is cut.
    """
    changes = {step.from_on for step in steps} | {rate.from_on for rate in rates}
    edges = [from_on, *sorted(day for day in changes if from_on < day < to_on), to_on]
    lines: list[InterestLine] = []
    for start, end in pairwise(edges):
        base = principal_on(steps, start)
        if base == 0 or start >= end:
            continue
        percent = rate_on(rates, start)
        if percent is None:
            return LacksRate(start)
        amount = round(percent_of(base, percent) * year_fraction(start, end, day_count))
        _extend(lines, InterestLine(start, end, base, percent, amount), day_count)
    return _capped([line for line in lines if line.amount > 0], cap)


def spared(steps: Sequence[Step], periods: Sequence[Period]) -> list[Step]:
    """The steps as interest sees them where the days of some periods bear none: nothing is owed on these."""
    edges = {step.from_on for step in steps}
    edges |= {day for period in periods for day in period if day != date.max}
    return [
        Step(day, 0 if any(first <= day < end for first, end in periods) else principal_on(steps, day))
        for day in sorted(edges)
    ]


def rate_on(rates: Sequence[DatedRate], day: date) -> Decimal | None:
    """The rate in force on a day; None before the first."""
    return next((rate.percent for rate in reversed(rates) if rate.from_on <= day), None)


def _extend(lines: list[InterestLine], line: InterestLine, day_count: DayCount) -> None:
    """Add the line; where neither base nor rate changed, the last one goes on, to be rounded once."""
    last = lines[-1] if lines else None
    if last is None or (last.to_on, last.base, last.rate) != (line.from_on, line.base, line.rate):
        lines.append(line)
        return
    fraction = year_fraction(last.from_on, line.to_on, day_count)
    amount = round(percent_of(line.base, line.rate) * fraction)
    lines[-1] = replace(line, from_on=last.from_on, amount=amount)


def _capped(lines: list[InterestLine], cap: int | None) -> list[InterestLine]:
    if cap is None:
        return lines
    kept = []
    for line in lines:
        if cap <= 0:
            break
        kept.append(replace(line, amount=min(line.amount, cap)))
        cap -= line.amount
    return kept
