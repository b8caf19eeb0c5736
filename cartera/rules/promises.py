"""Promises to pay: states, and what money on the named receivables proves (DOMAIN §3)."""

from __future__ import annotations

from collections import defaultdict, deque
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

# What proves a promise: money, or the word of the ERP that it has come in.
PROOF = (EntryKind.ALLOCATION, EntryKind.SETTLED_IN_ERP)

WITHDRAWN = (PromiseState.CANCELLED, PromiseState.RENEGOTIATED)
UNFULFILLED = (PromiseState.PENDING, PromiseState.PARTIALLY_KEPT, PromiseState.BROKEN)


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
    """Money that settled a receivable: ``received_on`` is the day on which it came in, not when we knew."""

    receivable_id: UUID
    amount: int
    received_on: date
    recorded_at: datetime


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


def received(pledges: Iterable[Pledge], evidence: Iterable[Evidence]) -> dict[UUID, int]:
    """By promise, how much of it money has proven: at most what was promised, each unit of money once.

    Money counts for a promise when it settles one of its receivables, became known after the promise was
    made and came in by its last day. Promises that are already kept keep what proved them; then the one
    due first is served first, from the latest money that can serve it. Withdrawn promises prove nothing.
    """
    pool = sorted(evidence, key=_latest_first)
    left = [item.amount for item in pool]
    proven: dict[UUID, int] = {}
    for pledge in sorted(pledges, key=_kept_then_due):
        if pledge.state in WITHDRAWN:
            continue
        got = 0
        for position, item in enumerate(pool):
            if _serves(item, pledge):
                taken = min(left[position], pledge.promised - got)
                left[position] -= taken
                got += taken
        proven[pledge.promise_id] = got
    return proven


def _latest_first(item: Evidence) -> tuple[int, float, UUID]:
    return (-item.received_on.toordinal(), -item.recorded_at.timestamp(), item.receivable_id)


def _kept_then_due(pledge: Pledge) -> tuple[bool, date, datetime, UUID]:
    return (pledge.state is not PromiseState.KEPT, pledge.due_on, pledge.created_at, pledge.promise_id)


def _serves(item: Evidence, pledge: Pledge) -> bool:
    return (
        item.receivable_id in pledge.receivable_ids
        and item.recorded_at >= pledge.created_at
        and item.received_on <= pledge.last_day
    )


def outcome(*, promised: int, received: int, last_day: date, today: date) -> PromiseState:
    """State of a promise of ``promised`` minor units when ``received`` of them have been proven.

    ``last_day`` is the promised day plus the grace in banking days; the promise is judged only after it.
    """
    if received >= promised:
        return PromiseState.KEPT
    if today <= last_day:
        return PromiseState.PENDING
    return PromiseState.PARTIALLY_KEPT if received > 0 else PromiseState.BROKEN


def awaits_application(*, promised: int, received: int, waiting: int) -> bool:
    """Whether money in sight could still keep a promise whose last day has passed: it is not judged yet.

    ``waiting``: minor units that came in by its last day and are not applied, or are on their way.
    """
    return received < promised <= received + waiting


def superseded(
    pending: Iterable[Pledge],
    *,
    receivable_ids: frozenset[UUID],
    promised: int,
    balances: Mapping[UUID, int],
) -> list[Pledge]:
    """The pending promises that a new one about some of the same receivables takes the place of.

    Promises fit together when all that they still promise can be laid on the receivables that they name,
    none beyond its balance: then they are instalments and stand side by side. Beyond it the debtor has
    changed the word given. The new one stands, and so do those about other receivables alone, which take
    their room all the same; of those about the same, the latest word first, each stays that still fits, and
    the others are renegotiated. ``promised``, and ``balances`` of whatever a promise here names, are minor
    units.
    """
    standing = [(receivable_ids, promised)]
    about_the_same = []
    for pledge in pending:
        if pledge.receivable_ids & receivable_ids:
            about_the_same.append(pledge)
        else:
            standing.append((pledge.receivable_ids, pledge.promised - pledge.received))
    replaced = []
    for pledge in sorted(about_the_same, key=lambda each: (each.created_at, each.promise_id), reverse=True):
        word = (pledge.receivable_ids, pledge.promised - pledge.received)
        if _fits(word, standing, balances):
            standing.append(word)
        else:
            replaced.append(pledge)
    return replaced


# Receivables named, and minor units still promised on them.
_Word = tuple[frozenset[UUID], int]


def _fits(word: _Word, standing: Iterable[_Word], balances: Mapping[UUID, int]) -> bool:
    room = _Room(balances)
    for each in standing:
        room.lay(*each)
    return room.lay(*word) == word[1]


class _Room:
    """Promised amounts laid on receivables, none beyond its balance: a maximum flow, by shortest paths."""

    def __init__(self, balances: Mapping[UUID, int]) -> None:
        self._left = dict(balances)
        self._named: list[frozenset[UUID]] = []
        # By receivable, how much lies there of which word, by its place in ``_named``.
        self._laid: dict[UUID, dict[int, int]] = defaultdict(lambda: defaultdict(int))

    def lay(self, named: frozenset[UUID], amount: int) -> int:
        """Lay as much of ``amount`` as finds room, moving others over but never off; how much that is."""
        word, laid = len(self._named), 0
        self._named.append(named)
        for receivable in named:
            laid += self._move([(word, receivable)], amount - laid)
        while laid < amount and (path := self._path(word)):
            laid += self._move(path, amount - laid)
        return laid

    def _move(self, path: list[tuple[int, UUID]], most: int) -> int:
        *_, (_, last) = path
        given_up = [self._laid[receivable][mover] for mover, receivable in path[1::2]]
        step = min(most, self._left[last], *given_up)
        for place, (mover, receivable) in enumerate(path):
            self._laid[receivable][mover] += -step if place % 2 else step
        self._left[last] -= step
        return step

    def _path(self, word: int) -> list[tuple[int, UUID]]:
        """Who lays on what, then who gives up there to lay elsewhere, and so on to a receivable with room."""
        paths: deque[list[tuple[int, UUID]]] = deque([[]])
        movers, seen = deque([word]), {word}
        reached: set[UUID] = set()
        while movers:
            mover, path = movers.popleft(), paths.popleft()
            for receivable in self._named[mover] - reached:
                reached.add(receivable)
                longer = [*path, (mover, receivable)]
                if self._left[receivable]:
                    return longer
                for other, amount in self._laid[receivable].items():
                    if amount and other not in seen:
                        seen.add(other)
                        movers.append(other)
                        paths.append([*longer, (other, receivable)])
        return []
