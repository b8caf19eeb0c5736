from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartera.rules.currencies import MINOR_DIGITS
from cartera.rules.money import (
    MAX_MINOR,
    CurrencyMismatch,
    Money,
    NotAnAmount,
    TooLarge,
    TooPrecise,
    UnknownCurrency,
    convert,
    format_amount,
    parse_amount,
    total,
)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("5119.85", "MXN", 511985),
        ("100000", "CLP", 100000),
        ("100000.00", "CLP", 100000),
        ("1.5", "KWD", 1500),
        ("-0.01", "USD", -1),
        ("+7", "COP", 700),
        ("0.10", "MXN", 10),
    ],
)
def test_parse(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    "text", ["", "1,000", "1e3", "NaN", "Infinity", "٣", "1.", ".5", "1 000", "$1", "--1"]
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_amount(text, "MXN")


def test_refusals_name_what_is_wrong() -> None:
    with pytest.raises(TooPrecise, match="MXN has"):
        parse_amount("0.001", "MXN")
    with pytest.raises(TooLarge):
        parse_amount("9" * 30, "MXN")
    with pytest.raises(TooLarge):
        parse_amount("0" * 100, "MXN")
    with pytest.raises(UnknownCurrency):
        parse_amount("1", "XXX")
    with pytest.raises(NotAnAmount):
        Money(1.0, "MXN")  # type: ignore[arg-type]  # the very thing that must be refused
    with pytest.raises(CurrencyMismatch):
        Money(1, "MXN") + Money(1, "USD")


@given(st.integers(-MAX_MINOR, MAX_MINOR), st.sampled_from(sorted(MINOR_DIGITS)))
def test_format_and_parse_are_inverse(minor: int, currency: str) -> None:
    assert parse_amount(format_amount(minor, currency), currency) == minor


def test_totals_are_kept_apart_by_currency() -> None:
    assert total([Money(1, "USD"), Money(2, "MXN"), Money(3, "USD")]) == [Money(2, "MXN"), Money(4, "USD")]


def test_convert_bridges_digits_and_rounds_half_to_even() -> None:
    assert convert(Money(100, "USD"), Decimal("950.5"), "CLP") == Money(950, "CLP")
    assert convert(Money(300, "USD"), Decimal("950.5"), "CLP") == Money(2852, "CLP")
    assert convert(Money(1000, "CLP"), Decimal("0.02"), "MXN") == Money(2000, "MXN")
