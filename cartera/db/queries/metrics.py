"""Measures read from the books, and the rows behind each (DOMAIN §5); all in the actor's sight only.

As of a past day a receivable's balance is today's less what took effect after that day: entries are never
edited, so last month's aging changes only when something is booked into last month. As it was known at an
instant (``Only.known_at``) it never changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    SQLColumnExpression,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from cartera.db.queries.accounts import base_factors
from cartera.db.queries.assignments import on_day
from cartera.db.queries.keyset import Order, Page, Slice, fetch
from cartera.db.queries.receivables import Totals, in_bucket
from cartera.db.queries.visibility import Sight, sees_all, visible
from cartera.db.session import Tx
from cartera.db.tables.customers import Customer
from cartera.db.tables.due_balances import DueBalance
from cartera.db.tables.payments import CreditNote
from cartera.db.tables.promises import Promise
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.aging import BUCKET_LIMITS, AgingBucket
from cartera.rules.metrics import (
    Aging,
    BucketSum,
    DaysSalesOutstanding,
    KeptRate,
    MaturedPromises,
    Period,
    days_sales_outstanding,
    kept_rate,
)
from cartera.rules.money import Money
from cartera.rules.promises import WITHDRAWN, WITHDRAWN_LATE_DAYS, PromiseState
from cartera.rules.receivables import EntryKind


@dataclass(frozen=True, slots=True)
class Only:
    """What a measure is narrowed to; None narrows nothing.

    Segment and collector are those that the customer had on the day that the measure tells of, so that past
    figures stay when it moves: balances and credit sales on the last day, promises on the day that each
    was due.
    ``known_at`` leaves out what was recorded after that instant; balances heed it, and so what is due from
    them: aging and its rows.
    """

    currency: str | None = None
    segment: str | None = None
    collector_id: UUID | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """The receivables behind an amount of ``aging``: those of some buckets of one currency.

    Total overdue is all buckets but CURRENT.
    """

    as_of: date
    only: Only
    currency: str
    buckets: frozenset[AgingBucket]


@dataclass(frozen=True, slots=True)
class Matured:
    """The promises behind a kept rate: due in the period, and judged by the end of a day."""

    period: Period
    as_of: date
    only: Only


@dataclass(frozen=True, slots=True)
class Dso:
    """DSO of one currency with what it was computed from, in minor units."""

    currency: str
    receivables_at_end: int
    # What of it is not overdue.
    current_at_end: int
    credit_sales: int
    days: DaysSalesOutstanding


@dataclass(frozen=True, slots=True)
class Kept:
    """The kept rate with what it was computed from, one sum per currency."""

    rate: KeptRate
    sums: tuple[MaturedPromises, ...]


async def agings(tx: Tx, days: Collection[date], only: Only) -> dict[date, list[Aging]]:
    """``aging`` of each of these days."""
    return {day: await aging(tx, day, only) for day in days}


async def aging(tx: Tx, as_of: date, only: Only) -> list[Aging]:
    """Open balances at the end of a day by days past due; one per currency in which anything is open."""
    if is_rolled_up(tx, as_of, only):
        days = _by_due_date(as_of).subquery()
        return await _aged(tx, as_of, days, cast(func.sum(days.c.open_count), BigInteger))
    return await aging_by_scan(tx, as_of, only)


async def aging_by_scan(tx: Tx, as_of: date, only: Only) -> list[Aging]:
    """``aging`` told from each receivable, whatever the day and whatever it is narrowed to."""
    facts = (Receivable.currency, Receivable.due_on, Receivable.overdue_from)
    return await _aged(tx, as_of, _open_items(tx, as_of, only, *facts).subquery(), func.count())


def is_rolled_up(tx: Tx, as_of: date, only: Only) -> bool:
    """Whether the roll-up by due date tells the aging: of all that the whole organization is owed now."""
    return as_of >= tx.organization.business_day and only == Only() and sees_all(tx)


def _by_due_date(as_of: date) -> CompoundSelect[Any]:
    """What is open by due date, less what is on the books already and not issued until after the day."""
    key = (Receivable.currency, Receivable.due_on, Receivable.overdue_from)
    open_now = select(
        DueBalance.currency,
        DueBalance.due_on,
        DueBalance.overdue_from,
        DueBalance.balance_minor.label("balance"),
        DueBalance.open_count,
    ).where(DueBalance.open_count > 0)
    to_come = select(*key, -Receivable.balance_minor, cast(-1, BigInteger)).where(
        Receivable.issued_on > as_of, Receivable.balance_minor > 0
    )
    return union_all(open_now, to_come)


async def _aged(tx: Tx, as_of: date, items: Subquery, count: ColumnElement[int]) -> list[Aging]:
    """The sums of currency, due_on, overdue_from and balance, by currency and bucket."""
    bucket = _bucket(items.c.due_on, items.c.overdue_from, as_of).label("bucket")
    rows = await tx.session.execute(
        select(items.c.currency, bucket, cast(func.sum(items.c.balance), BigInteger), count)
        .group_by(items.c.currency, bucket)
        .having(count > 0)
    )
    found: dict[str, dict[AgingBucket, BucketSum]] = defaultdict(dict)
    for currency, name, amount, counted in rows:
        found[currency][AgingBucket(name)] = BucketSum(amount, counted)
    return [
        Aging(currency, {bucket: sums.get(bucket, BucketSum()) for bucket in AgingBucket})
        for currency, sums in sorted(found.items())
    ]


async def pages_behind(tx: Tx, figures: Collection[Behind], order: Order, page: Page) -> dict[Behind, Slice]:
    """The same page behind each figure; rows are the receivable and its balance as of the figure's day."""
    return {figure: await fetch(tx, _rows(tx, figure, Receivable), order, page) for figure in figures}


