"""Receivables and their story."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from uuid import UUID

import strawberry

from api.context import Info
from api.schema import cursors, ids
from api.schema.collector.lazy import LazyCharge, LazyCustomer, LazyDispute, LazyInstrument, LazyReceivable
from api.schema.collector.nodes import Money, Node, PageInfo
from api.schema.enums import Direction
from api.schema.permissions import needs
from api.schema.scalars import CurrencyCode
from cartera.db.queries import disputes, instrument_lists, metrics, rows
from cartera.db.queries import receivables as queries
from cartera.db.queries.keyset import Order, Slice
from cartera.db.queries.receivables import Facts
from cartera.db.tables import receivables as tables
from cartera.errors import NotFound
from cartera.rules.aging import AgingBucket, bucket_of
from cartera.rules.permissions import Scope
from cartera.rules.receivables import EntryKind, ReceivableKind, ReceivableState


@strawberry.type(description="One line of a receivable's story; nothing in it is ever edited.")
class Entry(Node):
    receivable_key: strawberry.Private[UUID]
    kind: EntryKind
    amount: Money = strawberry.field(description="What it adds to the balance; negative where it lowers it.")
    effective_on: date
    value_on: date = strawberry.field(
        description="When it really happened: earlier than effectiveOn where that period was closed, and of"
        " what was never owed."
    )
    recorded_at: datetime
    tax_document_needed: bool
    note: str | None

    @classmethod
    def of(cls, row: tables.Entry) -> Entry:
        return cls(
            key=row.id,
            receivable_key=row.receivable_id,
            kind=EntryKind(row.kind),
            amount=Money.of(row.amount_minor, row.currency),
            effective_on=row.effective_on,
            value_on=row.value_on or row.effective_on,
            tax_document_needed=row.tax_document_needed,
            recorded_at=row.recorded_at,
            note=row.note,
        )

    @needs(Scope.RECEIVABLES_READ)
    async def receivable(self, info: Info) -> LazyReceivable:
        found = await info.context.load(rows.by_ids, self.receivable_key, tables.Receivable)
        if found is None:
            raise NotFound("receivable")
        return Receivable.of(found, info.context.today)


@strawberry.type(description="An original debt.")
class Receivable(Node):
    customer_key: strawberry.Private[UUID]
    external_id: str
    number: str
    kind: ReceivableKind
    issued_on: date
    due_on: date
    days_overdue: int
    is_overdue: bool
    aging_bucket: AgingBucket
    amount: Money
    charges: Money
    settled: Money
    balance: Money
    state: ReceivableState
    settled_on: date | None
    product_line: str | None
    sales_group: str | None
    purchase_order: str | None

    @classmethod
    def of(cls, row: tables.Receivable, today: date) -> Receivable:
        """``today``: the organization's business day."""
        is_open = row.balance_minor > 0
        is_overdue = is_open and row.overdue_from <= today
        bucket = bucket_of(row.due_on, row.overdue_from, today) if is_open else AgingBucket.CURRENT
        return cls(
            key=row.id,
            customer_key=row.customer_id,
            external_id=row.external_id,
            number=row.number,
            kind=ReceivableKind(row.kind),
            issued_on=row.issued_on,
            due_on=row.due_on,
            days_overdue=(today - row.due_on).days if is_overdue else 0,
            is_overdue=is_overdue,
            aging_bucket=bucket,
            amount=Money.of(row.amount_minor, row.currency),
            charges=Money.of(row.charges_minor, row.currency),
            settled=Money.of(row.settled_minor, row.currency),
            balance=Money.of(row.balance_minor, row.currency),
            state=ReceivableState(row.state),
            settled_on=row.settled_on,
            product_line=row.product_line,
            sales_group=row.sales_group,
            purchase_order=row.purchase_order,
        )

    @needs(Scope.CUSTOMERS_READ)
    async def customer(self, info: Info) -> LazyCustomer:
        # Imported here because a customer refers to its receivables.
        from api.schema.collector.customers import customer_of

        return await customer_of(info, self.customer_key)

    @needs(Scope.RECEIVABLES_READ)
    async def is_disputed(self, info: Info) -> bool:
        return (await self._facts(info)).is_disputed

    @needs(Scope.RECEIVABLES_READ)
    async def is_promised(self, info: Info) -> bool:
        return (await self._facts(info)).is_promised

    @needs(Scope.RECEIVABLES_READ)
    async def is_on_hold(self, info: Info) -> bool:
        return (await self._facts(info)).is_on_hold

    @needs(Scope.RECEIVABLES_READ, "Whether an active plan is about it.")
    async def is_in_plan(self, info: Info) -> bool:
        return (await self._facts(info)).is_in_plan

    @needs(Scope.RECEIVABLES_READ, "By business day.")
    async def entries(self, info: Info) -> list[Entry]:
        return [Entry.of(row) for row in await info.context.load(rows.entries, self.key) or []]

    @needs(Scope.RECEIVABLES_READ, "Interest and cost line by line, in the order in which they mature.")
    async def charge_lines(self, info: Info) -> list[LazyCharge]:
        # Imported here because a charge refers to its receivable.
        from api.schema.collector.charges import Charge

        return [Charge.of(row) for row in await info.context.load(rows.charges, self.key) or []]

    @needs(Scope.INSTRUMENTS_READ, "Cheques and notes that are to pay it or secure it, due first.")
    async def instruments(self, info: Info) -> list[LazyInstrument]:
        # Imported here because an instrument refers to its receivables.
        from api.schema.collector.instruments import Instrument

        found = await info.context.load(instrument_lists.of_receivables, self.key) or []
        return [Instrument.of(row) for row in found]

    @needs(Scope.RECEIVABLES_READ, "The latest first.")
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
class ReceivableEdge:
    cursor: str
    balance_as_of: Money = strawberry.field(
        description="What was open on the day that the list is of: a figure's day, or today. "
        "The node is always as it is today."
    )
    node: Receivable


