"""The outbox: its lanes, what screens are told, and how long a failed effect waits for its next try."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

# Tries of one effect, the first included. With the waits below the last comes about an hour after the first.
MAX_ATTEMPTS = 12

_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=10)


class Lane(StrEnum):
    """In the order in which the relay serves them."""

    MONEY = "money"
    SCREENS = "screens"
    INTERACTIVE = "interactive"
    BULK = "bulk"


class ChangeKind(StrEnum):
    """What changed, as screens are told; they fetch it again themselves."""

    CUSTOMER = "customer"
    RECEIVABLE = "receivable"
    PAYMENT = "payment"
    DISPUTE = "dispute"
    PLAN = "plan"
    INSTRUMENT = "instrument"
    PROMISE = "promise"
    ACTIVITY = "activity"
    MESSAGE = "message"
    IMPORT = "import"
    TASK = "task"


def wait_after(attempt: int) -> timedelta:
    """How long to wait after the failed try number ``attempt`` (from 1): doubling, with an upper bound."""
    return min(_FIRST_WAIT * (1 << min(attempt - 1, 20)), _LONGEST_WAIT)
