"""Receivables and their story."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

import strawberry

from api.context import Info
from api.schema import cursors, ids
from api.schema.collector import ages, facts, sources
from api.schema.collector.fields import column, money
from api.schema.collector.lazy import LazyCharge, LazyCustomer, LazyDispute, LazyInstrument, LazyReceivable
from api.schema.collector.nodes import Connection, Edge, Money, Node
from api.schema.enums import Direction
from api.schema.permissions import needs, reads_from
from api.schema.scalars import CurrencyCode
from api.selection.kinds import Here, MoneyOf, Told
from api.selection.lists import Asked, CountOf, Edges, Sums
from api.selection.reading import Reading
from api.selection.relations import Many, Source
from api.selection.tree import READS
from cartera.db.queries import disputes, instrument_lists, metrics, rows
from cartera.db.queries import receivables as queries
from cartera.db.queries.keyset import Order, Slice
from cartera.db.queries.receivables import Facts
from cartera.db.tables import receivables as tables
from cartera.db.tables.charges import Charge as ChargeRow
from cartera.db.tables.disputes import Dispute as Contested
from cartera.db.tables.instruments import InstrumentReceivable
from cartera.errors import NotFound
from cartera.rules.aging import AgingBucket, bucket_of
from cartera.rules.permissions import Scope
from cartera.rules.receivables import EntryKind, ReceivableKind, ReceivableState


@strawberry.type(description="One line of a receivable's story; nothing in it is ever edited.")
class Entry(Node):
    identified_by: ClassVar[Any] = tables.Entry.id
    row: strawberry.Private[tables.Entry]
    kind: EntryKind = column(tables.Entry.kind, EntryKind)
    amount: Money = money(
        tables.Entry.amount_minor,
        tables.Entry.currency,
        description="What it adds to the balance; negative where it lowers it.",
    )
    effective_on: date = column(tables.Entry.effective_on)
    recorded_at: datetime = column(tables.Entry.recorded_at)
    tax_document_needed: bool = column(tables.Entry.tax_document_needed)
    note: str | None = column(tables.Entry.note)

    @classmethod
    def of(cls, row: tables.Entry) -> Entry:
        return cls(key=row.id, row=row)

    @reads_from(
        Told(ages.happened_on),
        "When it really happened: earlier than effectiveOn where that period was closed, and of what was"
        " never owed.",
    )
    def value_on(self) -> date:
        return self.row.value_on or self.row.effective_on

    @needs(Scope.RECEIVABLES_READ, reads=sources.receivable(tables.Entry.receivable_id))
    async def receivable(self, info: Info) -> LazyReceivable:
        found = await info.context.load(rows.by_ids, self.row.receivable_id, tables.Receivable)
        if found is None:
            raise NotFound("receivable")
        return Receivable.of(found, info.context.today)


@strawberry.type(description="An original debt.")
class Receivable(Node):
    identified_by: ClassVar[Any] = tables.Receivable.id
    row: strawberry.Private[tables.Receivable]
    # The organization's business day.
    today: strawberry.Private[date]
    external_id: str = column(tables.Receivable.external_id)
    number: str = column(tables.Receivable.number)
    kind: ReceivableKind = column(tables.Receivable.kind, ReceivableKind)
    issued_on: date = column(tables.Receivable.issued_on)
    due_on: date = column(tables.Receivable.due_on)
    amount: Money = money(tables.Receivable.amount_minor, tables.Receivable.currency)
    charges: Money = money(tables.Receivable.charges_minor, tables.Receivable.currency)
    settled: Money = money(tables.Receivable.settled_minor, tables.Receivable.currency)
    balance: Money = money(tables.Receivable.balance_minor, tables.Receivable.currency)
    state: ReceivableState = column(tables.Receivable.state, ReceivableState)
    settled_on: date | None = column(tables.Receivable.settled_on)
    product_line: str | None = column(tables.Receivable.product_line)
    sales_group: str | None = column(tables.Receivable.sales_group)
    purchase_order: str | None = column(tables.Receivable.purchase_order)

    @classmethod
    def of(cls, row: tables.Receivable, today: date) -> Receivable:
        return cls(key=row.id, row=row, today=today)

    @reads_from(Told(ages.is_overdue))
    def is_overdue(self) -> bool:
        return self.row.balance_minor > 0 and self.row.overdue_from <= self.today

    @reads_from(Told(ages.days_overdue))
    def days_overdue(self) -> int:
        return (self.today - self.row.due_on).days if self.is_overdue() else 0

    @reads_from(Told(ages.aging_bucket, AgingBucket))
    def aging_bucket(self) -> AgingBucket:
        is_open = self.row.balance_minor > 0
        return (
            bucket_of(self.row.due_on, self.row.overdue_from, self.today) if is_open else AgingBucket.CURRENT
        )

    @needs(Scope.CUSTOMERS_READ, reads=sources.customer(tables.Receivable.customer_id))
    async def customer(self, info: Info) -> LazyCustomer:
        # Imported here because a customer refers to its receivables.
        from api.schema.collector.customers import customer_of

        return await customer_of(info, self.row.customer_id)

    @needs(Scope.RECEIVABLES_READ, reads=Told(facts.is_disputed))
    async def is_disputed(self, info: Info) -> bool:
        return (await self._facts(info)).is_disputed

    @needs(Scope.RECEIVABLES_READ, reads=Told(facts.is_promised))
    async def is_promised(self, info: Info) -> bool:
        return (await self._facts(info)).is_promised

    @needs(Scope.RECEIVABLES_READ, reads=Told(facts.is_on_hold))
    async def is_on_hold(self, info: Info) -> bool:
        return (await self._facts(info)).is_on_hold

    @needs(Scope.RECEIVABLES_READ, "Whether an active plan is about it.", reads=Told(facts.is_in_plan))
    async def is_in_plan(self, info: Info) -> bool:
        return (await self._facts(info)).is_in_plan

    @needs(
        Scope.RECEIVABLES_READ,
        "By business day.",
        reads=Many(
            Source.of(tables.Entry),
            on=tables.Entry.receivable_id,
            key=tables.Receivable.id,
            order=(tables.Entry.effective_on, tables.Entry.recorded_at, tables.Entry.id),
        ),
    )
    async def entries(self, info: Info) -> list[Entry]:
        return [Entry.of(row) for row in await info.context.load(rows.entries, self.key) or []]

    @needs(
        Scope.RECEIVABLES_READ,
        "Interest and cost line by line, in the order in which they mature.",
        reads=Many(
            Source.of(ChargeRow),
            on=ChargeRow.receivable_id,
            key=tables.Receivable.id,
            order=(ChargeRow.due_on, ChargeRow.id),
        ),
    )
    async def charge_lines(self, info: Info) -> list[LazyCharge]:
        # Imported here because a charge refers to its receivable.
        from api.schema.collector.charges import Charge

        return [Charge.of(row) for row in await info.context.load(rows.charges, self.key) or []]

    @needs(
        Scope.INSTRUMENTS_READ,
        "Cheques and notes that are to pay it or secure it, due first.",
        reads=Many(
            sources.LINKED_INSTRUMENTS,
            on=InstrumentReceivable.receivable_id,
            key=tables.Receivable.id,
            order=instrument_lists.DUE_ON,
        ),
    )
    async def instruments(self, info: Info) -> list[LazyInstrument]:
        # Imported here because an instrument refers to its receivables.
        from api.schema.collector.instruments import Instrument

        found = await info.context.load(instrument_lists.of_receivables, self.key) or []
        return [Instrument.of(row) for row in found]

    @needs(
        Scope.RECEIVABLES_READ,
        "The latest first.",
        reads=Many(
            Source.of(Contested),
            on=Contested.receivable_id,
            key=tables.Receivable.id,
            order=(Contested.created_at.desc(), Contested.id.desc()),
        ),
    )
    async def disputes(self, info: Info) -> list[LazyDispute]:
        # Imported here because a dispute refers to its receivable.
        from api.schema.collector.disputes import Dispute

        return [Dispute.of(row) for row in await info.context.load(disputes.of_receivables, self.key) or []]

    async def _facts(self, info: Info) -> Facts:
        return await info.context.load(queries.facts, self.key) or Facts(*[False] * 4)


@strawberry.input
class ReceivableFilter:
    customer_id: strawberry.ID | None = None
    open_only: bool | None = None
    overdue_only: bool | None = None
    aging_bucket: AgingBucket | None = None
    currency_code: CurrencyCode | None = None
    due_from: date | None = None
    due_to: date | None = None


@strawberry.enum
class ReceivableOrderField(Enum):
    DUE_ON = "due_on"
    ISSUED_ON = "issued_on"


_COLUMNS = {
    ReceivableOrderField.DUE_ON: queries.DUE_ON,
    ReceivableOrderField.ISSUED_ON: queries.ISSUED_ON,
}


@strawberry.input
class ReceivableOrder:
    field: ReceivableOrderField
    direction: Direction


@strawberry.type
class ReceivableEdge(Edge):
    balance_as_of: Money = strawberry.field(
        description="What was open on the day that the list is of: a figure's day, or today. "
        "The node is always as it is today.",
        metadata={READS: MoneyOf(tables.Receivable.balance_minor, tables.Receivable.currency)},
    )
    node: Receivable = strawberry.field(metadata={READS: Here()})


@strawberry.type(
    description="Sums over all receivables of the list, one per currency; balances on the day the list is of."
)
class ReceivableTotals:
    amount: list[Money]
    balance: list[Money]


@strawberry.type
class ReceivableConnection(Connection):
    # Whose list it is, where it hangs on a customer of a page: its sums are then read with the others'.
    owner: strawberry.Private[UUID | None] = None

    @reads_from(Edges())
    def edges(self, info: Info) -> list[ReceivableEdge]:
        # What is behind a figure comes with what was open on the figure's day.
        is_figure = isinstance(self.narrowed, metrics.Behind)
        return [
            ReceivableEdge(
                cursor=cursor,
                balance_as_of=Money.of(row[1] if is_figure else row[0].balance_minor, row[0].currency),
                node=Receivable.of(row[0], info.context.today),
            )
            for cursor, row in self.reading.walked()
        ]

    @needs(Scope.RECEIVABLES_READ, reads=CountOf())
    async def total_count(self, info: Info) -> int:
        return (await self._totals(info)).count

    @needs(
        Scope.RECEIVABLES_READ,
        reads=Sums(
            tables.Receivable.currency,
            fields={"amount": tables.Receivable.amount_minor, "balance": tables.Receivable.balance_minor},
        ),
    )
    async def totals(self, info: Info) -> ReceivableTotals:
        found = await self._totals(info)
        return ReceivableTotals(amount=Money.each(found.amount), balance=Money.each(found.balance))

    async def _totals(self, info: Info) -> queries.Totals:
        if isinstance(self.narrowed, metrics.Behind):
            found = await info.context.load(metrics.totals_behind, self.narrowed)
        else:
            found = await info.context.load(queries.totals, self.owner, self.narrowed)
        return found or queries.Totals()


def narrowed_by(filter: ReceivableFilter | None) -> queries.ReceivableFilter:
    """Raises NotFound for a customer's id that is none."""
    if filter is None:
        return queries.ReceivableFilter()
    customer_id = filter.customer_id
    return queries.ReceivableFilter(
        customer_id=ids.decode(customer_id, "Customer", "customerId") if customer_id else None,
        open_only=bool(filter.open_only),
        overdue_only=bool(filter.overdue_only),
        bucket=filter.aging_bucket,
        currency=filter.currency_code,
        due_from=filter.due_from,
        due_to=filter.due_to,
    )


def ordered_by(order_by: ReceivableOrder | None) -> Order:
    """The oldest due date first, unless asked otherwise."""
    field = order_by.field if order_by else ReceivableOrderField.DUE_ON
    descending = order_by is not None and order_by.direction is Direction.DESC
    return Order(f"receivable.{field.name}", _COLUMNS[field], descending)


def asked_of(
    filter: ReceivableFilter | None = None, order_by: ReceivableOrder | None = None, **page: Any
) -> Asked:
    """What a list's arguments ask for. Raises Refused."""
    order = ordered_by(order_by)
    return Asked(narrowed_by(filter), order, cursors.page(order, **page))


async def receivables_of(info: Info, customer: UUID, **arguments: Any) -> ReceivableConnection:
    asked = asked_of(**arguments)
    found = await info.context.load(queries.pages, customer, asked.narrowed, asked.order, asked.page)
    return ReceivableConnection(reading=Reading(sources.RECEIVABLES, asked, found or Slice()), owner=customer)
