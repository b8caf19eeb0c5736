from __future__ import annotations

from datetime import date

import pytest

from cartera.calendars import banking_days, is_public_holiday, public_holidays


@pytest.mark.parametrize(
    ("country", "day", "is_open"),
    [
        ("MX", date(2026, 4, 2), False),  # Holy Thursday
        ("MX", date(2026, 4, 3), False),  # Good Friday
        ("BR", date(2026, 2, 17), False),  # Carnival
        ("BR", date(2026, 6, 4), False),  # Corpus Christi
        ("CO", date(2026, 3, 23), False),  # Saint Joseph, moved to Monday
        ("CL", date(2026, 9, 18), False),  # Independence Day
        ("CL", date(2026, 12, 31), False),  # bank holiday
        ("CL", date(2026, 12, 30), True),
        ("US", date(2026, 11, 11), False),  # Veterans Day
        ("ES", date(2026, 4, 6), False),  # Easter Monday, by TARGET
        ("ES", date(2026, 10, 12), True),  # a holiday in Spain, and yet the euro moves
        ("MX", date(2026, 11, 14), False),  # Saturday
        ("MX", date(2026, 11, 15), False),  # Sunday
        ("MX", date(2026, 11, 13), True),
        ("mx", date(2026, 11, 16), False),  # Revolution Day, observed
        ("ZZ", date(2026, 12, 25), True),  # a country that nobody knows has weekends alone
        ("ZZ", date(2026, 12, 26), False),
    ],
)
def test_banking_days(country: str, day: date, is_open: bool) -> None:
    assert banking_days(country)(day) is is_open


def test_public_holidays_are_another_calendar_than_the_banks() -> None:
    assert not is_public_holiday("MX", date(2026, 4, 3))
    assert is_public_holiday("MX", date(2026, 11, 16))
    assert not is_public_holiday("ZZ", date(2026, 12, 25))


def test_public_holidays_of_some_days() -> None:
    found = public_holidays("CL", date(2026, 9, 18), date(2026, 10, 12))
    assert found == {date(2026, 9, 18), date(2026, 9, 19), date(2026, 10, 12)}
