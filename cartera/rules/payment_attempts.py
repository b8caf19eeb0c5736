"""Payment attempts: how long they live, when to ask the provider about one, what its answer means."""

from __future__ import annotations

from datetime import datetime, timedelta

from cartera.rules.payments import AttemptState

# How long a customer may take at the checkout page.
LIFETIME = timedelta(hours=1)

# When we ask by ourselves, counted from the attempt's start, in case the webhook never comes: soon, while
# the customer waits; once the checkout has expired; then once a day for money that is slow on its way.
_CHECKS = (timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30), timedelta(minutes=65))
_SLOW_CHECK = timedelta(days=1)
_LAST_CHECK = timedelta(days=30)

# The provider has, or has had, the money: it is booked, whatever became of it later.
MONEY_ARRIVED = frozenset({AttemptState.SUCCEEDED, AttemptState.REFUNDED, AttemptState.CHARGED_BACK})
MONEY_WENT_BACK = frozenset({AttemptState.REFUNDED, AttemptState.CHARGED_BACK})


def next_check(created_at: datetime, now: datetime) -> datetime | None:
    """When to ask the provider next about an attempt that is not settled; None when that has no more use.

    The instants are fixed by the attempt's start, so that checks scheduled twice fall together again.
    """
    for wait in _CHECKS:
        if created_at + wait > now:
            return created_at + wait
    days = (now - created_at) // _SLOW_CHECK + 1
    return created_at + days * _SLOW_CHECK if days * _SLOW_CHECK <= _LAST_CHECK else None
