"""Cheques and promissory notes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import strawberry

from api.context import Info
from api.schema import cursors, ids
from api.schema.collector import receivables, sources
from api.schema.collector.fields import column, money
from api.schema.collector.lazy import LazyCustomer, LazyPayment, LazyReceivable
from api.schema.collector.nodes import Connection, Edge, Money, Node
from api.schema.permissions import needs, reads_from
from api.schema.scalars import Decimal, plain
from api.selection.kinds import Here
from api.selection.lists import Asked, CountOf, Edges, Sums
from api.selection.reading import Reading
from api.selection.relations import Many
from api.selection.tree import READS
from cartera.db.queries import instrument_lists as queries
from cartera.db.queries import rows
from cartera.db.queries.keyset import Order, Slice
from cartera.db.tables import instruments as tables
from cartera.db.tables import payments as payment_tables
from cartera.db.tables.receivables import Receivable as Debt
from cartera.rules.instruments import BounceReason, InstrumentKind, InstrumentRole, InstrumentState
from cartera.rules.permissions import Scope


@strawberry.type(description="A receivable that an instrument is for, and how much of it.")
class InstrumentLink:
    row: strawberry.Private[tables.InstrumentReceivable]
    debt: strawberry.Private[Debt]
    amount: Money = money(tables.InstrumentReceivable.amount_minor, Debt.currency)

    @property
    def currency(self) -> str:
        return self.debt.currency

    @reads_from(Here())
    def receivable(self, info: Info) -> LazyReceivable:
        return receivables.Receivable.of(self.debt, info.context.today)


@strawberry.type(description="A cheque or promissory note that pays or secures receivables; adds no balance.")
class Instrument(Node):
    identified_by: ClassVar[Any] = tables.Instrument.id
    row: strawberry.Private[tables.Instrument]
    kind: InstrumentKind = column(tables.Instrument.kind, InstrumentKind)
    role: InstrumentRole = column(tables.Instrument.role, InstrumentRole)
    state: InstrumentState = column(tables.Instrument.state, InstrumentState)
    number: str = column(tables.Instrument.number)
    bank: str | None = column(tables.Instrument.bank)
    drawer_name: str | None = column(tables.Instrument.drawer_name)
    amount: Money = money(tables.Instrument.amount_minor, tables.Instrument.currency)
    issued_on: date = column(tables.Instrument.issued_on)
    due_on: date = column(tables.Instrument.due_on)
    deposit_from: date = column(
        tables.Instrument.deposit_from, description="The first banking day on which it can be deposited."
    )
    pauses_until: date = column(
        tables.Instrument.pauses_until,
        description="Until this day one in hand that pays keeps its receivables from being chased.",
    )
    received_on: date = column(tables.Instrument.received_on)
    deposited_on: date | None = column(tables.Instrument.deposited_on)
    cleared_on: date | None = column(tables.Instrument.cleared_on)
    bounced_on: date | None = column(tables.Instrument.bounced_on)
    bounce_reason: BounceReason | None = column(tables.Instrument.bounce_reason, BounceReason)
    recorded_at: datetime = column(tables.Instrument.recorded_at)

    @classmethod
    def of(cls, row: tables.Instrument) -> Instrument:
        return cls(key=row.id, row=row)

    @needs(Scope.CUSTOMERS_READ, reads=sources.customer(tables.Instrument.customer_id))
    async def customer(self, info: Info) -> LazyCustomer:
        # Imported here because a customer refers to its instruments.
        from api.schema.collector.customers import customer_of

        return await customer_of(info, self.row.customer_id)

    @needs(
        Scope.RECEIVABLES_READ,
        "What it is for, due first.",
        reads=Many(
            sources.INSTRUMENT_LINKS,
            on=tables.InstrumentReceivable.instrument_id,
            key=tables.Instrument.id,
            order=(Debt.due_on, Debt.id),
        ),
    )
    async def links(self, info: Info) -> list[InstrumentLink]:
        found = await info.context.load(queries.links, self.key) or []
        return [InstrumentLink(row=link.row, debt=link.receivable) for link in found]

    @needs(
        Scope.PAYMENTS_READ,
        "What was booked at its latest deposit.",
        reads=sources.payment(tables.Instrument.payment_id),
    )
    async def payment(self, info: Info) -> LazyPayment | None:
        # Imported here because payments show receivables, which show their instruments.
        from api.schema.collector.payments import Payment

        if self.row.payment_id is None:
            return None
        found = await info.context.load(rows.by_ids, self.row.payment_id, payment_tables.Payment)
        return Payment.of(found) if found else None

    @needs(
        Scope.RECEIVABLES_READ,
        "The debt that it has become, where it was substituted.",
        reads=sources.receivable(tables.Instrument.substitute_receivable_id),
    )
    async def substitute(self, info: Info) -> LazyReceivable | None:
        key = self.row.substitute_receivable_id
        found = await info.context.load(rows.by_ids, key, Debt) if key else None
        return receivables.Receivable.of(found, info.context.today) if found else None


@strawberry.type(description="What a bounced cheque costs its drawer: an amount, or a percentage of it.")
class InstrumentPolicy:
    bounce_fee: Money | None
    bounce_percent: Decimal | None
    source: str = strawberry.field(description="The law or agreement that the fee rests on.")

    @classmethod
    def of(cls, row: tables.InstrumentPolicy) -> InstrumentPolicy:
        percent = row.fee_percent
        return cls(
            bounce_fee=Money.of(row.fee_minor, row.fee_currency)
            if row.fee_minor is not None and row.fee_currency is not None
            else None,
            bounce_percent=plain(percent),
            source=row.source,
        )


@strawberry.input
class InstrumentFilter:
    state: InstrumentState | None = None
    kind: InstrumentKind | None = None
    role: InstrumentRole | None = None
    customer_id: strawberry.ID | None = None
    due_from: date | None = None
    due_to: date | None = None
    to_deposit: bool | None = strawberry.field(
        default=None, description="In our hands, never deposited, and a bank takes it by today."
    )
    assigned_to_me: bool | None = None


@strawberry.type
class InstrumentEdge(Edge):
    node: Instrument = strawberry.field(metadata={READS: Here()})


@strawberry.type
class InstrumentConnection(Connection):
    # Whose list it is, where it hangs on a customer of a page: its sums are then read with the others'.
    owner: strawberry.Private[UUID | None] = None

    @reads_from(Edges())
    def edges(self) -> list[InstrumentEdge]:
        return [
            InstrumentEdge(cursor=cursor, node=Instrument.of(row[0])) for cursor, row in self.reading.walked()
        ]

    @needs(Scope.INSTRUMENTS_READ, reads=CountOf())
    async def total_count(self, info: Info) -> int:
        return (await self._totals(info)).count

    @needs(
        Scope.INSTRUMENTS_READ,
        "Their amounts, by currency.",
        reads=Sums(tables.Instrument.currency, tables.Instrument.amount_minor),
    )
    async def totals(self, info: Info) -> list[Money]:
        return Money.each((await self._totals(info)).amount)

    async def _totals(self, info: Info) -> queries.Totals:
        if self.owner is not None:
            return await info.context.load(queries.totals_of, self.owner) or queries.Totals()
        async with info.context.read() as tx:
            return await queries.totals(tx, self.narrowed)


# What is due first leads the list of everybody's; a customer's begins with the latest.
BY_DUE_DATE = Order("instrument.DUE_ON", queries.DUE_ON)
LATEST_FIRST = Order("instrument.DUE_ON", queries.DUE_ON, descending=True)


def narrowed_by(filter: InstrumentFilter | None) -> queries.InstrumentFilter:
    """Raises NotFound for a customer's id that is none."""
    if filter is None:
        return queries.InstrumentFilter()
    customer_id = filter.customer_id
    return queries.InstrumentFilter(
        state=filter.state,
        kind=filter.kind,
        role=filter.role,
        customer_id=ids.decode(customer_id, "Customer", "customerId") if customer_id else None,
        due_from=filter.due_from,
        due_to=filter.due_to,
        to_deposit=bool(filter.to_deposit),
        assigned_to_me=bool(filter.assigned_to_me),
    )


def asked_inside(**page: Any) -> Asked:
    """What a customer's list is asked for. Raises Refused."""
    return Asked(queries.InstrumentFilter(), LATEST_FIRST, cursors.page(LATEST_FIRST, **page))


async def instruments_of(info: Info, customer: UUID, **page: Any) -> InstrumentConnection:
    asked = asked_inside(**page)
    found = await info.context.load(queries.pages, customer, asked.order, asked.page)
    return InstrumentConnection(reading=Reading(sources.INSTRUMENTS, asked, found or Slice()), owner=customer)
