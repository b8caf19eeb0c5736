"""Money across currencies: what it settles, what that takes, what is gained."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartera.rules.exchange import Rate, cross, difference, settle_across
from cartera.rules.money import MAX_MINOR, Money, TooLarge, minor_digits

CURRENCIES = st.sampled_from(["CLP", "MXN", "KWD"])
MINORS = st.integers(1, MAX_MINOR)
RATES = st.decimals(Decimal("0.0000000001"), Decimal(10) ** 12, places=10)


def test_a_rate_across_is_that_of_the_later_quote() -> None:
    money, debt = Rate(Decimal("20.35"), date(2026, 11, 13)), Rate(Decimal("18.50"), date(2026, 11, 14))
    assert cross(money, debt) == Rate(Decimal("1.1000000000"), date(2026, 11, 14))


@given(RATES, RATES)
def test_any_two_rates_meet(money: Decimal, debt: Decimal) -> None:
    day = date(2026, 11, 14)
    with localcontext() as context:
        context.prec = 60
        assert abs(cross(Rate(money, day), Rate(debt, day)).value - money / debt) <= Decimal("5e-11")


@given(MINORS, CURRENCIES, RATES, st.integers(0, MAX_MINOR), CURRENCIES)
def test_no_more_is_settled_or_spent_than_there_is(
    minor: int, currency: str, rate: Decimal, owed: int, of: str
) -> None:
    settled, spent = settle_across(Money(minor, currency), rate, Money(owed, of))
    assert 0 <= settled <= owed
    assert 0 <= spent <= minor
    worth = rate * Decimal(10) ** (minor_digits(of) - minor_digits(currency))
    # What is spent and what it settles are worth the same, to the nearest unit that either can show.
    assert abs(spent * worth - settled) <= max(worth, Decimal("0.5")) * (1 + Decimal("1e-12"))
    # Nothing of the money is left unless the debt is settled.
    assert spent == minor or settled == owed


@pytest.mark.parametrize(
    ("minor", "rate", "owed", "expected"),
    [
        # Pesos for dollars: 18.50 of them are one.
        (18_50, "0.0540540541", 1_00, (1_00, 18_50)),
        (9_25, "0.0540540541", 1_00, (50, 9_25)),
        # Dollars for pesos: a cent is 18.5 centavos, half of which is as near as one can come.
        (5_40, "18.5", 100_00, (99_90, 5_40)),
        (5_41, "18.5", 100_00, (100_00, 5_41)),
        (10_00, "18.5", 100_00, (100_00, 5_41)),
    ],
)
def test_what_pays_what(minor: int, rate: str, owed: int, expected: tuple[int, int]) -> None:
    assert settle_across(Money(minor, "MXN"), Decimal(rate), Money(owed, "USD")) == expected


def test_gain_and_loss_are_of_the_base_currency() -> None:
    dollars = Money(100_00, "USD")

    def told(booked: str, settled: str) -> int:
        return difference(
            booked=dollars, booked_rate=Decimal(booked), received=dollars, rate=Decimal(settled), base="CLP"
        )

    assert (told("950.5", "960.25"), told("960.25", "950.5"), told("950", "950")) == (975, -975, 0)
    with pytest.raises(TooLarge):
        difference(
            booked=dollars,
            booked_rate=Decimal(1),
            received=Money(MAX_MINOR, "USD"),
            rate=Decimal(950),
            base="CLP",
        )
