"""Measures of how collecting goes, exactly as DOMAIN §5 defines them.

Amounts are minor units of one currency. Results are decimals rounded half to even: days to one place,
rates to four. A measure whose denominator is not positive does not exist: None, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from cartera.rules.aging import AgingBucket

_DAYS = Decimal("0.1")
_RATE = Decimal("0.0001")

DEFAULT_PERIOD_DAYS = 365


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``first`` to ``last``, both included; ``first`` ≤ ``last``."""

    first: date
    last: date

    @classmethod
    def ending(cls, last: date, days: int = DEFAULT_PERIOD_DAYS) -> Period:
        return cls(last - timedelta(days=days - 1), last)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class BucketSum:
    """What is open in one aging bucket of one currency: minor units, and on how many receivables."""

    amount: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Aging:
    """Open balances of one currency by bucket, every bucket among them."""

    currency: str
    buckets: Mapping[AgingBucket, BucketSum]

    @property
    def total(self) -> int:
        return sum(bucket.amount for bucket in self.buckets.values())

    @property
    def current(self) -> int:
        """What is not overdue."""
        return self.buckets[AgingBucket.CURRENT].amount

    @property
    def overdue(self) -> int:
        return self.total - self.current


@dataclass(frozen=True, slots=True)
class DaysSalesOutstanding:
    """DSO, the best possible DSO, and their difference: the average days delinquent (ADD)."""

    value: Decimal | None
    best_possible: Decimal | None
    average_days_delinquent: Decimal | None


def days_sales_outstanding(
    *, receivables: int, current: int, credit_sales: int, days: int
) -> DaysSalesOutstanding:
    """Receivables at the end of a period, and those of them not overdue, ÷ its credit sales × its days.

    Credit sales are the original sale documents by issue date, tax included, net of credit notes.
    """
    value = _ratio(receivables * days, credit_sales, _DAYS)
    best = _ratio(current * days, credit_sales, _DAYS)
    delinquent = value - best if value is not None and best is not None else None
    return DaysSalesOutstanding(value, best, delinquent)


@dataclass(frozen=True, slots=True)
class MaturedPromises:
    """Promises of one currency that were judged, or withdrawn too late; amounts in its minor units.

    ``received_minor`` is what money proved of each, at most what it promised.
    """

    currency: str
    matured: int
    kept: int
    promised_minor: int
    received_minor: int


@dataclass(frozen=True, slots=True)
class KeptRate:
    """Fractions from 0 to 1. ``by_amount`` is None too where a currency has no rate to add it by."""

    by_count: Decimal | None
    by_amount: Decimal | None
    matured: int
    kept: int


def kept_rate(sums: Iterable[MaturedPromises], factors: Mapping[str, Decimal]) -> KeptRate:
    """Promises fulfilled ÷ promises matured, by count, and by amount capped at the promised.

    ``factors``: minor units of the base currency for one of each currency; not needed for one currency.
    """
    rows = list(sums)
    matured = sum(row.matured for row in rows)
    kept = sum(row.kept for row in rows)
    return KeptRate(_ratio(kept, matured, _RATE), _by_amount(rows, factors), matured, kept)


def _by_amount(rows: list[MaturedPromises], factors: Mapping[str, Decimal]) -> Decimal | None:
    if len(rows) == 1:
        return _ratio(rows[0].received_minor, rows[0].promised_minor, _RATE)
    if any(row.currency not in factors for row in rows):
        return None
    received = sum((row.received_minor * factors[row.currency] for row in rows), Decimal(0))
    promised = sum((row.promised_minor * factors[row.currency] for row in rows), Decimal(0))
    return _ratio(received, promised, _RATE)


def _ratio(over: int | Decimal, under: int | Decimal, step: Decimal) -> Decimal | None:
    if under <= 0:
        return None
    return (Decimal(over) / Decimal(under)).quantize(step, ROUND_HALF_EVEN)
