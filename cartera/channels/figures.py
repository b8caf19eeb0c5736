"""Amounts and dates as a reader in some language and country writes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal

from cartera.rules.money import Money, minor_digits


@lru_cache
def locale_of(language: str, country: str) -> Locale:
    """The language as it is written in the country, or anywhere."""
    try:
        return Locale.parse(f"{language}_{country.upper()}")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(language)


def amount(money: Money, locale: Locale) -> str:
    """1,234.50 MXN: always with the code, since MXN, COP, CLP and ARS all print "$"."""
    digits = minor_digits(money.currency)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return f"{format_decimal(Decimal(money.decimal), format=pattern, locale=locale)} {money.currency}"


def day(value: date, locale: Locale) -> str:
    """13 de noviembre de 2026."""
    return format_date(value, "long", locale=locale)


def number(value: Decimal, locale: Locale) -> str:
    """1,234.5: with the digits that the value has."""
    digits = -int(value.as_tuple().exponent)
    pattern = "#,##0" + ("." + "0" * digits if digits > 0 else "")
    return format_decimal(value, format=pattern, locale=locale)


def percent(fraction: Decimal, locale: Locale) -> str:
    """28.57 % of a fraction of 0.2857."""
    return f"{format_decimal(fraction * 100, format='#,##0.##', locale=locale)} %"
