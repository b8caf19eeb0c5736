from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartera.rules.interest import DayCount
from cartera.rules.money import MAX_MINOR
from cartera.rules.plan_schedules import (
    Debt,
    Frequency,
    PlanError,
    Schedule,
    Terms,
    due_dates,
    period_interest,
    project,
    split_evenly,
)

START = date(2026, 12, 1)
MONTHLY = due_dates(date(2026, 12, 31), 3, Frequency.MONTHLY)
EVEN = Terms(START, MONTHLY)


def parts(schedule: Schedule) -> list[tuple[int, date, int, int, int]]:
    return [(row.number, row.due_on, row.debt, row.interest, row.balance) for row in schedule.rows]


def test_three_months_of_mexican_pesos_at_twelve_percent() -> None:
    schedule = project(Debt(10_000_00), replace(EVEN, annual_percent=Decimal(12)))
    assert parts(schedule) == [
        (1, date(2026, 12, 31), 3_333_33, 100_00, 6_666_67),  # 10,000.00 x 12 % x 30/360
        (2, date(2027, 1, 31), 3_333_33, 68_89, 3_333_34),  # 6,666.67 x 12 % x 31/360 = 68.888923…
        (3, date(2027, 2, 28), 3_333_34, 31_11, 0),  # 3,333.34 x 12 % x 28/360 = 31.11117…
    ]
    assert (schedule.debt, schedule.interest, schedule.total) == (10_000_00, 200_00, 10_200_00)
    assert [(row.from_on, row.base) for row in schedule.rows] == [
        (START, 10_000_00),
        (date(2026, 12, 31), 6_666_67),
        (date(2027, 1, 31), 3_333_34),
    ]


def test_chilean_pesos_have_no_decimals() -> None:
    dates = due_dates(date(2026, 12, 30), 3, Frequency.MONTHLY)
    terms = Terms(date(2026, 11, 30), dates, annual_percent=Decimal(10), day_count=DayCount.THIRTY_360)
    assert parts(project(Debt(100_000), terms)) == [
        (1, date(2026, 12, 30), 33_333, 833, 66_667),  # 100,000 x 10 % x 30/360 = 833.33
        (2, date(2027, 1, 30), 33_333, 556, 33_334),  # 66,667 x 10 % x 30/360 = 555.56
        (3, date(2027, 2, 28), 33_334, 259, 0),  # 33,334 x 10 % x 28/360 = 259.26
    ]


def test_kuwaiti_dinars_have_three_decimals() -> None:
    dates = due_dates(date(2026, 12, 15), 4, Frequency.BIWEEKLY)
    terms = Terms(START, dates, annual_percent=Decimal("7.5"), day_count=DayCount.ACTUAL_365)
    assert parts(project(Debt(10_001), terms)) == [
        (1, date(2026, 12, 15), 2_500, 29, 7_501),  # 10.001 x 7.5 % x 14/365 = 0.02877
        (2, date(2026, 12, 29), 2_500, 22, 5_001),  # 7.501 x 7.5 % x 14/365 = 0.02158
        (3, date(2027, 1, 12), 2_500, 14, 2_501),  # 5.001 x 7.5 % x 14/365 = 0.01439
        (4, date(2027, 1, 26), 2_501, 7, 0),  # 2.501 x 7.5 % x 14/365 = 0.00719
    ]


def test_a_down_payment_is_due_on_signing_and_bears_no_interest() -> None:
    terms = replace(EVEN, down_payment=1_000_00, annual_percent=Decimal(12))
    assert parts(project(Debt(10_000_00), terms)) == [
        (0, START, 1_000_00, 0, 9_000_00),
        (1, date(2026, 12, 31), 3_000_00, 90_00, 6_000_00),
        (2, date(2027, 1, 31), 3_000_00, 62_00, 3_000_00),
        (3, date(2027, 2, 28), 3_000_00, 28_00, 0),
    ]


def test_charges_bear_no_interest_and_are_paid_first() -> None:
    """1,000.00 of principal and 200.00 of charges: the principal alone bears interest until it shrinks."""
    terms = replace(EVEN, annual_percent=Decimal(36))
    schedule = project(Debt(1_000_00, 200_00), terms)
    assert [(row.debt, row.base, row.interest) for row in schedule.rows] == [
        (400_00, 1_000_00, 30_00),
        (400_00, 800_00, 24_80),
        (400_00, 400_00, 11_20),
    ]


