"""Instruments as people read them: pages of everybody's, each customer's and each receivable's, and links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from cartera.db.queries.keyset import Order, Page, Slice, fetch_each
from cartera.db.queries.visibility import Sight, visible
from cartera.db.session import Tx
from cartera.db.statements import constant
from cartera.db.tables.customers import Customer
from cartera.db.tables.instruments import Instrument, InstrumentReceivable
from cartera.db.tables.receivables import Receivable
from cartera.rules.instruments import InstrumentKind, InstrumentRole, InstrumentState
from cartera.rules.money import Money

DUE_ON = (Instrument.due_on, Instrument.id)


@dataclass(frozen=True)
class InstrumentFilter:
    """What a list of instruments is narrowed to; ``None`` and ``False`` narrow nothing.

    ``to_deposit``: in the drawer, and a bank takes it by the business day.
    """

    state: InstrumentState | None = None
    kind: InstrumentKind | None = None
    role: InstrumentRole | None = None
    customer_id: UUID | None = None
    due_from: date | None = None
    due_to: date | None = None
    to_deposit: bool = False
    assigned_to_me: bool = False


@dataclass(frozen=True)
class Totals:
    """Number of instruments and their amounts by currency."""

    count: int = 0
    amount: tuple[Money, ...] = ()


@dataclass(frozen=True)
class Link:
    """How much of an instrument is for a receivable, in minor units of its currency."""

    row: InstrumentReceivable
    receivable: Receivable


async def pages(tx: Tx, customers: Collection[UUID], order: Order, asked: Page) -> dict[UUID, Slice]:
    """The same page of the instruments of each customer."""
    shown = seen(tx, Instrument.id).where(Instrument.customer_id.in_(customers))
    return await fetch_each(tx, Instrument, Instrument.customer_id, shown, order, asked)


async def totals(tx: Tx, narrowed: InstrumentFilter) -> Totals:
    rows = await tx.session.execute(
        seen(tx, Instrument.currency, func.count(), func.sum(Instrument.amount_minor))
        .where(*conditions(tx, narrowed))
        .group_by(Instrument.currency)
        .order_by(Instrument.currency)
    )
    found = rows.all()
    return Totals(
        sum(count for _, count, _ in found),
        tuple(Money(int(amount), currency) for currency, _, amount in found),
    )


async def totals_of(tx: Tx, customers: Collection[UUID]) -> dict[UUID, Totals]:
    """Of the instruments of each customer."""
    rows = await tx.session.execute(
        seen(tx, Instrument.customer_id, Instrument.currency, func.count(), func.sum(Instrument.amount_minor))
        .where(Instrument.customer_id.in_(customers))
        .group_by(Instrument.customer_id, Instrument.currency)
        .order_by(Instrument.currency)
    )
    found: dict[UUID, Totals] = {}
    for customer_id, currency, count, amount in rows:
        known = found.get(customer_id, Totals())
        money = Money(int(amount), currency)
        found[customer_id] = Totals(known.count + count, (*known.amount, money))
    return found


async def of_receivables(tx: Tx, receivables: Collection[UUID]) -> dict[UUID, list[Instrument]]:
    """The instruments that are for each receivable, due first."""
    rows = await tx.session.execute(
        seen(tx, InstrumentReceivable.receivable_id, Instrument)
        .join(InstrumentReceivable, InstrumentReceivable.instrument_id == Instrument.id)
        .where(InstrumentReceivable.receivable_id.in_(receivables))
        .order_by(*DUE_ON)
    )
    grouped: dict[UUID, list[Instrument]] = defaultdict(list)
    for receivable_id, instrument in rows:
        grouped[receivable_id].append(instrument)
    return grouped


async def links(tx: Tx, instruments: Collection[UUID]) -> dict[UUID, list[Link]]:
    """What each instrument is for, due first."""
    rows = await tx.session.execute(
        seen_links(tx, InstrumentReceivable, Receivable)
        .where(InstrumentReceivable.instrument_id.in_(instruments))
        .order_by(Receivable.due_on, Receivable.id)
    )
    grouped: dict[UUID, list[Link]] = defaultdict(list)
    for link, receivable in rows:
        grouped[link.instrument_id].append(Link(link, receivable))
    return grouped


def seen(sight: Sight, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Instrument)
        .join(Customer, Customer.id == Instrument.customer_id)
        .where(visible(sight))
    )


def seen_links(sight: Sight, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(InstrumentReceivable)
        .join(Receivable, Receivable.id == InstrumentReceivable.receivable_id)
        .join(Customer, Customer.id == Receivable.customer_id)
        .where(visible(sight))
    )


def conditions(sight: Sight, narrowed: InstrumentFilter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if narrowed.state is not None:
        wanted.append(Instrument.state == narrowed.state)
    if narrowed.kind is not None:
        wanted.append(Instrument.kind == narrowed.kind)
    if narrowed.role is not None:
        wanted.append(Instrument.role == narrowed.role)
    if narrowed.customer_id is not None:
        wanted.append(Instrument.customer_id == narrowed.customer_id)
    if narrowed.due_from is not None:
        wanted.append(Instrument.due_on >= narrowed.due_from)
    if narrowed.due_to is not None:
        wanted.append(Instrument.due_on <= narrowed.due_to)
    if narrowed.to_deposit:
        wanted.append(Instrument.state == constant(InstrumentState.RECEIVED))
        wanted.append(Instrument.deposit_from <= sight.organization.business_day)
    if narrowed.assigned_to_me:
        wanted.append(Customer.collector_id == sight.actor.member_id)
    return wanted
