from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartera.rules.interest import (
    DatedRate,
    DayCount,
    InterestLine,
    LacksRate,
    Step,
    interest,
    principal_on,
    year_fraction,
)

SIX = [DatedRate(date(2020, 1, 1), Decimal(6))]
HUNDRED_THOUSAND = [Step(date(2026, 1, 1), 10_000_000)]


def _amounts(
    steps: list[Step], rates: list[DatedRate], first: date, end: date, day_count: DayCount
) -> list[int]:
    lines = interest(steps, rates, from_on=first, to_on=end, day_count=day_count)
    assert isinstance(lines, list)
    return [line.amount for line in lines]


@pytest.mark.parametrize(
    ("day_count", "amount"),
    [
        (DayCount.ACTUAL_365, 49_315),  # 100,000.00 x 6 % x 30/365 = 493.15
        (DayCount.ACTUAL_360, 50_000),
        (DayCount.ACTUAL_ACTUAL, 49_315),
        (DayCount.THIRTY_360, 48_333),  # 1 to 30 March are 29 days of twelve times thirty
    ],
)
def test_thirty_days_of_6_percent_by_each_convention(day_count: DayCount, amount: int) -> None:
    assert _amounts(HUNDRED_THOUSAND, SIX, date(2026, 3, 1), date(2026, 3, 31), day_count) == [amount]


@pytest.mark.parametrize(
    ("day_count", "common", "leap"),
    [
        (DayCount.ACTUAL_365, 600_000, 601_644),
        (DayCount.ACTUAL_360, 608_333, 610_000),
        (DayCount.ACTUAL_ACTUAL, 600_000, 600_000),
        (DayCount.THIRTY_360, 600_000, 600_000),
    ],
)
def test_a_whole_year_common_and_leap(day_count: DayCount, common: int, leap: int) -> None:
    steps = [Step(date(2020, 1, 1), 10_000_000)]
    assert _amounts(steps, SIX, date(2027, 1, 1), date(2028, 1, 1), day_count) == [common]
    assert _amounts(steps, SIX, date(2028, 1, 1), date(2029, 1, 1), day_count) == [leap]


def test_actual_actual_counts_each_year_by_its_own_length() -> None:
    assert year_fraction(date(2027, 12, 31), date(2028, 1, 2), DayCount.ACTUAL_ACTUAL) == (
        Fraction(1, 365) + Fraction(1, 366)
    )


def test_the_29th_of_february_bears_a_day_of_interest() -> None:
    first, end = date(2028, 2, 28), date(2028, 3, 1)
    assert year_fraction(first, end, DayCount.ACTUAL_365) == Fraction(2, 365)
    assert year_fraction(first, end, DayCount.THIRTY_360) == Fraction(3, 360)


def test_a_rate_that_changes_splits_the_line() -> None:
    rates = [DatedRate(date(2026, 1, 1), Decimal("10.15")), DatedRate(date(2026, 7, 1), Decimal("10.40"))]
    lines = interest(
        HUNDRED_THOUSAND,
        rates,
        from_on=date(2026, 6, 1),
        to_on=date(2026, 8, 1),
        day_count=DayCount.ACTUAL_365,
    )
    assert lines == [
        InterestLine(date(2026, 6, 1), date(2026, 7, 1), 10_000_000, Decimal("10.15"), 83_425),
        InterestLine(date(2026, 7, 1), date(2026, 8, 1), 10_000_000, Decimal("10.40"), 88_329),
    ]


def test_a_principal_that_falls_splits_the_line_from_the_day_it_begins_with_less() -> None:
    steps = [Step(date(2026, 1, 1), 10_000_000), Step(date(2026, 3, 16), 4_000_000)]
    lines = interest(
        steps, SIX, from_on=date(2026, 3, 1), to_on=date(2026, 3, 31), day_count=DayCount.ACTUAL_360
    )
    assert lines == [
        InterestLine(date(2026, 3, 1), date(2026, 3, 16), 10_000_000, Decimal(6), 25_000),
        InterestLine(date(2026, 3, 16), date(2026, 3, 31), 4_000_000, Decimal(6), 10_000),
    ]


def test_principal_paid_in_full_ends_the_interest() -> None:
    steps = [Step(date(2026, 1, 1), 10_000_000), Step(date(2026, 3, 16), 0)]
    assert _amounts(steps, SIX, date(2026, 3, 1), date(2026, 3, 31), DayCount.ACTUAL_360) == [25_000]


