from __future__ import annotations

from datetime import date, timedelta

import pytest

from cartera.rules.aging import AgingBucket, HolidayPolicy, bucket_of, overdue_from

FRIDAY = date(2026, 11, 13)


def weekday(day: date) -> bool:
    return day.weekday() < 5


def test_overdue_from_the_day_after() -> None:
    assert overdue_from(FRIDAY, HolidayPolicy.NEXT_BANKING_DAY, weekday) == date(2026, 11, 14)


def test_a_non_banking_due_date_waits_for_the_next_banking_day_to_pass() -> None:
    saturday = FRIDAY + timedelta(days=1)
    assert overdue_from(saturday, HolidayPolicy.NEXT_BANKING_DAY, weekday) == date(2026, 11, 17)
    assert overdue_from(saturday, HolidayPolicy.NONE, weekday) == date(2026, 11, 15)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-1, AgingBucket.CURRENT),
        (0, AgingBucket.CURRENT),
        (1, AgingBucket.DAYS_1_30),
        (30, AgingBucket.DAYS_1_30),
        (31, AgingBucket.DAYS_31_60),
        (60, AgingBucket.DAYS_31_60),
        (61, AgingBucket.DAYS_61_90),
        (90, AgingBucket.DAYS_61_90),
        (91, AgingBucket.OVER_90),
    ],
)
def test_buckets_count_from_the_due_date(days: int, bucket: AgingBucket) -> None:
    assert bucket_of(FRIDAY, FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=days)) is bucket


def test_after_the_waiting_days_count_from_the_due_date() -> None:
    saturday = date(2026, 11, 14)
    overdue_on = date(2026, 11, 17)
    assert bucket_of(saturday, overdue_on, date(2026, 11, 16)) is AgingBucket.CURRENT
    assert bucket_of(saturday, overdue_on, saturday + timedelta(days=31)) is AgingBucket.DAYS_31_60
