from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from cartera.calendars import banking_days
from cartera.rules.disputes import (
    DEADLINE_DAYS,
    TRANSITIONS,
    CycleTime,
    DisputeReason,
    DisputeState,
    cycle_days,
    cycle_time,
    deadline,
    disputable,
    may_become,
    payable,
    to_the_receivable,
)

OPEN = DisputeState.OPEN
DRAWN = {(OPEN, DisputeState.ACCEPTED), (OPEN, DisputeState.REJECTED), (OPEN, DisputeState.WITHDRAWN)}


def test_an_open_dispute_ends_in_one_of_three_ways_and_stays_there() -> None:
    assert TRANSITIONS.keys() == set(DisputeState)
    assert {pair for pair in product(DisputeState, repeat=2) if may_become(*pair)} == DRAWN


def test_every_reason_has_a_deadline_of_at_least_a_banking_day() -> None:
    assert DEADLINE_DAYS.keys() == set(DisputeReason)
    assert min(DEADLINE_DAYS.values()) >= 1


@pytest.mark.parametrize(
    ("opened", "days", "expected"),
    [
        # 2026-11-16 is the third Monday of November: no banking day in Mexico.
        (date(2026, 11, 13), 1, date(2026, 11, 17)),
        (date(2026, 11, 14), 1, date(2026, 11, 17)),
        (date(2026, 11, 17), 1, date(2026, 11, 18)),
        (date(2026, 11, 17), 3, date(2026, 11, 20)),
        (date(2026, 11, 17), 4, date(2026, 11, 23)),
        # Less than a day is no deadline.
        (date(2026, 11, 17), 0, date(2026, 11, 18)),
    ],
)
def test_deadlines_count_banking_days(opened: date, days: int, expected: date) -> None:
    assert deadline(opened, days, banking_days("MX")) == expected


@pytest.mark.parametrize(
    ("balance", "others", "expected"), [(100, [], 100), (100, [30, 20], 50), (100, [100], 0), (40, [100], 0)]
)
def test_what_can_still_be_contested(balance: int, others: list[int], expected: int) -> None:
    assert disputable(balance, others) == expected


@pytest.mark.parametrize(
    ("balance", "disputed", "expected"), [(100, 0, 100), (100, 99, 1), (100, 100, 100), (10, 100, 10)]
)
def test_the_part_that_nobody_contests_is_payable(balance: int, disputed: int, expected: int) -> None:
    assert payable(balance, disputed) == expected


def test_what_no_longer_fits_on_the_receivable_stays_unapplied() -> None:
    assert [to_the_receivable(50, balance) for balance in (100, 50, 20, 0)] == [50, 50, 20, 0]


def test_a_dispute_settled_on_its_day_took_no_day() -> None:
    assert cycle_days(date(2026, 11, 16), date(2026, 11, 16)) == 0
    assert cycle_days(date(2026, 10, 30), date(2026, 11, 2)) == 3


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], CycleTime(0, 0, None, None)),
        ([(4, 1)], CycleTime(1, 4, Decimal("4.0"), Decimal("4.0"))),
        ([(9, 1), (1, 2)], CycleTime(3, 11, Decimal("3.7"), Decimal("1.0"))),
        ([(1, 1), (2, 1)], CycleTime(2, 3, Decimal("1.5"), Decimal("1.5"))),
        # Half to even: 2.25 and 2.75.
        ([(2, 3), (3, 1)], CycleTime(4, 9, Decimal("2.2"), Decimal("2.0"))),
        ([(2, 1), (3, 3)], CycleTime(4, 11, Decimal("2.8"), Decimal("3.0"))),
    ],
)
def test_mean_and_median_of_cycle_times(days: list[tuple[int, int]], expected: CycleTime) -> None:
    assert cycle_time(days) == expected
