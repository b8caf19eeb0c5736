"""Customers with their account rows: the worklist's pages, counts and sums."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, Text, and_, any_, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from cartera.db.queries.visibility import Sight, visible
from cartera.db.session import Tx
from cartera.db.statements import Known, constant
from cartera.db.tables.accounts import Account, AccountBalance
from cartera.db.tables.customers import Customer, CustomerTag
from cartera.rules.aging import BUCKET_LIMITS, AgingBucket
from cartera.rules.money import Money
from cartera.rules.promises import PromiseState

# The last character there is.
_LAST = "\U0010ffff"

T = TypeVar("T")

_BUCKETS: dict[AgingBucket, InstrumentedAttribute[int]] = {
    AgingBucket.CURRENT: AccountBalance.current_minor,
    AgingBucket.DAYS_1_30: AccountBalance.days_1_30_minor,
    AgingBucket.DAYS_31_60: AccountBalance.days_31_60_minor,
    AgingBucket.DAYS_61_90: AccountBalance.days_61_90_minor,
    AgingBucket.OVER_90: AccountBalance.over_90_minor,
}

PRIORITY = (Account.due_rank, Account.priority, Account.customer_id)
OVERDUE = (Account.overdue_minor, Account.customer_id)
BALANCE = (Account.balance_minor, Account.customer_id)
OLDEST_DUE = (Account.oldest_due_on, Account.customer_id)
LAST_CONTACT = (Account.last_contact_at, Account.customer_id)
NEXT_ACTION = (Account.next_action_at, Account.customer_id)
NAME = (Customer.name_search, Customer.id)


@dataclass(frozen=True)
class Search:
    """The whole external id or tax id, or the beginning of the name in lower case.

    ``end``: what comes after all names that begin so.
    """

    text: str
    beginning: str
    end: str

    @classmethod
    def of(cls, typed: str | None) -> Search | None:
        """None where nothing was typed."""
        text = (typed or "").strip()
        return cls(text, text.lower(), f"{text.lower()}{_LAST}") if text else None


@dataclass(frozen=True)
class Range(Generic[T]):
    """From one value to another, both included; ``None`` is no end."""

    first: T | None = None
    last: T | None = None

    def holds(self, column: Any) -> Iterator[ColumnElement[bool]]:
        if self.first is not None:
            yield column >= self.first
        if self.last is not None:
            yield column <= self.last


@dataclass(frozen=True)
class AtLeast:
    """So many minor units or more. ``about``: the same down to its first digit, where that is above zero.

    A plan for any amount takes a third of all rows for it; for few of them it is the wrong one.
    """

    minor: int
    about: Known | None = None

    @classmethod
    def of(cls, minor: int | None) -> AtLeast | None:
        if minor is None:
            return None
        unit = 10 ** (len(str(minor)) - 1)
        return cls(minor, Known(minor // unit * unit) if minor > 0 else None)

    def holds(self, column: Any) -> Iterator[ColumnElement[bool]]:
        yield column >= self.minor
        if self.about is not None:
            yield column >= constant(self.about)


@dataclass(frozen=True)
class CustomerFilter:
    """What a list of customers is narrowed to; ``None`` and ``False`` narrow nothing.

    ``due_now``: overdue or with a follow-up whose hour has come, and not merely waiting.
    Amounts are minor units of the base currency; each range includes both of its ends.
    """

    search: Search | None = None
    segment: str | None = None
    collector_id: UUID | None = None
    assigned_to_me: bool = False
    overdue_only: bool = False
    due_now: bool = False
    bucket: AgingBucket | None = None
    promise_state: PromiseState | None = None
    tag: str | None = None
    min_overdue: AtLeast | None = None
    balance: Range[int] = field(default_factory=lambda: Range())
    oldest_due: Range[date] = field(default_factory=lambda: Range())
    last_contact: Range[datetime] = field(default_factory=lambda: Range())
    next_action: Range[datetime] = field(default_factory=lambda: Range())


async def count(tx: Tx, narrowed: CustomerFilter) -> int:
    statement = seen(tx, func.count()).where(*conditions(tx, narrowed))
    return int((await tx.session.execute(statement)).scalar_one())


async def totals(tx: Tx, narrowed: CustomerFilter) -> tuple[list[Money], list[Money]]:
    """Open balance and overdue balance of all customers of a list, one sum per currency."""
    rows = (await tx.session.execute(sums(tx, narrowed))).all()
    return (
        [Money(total, currency) for currency, total, _ in rows],
        [Money(late, currency) for currency, _, late in rows],
    )


def sums(sight: Sight, narrowed: CustomerFilter) -> Select[Any]:
    """By currency, in their order, what all customers of a list owe, and what of it is overdue."""
    balance = cast(func.sum(AccountBalance.balance_minor), BigInteger).label("sum_balance")
    overdue = cast(func.sum(AccountBalance.overdue_minor), BigInteger).label("sum_overdue")
    return (
        seen(sight, AccountBalance.currency.label("currency"), balance, overdue)
        .join(AccountBalance, AccountBalance.customer_id == Customer.id)
        .where(*conditions(sight, narrowed))
        .group_by(AccountBalance.currency)
        .having(func.sum(AccountBalance.balance_minor) > constant(0))
        .order_by(AccountBalance.currency)
    )


async def by_ids(tx: Tx, ids: Collection[UUID]) -> dict[UUID, tuple[Customer, Account]]:
    """Those of the customers that the actor sees."""
    rows = await tx.session.execute(seen(tx, Customer, Account).where(Customer.id.in_(ids)))
    return {customer.id: (customer, account) for customer, account in rows}


async def by_external_ids(tx: Tx, external_ids: Collection[str]) -> dict[str, tuple[UUID, str]]:
    """Id and name of the customers that the books know by these ids, be there a hundred thousand of them.

    For the system and those who see the whole organization.
    """
    # One array, whatever its length: a statement takes 32,767 values.
    wanted = any_(literal(sorted(set(external_ids)), ARRAY(Text())))
    rows = await tx.session.execute(
        select(Customer.external_id, Customer.id, Customer.name).where(Customer.external_id == wanted)
    )
    return {external_id: (customer_id, name) for external_id, customer_id, name in rows}


def seen(sight: Sight, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Account)
        .join(Customer, Customer.id == Account.customer_id)
        .where(visible(sight))
    )


def conditions(sight: Sight, narrowed: CustomerFilter) -> list[ColumnElement[bool]]:
    return [*_about_customer(narrowed), *_about_account(sight, narrowed)]


def _about_customer(narrowed: CustomerFilter) -> Iterator[ColumnElement[bool]]:
    if narrowed.search is not None:
        yield _found(narrowed.search)
    if narrowed.segment is not None:
        yield Customer.segment == narrowed.segment
    if narrowed.bucket is not None:
        held = select(AccountBalance.customer_id).where(_BUCKETS[narrowed.bucket] > constant(0))
        yield Customer.id.in_(held)
    if narrowed.tag is not None:
        yield Customer.id.in_(select(CustomerTag.customer_id).where(CustomerTag.tag == narrowed.tag))


def _about_account(sight: Sight, narrowed: CustomerFilter) -> Iterator[ColumnElement[bool]]:
    if narrowed.collector_id is not None:
        yield Account.collector_id == narrowed.collector_id
    if narrowed.assigned_to_me:
        yield Account.collector_id == sight.actor.member_id
    if narrowed.overdue_only:
        yield Account.overdue_count > constant(0)
    if narrowed.due_now:
        yield or_(Account.due_now, Account.next_action_at <= sight.now)
    if narrowed.bucket is not None and narrowed.bucket is not AgingBucket.CURRENT:
        # It follows, and lets the order by oldest due date end there.
        yield Account.oldest_due_on < sight.organization.business_day - timedelta(
            days=_more_than(narrowed.bucket)
        )
    if narrowed.promise_state is not None:
        # Some states are rare, which a plan for any state would not know.
        yield Account.promise_state == constant(narrowed.promise_state)
    if narrowed.min_overdue is not None:
        yield from narrowed.min_overdue.holds(Account.overdue_minor)
        # It follows, and lets the order by balance begin there.
        yield Account.balance_minor >= narrowed.min_overdue.minor
    yield from narrowed.balance.holds(Account.balance_minor)
    yield from narrowed.oldest_due.holds(Account.oldest_due_on)
    yield from narrowed.last_contact.holds(Account.last_contact_at)
    yield from narrowed.next_action.holds(Account.next_action_at)


def _more_than(bucket: AgingBucket) -> int:
    """Days past due that everything in the bucket exceeds (``rules.aging``)."""
    limits = dict(BUCKET_LIMITS)
    return max((limit for limit in limits.values() if limit < limits.get(bucket, 10**6)), default=0)


def _found(search: Search) -> ColumnElement[bool]:
    # Unlike LIKE and ^@, a range reaches an index in a plan for any text; each of the three has one.
    begins = and_(Customer.name_search >= search.beginning, Customer.name_search < search.end)
    return or_(begins, Customer.external_id == search.text, Customer.tax_id == search.text)
