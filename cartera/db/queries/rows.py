"""Rows that hang on a customer, by their ids or by their parents', in the actor's sight only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, any_, func, literal, literal_column, or_, select, union
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.orm import aliased

from cartera.db.queries.visibility import visible
from cartera.db.session import Tx
from cartera.db.tables.accounts import AccountBalance
from cartera.db.tables.activities import Activity, Task
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Contact, Customer, CustomerTag
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.instruments import Instrument
from cartera.db.tables.messages import Message
from cartera.db.tables.outbox import AuditEntry
from cartera.db.tables.payments import (
    Allocation,
    CreditNote,
    ExchangeDifference,
    Payment,
    PaymentReversal,
)
from cartera.db.tables.plans import Plan
from cartera.db.tables.promises import Promise
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.activities import TaskState
from cartera.rules.receivables import DEDUCTIONS

# As many of a customer's payments are shown beside those that have credit left.
LATEST = 20

Noun = TypeVar(
    "Noun",
    Activity,
    AuditEntry,
    Charge,
    Contact,
    CreditNote,
    Dispute,
    Entry,
    Instrument,
    Message,
    Payment,
    Plan,
    Promise,
    Receivable,
    Task,
)


@dataclass(frozen=True)
class Allocated:
    """An allocation, its receivable's currency, and that of the payment or credit note behind it."""

    row: Allocation
    currency: str
    source_currency: str


async def by_ids(tx: Tx, ids: Collection[UUID], noun: type[Noun]) -> dict[UUID, Noun]:
    rows = await tx.session.scalars(seen(tx, noun).where(noun.id.in_(ids)))
    return {row.id: row for row in rows}


async def balances(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[AccountBalance]]:
    """Each customer's balances by currency, of those in which something is open or unapplied."""
    rows = await tx.session.scalars(
        seen(tx, AccountBalance)
        .where(
            AccountBalance.customer_id.in_(customers),
            AccountBalance.balance_minor + AccountBalance.unapplied_minor > 0,
        )
        .order_by(AccountBalance.currency)
    )
    return _grouped(rows, "customer_id")


async def tags(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[CustomerTag]]:
    rows = await tx.session.scalars(
        seen(tx, CustomerTag).where(CustomerTag.customer_id.in_(customers)).order_by(CustomerTag.tag)
    )
    return _grouped(rows, "customer_id")


async def contacts(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[Contact]]:
    """Each customer's contacts, the primary one first."""
    rows = await tx.session.scalars(
        seen(tx, Contact)
        .where(Contact.customer_id.in_(customers))
        .order_by(Contact.is_primary.desc(), Contact.name, Contact.id)
    )
    return _grouped(rows, "customer_id")


async def next_tasks(tx: Tx, customers: Collection[UUID]) -> dict[UUID, Task]:
    """Each customer's open task that is due first."""
    rows = await tx.session.scalars(
        seen(tx, Task)
        .where(Task.customer_id.in_(customers), Task.state == TaskState.OPEN)
        .order_by(Task.customer_id, Task.due_at, Task.id)
        .ext(distinct_on(Task.customer_id))
    )
    return {row.customer_id: row for row in rows}


async def entries(tx: Tx, receivables: Collection[UUID]) -> dict[UUID, list[Entry]]:
    """Each receivable's story, in the order of business days."""
    rows = await tx.session.scalars(
        seen(tx, Entry)
        .where(Entry.receivable_id.in_(receivables))
        .order_by(Entry.effective_on, Entry.recorded_at, Entry.id)
    )
    return _grouped(rows, "receivable_id")


async def charges(tx: Tx, receivables: Collection[UUID]) -> dict[UUID, list[Charge]]:
    """Each receivable's interest and cost, in the order in which they mature."""
    rows = await tx.session.scalars(
        seen(tx, Charge).where(Charge.receivable_id.in_(receivables)).order_by(Charge.due_on, Charge.id)
    )
    return _grouped(rows, "receivable_id")


async def allocations(tx: Tx, payments: Collection[UUID]) -> dict[UUID, list[Allocated]]:
    """How each payment was allocated, in order."""
    rows = await tx.session.execute(_allocations(tx).where(Allocation.payment_id.in_(payments)))
    grouped: dict[UUID, list[Allocated]] = defaultdict(list)
    for row in rows:
        assert row[0].payment_id is not None
        grouped[row[0].payment_id].append(Allocated(*row))
    return grouped


async def reversals(tx: Tx, payments: Collection[UUID]) -> dict[UUID, list[PaymentReversal]]:
    """What of each payment went back, in order."""
    rows = await tx.session.scalars(
        seen(tx, PaymentReversal)
        .where(PaymentReversal.payment_id.in_(payments))
        .order_by(PaymentReversal.recorded_at, PaymentReversal.id)
    )
    return _grouped(rows, "payment_id")


