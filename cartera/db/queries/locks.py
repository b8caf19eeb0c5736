"""The one place that locks rows, in the one order: account rows, then payments, then receivables, by id.

Whoever follows this order cannot deadlock with anybody else who does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from cartera.db.queries.visibility import visible
from cartera.db.session import WriteTx
from cartera.db.tables.accounts import Account
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Receivable
from cartera.errors import NotFound

# A statement takes 32,767 values.
_BATCH = 10_000

_Noun = TypeVar("_Noun", Payment, Receivable)


@dataclass(frozen=True)
class Locked:
    """The locked rows, by id, as they are now."""

    accounts: dict[UUID, Account]
    payments: dict[UUID, Payment]
    receivables: dict[UUID, Receivable]


async def lock(
    tx: WriteTx,
    *,
    customers: Collection[UUID],
    payments: Collection[UUID] = (),
    receivables: Collection[UUID] = (),
    named_in: str = "receivableIds",
) -> Locked:
    """Lock rows for the rest of the transaction and read them afresh.

    Every payment and receivable must belong to one of ``customers``. Raises NotFound for a row that does
    not exist, is not in the actor's sight, or belongs to another customer; for a receivable at the input's
    field ``named_in``.
    """
    await _require_visible(tx, set(customers))
    await add_accounts(tx, customers)
    accounts = await tx.session.scalars(
        select(Account)
        .where(Account.customer_id.in_(set(customers)))
        .order_by(Account.customer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    locked_accounts = {row.customer_id: row for row in accounts}
    return Locked(
        locked_accounts,
        await _locked(tx, Payment, payments, customers, "paymentId"),
        await _locked(tx, Receivable, receivables, customers, named_in),
    )


async def _locked(
    tx: WriteTx, noun: type[_Noun], ids: Collection[UUID], customers: Collection[UUID], path: str
) -> dict[UUID, _Noun]:
    if not ids:
        return {}
    rows = await tx.session.scalars(
        select(noun)
        .where(noun.id.in_(set(ids)), noun.customer_id.in_(set(customers)))
        .order_by(noun.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {row.id: row for row in rows}
    if set(ids) - found.keys():
        raise NotFound(noun.__tablename__, path)
    return found


async def lock_many(tx: WriteTx, customers: Collection[UUID]) -> None:
    """Lock the account rows of thousands of customers, by id, for work that goes on in sets.

    For the system and those who see the whole organization: visibility is not asked customer by customer.
    """
    ids = sorted(set(customers))
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        await add_accounts(tx, batch)
        await tx.session.execute(
            select(Account.customer_id)
            .where(Account.customer_id.in_(batch))
            .order_by(Account.customer_id)
            .with_for_update()
        )


async def _require_visible(tx: WriteTx, customers: set[UUID]) -> None:
    seen = await tx.session.scalars(select(Customer.id).where(Customer.id.in_(customers), visible(tx)))
    if customers - set(seen):
        raise NotFound("customer", "customerId")


async def add_accounts(tx: WriteTx, customers: Collection[UUID]) -> None:
    """Give customers that have none their account row: blank, to be locked and then refreshed."""
    if not customers:
        return
    blank: dict[str, Any] = {
        "collector_id": None,
        "business_day": tx.organization.business_day,
        "balance_minor": 0,
        "overdue_minor": 0,
        "unapplied_minor": 0,
        "lacks_rate": False,
        "open_count": 0,
        "overdue_count": 0,
        "matured_count": 0,
        "late_count": 0,
        "late_days": 0,
        "delay_days": 0,
        "priority": 0,
        "reasons": [],
        "due_rank": 0,
        "due_now": False,
        "refreshed_at": tx.now,
    }
    # One set of values, whatever the number of customers: thousands of them are compiled in no time.
    values = [literal(value, Account.__table__.c[name].type) for name, value in blank.items()]
    wanted = any_(bindparam("wanted", sorted(set(customers)), ARRAY(Uuid())))
    await tx.session.execute(
        insert(Account)
        .from_select(
            ["organization_id", "customer_id", *blank],
            select(Customer.organization_id, Customer.id, *values).where(
                Customer.organization_id == tx.organization_id, Customer.id == wanted
            ),
        )
        .on_conflict_do_nothing(index_elements=["organization_id", "customer_id"])
    )
