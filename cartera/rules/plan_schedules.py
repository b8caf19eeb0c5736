"""The schedule of a payment plan: when each instalment falls due and what it is made of.

A plan turns what is owed on the day (principal and charges, less what is to be forgiven) into instalments
with exact sums. Its interest is simple, on the declining balance, and never on charges: interest bears no
interest (Mexico, Código de Comercio 363). What is paid serves charges first (364), hence the balance that
bears interest is the principal for as long as charges are left. Amounts are minor units.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

from cartera.rules.interest import DayCount, percent_of, year_fraction
from cartera.rules.money import MAX_MINOR

# Beyond these it is a slip of the pen, whatever a policy says.
MOST_INSTALMENTS = 360
MOST_DAYS = 36_525
MOST_ANNUAL_PERCENT = Decimal(100)


class PlanError(ValueError):
    """Terms that a plan cannot have: a stable ``code``, the input it is about, and facts to say it with."""

    def __init__(self, code: str, *path: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.path = path
        self.facts = facts


class Frequency(StrEnum):
    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Debt:
    """What a plan is about, as of the day of its terms: principal and charges still owed."""

    principal: int
    charges: int = 0

    @property
    def total(self) -> int:
        return self.principal + self.charges


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed. ``amounts``: the debt's part in each instalment, in order; None: even.

    ``starts_on``: the day by which it is to be signed, on which a down payment falls due and from which
    interest runs. ``due_dates`` are those of the instalments after the down payment.
    """

    starts_on: date
    due_dates: tuple[date, ...]
    amounts: tuple[int, ...] | None = None
    down_payment: int = 0
    annual_percent: Decimal = Decimal(0)
    day_count: DayCount = DayCount.ACTUAL_360
    charges_forgiven: int = 0
    principal_forgiven: int = 0

    @property
    def forgiven(self) -> int:
        return self.charges_forgiven + self.principal_forgiven


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """An instalment; the down payment is number 0.

    ``debt``: its part of what was owed; ``interest``: the plan's, from ``from_on`` to ``due_on``, on
    ``base``; ``balance``: what is left of the debt after it.
    """

    number: int
    from_on: date
    due_on: date
    debt: int
    base: int
    interest: int
    balance: int

    @property
    def amount(self) -> int:
        return self.debt + self.interest


@dataclass(frozen=True, slots=True)
class Schedule:
    rows: tuple[ScheduleRow, ...]

    @property
    def debt(self) -> int:
        return sum(row.debt for row in self.rows)

    @property
    def interest(self) -> int:
        return sum(row.interest for row in self.rows)

    @property
    def total(self) -> int:
        return self.debt + self.interest


def due_dates(first_on: date, count: int, frequency: Frequency) -> tuple[date, ...]:
    """``count`` due dates from ``first_on`` on; monthly ones keep its day, or take the month's last.

    Raises PlanError: PLAN_NO_INSTALMENTS, PLAN_TOO_MANY_INSTALMENTS, PLAN_TOO_LONG.
    """
    _check_count(count)
    if first_on.year > date.max.year - MOST_DAYS // 365:
        raise PlanError("PLAN_TOO_LONG", "firstOn", most=MOST_DAYS)
    if frequency is Frequency.MONTHLY:
        return tuple(_months_later(first_on, number) for number in range(count))
    days = 7 if frequency is Frequency.WEEKLY else 14
    return tuple(first_on + timedelta(days=days * number) for number in range(count))


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def split_evenly(total: int, count: int) -> tuple[int, ...]:
    """``count`` equal parts, rounded down to the minor unit; the last one closes to the exact total."""
    each = total // count
    return (*[each] * (count - 1), total - each * (count - 1))


def period_interest(base: int, annual_percent: Decimal, day_count: DayCount, first: date, last: date) -> int:
    """Simple interest on ``base`` minor units from ``first`` to before ``last``, rounded half to even."""
    return round(percent_of(base, annual_percent) * year_fraction(first, last, day_count))


