"""Aging: open balance by days past due, as of any date (DOMAIN §5).

Holiday policy: with NEXT_BANKING_DAY a receivable due on a non-banking day is current until the next
banking day has passed; after that, days count from the original due date.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum


class AgingBucket(StrEnum):
    CURRENT = "current"
    DAYS_1_30 = "days_1_30"
    DAYS_31_60 = "days_31_60"
    DAYS_61_90 = "days_61_90"
    OVER_90 = "over_90"


class HolidayPolicy(StrEnum):
    NONE = "none"
    NEXT_BANKING_DAY = "next_banking_day"


# Last day past due of each overdue bucket but the open-ended one.
BUCKET_LIMITS = ((AgingBucket.DAYS_1_30, 30), (AgingBucket.DAYS_31_60, 60), (AgingBucket.DAYS_61_90, 90))


def overdue_from(due_on: date, policy: HolidayPolicy, is_banking_day: Callable[[date], bool]) -> date:
    """The first day on which a receivable due on ``due_on`` is overdue."""
    last = due_on
    if policy is HolidayPolicy.NEXT_BANKING_DAY:
        while not is_banking_day(last):
            last += timedelta(days=1)
    return last + timedelta(days=1)


def bucket_of(due_on: date, overdue_on: date, as_of: date) -> AgingBucket:
    """The bucket on ``as_of`` of a receivable due on ``due_on`` and overdue from ``overdue_on``."""
    if as_of < overdue_on:
        return AgingBucket.CURRENT
    days = (as_of - due_on).days
    return next((bucket for bucket, limit in BUCKET_LIMITS if days <= limit), AgingBucket.OVER_90)