def test_what_is_forgiven_is_in_no_instalment_and_bears_nothing() -> None:
    terms = replace(EVEN, charges_forgiven=200_00, principal_forgiven=100_00, annual_percent=Decimal(12))
    schedule = project(Debt(1_000_00, 200_00), terms)
    assert (schedule.debt, schedule.rows[0].base, schedule.rows[0].interest) == (900_00, 900_00, 9_00)


def test_amounts_of_ones_own_on_days_of_ones_own() -> None:
    dates = (date(2026, 12, 4), date(2027, 3, 1))
    assert parts(project(Debt(500), Terms(START, dates, amounts=(499, 1)))) == [
        (1, dates[0], 499, 0, 1),
        (2, dates[1], 1, 0, 0),
    ]


@pytest.mark.parametrize(
    ("base", "expected"),
    [(250, 0), (251, 1), (750, 2), (1250, 2), (1750, 4)],  # 0.5, 0.502, 1.5, 2.5, 3.5
)
def test_interest_rounds_half_to_even(base: int, expected: int) -> None:
    days = START + timedelta(days=6)
    assert period_interest(base, Decimal(12), DayCount.ACTUAL_360, START, days) == expected


@pytest.mark.parametrize(
    ("day_count", "first", "last", "expected"),
    [
        (DayCount.ACTUAL_360, date(2027, 1, 31), date(2027, 3, 31), 59),
        (DayCount.ACTUAL_365, date(2027, 1, 31), date(2028, 1, 31), 360),  # 365/365 of a year of 360
        (DayCount.THIRTY_360, date(2027, 1, 31), date(2027, 3, 31), 60),
        (DayCount.THIRTY_360, date(2027, 1, 31), date(2027, 2, 28), 28),
        (DayCount.THIRTY_360, date(2027, 2, 28), date(2027, 3, 31), 32),
    ],
)
def test_days_by_their_convention(day_count: DayCount, first: date, last: date, expected: int) -> None:
    assert period_interest(36_000, Decimal(1), day_count, first, last) == expected


def test_months_keep_their_day_where_they_have_it() -> None:
    assert due_dates(date(2027, 12, 31), 4, Frequency.MONTHLY) == (
        date(2027, 12, 31),
        date(2028, 1, 31),
        date(2028, 2, 29),
        date(2028, 3, 31),
    )
    assert due_dates(START, 2, Frequency.WEEKLY) == (START, date(2026, 12, 8))


BAD: list[tuple[Debt, Terms, str, str]] = [
    (Debt(100), Terms(START, ()), "PLAN_NO_INSTALMENTS", "instalments"),
    (Debt(2), EVEN, "PLAN_INSTALMENT_TOO_SMALL", "instalments"),
    (Debt(100), Terms(START, (START, START)), "PLAN_DATES_NOT_ASCENDING", "instalments"),
    (Debt(100), Terms(START, (START - timedelta(days=1),)), "PLAN_DATES_NOT_ASCENDING", "instalments"),
    (Debt(100), Terms(START, (START,), down_payment=1), "PLAN_DATES_NOT_ASCENDING", "instalments"),
    (Debt(100), Terms(START, (date(2126, 12, 3),)), "PLAN_TOO_LONG", "instalments"),
    (Debt(100), replace(EVEN, down_payment=100), "DOWN_PAYMENT_TOO_LARGE", "downPayment"),
    (Debt(100), replace(EVEN, down_payment=-1), "AMOUNT_NOT_POSITIVE", "downPayment"),
    (Debt(100), replace(EVEN, charges_forgiven=1), "PLAN_FORGIVES_TOO_MUCH", "chargesForgiven"),
    (Debt(100), replace(EVEN, principal_forgiven=101), "PLAN_FORGIVES_TOO_MUCH", "principalForgiven"),
    (Debt(100), replace(EVEN, principal_forgiven=-1), "AMOUNT_NOT_POSITIVE", "principalForgiven"),
    (Debt(100), replace(EVEN, annual_percent=Decimal("-0.01")), "PLAN_RATE_OUT_OF_RANGE", "annualPercent"),
    (Debt(100), replace(EVEN, annual_percent=Decimal("100.01")), "PLAN_RATE_OUT_OF_RANGE", "annualPercent"),
    (Debt(100), replace(EVEN, annual_percent=Decimal("1.00001")), "PLAN_RATE_OUT_OF_RANGE", "annualPercent"),
    (Debt(100), replace(EVEN, annual_percent=Decimal("NaN")), "PLAN_RATE_OUT_OF_RANGE", "annualPercent"),
    (Debt(100), replace(EVEN, amounts=(50, 50)), "PLAN_AMOUNTS_DIFFER", "instalments"),
    (Debt(100), replace(EVEN, amounts=(50, 30, 19)), "PLAN_AMOUNTS_DIFFER", "instalments"),
    (Debt(100), replace(EVEN, amounts=(50, 50, 0)), "AMOUNT_NOT_POSITIVE", "instalments"),
    (Debt(MAX_MINOR), replace(EVEN, annual_percent=Decimal(1)), "TOO_LARGE", "annualPercent"),
]


