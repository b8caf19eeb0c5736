"""Closed periods: what arrives for one later takes effect on the first open day (DOMAIN §2)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple


class Days(NamedTuple):
    """When an entry takes effect, and its value date where that is another."""

    effective_on: date
    value_on: date | None


def first_open_day(closed_through: date | None) -> date:
    """The first day that lies in no closed period."""
    return date.min if closed_through is None else closed_through + timedelta(days=1)


def effective(day: date, closed_through: date | None, *, not_before: date = date.min) -> Days:
    """When what really happened on ``day`` takes effect in the books.

    Never before ``not_before``: what it undoes must have taken effect, in a closed period's stead or not.
    """
    first = max(first_open_day(closed_through), not_before)
    return Days(day, None) if day >= first else Days(first, day)