async def totals_behind(tx: Tx, figures: Collection[Behind]) -> dict[Behind, Totals]:
    """Count, amounts and balances as of the figure's day of all that is behind each figure."""
    return {figure: await _total(tx, figure) for figure in figures}


async def _total(tx: Tx, figure: Behind) -> Totals:
    rows = _rows(tx, figure, Receivable.amount_minor).subquery()
    sums = select(func.count(), func.sum(rows.c.amount_minor), func.sum(rows.c.balance))
    count, amount, balance = (await tx.session.execute(sums)).one()
    if not count:
        return Totals()
    return Totals(count, (Money(int(amount), figure.currency),), (Money(int(balance), figure.currency),))


def _rows(tx: Tx, figure: Behind, *columns: Any) -> Select[Any]:
    behind = or_(*(and_(*in_bucket(bucket, figure.as_of)) for bucket in figure.buckets))
    items = _open_items(tx, figure.as_of, figure.only, *columns)
    return items.where(Receivable.currency == figure.currency, behind)


async def dso(tx: Tx, period: Period, only: Only) -> list[Dso]:
    """Days sales outstanding at the end of a period, one per currency that sold or is owed anything."""
    at_end = {owed.currency: owed for owed in await aging(tx, period.last, only)}
    sales = await _credit_sales(tx, period, only)
    found = []
    for currency in sorted(at_end.keys() | sales.keys()):
        owed = at_end.get(currency)
        total, current = (owed.total, owed.current) if owed else (0, 0)
        sold = sales.get(currency, 0)
        days = days_sales_outstanding(receivables=total, current=current, credit_sales=sold, days=period.days)
        found.append(Dso(currency, total, current, sold, days))
    return found


async def kept(tx: Tx, behind: Matured) -> Kept:
    """Promises kept of those that had matured."""
    rows = await tx.session.execute(
        select(
            Promise.currency,
            func.count(),
            func.count().filter(Promise.state == PromiseState.KEPT),
            cast(func.sum(_promised()), BigInteger),
            cast(func.sum(func.least(Promise.received_minor, Promise.amount_minor)), BigInteger),
        )
        .join(Customer, Customer.id == Promise.customer_id)
        .where(visible(tx), matured(tx, behind))
        .group_by(Promise.currency)
        .order_by(Promise.currency)
    )
    sums = tuple(MaturedPromises(*row) for row in rows)
    return Kept(kept_rate(sums, await base_factors(tx)), sums)


def _promised() -> ColumnElement[int]:
    """What there was to keep of a promise: of a kept one what money has proven, as no more was owed."""
    return case((Promise.state == PromiseState.KEPT, Promise.received_minor), else_=Promise.amount_minor)


def matured(sight: Sight, behind: Matured) -> ColumnElement[bool]:
    """Condition on ``Promise`` and its ``Customer``: it is behind ``kept``.

    Judged, or withdrawn by us so close to its date that it counts as broken. One that lapsed, since nothing
    was left to keep of it, has no day of resolution and is neither.
    """
    withdrawn_late = and_(
        Promise.state.in_(WITHDRAWN), Promise.resolved_on >= Promise.due_on - WITHDRAWN_LATE_DAYS
    )
    judged = Promise.state.in_((PromiseState.KEPT, PromiseState.PARTIALLY_KEPT, PromiseState.BROKEN))
    return and_(
        Promise.due_on.between(behind.period.first, behind.period.last),
        Promise.resolved_on <= behind.as_of,
        or_(judged, withdrawn_late),
        *narrowed(sight, Promise.currency, behind.only, Promise.due_on),
    )