@strawberry.type(
    description="Sums over all receivables of the list, one per currency; balances on the day the list is of."
)
class ReceivableTotals:
    amount: list[Money]
    balance: list[Money]


@strawberry.type
class ReceivableConnection:
    found: strawberry.Private[Slice]
    order: strawberry.Private[Order]
    # What is behind a figure comes with what was open on the figure's day.
    narrowed: strawberry.Private[queries.ReceivableFilter | metrics.Behind]
    # Whose list it is, where it hangs on a customer of a page: its sums are then read with the others'.
    owner: strawberry.Private[UUID | None]

    @strawberry.field
    def edges(self, info: Info) -> list[ReceivableEdge]:
        is_figure = isinstance(self.narrowed, metrics.Behind)
        return [
            ReceivableEdge(
                cursor=cursors.encode(self.order, key),
                balance_as_of=Money.of(row[1] if is_figure else row[0].balance_minor, row[0].currency),
                node=Receivable.of(row[0], info.context.today),
            )
            for row, key in zip(self.found.rows, self.found.keys, strict=True)
        ]

    @strawberry.field
    def page_info(self) -> PageInfo:
        return PageInfo.of(self.found, self.order)

    @needs(Scope.RECEIVABLES_READ)
    async def total_count(self, info: Info) -> int:
        return (await self._totals(info)).count

    @needs(Scope.RECEIVABLES_READ)
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


async def receivables_of(
    info: Info,
    customer: UUID,
    first: int | None,
    after: str | None,
    filter: ReceivableFilter | None,
    order_by: ReceivableOrder | None,
) -> ReceivableConnection:
    narrowed, order = narrowed_by(filter), ordered_by(order_by)
    page = cursors.page(order, first, after)
    found = await info.context.load(queries.pages, customer, narrowed, order, page)
    return ReceivableConnection(found=found or Slice(), order=order, narrowed=narrowed, owner=customer)
