"""Promises to pay."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import strawberry

from api.context import Info
from api.schema import cursors, ids
from api.schema.collector import customers, receivables, sources
from api.schema.collector.audit import AuditEntry, history_of
from api.schema.collector.fields import column, money
from api.schema.collector.lazy import LazyCustomer, LazyReceivable
from api.schema.collector.members import Member
from api.schema.collector.nodes import Connection, Edge, Money, Node
from api.schema.permissions import needs, reads_from
from api.selection.kinds import Here
from api.selection.lists import Asked, CountOf, Edges, Sums
from api.selection.reading import Reading
from api.selection.relations import Many
from api.selection.tree import READS
from cartera.db.queries import members
from cartera.db.queries import promise_lists as queries
from cartera.db.queries.keyset import Order, Slice
from cartera.db.tables import promises as tables
from cartera.db.tables.receivables import Receivable as Debt
from cartera.rules.permissions import Scope
from cartera.rules.promises import PromiseChannel, PromiseState


@strawberry.type(description="An amount promised by a date, for the receivables that it names.")
class Promise(Node):
    identified_by: ClassVar[Any] = tables.Promise.id
    row: strawberry.Private[tables.Promise]
    amount: Money = money(tables.Promise.amount_minor, tables.Promise.currency)
    received: Money = money(tables.Promise.received_minor, tables.Promise.currency)
    due_on: date = column(tables.Promise.due_on)
    last_day: date = column(
        tables.Promise.last_day, description="The due date and the grace; judged only after it."
    )
    state: PromiseState = column(tables.Promise.state, PromiseState)
    channel: PromiseChannel = column(tables.Promise.channel, PromiseChannel)
    note: str | None = column(tables.Promise.note)
    created_at: datetime = column(tables.Promise.created_at)

    @classmethod
    def of(cls, row: tables.Promise) -> Promise:
        return cls(key=row.id, row=row)

    @needs(Scope.CUSTOMERS_READ, reads=sources.customer(tables.Promise.customer_id))
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.row.customer_id)

    @needs(
        Scope.PROMISES_READ,
        "Who noted it; null: not a member.",
        reads=sources.member(tables.Promise.member_id),
    )
    async def member(self, info: Info) -> Member | None:
        found = await info.context.load(members.by_ids, self.row.member_id) if self.row.member_id else None
        return Member.of(found) if found else None

    @needs(
        Scope.RECEIVABLES_READ,
        reads=Many(
            sources.NAMED_BY_PROMISES,
            on=tables.PromiseReceivable.promise_id,
            key=tables.Promise.id,
            order=(Debt.due_on, Debt.id),
        ),
    )
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
class PromiseEdge(Edge):
    node: Promise = strawberry.field(metadata={READS: Here()})


@strawberry.type
class PromiseConnection(Connection):
    # Whose list it is, where it hangs on a customer of a page: its sums are then read with the others'.
    owner: strawberry.Private[UUID | None] = None

    @reads_from(Edges())
    def edges(self) -> list[PromiseEdge]:
        return [PromiseEdge(cursor=cursor, node=Promise.of(row[0])) for cursor, row in self.reading.walked()]

    @needs(Scope.PROMISES_READ, reads=CountOf())
    async def total_count(self, info: Info) -> int:
        return (await self._totals(info)).count

    @needs(
        Scope.PROMISES_READ,
        "What was promised, by currency.",
        reads=Sums(tables.Promise.currency, tables.Promise.amount_minor),
    )
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


def asked_inside(**page: Any) -> Asked:
    """What a customer's list is asked for. Raises Refused."""
    return Asked(queries.PromiseFilter(), LATEST_FIRST, cursors.page(LATEST_FIRST, **page))


async def promises_of(info: Info, customer: UUID, **arguments: Any) -> PromiseConnection:
    asked = asked_inside(**arguments)
    found = await info.context.load(queries.pages, customer, asked.narrowed, asked.order, asked.page)
    return PromiseConnection(reading=Reading(sources.PROMISES, asked, found or Slice()), owner=customer)
