"""Disputes as people read them: pages, counts and sums of a list; the measures and what is behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from cartera.db.queries.metrics import Only, narrowed
from cartera.db.queries.visibility import Sight, visible
from cartera.db.session import Tx
from cartera.db.statements import constant
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute
from cartera.rules.disputes import CycleTime, DisputeReason, DisputeState, cycle_time
from cartera.rules.metrics import Period
from cartera.rules.money import Money

DEADLINE_ON = (Dispute.deadline_on, Dispute.id)


@dataclass(frozen=True, slots=True)
class OpenOn:
    """The disputes of one currency that were open at the end of a day."""

    as_of: date
    only: Only
    currency: str


@dataclass(frozen=True, slots=True)
class ResolvedIn:
    """The disputes behind a cycle time: resolved in the period, and by the end of a day; of one reason."""

    period: Period
    as_of: date
    only: Only
    reason: DisputeReason | None = None


@dataclass(frozen=True)
class DisputeFilter:
    """What a list of disputes is narrowed to; ``None`` and ``False`` narrow nothing."""

    state: DisputeState | None = None
    reason: DisputeReason | None = None
    customer_id: UUID | None = None
    owner_id: UUID | None = None
    past_deadline: bool = False
    behind: OpenOn | ResolvedIn | None = None


@dataclass(frozen=True)
class Totals:
    """Number of disputes and the contested amounts by currency."""

    count: int = 0
    amount: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenDisputes:
    """Open disputes of one currency: how many, and the amount that they contest in minor units."""

    currency: str
    count: int
    amount: int


async def totals(tx: Tx, filters: Collection[DisputeFilter]) -> dict[DisputeFilter, Totals]:
    """Of each whole list."""
    return {wanted: await _totals(tx, wanted) for wanted in filters}


async def open_on(tx: Tx, as_of: date, only: Only) -> list[OpenDisputes]:
    """What was contested at the end of a day, one per currency in which anything was."""
    rows = await _sums(tx, _open_on(as_of), *narrowed(tx, Dispute.currency, only, as_of))
    return [OpenDisputes(currency, count, int(amount)) for currency, count, amount in rows]


async def cycle_times(tx: Tx, behind: ResolvedIn) -> dict[DisputeReason, CycleTime]:
    """Days from opening to resolution by reason; reasons of which none was resolved are left out."""
    days = (Dispute.resolved_on - Dispute.opened_on).label("days")
    rows = await tx.session.execute(
        seen(tx, Dispute.reason, days, func.count())
        .where(_resolved_in(tx, behind))
        .group_by(Dispute.reason, days)
    )
    found: dict[DisputeReason, list[tuple[int, int]]] = defaultdict(list)
    for reason, length, many in rows:
        found[DisputeReason(reason)].append((length, many))
    return {reason: cycle_time(found[reason]) for reason in DisputeReason if reason in found}


async def cycle_time_of_all(tx: Tx, behind: ResolvedIn) -> CycleTime:
    """The same over all reasons together."""
    days = (Dispute.resolved_on - Dispute.opened_on).label("days")
    rows = await tx.session.execute(
        seen(tx, days, func.count()).where(_resolved_in(tx, behind)).group_by(days)
    )
    return cycle_time([(length, many) for length, many in rows])


async def _totals(tx: Tx, wanted: DisputeFilter) -> Totals:
    rows = await _sums(tx, *conditions(tx, wanted))
    return Totals(
        sum(count for _, count, _ in rows),
        tuple(Money(int(amount), currency) for currency, _, amount in rows),
    )


async def _sums(tx: Tx, *conditions: ColumnElement[bool]) -> list[Any]:
    sums = seen(tx, Dispute.currency, func.count(), func.sum(Dispute.amount_minor))
    grouped = sums.where(*conditions).group_by(Dispute.currency).order_by(Dispute.currency)
    return list(await tx.session.execute(grouped))


def seen(sight: Sight, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Dispute)
        .join(Customer, Customer.id == Dispute.customer_id)
        .where(visible(sight))
    )


def conditions(sight: Sight, wanted: DisputeFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        found.append(Dispute.state == constant(wanted.state))
    if wanted.reason is not None:
        found.append(Dispute.reason == wanted.reason)
    if wanted.customer_id is not None:
        found.append(Dispute.customer_id == wanted.customer_id)
    if wanted.owner_id is not None:
        found.append(Dispute.owner_id == wanted.owner_id)
    if wanted.past_deadline:
        today = sight.organization.business_day
        found.append(and_(Dispute.state == constant(DisputeState.OPEN), Dispute.deadline_on < today))
    if isinstance(wanted.behind, OpenOn):
        found += [_open_on(wanted.behind.as_of), Dispute.currency == wanted.behind.currency]
        found += narrowed(sight, Dispute.currency, wanted.behind.only, wanted.behind.as_of)
    elif wanted.behind is not None:
        found.append(_resolved_in(sight, wanted.behind))
    return found


def _open_on(as_of: date) -> ColumnElement[bool]:
    return and_(Dispute.opened_on <= as_of, or_(Dispute.resolved_on.is_(None), Dispute.resolved_on > as_of))


def _resolved_in(sight: Sight, behind: ResolvedIn) -> ColumnElement[bool]:
    wanted = [
        Dispute.resolved_on.between(behind.period.first, behind.period.last),
        Dispute.resolved_on <= behind.as_of,
        *narrowed(sight, Dispute.currency, behind.only, Dispute.resolved_on),
    ]
    if behind.reason is not None:
        wanted.append(Dispute.reason == behind.reason)
    return and_(*wanted)