@pytest.mark.parametrize(("debt", "terms", "code", "path"), BAD)
def test_what_cannot_be_agreed(debt: Debt, terms: Terms, code: str, path: str) -> None:
    with pytest.raises(PlanError) as caught:
        project(debt, terms)
    assert (caught.value.code, caught.value.path) == (code, (path,))


@pytest.mark.parametrize(
    ("first_on", "count", "code"),
    [
        (START, 0, "PLAN_NO_INSTALMENTS"),
        (START, 361, "PLAN_TOO_MANY_INSTALMENTS"),
        (date(9999, 12, 31), 2, "PLAN_TOO_LONG"),
    ],
)
def test_dates_that_cannot_be(first_on: date, count: int, code: str) -> None:
    with pytest.raises(PlanError) as caught:
        due_dates(first_on, count, Frequency.MONTHLY)
    assert caught.value.code == code


def test_a_hundred_percent_with_four_decimals_is_still_a_rate() -> None:
    project(Debt(100), replace(EVEN, annual_percent=Decimal("99.9999")))
    project(Debt(100), replace(EVEN, annual_percent=Decimal("1E+2")))


@st.composite
def agreements(draw: st.DrawFn) -> tuple[Debt, Terms]:
    principal = draw(st.integers(1_000, 10**12))
    charges = draw(st.integers(0, 10**9))
    count = draw(st.integers(1, 60))
    terms = Terms(
        START,
        due_dates(
            START + timedelta(days=draw(st.integers(1, 90))), count, draw(st.sampled_from(list(Frequency)))
        ),
        down_payment=draw(st.integers(0, principal // 4)),
        annual_percent=draw(st.decimals(0, 100, places=4)),
        day_count=draw(st.sampled_from(list(DayCount))),
        charges_forgiven=draw(st.integers(0, charges)),
        principal_forgiven=draw(st.integers(0, principal // 2)),
    )
    return Debt(principal, charges), terms


@given(agreements())
def test_every_schedule_adds_up_ascends_and_closes(agreement: tuple[Debt, Terms]) -> None:
    debt, terms = agreement
    schedule = project(debt, terms)
    rows = schedule.rows
    financed = debt.total - terms.forgiven
    assert schedule.debt == financed
    assert schedule.total == sum(row.amount for row in rows) == financed + schedule.interest
    assert rows[-1].balance == 0
    assert all(earlier.due_on < later.due_on for earlier, later in pairwise(rows))
    assert all(row.debt > 0 and row.interest >= 0 and row.balance >= 0 for row in rows)
    assert all(row.base <= debt.principal - terms.principal_forgiven for row in rows)
    even = [row.debt for row in rows if row.number > 0]
    assert len(set(even[:-1])) <= 1
    assert 0 <= even[-1] - even[0] < len(even)
    assert rows[0].number == (0 if terms.down_payment else 1)


@given(st.integers(0, 10**15), st.integers(1, 360))
def test_an_even_split_is_exact(total: int, count: int) -> None:
    split = split_evenly(total, count)
    assert (sum(split), len(split)) == (total, count)
    assert set(split[:-1]) <= {total // count}
    assert split[-1] >= total // count
