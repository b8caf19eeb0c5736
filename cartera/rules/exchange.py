"""Money across currencies: what a payment in one settles of a debt in another, and what that gained or lost.

Rates are decimals, dated, and come from the organization's own table; none is ever assumed (DOMAIN §2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal, localcontext

from cartera.rules.money import Money, convert, minor_digits

# As many decimals as are stored.
_STORED = Decimal("1e-10")
# Enough for the quotient of any two rates.
_DIGITS = 50


@dataclass(frozen=True, slots=True)
class Rate:
    """Units of one currency for one of another, as quoted on a day."""

    value: Decimal
    on: date


def cross(money: Rate, debt: Rate) -> Rate:
    """The debt's currency for one unit of the money's, from what either is worth in the base currency."""
    with localcontext() as context:
        context.prec = _DIGITS
        return Rate((money.value / debt.value).quantize(_STORED), max(money.on, debt.on))


def settle_across(money: Money, rate: Decimal, owed: Money) -> tuple[int, int]:
    """What of ``owed`` the money settles, and what of the money that takes: minor units of each currency.

    A debt is settled in full when no amount of the money's currency comes nearer to it.
    """
    worth = rate * Decimal(10) ** (minor_digits(owed.currency) - minor_digits(money.currency))
    # More than money can be, where it is worth more than any debt: then the debt bounds it.
    settled = int((money.minor * worth).to_integral_value())
    if settled > owed.minor:
        return owed.minor, min(money.minor, int((owed.minor / worth).to_integral_value(ROUND_CEILING)))
    if owed.minor - settled <= worth / 2:
        return owed.minor, money.minor
    return settled, money.minor


def difference(*, booked: Money, booked_rate: Decimal, received: Money, rate: Decimal, base: str) -> int:
    """Gain (positive) or loss, in minor units of ``base``, of settling ``booked`` with ``received``.

    Money's worth on the day it came in less the debt's worth on the day it was booked: when the document was
    issued, or the charge posted (IAS 21.28).
    """
    return convert(received, rate, base).minor - convert(booked, booked_rate, base).minor