def project(debt: Debt, terms: Terms) -> Schedule:
    """The schedule of a plan about ``debt``: rows that add up to it, less what is forgiven, plus interest.

    Raises PlanError: PLAN_NO_INSTALMENTS, PLAN_TOO_MANY_INSTALMENTS, PLAN_TOO_LONG, PLAN_DATES_NOT_ASCENDING,
    PLAN_RATE_OUT_OF_RANGE, PLAN_FORGIVES_TOO_MUCH, DOWN_PAYMENT_TOO_LARGE, AMOUNT_NOT_POSITIVE,
    PLAN_AMOUNTS_DIFFER (``expected`` minor units), PLAN_INSTALMENT_TOO_SMALL, TOO_LARGE.
    """
    _check_dates(terms)
    _check_rate(terms.annual_percent)
    financed = _financed(debt, terms)
    parts = _parts(financed - terms.down_payment, terms)
    dates = terms.due_dates
    if terms.down_payment:
        parts, dates = (terms.down_payment, *parts), (terms.starts_on, *dates)
    first_number = 0 if terms.down_payment else 1
    bearing = debt.principal - terms.principal_forgiven
    rows: list[ScheduleRow] = []
    left = financed
    periods = pairwise((terms.starts_on, *dates))
    for number, ((from_on, due_on), part) in enumerate(zip(periods, parts, strict=True), first_number):
        base = min(left, bearing)
        interest = period_interest(base, terms.annual_percent, terms.day_count, from_on, due_on)
        left -= part
        rows.append(ScheduleRow(number, from_on, due_on, part, base, interest, left))
    schedule = Schedule(tuple(rows))
    if schedule.total > MAX_MINOR:
        raise PlanError("TOO_LARGE", "annualPercent")
    return schedule


def _check_count(count: int) -> None:
    if count < 1:
        raise PlanError("PLAN_NO_INSTALMENTS", "instalments")
    if count > MOST_INSTALMENTS:
        raise PlanError("PLAN_TOO_MANY_INSTALMENTS", "instalments", most=MOST_INSTALMENTS)


def _check_dates(terms: Terms) -> None:
    _check_count(len(terms.due_dates))
    earliest = terms.starts_on + timedelta(days=1 if terms.down_payment else 0)
    ascending = all(earlier < later for earlier, later in pairwise(terms.due_dates))
    if terms.due_dates[0] < earliest or not ascending:
        raise PlanError("PLAN_DATES_NOT_ASCENDING", "instalments")
    if (terms.due_dates[-1] - terms.starts_on).days > MOST_DAYS:
        raise PlanError("PLAN_TOO_LONG", "instalments", most=MOST_DAYS)


def _check_rate(percent: Decimal) -> None:
    # Not a number, and the infinities, compare as false or raise.
    if not percent.is_finite() or not 0 <= percent <= MOST_ANNUAL_PERCENT:
        raise PlanError("PLAN_RATE_OUT_OF_RANGE", "annualPercent", most=str(MOST_ANNUAL_PERCENT))
    exponent = percent.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -4:
        raise PlanError("PLAN_RATE_OUT_OF_RANGE", "annualPercent", most=str(MOST_ANNUAL_PERCENT))


def _financed(debt: Debt, terms: Terms) -> int:
    for forgiven, owed, field in (
        (terms.charges_forgiven, debt.charges, "chargesForgiven"),
        (terms.principal_forgiven, debt.principal, "principalForgiven"),
    ):
        if forgiven < 0:
            raise PlanError("AMOUNT_NOT_POSITIVE", field)
        if forgiven > owed:
            raise PlanError("PLAN_FORGIVES_TOO_MUCH", field)
    financed = debt.total - terms.forgiven
    if terms.down_payment < 0:
        raise PlanError("AMOUNT_NOT_POSITIVE", "downPayment")
    if terms.down_payment >= financed:
        raise PlanError("DOWN_PAYMENT_TOO_LARGE", "downPayment")
    return financed


def _parts(rest: int, terms: Terms) -> Sequence[int]:
    count = len(terms.due_dates)
    if terms.amounts is None:
        if rest < count:
            raise PlanError("PLAN_INSTALMENT_TOO_SMALL", "instalments")
        return split_evenly(rest, count)
    if len(terms.amounts) != count or sum(terms.amounts) != rest:
        raise PlanError("PLAN_AMOUNTS_DIFFER", "instalments", expected=rest)
    if min(terms.amounts) <= 0:
        raise PlanError("AMOUNT_NOT_POSITIVE", "instalments")
    return terms.amounts
