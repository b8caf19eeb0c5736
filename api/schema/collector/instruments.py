"""Cheques and promissory notes."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.schema import cursors, ids
from api.schema.collector import customers, receivables
from api.schema.collector.lazy import LazyCustomer, LazyPayment, LazyReceivable
from api.schema.collector.nodes import Money, Node, PageInfo
from api.schema.permissions import needs
from api.schema.scalars import Decimal, plain
from cartera.db.queries import instrument_lists as queries
from cartera.db.queries import rows
from cartera.db.queries.keyset import Order, Slice
from cartera.db.tables import instruments as tables
from cartera.db.tables import payments as payment_tables
from cartera.db.tables import receivables as receivable_tables
from cartera.rules.instruments import BounceReason, InstrumentKind, InstrumentRole, InstrumentState
from cartera.rules.permissions import Scope


@strawberry.type(description="A receivable that an instrument is for, and how much of it.")
class InstrumentLink:
    row: strawberry.Private[receivable_tables.Receivable]
    amount: Money

    @strawberry.field
    def receivable(self, info: Info) -> LazyReceivable:
        return receivables.Receivable.of(self.row, info.context.today)


@strawberry.type(description="A cheque or promissory note that pays or secures receivables; adds no balance.")
class Instrument(Node):
    customer_key: strawberry.Private[UUID]
    payment_key: strawberry.Private[UUID | None]
    substitute_key: strawberry.Private[UUID | None]
    kind: InstrumentKind
    role: InstrumentRole
    state: InstrumentState
    number: str
    bank: str | None
    drawer_name: str | None
    amount: Money
    issued_on: date
    due_on: date
    deposit_from: date = strawberry.field(description="The first banking day on which it can be deposited.")
    pauses_until: date = strawberry.field(
        description="Until this day one in hand that pays keeps its receivables from being chased."
    )
    received_on: date
    deposited_on: date | None
    cleared_on: date | None
    bounced_on: date | None
    bounce_reason: BounceReason | None
    recorded_at: datetime

    @classmethod
    def of(cls, row: tables.Instrument) -> Instrument:
        return cls(
            key=row.id,
            customer_key=row.customer_id,
            payment_key=row.payment_id,
            substitute_key=row.substitute_receivable_id,
            kind=InstrumentKind(row.kind),
            role=InstrumentRole(row.role),
            state=InstrumentState(row.state),
            number=row.number,
            bank=row.bank,
            drawer_name=row.drawer_name,
            amount=Money.of(row.amount_minor, row.currency),
            issued_on=row.issued_on,
            due_on=row.due_on,
            deposit_from=row.deposit_from,
            pauses_until=row.pauses_until,
            received_on=row.received_on,
            deposited_on=row.deposited_on,
            cleared_on=row.cleared_on,
            bounced_on=row.bounced_on,
            bounce_reason=BounceReason(row.bounce_reason) if row.bounce_reason else None,
            recorded_at=row.recorded_at,
        )

    @needs(Scope.CUSTOMERS_READ)
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.customer_key)

    @needs(Scope.RECEIVABLES_READ, "What it is for, due first.")
    async def links(self, info: Info) -> list[InstrumentLink]:
        found = await info.context.load(queries.links, self.key) or []
        return [
            InstrumentLink(row=link.receivable, amount=Money.of(link.amount_minor, link.receivable.currency))
            for link in found
        ]

    @needs(Scope.PAYMENTS_READ, "What was booked at its latest deposit.")
    async def payment(self, info: Info) -> LazyPayment | None:
        # Imported here because payments show receivables, which show their instruments.
        from api.schema.collector.payments import Payment

        if self.payment_key is None:
            return None
        found = await info.context.load(rows.by_ids, self.payment_key, payment_tables.Payment)
        return Payment.of(found) if found else None

    @needs(Scope.RECEIVABLES_READ, "The debt that it has become, where it was substituted.")
    async def substitute(self, info: Info) -> LazyReceivable | None:
        if self.substitute_key is None:
            return None
        found = await info.context.load(rows.by_ids, self.substitute_key, receivable_tables.Receivable)
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
class InstrumentEdge:
    cursor: str
    node: Instrument


@strawberry.type
class InstrumentConnection:
    found: strawberry.Private[Slice]
    order: strawberry.Private[Order]
    narrowed: strawberry.Private[queries.InstrumentFilter]
    # Whose list it is, where it hangs on a customer of a page: its sums are then read with the others'.
    owner: strawberry.Private[UUID | None]

    @strawberry.field
    def edges(self) -> list[InstrumentEdge]:
        return [
            InstrumentEdge(cursor=cursors.encode(self.order, key), node=Instrument.of(row[0]))
            for row, key in zip(self.found.rows, self.found.keys, strict=True)
        ]

    @strawberry.field
    def page_info(self) -> PageInfo:
        return PageInfo.of(self.found, self.order)

    @needs(Scope.INSTRUMENTS_READ)
    async def total_count(self, info: Info) -> int:
        return (await self._totals(info)).count

    @needs(Scope.INSTRUMENTS_READ, "Their amounts, by currency.")
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


async def instruments_of(
    info: Info, customer: UUID, first: int | None, after: str | None
) -> InstrumentConnection:
    page = cursors.page(LATEST_FIRST, first, after)
    found = await info.context.load(queries.pages, customer, LATEST_FIRST, page)
    nothing = queries.InstrumentFilter()
    return InstrumentConnection(found=found or Slice(), order=LATEST_FIRST, narrowed=nothing, owner=customer)
