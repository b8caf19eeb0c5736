"""The history of assignment: what is added to it, and what a customer was assigned to on a day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, select
from sqlalchemy.orm import InstrumentedAttribute

from cartera.db.base import new_id
from cartera.db.queries.visibility import Sight
from cartera.db.session import Tx, WriteTx
from cartera.db.tables.assignments import FROM_THE_START, Assignment
from cartera.db.tables.customers import Customer
from cartera.db.tables.organizations import Member


def on_day(
    sight: Sight,
    today: InstrumentedAttribute[Any],
    day: date | SQLColumnExpression[Any],
    known_at: datetime | None = None,
) -> ColumnElement[Any]:
    """A column of ``Customer`` as it was at the end of a day: a lookup by customer in the statement's rows.

    ``day`` may be a column of the statement. ``known_at`` leaves out what was assigned after that instant.
    Of the business day, and of days to come, it is the customer's own column.
    """
    if known_at is None and isinstance(day, date) and day >= sight.organization.business_day:
        return today.expression
    then = getattr(Assignment, today.key)
    told = select(then).where(Assignment.customer_id == Customer.id, Assignment.valid_from <= day)
    if known_at is not None:
        told = told.where(Assignment.recorded_at <= known_at)
    newest = (Assignment.valid_from.desc(), Assignment.id.desc())
    return told.order_by(*newest).limit(1).scalar_subquery()


def begin_history(tx: WriteTx, customer: Customer) -> None:
    """The first row of a new customer; imports add theirs in sets (``imports_sql.BEGIN_HISTORIES``)."""
    _add(tx, customer, customer.id, FROM_THE_START)


def add_history(tx: WriteTx, customer: Customer) -> None:
    """Keep what a customer is assigned to from today on, under the account's lock."""
    _add(tx, customer, new_id(), tx.today)


def _add(tx: WriteTx, customer: Customer, row_id: UUID, valid_from: date) -> None:
    tx.session.add(
        Assignment(
            organization_id=tx.organization_id,
            id=row_id,
            customer_id=customer.id,
            valid_from=valid_from,
            collector_id=customer.collector_id,
            salesperson_id=customer.salesperson_id,
            segment=customer.segment,
            recorded_at=tx.now,
            actor=str(tx.actor),
        )
    )


async def locked_customers(tx: WriteTx, customers: Collection[UUID]) -> list[Customer]:
    """These customers as they are now, by id, for whoever holds their accounts' locks."""
    return list(
        await tx.session.scalars(
            select(Customer)
            .where(Customer.id.in_(customers))
            .order_by(Customer.id)
            .execution_options(populate_existing=True)
        )
    )


async def active_member(tx: Tx, member_id: UUID) -> Member | None:
    """A member who may enter."""
    return await tx.session.scalar(select(Member).where(Member.id == member_id, Member.is_active))
