"""Disputes: reason codes, states, what may be contested, deadlines and cycle times (DOMAIN §3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

_DAYS = Decimal("0.1")


class DisputeReason(StrEnum):
    PRICE = "price"
    QUANTITY = "quantity"
    QUALITY = "quality"
    NOT_RECEIVED = "not_received"
    DUPLICATE = "duplicate"
    MISSING_PURCHASE_ORDER = "missing_purchase_order"
    WRONG_TAX_DATA = "wrong_tax_data"
    ALREADY_PAID = "already_paid"
    NOT_OURS = "not_ours"


class DisputeState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


# What DOMAIN §3 draws; anything else is refused.
TRANSITIONS: dict[DisputeState, frozenset[DisputeState]] = {
    DisputeState.OPEN: frozenset({DisputeState.ACCEPTED, DisputeState.REJECTED, DisputeState.WITHDRAWN}),
    DisputeState.ACCEPTED: frozenset(),
    DisputeState.REJECTED: frozenset(),
    DisputeState.WITHDRAWN: frozenset(),
}

# Banking days until an answer is due, unless whoever opens the dispute says otherwise: a look into the
# books takes less time than a look into a warehouse.
DEADLINE_DAYS: dict[DisputeReason, int] = {
    DisputeReason.PRICE: 5,
    DisputeReason.QUANTITY: 5,
    DisputeReason.QUALITY: 10,
    DisputeReason.NOT_RECEIVED: 5,
    DisputeReason.DUPLICATE: 3,
    DisputeReason.MISSING_PURCHASE_ORDER: 3,
    DisputeReason.WRONG_TAX_DATA: 3,
    DisputeReason.ALREADY_PAID: 3,
    DisputeReason.NOT_OURS: 5,
}

# A deadline further ahead than this is a slip of the pen.
LATEST_DEADLINE_DAYS = 366


def may_become(state: DisputeState, wanted: DisputeState) -> bool:
    """Whether DOMAIN §3 draws a line from one state to the other."""
    return wanted in TRANSITIONS[state]


def deadline(opened_on: date, banking_days: int, is_banking_day: Callable[[date], bool]) -> date:
    """The banking day that is so many banking days after the opening; at least one."""
    day = opened_on
    for _ in range(max(banking_days, 1)):
        day += timedelta(days=1)
        while not is_banking_day(day):
            day += timedelta(days=1)
    return day


def disputable(balance: int, disputed: Iterable[int]) -> int:
    """What of a receivable can still be contested: its balance less its other open disputes; minor units."""
    return max(balance - sum(disputed), 0)


def payable(balance: int, disputed: int) -> int:
    """What of a balance is chased and proposed for payment, in minor units: the part that nobody contests.

    A balance that is contested as a whole is set aside as it is. ``disputed`` may exceed the balance: money
    has come in since for what was contested.
    """
    return balance - disputed if disputed < balance else balance


def to_the_receivable(accepted: int, balance: int) -> int:
    """What of an accepted amount settles the receivable; the rest of the credit note stays unapplied."""
    return min(accepted, balance)


@dataclass(frozen=True, slots=True)
class CycleTime:
    """Days from opening to resolution over ``count`` disputes, ``total`` in all; no mean of none."""

    count: int
    total: int
    mean: Decimal | None
    median: Decimal | None


def cycle_days(opened_on: date, resolved_on: date) -> int:
    """Calendar days from opening to resolution: 0 when it was settled on the day."""
    return (resolved_on - opened_on).days


def cycle_time(days: Iterable[tuple[int, int]]) -> CycleTime:
    """Mean and median of ``(days, how many disputes took as long)``, rounded half to even at one place."""
    found = sorted(days)
    count = sum(many for _, many in found)
    if count == 0:
        return CycleTime(0, 0, None, None)
    total = sum(length * many for length, many in found)
    middle = _at(found, (count - 1) // 2) + _at(found, count // 2)
    return CycleTime(count, total, _round(Decimal(total) / count), _round(Decimal(middle) / 2))


def _at(found: list[tuple[int, int]], place: int) -> int:
    """The length at a place, counted from 0, of all of them in order."""
    for length, many in found:
        if place < many:
            return length
        place -= many
    raise IndexError(place)


def _round(value: Decimal) -> Decimal:
    return value.quantize(_DAYS, ROUND_HALF_EVEN)
