"""Dated values that people type or import: what they may be, and when."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


class RateKind(StrEnum):
    # Units of the base currency for one of another.
    EXCHANGE_RATE = "exchange_rate"
    # Percent a year, in force until the next of its code.
    INTEREST_RATE = "interest_rate"
    # What a unit of account is worth, in minor units of its country's currency.
    INDEX_VALUE = "index_value"


# Rates are published ahead of the day from which they hold, but never by years.
LATEST_DAYS = 366
EARLIEST = date(1980, 1, 1)
MAX_SOURCE = 200
# Beyond these a rate is a slip of the keyboard.
PERCENTS = (Decimal(-100), Decimal(1000))
MAX_VALUE = Decimal(10) ** 12

_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", re.ASCII)


def is_code(text: str) -> bool:
    """Lower-case words with dots, as ``cl.interes_corriente``; at most 60 characters."""
    return len(text) <= 60 and _CODE.fullmatch(text) is not None


def may_date(day: date, today: date) -> bool:
    """Whether a value may be entered for that day."""
    return EARLIEST <= day <= today + timedelta(days=LATEST_DAYS)
