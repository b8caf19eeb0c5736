"""Promises to pay: states, and what money on the named receivables proves (DOMAIN §3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from cartera.rules.receivables import EntryKind


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


# How far ahead a promise may lie. Later than this it is a plan for a person to agree, or a slip of the pen.
LATEST_DAYS = {PromiseChannel.PORTAL: 30, PromiseChannel.PHONE: 365, PromiseChannel.PARTNER: 365}

# One cancelled or renegotiated by us this close to its date counts as broken (DOMAIN §5, kept rate).
WITHDRAWN_LATE_DAYS = 2

# What proves a promise: money, the tax withheld from it, or the word of the ERP that it has come in.
PROOF = (EntryKind.ALLOCATION, EntryKind.WITHHOLDING, EntryKind.SETTLED_IN_ERP)

WITHDRAWN = (PromiseState.CANCELLED, PromiseState.RENEGOTIATED)


@dataclass(frozen=True, slots=True)
class Pledge:
    """A promise as far as money proves it; amounts in minor units of its currency."""

    promise_id: UUID
    receivable_ids: frozenset[UUID]
    promised: int
    created_at: datetime
    due_on: date
    last_day: date
    state: PromiseState
    # What has been proven of it so far.
    received: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Money that settled a receivable: ``amount`` is what was not taken back since, in minor units.

    ``received_on`` is the day on which it came in, not when we knew.
    """

    receivable_id: UUID
    amount: int
    received_on: date
    recorded_at: datetime
    # Whether some of it went back: a cheque bounced, a card payment was refunded.
    is_shaken: bool = False


def last_day(due_on: date, grace_banking_days: int, is_banking_day: Callable[[date], bool]) -> date:
    """The last day on which money proves a promise: its date, or the next banking day, plus the grace."""
    day = due_on
    while not is_banking_day(day):
        day += timedelta(days=1)
    for _ in range(grace_banking_days):
        day += timedelta(days=1)
        while not is_banking_day(day):
            day += timedelta(days=1)
    return day


@dataclass(frozen=True, slots=True)
class Proof:
    """What money has proven of a promise, and what of it there was to keep; minor units."""

    received: int
    due: int


def prove(
    pledges: Iterable[Pledge], evidence: Iterable[Evidence], owed: Mapping[UUID, int]
) -> dict[UUID, Proof]:
    """By promise, how much of it money has proven: at most what was promised, each unit of money once.

    Money counts for a promise when it settles one of its receivables, became known after the promise was
    made and came in by its last day. Promises that are already kept keep what proved them; then the one
    due first is served first, from the latest money that can serve it. Withdrawn promises prove nothing.

    Nobody can pay what is no longer owed: what was credited, waived or cancelled on its receivables is no
    part of a promise. There was to keep what money has proven, what is ``owed`` on them still, and what
    money came for it too late; never more than was promised. ``owed``: by receivable, its balance with what
    was given up on it and what a paper took the place of, since the customer has paid none of these.
    """
    pool = sorted(evidence, key=_latest_first)
    left = [item.amount for item in pool]
    proven: dict[UUID, int] = {}
    standing = [pledge for pledge in sorted(pledges, key=_kept_then_due) if pledge.state not in WITHDRAWN]
    for pledge in standing:
        got = 0
        for position, item in enumerate(pool):
            if _serves(item, pledge):
                taken = min(left[position], pledge.promised - got)
                left[position] -= taken
                got += taken
        proven[pledge.promise_id] = got
    return {each.promise_id: _proof(each, proven[each.promise_id], pool, owed) for each in standing}


def _proof(pledge: Pledge, got: int, evidence: Iterable[Evidence], owed: Mapping[UUID, int]) -> Proof:
    late = sum(item.amount for item in evidence if _is_about(item, pledge) and not _serves(item, pledge))
    still = sum(owed[receivable_id] for receivable_id in pledge.receivable_ids)
    return Proof(got, min(pledge.promised, got + late + still))


def _latest_first(item: Evidence) -> tuple[int, float, UUID]:
    return (-item.received_on.toordinal(), -item.recorded_at.timestamp(), item.receivable_id)


def _kept_then_due(pledge: Pledge) -> tuple[bool, date, datetime, UUID]:
    return (pledge.state is not PromiseState.KEPT, pledge.due_on, pledge.created_at, pledge.promise_id)


def _is_about(item: Evidence, pledge: Pledge) -> bool:
    return item.receivable_id in pledge.receivable_ids and item.recorded_at >= pledge.created_at


def _serves(item: Evidence, pledge: Pledge) -> bool:
    return _is_about(item, pledge) and item.received_on <= pledge.last_day


def outcome(*, due: int, received: int, last_day: date, today: date) -> PromiseState:
    """State of a promise of which there were ``due`` minor units to keep, and ``received`` have been proven.

    ``last_day`` is the promised day plus the grace in banking days; the promise is judged only after it.
    One of which nothing was left to keep is cancelled: no money kept it, and nobody broke it.
    """
    if received >= due > 0:
        return PromiseState.KEPT
    if today <= last_day:
        return PromiseState.PENDING
    if due == 0:
        return PromiseState.CANCELLED
    return PromiseState.PARTIALLY_KEPT if received > 0 else PromiseState.BROKEN


def awaits_application(*, due: int, received: int, waiting: int) -> bool:
    """Whether money in sight could still keep a promise whose last day has passed: it is not judged yet.

    ``waiting``: minor units that came in by its last day and are not applied, or are on their way.
    """
    return received < due <= received + waiting


def superseded(
    pending: Iterable[Pledge],
    *,
    receivable_ids: frozenset[UUID],
    promised: int,
    balances: Mapping[UUID, int],
) -> list[Pledge]:
    """The pending promises that a new one about some of the same receivables takes the place of.

    Promises fit together while what they still promise is no more than is owed on the receivables that they
    name, taken together: then they are instalments and stand side by side. Beyond it the debtor has changed
    the word given. Of those about the same receivables, the latest word first, each stays that fits beside
    the new one alone and beside all that stay. ``promised``, and ``balances`` of whatever a promise here
    names, are minor units.
    """
    new = (receivable_ids, promised)
    standing, replaced = [new], []
    for pledge in sorted(pending, key=lambda each: (each.created_at, each.promise_id), reverse=True):
        if not pledge.receivable_ids & receivable_ids:
            continue
        word = (pledge.receivable_ids, pledge.promised - pledge.received)
        if _fit([new, word], balances) and _fit([*standing, word], balances):
            standing.append(word)
        else:
            replaced.append(pledge)
    return replaced


def shaken(pledge: Pledge, evidence: Iterable[Evidence]) -> bool:
    """Whether money that counted for a promise went back, so that even one that was kept is judged anew."""
    return any(item.is_shaken and _serves(item, pledge) for item in evidence)


def _fit(words: Iterable[tuple[frozenset[UUID], int]], balances: Mapping[UUID, int]) -> bool:
    """Whether amounts promised on receivables are no more than is owed on all of these together."""
    named: set[UUID] = set()
    total = 0
    for receivable_ids, amount in words:
        named |= receivable_ids
        total += amount
    return total <= sum(balances[receivable_id] for receivable_id in named)