def narrowed(
    sight: Sight, currency: Any, only: Only, day: date | SQLColumnExpression[Any]
) -> list[ColumnElement[bool]]:
    """Conditions on a row of the currency and its ``Customer``, as that was assigned on a day."""
    wanted: list[ColumnElement[bool]] = []
    if only.currency is not None:
        wanted.append(currency == only.currency)
    if only.segment is not None:
        wanted.append(on_day(sight, Customer.segment, day, only.known_at) == only.segment)
    if only.collector_id is not None:
        wanted.append(on_day(sight, Customer.collector_id, day, only.known_at) == only.collector_id)
    return wanted


def _open_items(tx: Tx, as_of: date, only: Only, *columns: Any) -> Select[Any]:
    """Columns of the receivables open at the end of the day, and ``balance``: what was open on each."""
    if only.known_at is not None:
        told = _booked(Entry.effective_on <= as_of, Entry.recorded_at <= only.known_at)
        balance: Any = told.c.minor
        items = select(*columns, balance.label("balance")).join_from(
            Receivable, told, told.c.receivable_id == Receivable.id
        )
    elif as_of >= tx.organization.business_day:
        balance = Receivable.balance_minor
        items = select(*columns, balance.label("balance")).where(Receivable.issued_on <= as_of)
    else:
        since = _booked(Entry.effective_on > as_of)
        balance = Receivable.balance_minor - func.coalesce(since.c.minor, 0)
        items = select(*columns, balance.label("balance")).outerjoin_from(
            Receivable, since, since.c.receivable_id == Receivable.id
        )
    return items.join(Customer, Customer.id == Receivable.customer_id).where(
        balance > 0, visible(tx), *narrowed(tx, Receivable.currency, only, as_of)
    )


def _booked(*which: ColumnElement[bool]) -> Subquery:
    """By receivable, the sum of some of its entries."""
    minor = cast(func.sum(Entry.amount_minor), BigInteger).label("minor")
    return select(Entry.receivable_id, minor).where(*which).group_by(Entry.receivable_id).subquery()


def _bucket(due_on: Any, overdue_from: Any, as_of: date) -> ColumnElement[str]:
    """``rules.aging.bucket_of`` in SQL."""
    days = literal(as_of) - due_on
    return case(
        (literal(as_of) < overdue_from, AgingBucket.CURRENT.value),
        *((days <= limit, bucket.value) for bucket, limit in BUCKET_LIMITS),
        else_=AgingBucket.OVER_90.value,
    )


async def _credit_sales(tx: Tx, period: Period, only: Only) -> dict[str, int]:
    """By currency: what was invoiced in the period, less credit notes issued and sales cancelled in it.

    A note or cheque that took the place of an invoice sells nothing, and nothing was bought back by it.
    """
    is_sale = Receivable.substitutes_instrument_id.is_(None)
    days = (period.first, period.last)
    invoiced = select(Receivable.currency.label("currency"), Receivable.amount_minor.label("minor")).join(
        Customer, Customer.id == Receivable.customer_id
    )
    credited = select(CreditNote.currency, -CreditNote.amount_minor).join(
        Customer, Customer.id == CreditNote.customer_id
    )
    cancelled = (
        select(Entry.currency, Entry.amount_minor)
        .join(Receivable, Receivable.id == Entry.receivable_id)
        .join(Customer, Customer.id == Receivable.customer_id)
        .where(Entry.kind == EntryKind.CANCELLATION)
    )

    def assigned(currency: Any) -> list[ColumnElement[bool]]:
        # As the balance at the period's end, which these sales are compared with.
        return narrowed(tx, currency, only, period.last)

    parts = union_all(
        invoiced.where(
            visible(tx), is_sale, Receivable.issued_on.between(*days), *assigned(Receivable.currency)
        ),
        credited.where(visible(tx), CreditNote.issued_on.between(*days), *assigned(CreditNote.currency)),
        cancelled.where(
            visible(tx), is_sale, Entry.effective_on.between(*days), *assigned(Receivable.currency)
        ),
    ).subquery()
    rows = await tx.session.execute(
        select(parts.c.currency, cast(func.sum(parts.c.minor), BigInteger).label("minor")).group_by(
            parts.c.currency
        )
    )
    return {row.currency: row.minor for row in rows}
