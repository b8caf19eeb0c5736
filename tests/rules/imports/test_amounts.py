from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartera.rules.imports.amounts import (
    AmountEvidence,
    AmountReader,
    DecimalSign,
    Written,
    is_ambiguous,
    plain,
    written,
)
from cartera.rules.money import NotAnAmount, TooLarge, TooPrecise, format_amount

POINT, COMMA = DecimalSign.POINT, DecimalSign.COMMA


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("1234.50", Written("1234.50", False, "")),
        (" $ 1,234.50 ", Written("1,234.50", False, "$")),
        ("US$1.234,50", Written("1.234,50", False, "US$")),
        ("MXN 1,234.50", Written("1,234.50", False, "MXN")),
        ("1.234,50 EUR", Written("1.234,50", False, "EUR")),
        ("R$ -10,00", Written("10,00", True, "R$")),
        ("S/. 10.00", Written("10.00", False, "S/.")),
        ("-10.00", Written("10.00", True, "")),
        ("\u221210.00", Written("10.00", True, "")),
        ("10.00-", Written("10.00", True, "")),
        ("(10.00)", Written("10.00", True, "")),
        ("1\u00a0234,50", Written("1 234,50", False, "")),
        ("1’234.50", Written("1'234.50", False, "")),
    ],
)
def test_an_amount_is_parted_into_digits_sign_and_mark(cell: str, parts: Written) -> None:
    assert written(cell) == parts


@pytest.mark.parametrize(
    "cell", ["", "-", "abc", "12 de mayo", "=1+1", "1e5", "(10", "10)", "--5", "$5 MXN", "٣"]
)
def test_what_is_no_amount_is_none(cell: str) -> None:
    assert written(cell) is None


@pytest.mark.parametrize(
    ("body", "point", "comma"),
    [
        ("1234", "1234", "1234"),
        ("1.234", "1.234", "1234"),
        ("1,234", "1234", "1.234"),
        ("1,234.56", "1234.56", None),
        ("1.234.567", None, "1234567"),
        ("1.234.567,8", None, "1234567.8"),
        ("64982.589", "64982.589", None),
        ("0.123", "0.123", None),
        (".5", "0.5", None),
        ("12,50", None, "12.50"),
        ("1 234,50", None, "1234.50"),
        ("1'234.50", "1234.50", None),
        ("1,23,456", None, None),
        ("1.2.3", None, None),
    ],
)
def test_digits_under_each_decimal_sign(body: str, point: str | None, comma: str | None) -> None:
    assert plain(body, POINT) == point
    assert plain(body, COMMA) == comma
    assert plain(body, None) == (body if body.isdecimal() else None)


def test_only_a_single_group_of_three_is_ambiguous() -> None:
    assert is_ambiguous("1.234")
    assert is_ambiguous("123,456")
    assert not is_ambiguous("1234")
    assert not is_ambiguous("1234.567")
    assert not is_ambiguous("0.123")


@pytest.mark.parametrize(
    ("bodies", "decided", "is_open"),
    [
        (["1.234", "10.50"], POINT, False),
        (["1.234", "10,5"], COMMA, False),
        (["1.234", "12.345"], None, True),
        (["10.50", "10,50"], None, True),
        (["100", "250"], None, False),
        (["100", "1,2,3"], None, False),
    ],
)
def test_the_whole_file_decides_the_sign_or_leaves_it_open(
    bodies: list[str], decided: DecimalSign | None, is_open: bool
) -> None:
    found = AmountEvidence()
    for line, body in enumerate(bodies, start=2):
        found.add(line, "Saldo", body)
    assert (found.decided(), found.open) == (decided, is_open)


def minor(
    cell: str, currency: str = "MXN", sign: DecimalSign | None = POINT, *, rounded: bool = False
) -> int:
    reader = AmountReader(currency, sign)
    return reader.minor(reader.parts(cell), rounded=rounded)


def test_minor_units_are_the_currency_s() -> None:
    assert minor("1,234.5") == 123450
    assert minor("1.234", "CLP", COMMA) == 1234
    assert minor("1.234", "KWD", POINT) == 1234
    assert minor("(1.00)") == -100
    assert minor("10.500") == 1050
    with pytest.raises(TooPrecise):
        minor("10.505")
    with pytest.raises(TooPrecise):
        minor("10,5", "CLP", COMMA)
    with pytest.raises(TooLarge):
        minor("9" * 30)
    with pytest.raises(NotAnAmount):
        minor("1.234,50")


def test_rounding_is_half_to_even_and_only_when_told() -> None:
    assert minor("64982.589", rounded=True) == 6498259
    assert minor("0.125", rounded=True) == 12
    assert minor("-0.135", rounded=True) == -14
    with pytest.raises(TooLarge):
        minor("9" * 30 + ".555", rounded=True)


@settings(deadline=None)
@given(
    st.integers(-(10**13), 10**13), st.sampled_from(["CLP", "MXN", "KWD"]), st.sampled_from([POINT, COMMA])
)
def test_the_quick_way_agrees_with_the_careful_one(units: int, currency: str, sign: DecimalSign) -> None:
    text = format_amount(units, currency)
    whole, point, fraction = text.partition(".")
    grouped = f"{int(whole):,}" if whole not in ("-0", "0") else whole
    cell = grouped + point + fraction
    if sign is COMMA:
        cell = cell.translate(str.maketrans(",.", ".,"))
    reader = AmountReader(currency, sign)
    assert reader.minor(reader.parts(cell)) == units
    assert reader.quick(cell) in (units, None)
    assert reader.quick(cell) == units or abs(units) >= 10**12


def test_the_quick_way_leaves_everything_unusual_to_the_careful_one() -> None:
    reader = AmountReader("MXN", POINT)
    for cell in ("1.5", "1.234", "$5.00", "(5.00)", "1,23.00", "9" * 13, " 5.00", "5.00-", ""):
        assert reader.quick(cell) is None
