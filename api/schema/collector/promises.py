"""Promises to pay."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.schema import cursors, ids
from api.schema.collector import customers, receivables
from api.schema.collector.audit import AuditEntry, history_of
from api.schema.collector.lazy import LazyCustomer, LazyReceivable
from api.schema.collector.members import Member
from api.schema.collector.nodes import Money, Node, PageInfo
from api.schema.permissions import needs
from cartera.db.queries import members
from cartera.db.queries import promise_lists as queries
from cartera.db.queries.keyset import Order, Slice
from cartera.db.tables import promises as tables
from cartera.rules.permissions import Scope
from cartera.rules.promises import PromiseChannel, PromiseState


@strawberry.type(description="An amount promised by a date, for the receivables that it names.")
class Promise(Node):
    customer_key: strawberry.Private[UUID]
    member_key: strawberry.Private[UUID | None]
    amount: Money
    received: Money
    due_on: date
    last_day: date = strawberry.field(description="The due date and the grace; judged only after it.")
    state: PromiseState
    channel: PromiseChannel
    note: str | None
    created_at: datetime

    @classmethod
    def of(cls, row: tables.Promise) -> Promise:
        return cls(
            key=row.id,
            customer_key=row.customer_id,
            member_key=row.member_id,
            amount=Money.of(row.amount_minor, row.currency),
            received=Money.of(row.received_minor, row.currency),
            due_on=row.due_on,
            last_day=row.last_day,
            state=PromiseState(row.state),
            channel=PromiseChannel(row.channel),
            note=row.note,
            created_at=row.created_at,
        )

    @needs(Scope.CUSTOMERS_READ)
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.customer_key)

    @needs(Scope.PROMISES_READ, "Who noted it; null: not a member.")
    async def member(self, info: Info) -> Member | None:
        found = await info.context.load(members.by_ids, self.member_key) if self.member_key else None
        return Member.of(found) if found else None

    @needs(Scope.RECEIVABLES_READ)
    async def receivables(self, info: Info) -> list[LazyReceivable]:
        found = await info.context.load(queries.receivables, self.key)
        return [receivables.Receivable.of(row, info.context.today) for row in found or []]

    @needs(Scope.PROMISES_READ, "Who did what to it, in order.")
    async def history(self, info: Info) -> list[AuditEntry]:
        return await history_of(info, self.key, "promise")


@strawberry.input
class PromiseFilter:
    state: PromiseState | None = None
    customer_id: strawberry.ID | None = None
    due_from: date | None = None
    due_to: date | None = None
    assigned_to_me: bool | None = None


@strawberry.type
class PromiseEdge:
    cursor: str
    node: Promise


@strawberry.type
class PromiseConnection:
    found: strawberry.Private[Slice]
    order: strawberry.Private[Order]
    narrowed: strawberry.Private[queries.PromiseFilter]
    # Whose list it is, where it hangs on a customer of a page: its sums are then read with the others'.
    owner: strawberry.Private[UUID | None]

    @strawberry.field
    def edges(self) -> list[PromiseEdge]:
        return [
            PromiseEdge(cursor=cursors.encode(self.order, key), node=Promise.of(row[0]))
            for row, key in zip(self.found.rows, self.found.keys, strict=True)
        ]

    @strawberry.field
    def page_info(self) -> PageInfo:
        return PageInfo.of(self.found, self.order)

    @needs(Scope.PROMISES_READ)
    async def total_count(self, info: Info) -> int:
        return (await self._totals(info)).count

    @needs(Scope.PROMISES_READ, "What was promised, by currency.")
    async def totals(self, info: Info) -> list[Money]:
        return Money.each((await self._totals(info)).amount)

    async def _totals(self, info: Info) -> queries.Totals:
        return await info.context.load(queries.totals, self.owner, self.narrowed) or queries.Totals()


# What is due first leads the list of everybody's promises; a customer's begin with the latest.
BY_DUE_DATE = Order("promise.DUE_ON", queries.DUE_ON)
LATEST_FIRST = Order("promise.DUE_ON", queries.DUE_ON, descending=True)


def narrowed_by(filter: PromiseFilter | None) -> queries.PromiseFilter:
    """Raises NotFound for a customer's id that is none."""
    if filter is None:
        return queries.PromiseFilter()
    customer_id = filter.customer_id
    return queries.PromiseFilter(
        state=filter.state,
        customer_id=ids.decode(customer_id, "Customer", "customerId") if customer_id else None,
        due_from=filter.due_from,
        due_to=filter.due_to,
        assigned_to_me=bool(filter.assigned_to_me),
    )


async def promises_of(info: Info, customer: UUID, first: int | None, after: str | None) -> PromiseConnection:
    narrowed, page = queries.PromiseFilter(), cursors.page(LATEST_FIRST, first, after)
    found = await info.context.load(queries.pages, customer, narrowed, LATEST_FIRST, page)
    return PromiseConnection(found=found or Slice(), order=LATEST_FIRST, narrowed=narrowed, owner=customer)
