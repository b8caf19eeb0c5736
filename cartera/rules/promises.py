"""Promises to pay: states, and what money on the named receivables proves (DOMAIN §3)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum


class PromiseState(StrEnum):
    PENDING = "pending"
    KEPT = "kept"
    PARTIALLY_KEPT = "partially_kept"
    BROKEN = "broken"
    RENEGOTIATED = "renegotiated"
    CANCELLED = "cancelled"


class PromiseChannel(StrEnum):
    PHONE = "phone"
    PORTAL = "portal"
    PARTNER = "partner"


def outcome(*, promised: int, received: int, last_day: date, today: date) -> PromiseState:
    """State of a promise of ``promised`` minor units when ``received`` of them have been allocated.

    ``last_day`` is the promised day plus the grace in banking days; the promise is judged only after it.
    """
    if received >= promised:
        return PromiseState.KEPT
    if today <= last_day:
        return PromiseState.PENDING
    return PromiseState.PARTIALLY_KEPT if received > 0 else PromiseState.BROKEN
