from __future__ import annotations

from datetime import date
from decimal import Decimal

from cartera.rules.metrics import KeptRate, MaturedPromises, Period, days_sales_outstanding, kept_rate


def test_dso_best_possible_and_delinquent_days_are_the_published_examples() -> None:
    days = days_sales_outstanding(receivables=15_000_00, current=4_000_00, credit_sales=10_000_00, days=30)
    shown = (days.value, days.best_possible, days.average_days_delinquent)
    assert shown == (Decimal(45), Decimal(12), Decimal(33))


def test_days_are_rounded_half_to_even_and_the_difference_is_of_the_shown_figures() -> None:
    days = days_sales_outstanding(receivables=1005, current=335, credit_sales=2000, days=30)
    assert days.value == Decimal("15.1")  # 15.075
    assert days.best_possible == Decimal("5.0")  # 5.025
    assert days.average_days_delinquent == Decimal("10.1")


def test_without_credit_sales_there_is_no_dso() -> None:
    for sales in (0, -500):
        days = days_sales_outstanding(receivables=100, current=0, credit_sales=sales, days=30)
        assert (days.value, days.best_possible, days.average_days_delinquent) == (None, None, None)


def test_the_default_period_is_the_year_that_ends_on_the_day() -> None:
    period = Period.ending(date(2026, 11, 16))
    assert period == Period(date(2025, 11, 17), date(2026, 11, 16))
    assert period.days == 365


def test_kept_rate_by_count_and_by_amount() -> None:
    sums = [MaturedPromises("MXN", matured=4, kept=3, promised_minor=1000, received_minor=850)]
    assert kept_rate(sums, {}) == KeptRate(Decimal("0.75"), Decimal("0.85"), 4, 3)


def test_amounts_in_several_currencies_are_added_at_their_rates() -> None:
    sums = [
        MaturedPromises("MXN", 1, 1, 200_00, 200_00),
        MaturedPromises("USD", 1, 0, 10_00, 5_00),
    ]
    factors = {"MXN": Decimal(1), "USD": Decimal(20)}
    assert kept_rate(sums, factors) == KeptRate(Decimal("0.5"), Decimal("0.75"), 2, 1)


def test_a_currency_without_a_rate_leaves_no_rate_by_amount() -> None:
    sums = [MaturedPromises("MXN", 1, 1, 100, 100), MaturedPromises("USD", 1, 0, 100, 0)]
    assert kept_rate(sums, {"MXN": Decimal(1)}) == KeptRate(Decimal("0.5"), None, 2, 1)


def test_without_matured_promises_there_is_no_rate() -> None:
    assert kept_rate([], {}) == KeptRate(None, None, 0, 0)
