"""Promises as people read them: pages, counts and sums of a list or of each customer, and what they name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, null, select

from cartera.db.queries import metrics
from cartera.db.queries.keyset import Order, Page, Slice, fetch, fetch_each
from cartera.db.queries.visibility import Sight, visible
from cartera.db.session import Tx
from cartera.db.tables.customers import Customer
from cartera.db.tables.promises import Promise, PromiseReceivable
from cartera.db.tables.receivables import Receivable
from cartera.rules.money import Money
from cartera.rules.promises import PromiseState

DUE_ON = (Promise.due_on, Promise.id)


@dataclass(frozen=True)
class PromiseFilter:
    """What a list of promises is narrowed to; ``None`` and ``False`` narrow nothing."""

    state: PromiseState | None = None
    customer_id: UUID | None = None
    due_from: date | None = None
    due_to: date | None = None
    assigned_to_me: bool = False
    behind: metrics.Matured | None = None


@dataclass(frozen=True)
class Totals:
    """Number of promises and their amounts by currency."""

    count: int = 0
    amount: tuple[Money, ...] = ()


async def page(tx: Tx, narrowed: PromiseFilter, order: Order, asked: Page) -> Slice:
    return await fetch(tx, seen(tx, Promise).where(*conditions(tx, narrowed)), order, asked)


async def pages(
    tx: Tx, customers: Collection[UUID], narrowed: PromiseFilter, order: Order, asked: Page
) -> dict[UUID, Slice]:
    """The same page of the promises of each customer."""
    shown = seen(tx, Promise.id).where(Promise.customer_id.in_(customers), *conditions(tx, narrowed))
    return await fetch_each(tx, Promise, Promise.customer_id, shown, order, asked)


async def totals(
    tx: Tx, owners: Collection[UUID | None], narrowed: PromiseFilter
) -> dict[UUID | None, Totals]:
    """Of the whole list (owner None), and of each customer's."""
    each = (
        _sums(tx, Promise.customer_id)
        .where(Promise.customer_id.in_([owner for owner in owners if owner]), *conditions(tx, narrowed))
        .group_by(Promise.customer_id)
    )
    whole = _sums(tx, null()).where(*conditions(tx, narrowed))
    by_owner: dict[UUID | None, list[Any]] = defaultdict(list)
    for asked, statement in ((any(owners), each), (None in owners, whole)):
        for *sums, owner in await tx.session.execute(statement) if asked else ():
            by_owner[owner].append(sums)
    return {owner: _totals(sums) for owner, sums in by_owner.items()}


async def receivables(tx: Tx, promises: Collection[UUID]) -> dict[UUID, list[Receivable]]:
    """What each promise names, due first."""
    rows = await tx.session.execute(
        select(PromiseReceivable.promise_id, Receivable)
        .join(Receivable, Receivable.id == PromiseReceivable.receivable_id)
        .join(Customer, Customer.id == Receivable.customer_id)
        .where(PromiseReceivable.promise_id.in_(promises), visible(tx))
        .order_by(Receivable.due_on, Receivable.id)
    )
    grouped: dict[UUID, list[Receivable]] = defaultdict(list)
    for promise_id, receivable in rows:
        grouped[promise_id].append(receivable)
    return grouped


def seen(sight: Sight, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Promise)
        .join(Customer, Customer.id == Promise.customer_id)
        .where(visible(sight))
    )


def _sums(tx: Tx, *columns: Any) -> Select[Any]:
    sums = seen(tx, Promise.currency, func.count(), func.sum(Promise.amount_minor), *columns)
    return sums.group_by(Promise.currency).order_by(Promise.currency)


def _totals(rows: Any) -> Totals:
    return Totals(
        sum(count for _, count, _ in rows),
        tuple(Money(int(amount), currency) for currency, _, amount in rows),
    )


def conditions(sight: Sight, narrowed: PromiseFilter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if narrowed.state is not None:
        wanted.append(Promise.state == narrowed.state)
    if narrowed.customer_id is not None:
        wanted.append(Promise.customer_id == narrowed.customer_id)
    if narrowed.due_from is not None:
        wanted.append(Promise.due_on >= narrowed.due_from)
    if narrowed.due_to is not None:
        wanted.append(Promise.due_on <= narrowed.due_to)
    if narrowed.assigned_to_me:
        wanted.append(Customer.collector_id == sight.actor.member_id)
    if narrowed.behind is not None:
        wanted.append(metrics.matured(sight, narrowed.behind))
    return wanted
