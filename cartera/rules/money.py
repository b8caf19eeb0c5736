"""Money as an integer count of minor units; the only money type in the house.

A float never enters: amounts arrive as text or as integers and leave as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from cartera.rules.currencies import MINOR_DIGITS

# A bigint holds 9.2e18; three orders of magnitude are kept free so that sums over a portfolio fit too.
MAX_MINOR = 10**15

_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


class MoneyError(ValueError):
    """An amount or a currency that money cannot be. ``code`` is stable; ``str()`` is for developers."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class UnknownCurrency(MoneyError):
    def __init__(self, currency: str) -> None:
        super().__init__("UNKNOWN_CURRENCY", f"{currency[:20]!r} is not an ISO 4217 currency in circulation")


class NotAnAmount(MoneyError):
    def __init__(self, text: str) -> None:
        super().__init__("NOT_AN_AMOUNT", f"{text[:40]!r} is not a decimal amount such as 1234.50")


class TooPrecise(MoneyError):
    def __init__(self, text: str, currency: str, digits: int) -> None:
        super().__init__("TOO_PRECISE", f"{text[:40]} has more decimals than {currency} has ({digits})")


class TooLarge(MoneyError):
    def __init__(self) -> None:
        super().__init__("TOO_LARGE", f"amounts end at {MAX_MINOR} minor units")


class CurrencyMismatch(MoneyError):
    def __init__(self, left: str, right: str) -> None:
        super().__init__("CURRENCY_MISMATCH", f"{left} and {right} cannot be added or compared")


def minor_digits(currency: str) -> int:
    """Decimal digits of a currency: CLP 0, MXN 2, KWD 3. Raises UnknownCurrency."""
    try:
        return MINOR_DIGITS[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


def parse_amount(text: str, currency: str) -> int:
    """Minor units of a plain decimal text (point as decimal sign, no grouping).

    Raises UnknownCurrency, NotAnAmount, TooPrecise (a non-zero digit beyond the currency's) and TooLarge.
    """
    digits = minor_digits(currency)
    if not _PLAIN.fullmatch(text):
        raise NotAnAmount(text)
    if len(text) > 64:
        raise TooLarge
    whole, _, fraction = text.partition(".")
    if fraction[digits:].strip("0"):
        raise TooPrecise(text, currency, digits)
    minor = int(whole + fraction[:digits].ljust(digits, "0"))
    if abs(minor) > MAX_MINOR:
        raise TooLarge
    return minor


def format_amount(minor: int, currency: str) -> str:
    """The decimal text of minor units, with exactly the currency's digits: 5119.85, 100000."""
    digits = minor_digits(currency)
    if digits == 0:
        return str(minor)
    sign = "-" if minor < 0 else ""
    whole, fraction = divmod(abs(minor), 10**digits)
    return f"{sign}{whole}.{fraction:0{digits}d}"


@dataclass(frozen=True, slots=True)
class Money:
    """``minor`` minor units of ``currency``. Arithmetic within one currency only (CurrencyMismatch)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise NotAnAmount(repr(self.minor))
        minor_digits(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Money from a decimal text; raises as ``parse_amount``."""
        return cls(parse_amount(text, currency), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @property
    def decimal(self) -> str:
        return format_amount(self.minor, self.currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"


def total(amounts: Iterable[Money]) -> list[Money]:
    """One sum per currency, in the order of their codes."""
    sums: dict[str, int] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, 0) + money.minor
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]


def convert(money: Money, rate: Decimal, currency: str) -> Money:
    """Money in another currency at ``rate`` units of ``currency`` for one of ``money``'s.

    Rounded half to even at the minor unit. Raises UnknownCurrency and TooLarge.
    """
    shift = Decimal(10) ** (minor_digits(currency) - minor_digits(money.currency))
    minor = int((Decimal(money.minor) * rate * shift).to_integral_value())
    if abs(minor) > MAX_MINOR:
        raise TooLarge
    return Money(minor, currency)
