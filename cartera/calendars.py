"""Calendars of countries, as values for the rules: on which days money moves, which days are public holidays.

The two differ: banks in Mexico close on Holy Thursday and Friday, which are no public holidays there; so
banking days come from financial calendars, and the contact gate asks for public holidays.
Source: the ``holidays`` package; an unknown country has weekends alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

import holidays
from holidays import BANK, PUBLIC, HolidayBase

# Where banks keep a calendar of their own: B3, the stock exchanges of Mexico, Bogotá and Buenos Aires,
# the Federal Reserve, and TARGET for the euro.
_EURO = "AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"
_FINANCIAL = {
    "BR": "B3",
    "MX": "XMEX",
    "CO": "XBOG",
    "AR": "XBUE",
    "US": "XFED",
    **dict.fromkeys(_EURO.split(), "XECB"),
}

_SATURDAY = 5


def banking_days(country: str) -> Callable[[date], bool]:
    """Whether money moves on a day in the country (ISO 3166-1 alpha-2)."""
    return _banking_days(country.upper())


@lru_cache
def _banking_days(country: str) -> Callable[[date], bool]:
    closed = _bank_holidays(country)

    @lru_cache(maxsize=8192)
    def is_banking_day(day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in closed

    return is_banking_day


def _bank_holidays(country: str) -> HolidayBase | frozenset[date]:
    if country in _FINANCIAL:
        return holidays.financial_holidays(_FINANCIAL[country])
    known = _public(country)
    if isinstance(known, HolidayBase) and BANK in known.supported_categories:
        return holidays.country_holidays(country, categories=(PUBLIC, BANK))
    return known


def is_public_holiday(country: str, day: date) -> bool:
    """Whether the whole country has a holiday by law on that day; regional ones are not known."""
    return day in _public(country.upper())


def public_holidays(country: str, first: date, last: date) -> frozenset[date]:
    """The country's public holidays from ``first`` to ``last``, both included."""
    known = _public(country.upper())
    days = ((first + timedelta(days=n)) for n in range((last - first).days + 1))
    return frozenset(day for day in days if day in known)


@lru_cache
def _public(country: str) -> HolidayBase | frozenset[date]:
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        # The library's word for a country that it does not know.
        return frozenset()
