"""Rows that hang on a customer, by their ids or by their parents', in the actor's sight only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from cartera.db.queries.visibility import visible
from cartera.db.session import Tx
from cartera.db.tables.accounts import AccountBalance
from cartera.db.tables.activities import Activity, Task
from cartera.db.tables.customers import Contact, Customer, CustomerTag
from cartera.db.tables.messages import Message
from cartera.db.tables.payments import Allocation, CreditNote, Payment
from cartera.db.tables.promises import Promise
from cartera.db.tables.receivables import Dispute, Entry, Receivable
from cartera.rules.activities import TaskState

Noun = TypeVar(
    "Noun", Activity, Contact, CreditNote, Dispute, Entry, Message, Payment, Promise, Receivable, Task
)


@dataclass(frozen=True)
class Allocated:
    """An allocation and the currency of its amount, which is its receivable's."""

    row: Allocation
    currency: str


async def by_ids(tx: Tx, ids: Collection[UUID], noun: type[Noun]) -> dict[UUID, Noun]:
    rows = await tx.session.scalars(_seen(tx, noun).where(noun.id.in_(ids)))
    return {row.id: row for row in rows}


async def balances(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[AccountBalance]]:
    """Each customer's balances by currency, of those in which something is open or unapplied."""
    rows = await tx.session.scalars(
        _seen(tx, AccountBalance)
        .where(
            AccountBalance.customer_id.in_(customers),
            AccountBalance.balance_minor + AccountBalance.unapplied_minor > 0,
        )
        .order_by(AccountBalance.currency)
    )
    return _grouped(rows, "customer_id")


async def tags(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[CustomerTag]]:
    rows = await tx.session.scalars(
        _seen(tx, CustomerTag).where(CustomerTag.customer_id.in_(customers)).order_by(CustomerTag.tag)
    )
    return _grouped(rows, "customer_id")


async def contacts(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[Contact]]:
    """Each customer's contacts, the primary one first."""
    rows = await tx.session.scalars(
        _seen(tx, Contact)
        .where(Contact.customer_id.in_(customers))
        .order_by(Contact.is_primary.desc(), Contact.name, Contact.id)
    )
    return _grouped(rows, "customer_id")


async def next_tasks(tx: Tx, customers: Collection[UUID]) -> dict[UUID, Task]:
    """Each customer's open task that is due first."""
    rows = await tx.session.scalars(
        _seen(tx, Task)
        .where(Task.customer_id.in_(customers), Task.state == TaskState.OPEN)
        .order_by(Task.customer_id, Task.due_at, Task.id)
        .ext(distinct_on(Task.customer_id))
    )
    return {row.customer_id: row for row in rows}


async def entries(tx: Tx, receivables: Collection[UUID]) -> dict[UUID, list[Entry]]:
    """Each receivable's story, in the order of business days."""
    rows = await tx.session.scalars(
        _seen(tx, Entry)
        .where(Entry.receivable_id.in_(receivables))
        .order_by(Entry.effective_on, Entry.recorded_at, Entry.id)
    )
    return _grouped(rows, "receivable_id")


async def allocations(tx: Tx, payments: Collection[UUID]) -> dict[UUID, list[Allocated]]:
    """How each payment was allocated, in order."""
    rows = await tx.session.execute(_allocated(tx).where(Allocation.payment_id.in_(payments)))
    grouped: dict[UUID, list[Allocated]] = defaultdict(list)
    for allocation, currency in rows:
        assert allocation.payment_id is not None
        grouped[allocation.payment_id].append(Allocated(allocation, currency))
    return grouped


async def allocations_by_ids(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Allocated]:
    rows = await tx.session.execute(_allocated(tx).where(Allocation.id.in_(ids)))
    return {allocation.id: Allocated(allocation, currency) for allocation, currency in rows}


def _allocated(tx: Tx) -> Select[Allocation, str]:
    return (
        select(Allocation, Receivable.currency)
        .join(Receivable, Receivable.id == Allocation.receivable_id)
        .join(Customer, Customer.id == Receivable.customer_id)
        .where(visible(tx))
        .order_by(Allocation.recorded_at, Allocation.id)
    )


def _seen(tx: Tx, noun: Any) -> Select[Any]:
    return select(noun).join(Customer, Customer.id == noun.customer_id).where(visible(tx))


def _grouped(rows: Any, parent: str) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, parent)].append(row)
    return grouped
