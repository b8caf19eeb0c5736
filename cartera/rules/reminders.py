"""Reminders: on which days a debt is worth one, what it lists, how it speaks, and whether it may leave.

This is the one strategy of the house until organizations write their own. Every receivable keeps its own
step, derived from its age and from when it was last listed; one message lists all that a customer owes and
speaks as the highest step among them. Days are business days of the organization.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo

from cartera.rules.messages import HoldRule
from cartera.rules.money import Money

# Days after the due date on which a receivable is worth a reminder; the first is before it.
PREVENTIVE_DAYS = 3
STEPS = (1, 7, 15, 30)
THEN_EVERY = 15

# Reminders of a day leave from this hour of the customer's zone on, spread over two hours.
FIRST_HOUR = time(9)
SPREAD = timedelta(hours=2)


class Tone(StrEnum):
    PREVENTIVE = "preventive"
    FRIENDLY = "friendly"
    FIRM = "firm"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class SetAside:
    """Why a receivable is not chased, and the first day on which that may have ended."""

    rule: HoldRule
    until: date


@dataclass(frozen=True, slots=True)
class Debt:
    """An open receivable.

    ``balance``: what may be chased of it, which an open dispute about a part lessens by that part.
    ``last_listed_on``: the day of the last reminder that listed it.
    """

    receivable_id: UUID
    number: str
    due_on: date
    overdue_from: date
    balance: Money
    last_listed_on: date | None = None
    set_aside: SetAside | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """All that decides about a customer's reminder, as of one moment.

    ``unapplied``: money that lies unapplied, one Money per currency. ``attempt_until``: until when a payment
    that the customer began may still come, None where none is under way; ``attempt_is_pending`` where the
    gateway already has it in hand. ``held_until``: last day of a hold on the whole customer.
    """

    debts: Sequence[Debt]
    unapplied: Sequence[Money] = ()
    attempt_until: datetime | None = None
    attempt_is_pending: bool = False
    held_until: date | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Let it leave: what it lists, due first first, and how it speaks."""

    debts: tuple[Debt, ...]
    tone: Tone


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again at ``until``. ``needs_review``: a person should look at the money first."""

    rule: HoldRule
    until: date | datetime
    needs_review: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """There is nothing to say, now or by waiting."""

    rule: HoldRule


Decision = Say | Wait | Drop


def step_of(due_on: date, overdue_from: date, today: date) -> tuple[int, date] | None:
    """The latest step that has come, in days from due, and its day; None while it is too early for any.

    No step after the due date comes before the receivable is overdue by the holiday policy.
    """
    if today < overdue_from:
        preventive = due_on - timedelta(days=PREVENTIVE_DAYS)
        return (-PREVENTIVE_DAYS, preventive) if today >= preventive else None
    days = (today - due_on).days
    last = STEPS[-1]
    step = last + (days - last) // THEN_EVERY * THEN_EVERY if days >= last else _step_within(days)
    return step, max(due_on + timedelta(days=step), overdue_from)


def _step_within(days: int) -> int:
    return max((step for step in STEPS if step <= days), default=STEPS[0])


def tone_of(step: int) -> Tone:
    if step < 0:
        return Tone.PREVENTIVE
    if step < 15:
        return Tone.FRIENDLY
    return Tone.FIRM if step < 30 else Tone.URGENT


def is_unsaid(debt: Debt, today: date) -> bool:
    """Whether the debt's latest step has come and no reminder has listed the debt since."""
    step = step_of(debt.due_on, debt.overdue_from, today)
    return step is not None and (debt.last_listed_on is None or debt.last_listed_on < step[1])


def decide(standing: Standing, today: date, *, by_hand: bool = False) -> Decision:
    """Whether a reminder is to leave on ``today``, and what it lists. The contact gate is asked apart.

    A reminder asked for ``by_hand`` needs no new step. Partly paid or disputed receivables are chased for
    what is left; one that is promised, in a kept plan, held or wholly disputed is left out, and silences no
    other.
    """
    due = [debt for debt in standing.debts if step_of(debt.due_on, debt.overdue_from, today)]
    worth = due if by_hand else [debt for debt in due if is_unsaid(debt, today)]
    if not due:
        return Drop(HoldRule.NOTHING_DUE)
    if not worth:
        return Drop(HoldRule.SUPERSEDED)
    if standing.held_until and standing.held_until >= today:
        return Wait(HoldRule.ON_HOLD, standing.held_until + timedelta(days=1))
    if all(debt.set_aside for debt in worth):
        first = min((debt.set_aside for debt in worth if debt.set_aside), key=lambda aside: aside.until)
        return Wait(first.rule, max(first.until, today + timedelta(days=1)))
    listed = sorted(
        (debt for debt in due if not debt.set_aside),
        key=lambda debt: (debt.due_on, debt.number, debt.receivable_id),
    )
    return _money_first(standing, listed, today) or Say(tuple(listed), _tone(listed, today))


def _money_first(standing: Standing, listed: Sequence[Debt], today: date) -> Wait | None:
    if standing.attempt_until:
        return Wait(
            HoldRule.PAYMENT_PENDING, standing.attempt_until, needs_review=standing.attempt_is_pending
        )
    if could_cover(standing.unapplied, [debt.balance for debt in listed]):
        return Wait(HoldRule.UNAPPLIED_MONEY, today + timedelta(days=1), needs_review=True)
    return None


def money_in_sight(standing: Standing) -> bool:
    """Whether money that a person should look at could cover something due, be it set aside or not."""
    owed = [debt.balance for debt in standing.debts]
    return bool(owed) and (standing.attempt_is_pending or could_cover(standing.unapplied, owed))


def could_cover(money: Iterable[Money], owed: Iterable[Money]) -> bool:
    """Whether unapplied money may be the payment of something owed: enough, in its currency, for one debt.

    Less than the smallest debt is a remainder, and what is partly paid is chased all the same.
    """
    smallest: dict[str, int] = {}
    for debt in owed:
        smallest[debt.currency] = min(debt.minor, smallest.get(debt.currency, debt.minor))
    return any(amount.minor >= smallest[amount.currency] for amount in money if amount.currency in smallest)


def _tone(listed: Iterable[Debt], today: date) -> Tone:
    steps = (step_of(debt.due_on, debt.overdue_from, today) for debt in listed)
    return tone_of(max(step[0] for step in steps if step))


def slot(customer_id: UUID, day: date, zone: ZoneInfo, now: datetime) -> datetime:
    """When a customer's reminder of a day leaves: at the customer's own place in the morning, or at once."""
    opens = datetime.combine(day, FIRST_HOUR, zone).astimezone(UTC)
    return max(opens + spread(customer_id, day), now)


def spread(customer_id: UUID, day: date) -> timedelta:
    """A customer's place within the two hours, in whole seconds: another each day, no state kept."""
    digest = sha256(customer_id.bytes + day.isoformat().encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:4], "big") % int(SPREAD.total_seconds()))
