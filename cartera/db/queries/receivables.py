"""Receivables: pages, counts and sums of a list or of each customer, and the facts other rows tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, any_, func, literal, null, select
from sqlalchemy.dialects.postgresql import ARRAY

from cartera.db.queries.keyset import Order, Page, Slice, fetch_each
from cartera.db.queries.plans import in_active_plan
from cartera.db.queries.visibility import Sight, visible
from cartera.db.session import Tx
from cartera.db.statements import constant
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.promises import Promise, PromiseReceivable
from cartera.db.tables.receivables import Entry, Hold, Receivable
from cartera.errors import NotFound
from cartera.rules.aging import BUCKET_LIMITS, AgingBucket
from cartera.rules.disputes import DisputeState
from cartera.rules.money import Money
from cartera.rules.promises import PromiseState
from cartera.rules.receivables import EntryKind

DUE_ON = (Receivable.due_on, Receivable.id)
ISSUED_ON = (Receivable.issued_on, Receivable.id)


@dataclass(frozen=True)
class ReceivableFilter:
    """What a list of receivables is narrowed to; ``None`` and ``False`` narrow nothing."""

    customer_id: UUID | None = None
    open_only: bool = False
    overdue_only: bool = False
    bucket: AgingBucket | None = None
    currency: str | None = None
    due_from: date | None = None
    due_to: date | None = None


@dataclass(frozen=True)
class Totals:
    """Number of receivables, their amounts and their open balances by currency."""

    count: int = 0
    amount: tuple[Money, ...] = ()
    balance: tuple[Money, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What other rows say of a receivable: in dispute, named by a pending promise, on hold, in a plan."""

    is_disputed: bool
    is_promised: bool
    is_on_hold: bool
    is_in_plan: bool


class Named(NamedTuple):
    """A document as somebody outside names it."""

    receivable_id: UUID
    customer_id: UUID
    customer_external_id: str
    currency: str


async def pages(
    tx: Tx, customers: Collection[UUID], narrowed: ReceivableFilter, order: Order, asked: Page
) -> dict[UUID, Slice]:
    """The same page of the receivables of each customer."""
    shown = seen(tx, Receivable.id).where(Receivable.customer_id.in_(customers), *conditions(tx, narrowed))
    return await fetch_each(tx, Receivable, Receivable.customer_id, shown, order, asked)


async def totals(
    tx: Tx, owners: Collection[UUID | None], narrowed: ReceivableFilter
) -> dict[UUID | None, Totals]:
    """Of the whole list (owner None), and of each customer's."""
    each = (
        _sums(tx, Receivable.customer_id)
        .where(Receivable.customer_id.in_([owner for owner in owners if owner]), *conditions(tx, narrowed))
        .group_by(Receivable.customer_id)
    )
    whole = _sums(tx, null()).where(*conditions(tx, narrowed))
    by_owner: dict[UUID | None, list[Any]] = defaultdict(list)
    for asked, statement in ((any(owners), each), (None in owners, whole)):
        for *sums, owner in await tx.session.execute(statement) if asked else ():
            by_owner[owner].append(sums)
    return {owner: _totals(sums) for owner, sums in by_owner.items()}


async def facts(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Facts]:
    disputed = select(Dispute.receivable_id).where(
        Dispute.receivable_id.in_(ids), Dispute.state == DisputeState.OPEN
    )
    promised = (
        select(PromiseReceivable.receivable_id)
        .join(Promise, Promise.id == PromiseReceivable.promise_id)
        .where(PromiseReceivable.receivable_id.in_(ids), Promise.state == PromiseState.PENDING)
    )
    holds = (Hold.released_at.is_(None), Hold.until_on >= tx.organization.business_day)
    held = select(Hold.receivable_id).where(Hold.receivable_id.in_(ids), *holds)
    held_whole = (
        select(Receivable.id)
        .join(Hold, Hold.customer_id == Receivable.customer_id)
        .where(Receivable.id.in_(ids), Hold.receivable_id.is_(None), *holds)
    )
    sets = [set(await tx.session.scalars(query)) for query in (disputed, promised, held, held_whole)]
    planned = await in_active_plan(tx, ids)
    return {
        key: Facts(key in sets[0], key in sets[1], key in sets[2] | sets[3], key in planned) for key in ids
    }