def test_a_step_or_rate_that_changes_nothing_does_not_split_nor_round_twice() -> None:
    steps = [Step(date(2026, 1, 1) + timedelta(days=n), 1_000) for n in range(90)]
    assert _amounts(steps, SIX, date(2026, 1, 1), date(2026, 4, 1), DayCount.ACTUAL_365) == [15]


def test_a_half_rounds_to_even() -> None:
    # One day of 36 % by 360 is a thousandth.
    rate = [DatedRate(date(2026, 1, 1), Decimal(36))]
    for principal, amount in ((2_500, 2), (3_500, 4), (2_501, 3)):
        steps = [Step(date(2026, 1, 1), principal)]
        found = _amounts(steps, rate, date(2026, 1, 5), date(2026, 1, 6), DayCount.ACTUAL_360)
        assert found == [amount]


def test_without_a_rate_for_the_first_day_nothing_is_computed() -> None:
    rates = [DatedRate(date(2026, 3, 2), Decimal(6))]
    for given_rates in ([], rates):
        found = interest(
            HUNDRED_THOUSAND,
            given_rates,
            from_on=date(2026, 3, 1),
            to_on=date(2026, 4, 1),
            day_count=DayCount.ACTUAL_365,
        )
        assert found == LacksRate(date(2026, 3, 1))


def test_no_days_bear_nothing() -> None:
    day = date(2026, 3, 1)
    assert _amounts(HUNDRED_THOUSAND, SIX, day, day, DayCount.ACTUAL_365) == []
    assert _amounts(HUNDRED_THOUSAND, SIX, day, day - timedelta(days=1), DayCount.ACTUAL_365) == []


def test_all_lines_together_stop_at_the_cap() -> None:
    steps = [Step(date(2026, 1, 1), 10_000_000), Step(date(2026, 3, 16), 4_000_000)]
    for cap, expected in (
        (40_000, [25_000, 10_000]),
        (35_000, [25_000, 10_000]),
        (34_999, [25_000, 9_999]),
        (25_000, [25_000]),
        (24_999, [24_999]),
        (0, []),
    ):
        lines = interest(
            steps,
            SIX,
            from_on=date(2026, 3, 1),
            to_on=date(2026, 3, 31),
            day_count=DayCount.ACTUAL_360,
            cap=cap,
        )
        assert isinstance(lines, list)
        assert [line.amount for line in lines] == expected


def test_principal_begins_with_its_step_and_is_nothing_before() -> None:
    steps = [Step(date(2026, 1, 2), 5), Step(date(2026, 1, 4), 3)]
    days = [date(2026, 1, day) for day in range(1, 6)]
    assert [principal_on(steps, day) for day in days] == [0, 5, 5, 3, 3]


DAYS = st.dates(date(2020, 1, 1), date(2032, 12, 31))


@given(days=st.lists(DAYS, min_size=3, max_size=3, unique=True), day_count=st.sampled_from(DayCount))
def test_splitting_a_period_never_changes_its_part_of_a_year(days: list[date], day_count: DayCount) -> None:
    first, middle, end = sorted(days)
    parts = year_fraction(first, middle, day_count) + year_fraction(middle, end, day_count)
    assert parts == year_fraction(first, end, day_count)


@given(
    principals=st.lists(st.integers(0, 10**12), min_size=1, max_size=5),
    percent=st.decimals(0, 100, places=6),
    day_count=st.sampled_from(DayCount),
    length=st.integers(1, 900),
)
def test_lines_follow_each_other_and_stay_within_half_a_unit_of_the_exact_sum(
    principals: list[int], percent: Decimal, day_count: DayCount, length: int
) -> None:
    first = date(2026, 1, 1)
    steps = [Step(first + timedelta(days=50 * n), principal) for n, principal in enumerate(principals)]
    rates = [DatedRate(first, percent)]
    end = first + timedelta(days=length)
    lines = interest(steps, rates, from_on=first, to_on=end, day_count=day_count)
    assert isinstance(lines, list)
    assert all(one.to_on <= two.from_on for one, two in pairwise(lines))
    exact: Fraction = sum(
        (
            principal_on(steps, day)
            * Fraction(percent)
            / 100
            * year_fraction(day, day + timedelta(days=1), day_count)
            for day in (first + timedelta(days=n) for n in range(length))
        ),
        Fraction(0),
    )
    assert abs(sum(line.amount for line in lines) - exact) <= Fraction(len(principals), 2)
