"""Priority: whom to contact first, by expected late money (DOMAIN §6).

For each open receivable, the chance that it is overdue and unpaid ``HORIZON_DAYS`` from today, times its
balance; summed over the customer, plus what a broken promise, an unreachable contact or a missing next
action adds, less what is on hold, disputed, promised, in a plan that is kept or to be paid by a cheque in the
drawer. The chance is a logistic function of the customer's own history, shrunk to the segment's.
``cartera.db.queries.accounts`` says the same in SQL from the constants of this file, and a test holds the two
together.

Probabilities are the only floats here; money is multiplied by whole thousandths.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp, log

HORIZON_DAYS = 14

# History older than this says little of how a customer pays today.
HISTORY_DAYS = 730

# A customer's own history weighs as much as this many receivables of its segment.
SHRINK = 5

# A late payer gets worse when its last three matured receivables were this many days later than its mean.
WORSE_BY_DAYS = 7
WORSE_NEEDS = 6

# Logistic coefficients; docs/decisions/0005-priority.md says how they were fitted and what they reach.
INTERCEPT = -2.98
LATE_LOGIT = 0.06
LATE_DAYS = 1.1

# What reasons add, in thousandths of the money that they concern.
BROKEN_PROMISE_ADDS = 250
UNREACHABLE_ADDS = 50
NO_NEXT_ACTION_ADDS = 50

# A broken promise weighs for this many days.
BROKEN_PROMISE_DAYS = 60


class PriorityReason(StrEnum):
    OVERDUE_AMOUNT = "overdue_amount"
    DUE_SOON = "due_soon"
    LATE_PAYER = "late_payer"
    GETTING_WORSE = "getting_worse"
    BROKEN_PROMISE = "broken_promise"
    NO_NEXT_ACTION = "no_next_action"
    BOUNCED_CONTACT = "bounced_contact"
    PROMISED = "promised"
    IN_PLAN = "in_plan"
    INSTRUMENT = "instrument"
    ON_HOLD = "on_hold"
    DISPUTED = "disputed"
    FOLLOW_UP_DUE = "follow_up_due"
    NO_HISTORY = "no_history"


@dataclass(frozen=True, slots=True)
class History:
    """Receivables that matured in ``HISTORY_DAYS``: paid ones, and open ones past due counted to today."""

    matured: int
    late: int
    late_days: int


@dataclass(frozen=True, slots=True)
class Habit:
    """How a customer pays, after shrinking to its segment."""

    late_fraction: float
    mean_late_days: float


def habit(own: History, segment: History, recent_late_days: float | None = None) -> Habit:
    """``recent_late_days``: mean of the last three matured receivables, where these got worse."""
    count = own.matured + SHRINK
    segment_count = max(segment.matured, 1)
    fraction = (own.late + SHRINK * segment.late / segment_count) / count
    days = (own.late_days + SHRINK * segment.late_days / segment_count) / count
    if recent_late_days is not None:
        days = max(days, recent_late_days)
    return Habit(min(max(fraction, 0.02), 0.98), days)


def chance_permille(payer: Habit, days_overdue: int) -> int:
    """Thousandths of a chance that a receivable is overdue and unpaid after the horizon.

    ``days_overdue`` counts from the due date and is 0 or negative before it.
    """
    if days_overdue <= -HORIZON_DAYS:
        return 0
    z = (
        INTERCEPT
        + LATE_LOGIT * log(payer.late_fraction / (1 - payer.late_fraction))
        + LATE_DAYS * log(1 + payer.mean_late_days)
    )
    return round(1000 / (1 + exp(-z)))
