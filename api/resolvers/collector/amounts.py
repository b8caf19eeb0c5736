"""Amounts of inputs, as minor units."""

from __future__ import annotations

from api.schema.scalars import CurrencyCode, Decimal
from cartera.errors import refuse
from cartera.rules.money import Money, MoneyError


def money(amount: Decimal, currency: CurrencyCode, *path: str) -> Money:
    """Raises Refused at ``path``: TOO_PRECISE, TOO_LARGE, NOT_AN_AMOUNT, UNKNOWN_CURRENCY."""
    try:
        return Money.parse(amount, currency)
    except MoneyError as error:
        raise refuse(error.code, *path, currency=currency) from None