async def deductions(tx: Tx, payments: Collection[UUID]) -> dict[UUID, list[Entry]]:
    """What was settled beside each payment by a coded reason, and what of it was taken back."""
    rows = await tx.session.scalars(
        deducted(tx, Entry).where(Entry.payment_id.in_(payments)).order_by(Entry.recorded_at, Entry.id)
    )
    return _grouped(rows, "payment_id")


async def credited(tx: Tx, notes: Collection[UUID]) -> dict[UUID, list[Allocated]]:
    """What each credit note reduced, in order."""
    rows = await tx.session.execute(_allocations(tx).where(Allocation.credit_note_id.in_(notes)))
    grouped: dict[UUID, list[Allocated]] = defaultdict(list)
    for row in rows:
        assert row[0].credit_note_id is not None
        grouped[row[0].credit_note_id].append(Allocated(*row))
    return grouped


async def exchange_differences(tx: Tx, allocations: Collection[UUID]) -> dict[UUID, ExchangeDifference]:
    rows = await tx.session.scalars(
        seen(tx, ExchangeDifference).where(ExchangeDifference.allocation_id.in_(allocations))
    )
    return {row.allocation_id: row for row in rows}


async def payments_of(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[Payment]]:
    """Each customer's latest payments, and all that have credit left."""
    newest = func.row_number().over(
        partition_by=Payment.customer_id, order_by=(Payment.received_on.desc(), Payment.id.desc())
    )
    ranked = (
        select(Payment.id, newest.label("newest"))
        .join(Customer, Customer.id == Payment.customer_id)
        .where(Payment.customer_id.in_(customers), visible(tx))
        .subquery()
    )
    rows = await tx.session.scalars(
        select(Payment)
        .join(ranked, ranked.c.id == Payment.id)
        .where(or_(ranked.c.newest <= LATEST, Payment.unapplied_minor > 0))
        .order_by(Payment.received_on.desc(), Payment.id.desc())
    )
    return _grouped(rows, "customer_id")


async def credit_notes_of(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[CreditNote]]:
    """Each customer's credit notes that have something left."""
    rows = await tx.session.scalars(
        seen(tx, CreditNote)
        .where(CreditNote.customer_id.in_(customers), CreditNote.unapplied_minor > 0)
        .order_by(CreditNote.issued_on, CreditNote.id)
    )
    return _grouped(rows, "customer_id")


async def allocations_by_ids(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Allocated]:
    rows = await tx.session.execute(_allocations(tx).where(Allocation.id.in_(ids)))
    return {row[0].id: Allocated(*row) for row in rows}


def seen(tx: Tx, noun: Any, *columns: Any) -> Select[Any]:
    """These columns, or all, of a noun's rows in the actor's sight."""
    rows = select(*columns or (noun,)).select_from(noun)
    return rows.join(Customer, Customer.id == noun.customer_id).where(visible(tx))


def deducted(tx: Tx, *columns: Any) -> Select[Any]:
    """Entries that coded reasons settled beside payments, and those that took something of it back."""
    root = aliased(Entry)
    kinds = any_(literal([str(kind) for kind in DEDUCTIONS], ARRAY(Text())))
    rows = seen(tx, Entry, *columns).outerjoin(root, root.id == Entry.reverses_id)
    return rows.where(func.coalesce(root.kind, Entry.kind) == kinds)


def allocated(tx: Tx, *columns: Any) -> Select[Any]:
    """Columns of allocations with their receivables, and with the payments or credit notes behind them."""
    return (
        select(*columns)
        .select_from(Allocation)
        .outerjoin(Payment, Payment.id == Allocation.payment_id)
        .outerjoin(CreditNote, CreditNote.id == Allocation.credit_note_id)
        .join(Receivable, Receivable.id == Allocation.receivable_id)
        .join(Customer, Customer.id == Receivable.customer_id)
        .where(visible(tx))
    )


def chosen_payments(customer: Any) -> ColumnElement[bool]:
    """Condition on ``Payment``: of this customer, the latest and those with credit left."""
    one, other = aliased(Payment), aliased(Payment)
    latest = (
        select(one.id)
        .where(one.customer_id == customer)
        .order_by(one.received_on.desc(), one.id.desc())
        .limit(literal_column(str(LATEST)))
    )
    credit = select(other.id).where(other.customer_id == customer, other.unapplied_minor > 0)
    return Payment.id.in_(union(*(each.correlate(customer.table) for each in (latest, credit))))


def _allocations(tx: Tx) -> Select[Any]:
    currencies = Receivable.currency, func.coalesce(Payment.currency, CreditNote.currency)
    return allocated(tx, Allocation, *currencies).order_by(Allocation.recorded_at, Allocation.id)


def _grouped(rows: Any, parent: str) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, parent)].append(row)
    return grouped
