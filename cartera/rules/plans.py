"""Payment plans: states, the organization's policy, and what money makes of instalments (DOMAIN §3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from cartera.rules.plan_schedules import Debt, PlanError, Terms
from cartera.rules.receivables import EntryKind


class PlanState(StrEnum):
    PROPOSED = "proposed"
    ACTIVE = "active"
    COMPLETED = "completed"
    DEFAULTED = "defaulted"
    CANCELLED = "cancelled"


TRANSITIONS: dict[PlanState, frozenset[PlanState]] = {
    PlanState.PROPOSED: frozenset({PlanState.ACTIVE, PlanState.CANCELLED}),
    PlanState.ACTIVE: frozenset({PlanState.COMPLETED, PlanState.DEFAULTED, PlanState.CANCELLED}),
    PlanState.COMPLETED: frozenset(),
    PlanState.DEFAULTED: frozenset(),
    PlanState.CANCELLED: frozenset(),
}


def reference(plan_id: UUID) -> str:
    """What people call a plan by, on paper and in the books."""
    return f"CP-{plan_id.hex[-8:].upper()}"


class InstalmentState(StrEnum):
    PENDING = "pending"
    PAID = "paid"
    LATE = "late"


# What pays an instalment: money, tax that the payer withheld, or the word of the ERP that it has come in.
MONEY = (EntryKind.ALLOCATION, EntryKind.WITHHOLDING, EntryKind.SETTLED_IN_ERP)


@dataclass(frozen=True, slots=True)
class PlanPolicy:
    """What an organization lets be agreed.

    Nobody goes beyond the ``max_`` figures. What forgives more than a ``collector_`` percentage needs the
    approval of who may write the books. Percentages are of what is owed when the plan is proposed.
    ``default_after``: the number of instalments late at once that ends a plan.
    """

    max_instalments: int = 12
    max_days: int = 366
    max_charges_percent: int = 100
    max_principal_percent: int = 0
    collector_charges_percent: int = 50
    collector_principal_percent: int = 0
    default_after: int = 2
    grace_banking_days: int = 3


def check_policy(policy: PlanPolicy, debt: Debt, terms: Terms) -> None:
    """Raises PlanError for what goes beyond the policy, for whoever asks: PLAN_TOO_MANY_INSTALMENTS,
    PLAN_TOO_LONG, PLAN_FORGIVES_BEYOND_POLICY (``most``: percent).
    """
    if len(terms.due_dates) > policy.max_instalments:
        raise PlanError("PLAN_TOO_MANY_INSTALMENTS", "instalments", most=policy.max_instalments)
    if (terms.due_dates[-1] - terms.starts_on).days > policy.max_days:
        raise PlanError("PLAN_TOO_LONG", "instalments", most=policy.max_days)
    if _exceeds(terms.charges_forgiven, policy.max_charges_percent, debt.charges):
        raise PlanError("PLAN_FORGIVES_BEYOND_POLICY", "chargesForgiven", most=policy.max_charges_percent)
    if _exceeds(terms.principal_forgiven, policy.max_principal_percent, debt.principal):
        raise PlanError("PLAN_FORGIVES_BEYOND_POLICY", "principalForgiven", most=policy.max_principal_percent)


def needs_approval(policy: PlanPolicy, debt: Debt, terms: Terms) -> bool:
    """Whether the terms forgive more than a collector may grant alone."""
    return _exceeds(terms.charges_forgiven, policy.collector_charges_percent, debt.charges) or _exceeds(
        terms.principal_forgiven, policy.collector_principal_percent, debt.principal
    )


def _exceeds(part: int, percent: int, whole: int) -> bool:
    return part * 100 > percent * whole


@dataclass(frozen=True, slots=True)
class Due:
    """An instalment as it was agreed. ``last_day``: its date, or the next banking day, plus the grace."""

    number: int
    amount: int
    last_day: date


@dataclass(frozen=True, slots=True)
class Standing:
    """An instalment today. ``owed``: its amount less what was settled other than by money."""

    number: int
    owed: int
    paid: int
    state: InstalmentState


def stand(dues: Sequence[Due], *, money: int, other: int, today: date) -> list[Standing]:
    """What is paid of each instalment, in their order.

    ``money``: what has come in on the plan's receivables since it began, net of what went back (less than
    nothing where earlier money went back): it pays the first instalments first. ``other``: what settled them
    otherwise since, such as a credit note: it shortens the plan from its end.
    """
    owed = _shortened([due.amount for due in dues], max(other, 0))
    left = max(money, 0)
    found = []
    for due, still in zip(dues, owed, strict=True):
        paid = min(left, still)
        left -= paid
        found.append(Standing(due.number, still, paid, _state(still, paid, due.last_day, today)))
    return found


def _shortened(amounts: list[int], by: int) -> list[int]:
    for position in reversed(range(len(amounts))):
        gone = min(by, amounts[position])
        amounts[position] -= gone
        by -= gone
    return amounts


def _state(owed: int, paid: int, last_day: date, today: date) -> InstalmentState:
    if paid >= owed:
        return InstalmentState.PAID
    return InstalmentState.PENDING if today <= last_day else InstalmentState.LATE


def late(instalments: Iterable[Standing]) -> list[Standing]:
    return [each for each in instalments if each.state is InstalmentState.LATE]


def judge(instalments: Sequence[Standing], *, default_after: int, waiting: int) -> PlanState:
    """What an active plan has become: completed, defaulted, or still active.

    ``waiting``: money in sight that is on no receivable yet, in minor units. While it could pay all that
    is late, nobody is said to have defaulted.
    """
    if all(each.state is InstalmentState.PAID for each in instalments):
        return PlanState.COMPLETED
    behind = late(instalments)
    missing = sum(each.owed - each.paid for each in behind)
    if len(behind) >= default_after and waiting < missing:
        return PlanState.DEFAULTED
    return PlanState.ACTIVE