async def named(tx: Tx, external_ids: Collection[str]) -> dict[str, Named]:
    """Documents by external id, be there a hundred thousand of them; for those who see the organization."""
    wanted = any_(literal(sorted(set(external_ids)), ARRAY(Text())))
    rows = await tx.session.execute(
        select(
            Receivable.external_id,
            Receivable.id,
            Receivable.customer_id,
            Customer.external_id,
            Receivable.currency,
        )
        .join(Customer, Customer.id == Receivable.customer_id)
        .where(Receivable.external_id == wanted)
    )
    return {row[0]: Named(*row[1:]) for row in rows}


async def debtors_of(tx: Tx, ids: Collection[UUID], named_in: str = "receivableIds") -> set[UUID]:
    """The customers who owe these receivables.

    Raises NotFound, at the input's field ``named_in``, for one that the actor cannot see.
    """
    rows = (
        await tx.session.execute(
            select(Receivable.id, Receivable.customer_id)
            .join(Customer, Customer.id == Receivable.customer_id)
            .where(Receivable.id.in_(ids), visible(tx))
        )
    ).all()
    if len(rows) < len(set(ids)):
        raise NotFound("receivable", named_in)
    return {row.customer_id for row in rows}


async def settled_in_erp(tx: Tx, ids: Collection[UUID]) -> set[UUID]:
    """Those of the receivables of which something was settled in the ERP."""
    found = await tx.session.scalars(
        select(Entry.receivable_id).where(
            Entry.receivable_id.in_(ids), Entry.kind == EntryKind.SETTLED_IN_ERP
        )
    )
    return set(found)


def seen(sight: Sight, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Receivable)
        .join(Customer, Customer.id == Receivable.customer_id)
        .where(visible(sight))
    )


def _sums(tx: Tx, *columns: Any) -> Select[Any]:
    sums = (
        func.count(),
        func.sum(Receivable.amount_minor),
        func.sum(Receivable.balance_minor),
    )
    by_currency = seen(tx, Receivable.currency, *sums, *columns).group_by(Receivable.currency)
    return by_currency.order_by(Receivable.currency)


def _totals(rows: Any) -> Totals:
    return Totals(
        sum(count for _, count, _, _ in rows),
        tuple(Money(int(amount), currency) for currency, _, amount, _ in rows),
        tuple(Money(int(balance), currency) for currency, _, _, balance in rows),
    )


def conditions(sight: Sight, narrowed: ReceivableFilter) -> list[ColumnElement[bool]]:
    today = sight.organization.business_day
    wanted: list[ColumnElement[bool]] = []
    if narrowed.customer_id is not None:
        wanted.append(Receivable.customer_id == narrowed.customer_id)
    if narrowed.open_only or narrowed.overdue_only or narrowed.bucket is not None:
        wanted.append(Receivable.balance_minor > constant(0))
    if narrowed.overdue_only:
        wanted.append(Receivable.overdue_from <= today)
    if narrowed.bucket is not None:
        wanted += in_bucket(narrowed.bucket, today)
    if narrowed.currency is not None:
        wanted.append(Receivable.currency == narrowed.currency)
    if narrowed.due_from is not None:
        wanted.append(Receivable.due_on >= narrowed.due_from)
    if narrowed.due_to is not None:
        wanted.append(Receivable.due_on <= narrowed.due_to)
    return wanted


def in_bucket(bucket: AgingBucket, today: date) -> list[ColumnElement[bool]]:
    """The dates of ``rules.aging.bucket_of`` as conditions."""
    if bucket is AgingBucket.CURRENT:
        return [Receivable.overdue_from > today]
    wanted: list[ColumnElement[bool]] = [Receivable.overdue_from <= today]
    limits = dict(BUCKET_LIMITS)
    shorter = [limit for other, limit in BUCKET_LIMITS if limit < limits.get(bucket, 10**6)]
    if bucket in limits:
        wanted.append(Receivable.due_on >= today - timedelta(days=limits[bucket]))
    if shorter:
        wanted.append(Receivable.due_on < today - timedelta(days=max(shorter)))
    return wanted
