"""The worklist."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry

from api.context import Info
from api.schema import cursors, ids
from api.schema.collector import sources
from api.schema.collector.customers import Customer, CustomerConnection, customer_of
from api.schema.collector.errors import UserErrors, does
from api.schema.enums import Direction
from api.schema.permissions import needs
from api.schema.scalars import Decimal
from api.selection.lists import Asked
from api.selection.reading import OneStatement, Reading
from cartera.db.queries import customers as queries
from cartera.db.queries.keyset import Order
from cartera.errors import refuse
from cartera.rules.aging import AgingBucket
from cartera.rules.money import MoneyError, parse_amount
from cartera.rules.permissions import Scope
from cartera.rules.promises import PromiseState
from cartera.services import assignments as services


@strawberry.input
class CustomerFilter:
    search: str | None = strawberry.field(
        default=None, description="How the name begins, in any case; or the whole external id or tax id."
    )
    segment: str | None = None
    collector_id: strawberry.ID | None = None
    assigned_to_me: bool | None = None
    overdue_only: bool | None = None
    due_now: bool | None = strawberry.field(
        default=None,
        description="Overdue or with a follow-up whose hour has come, and not merely waiting for a promise, "
        "a hold, a dispute or a later action.",
    )
    aging_bucket: AgingBucket | None = None
    promise_state: PromiseState | None = strawberry.field(default=None, description="Of the latest promise.")
    tag: str | None = None
    min_overdue: Decimal | None = strawberry.field(default=None, description="In the base currency.")
    balance_from: Decimal | None = strawberry.field(default=None, description="In the base currency.")
    balance_to: Decimal | None = None
    oldest_due_from: date | None = None
    oldest_due_to: date | None = None
    last_contact_from: datetime | None = None
    last_contact_to: datetime | None = None
    next_action_from: datetime | None = None
    next_action_to: datetime | None = None


@strawberry.enum
class CustomerOrderField(Enum):
    PRIORITY = "priority"
    OVERDUE = "overdue"
    BALANCE = "balance"
    OLDEST_DUE = "oldest_due"
    LAST_CONTACT = "last_contact"
    NEXT_ACTION = "next_action"
    NAME = "name"


@strawberry.input
class CustomerOrder:
    field: CustomerOrderField
    direction: Direction


_COLUMNS = {
    CustomerOrderField.PRIORITY: queries.PRIORITY,
    CustomerOrderField.OVERDUE: queries.OVERDUE,
    CustomerOrderField.BALANCE: queries.BALANCE,
    CustomerOrderField.OLDEST_DUE: queries.OLDEST_DUE,
    CustomerOrderField.LAST_CONTACT: queries.LAST_CONTACT,
    CustomerOrderField.NEXT_ACTION: queries.NEXT_ACTION,
    CustomerOrderField.NAME: queries.NAME,
}
_MAY_BE_NULL = {
    CustomerOrderField.OLDEST_DUE,
    CustomerOrderField.LAST_CONTACT,
    CustomerOrderField.NEXT_ACTION,
}


@strawberry.input
class CustomerAssignInput:
    idempotency_key: str
    customer_ids: list[strawberry.ID]
    collector_id: strawberry.ID | None = strawberry.field(default=None, description="Null: nobody.")


@strawberry.type(description="The customers as they are now.")
class CustomerAssignSuccess:
    customers: list[Customer]
    replayed: bool


CustomerAssignResult = Annotated[CustomerAssignSuccess | UserErrors, strawberry.union("CustomerAssignResult")]


@strawberry.type
class CustomerQueries:
    @needs(Scope.CUSTOMERS_READ, "The highest priority first.", extensions=[OneStatement()])
    async def customers(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: CustomerFilter | None = None,
        order_by: CustomerOrder | None = None,
    ) -> CustomerConnection:
        order = _order(order_by)
        page = cursors.page(order, first, after, last, before)
        narrowed = _narrowed(filter or CustomerFilter(), info.context.organization.base_currency)
        return CustomerConnection(reading=Reading(sources.CUSTOMERS, Asked(narrowed, order, page)))


@strawberry.type
class CustomerMutations:
    @does(
        Scope.CUSTOMERS_WRITE,
        "Say who collects from customers from today on; needs books:write too. Figures of past days stay.",
    )
    async def customer_assign(self, info: Info, input: CustomerAssignInput) -> CustomerAssignResult:
        customer_ids = [
            ids.decode(each, "Customer", "customerIds", str(place))
            for place, each in enumerate(input.customer_ids)
        ]
        collector = input.collector_id
        collector_id = ids.decode(collector, "Member", "collectorId") if collector is not None else None
        new = services.NewAssignment(customer_ids, collector_id, input.idempotency_key)
        async with info.context.write() as tx:
            replayed = await services.assign_customers(tx, new)
        info.context.forget()
        customers = await asyncio.gather(*(customer_of(info, each) for each in customer_ids))
        return CustomerAssignSuccess(customers=customers, replayed=replayed)


def _order(asked: CustomerOrder | None) -> Order:
    field = asked.field if asked else CustomerOrderField.PRIORITY
    descending = asked is None or asked.direction is Direction.DESC
    return Order(f"customer.{field.name}", _COLUMNS[field], descending, nullable=field in _MAY_BE_NULL)


def _narrowed(filter: CustomerFilter, base_currency: str) -> queries.CustomerFilter:
    collector = filter.collector_id
    return queries.CustomerFilter(
        search=queries.Search.of(filter.search),
        segment=filter.segment,
        collector_id=ids.decode(collector, "Member", "collectorId") if collector else None,
        assigned_to_me=bool(filter.assigned_to_me),
        overdue_only=bool(filter.overdue_only),
        due_now=bool(filter.due_now),
        bucket=filter.aging_bucket,
        promise_state=filter.promise_state,
        tag=filter.tag,
        min_overdue=queries.AtLeast.of(_minor(filter.min_overdue, base_currency, "minOverdue")),
        balance=queries.Range(
            _minor(filter.balance_from, base_currency, "balanceFrom"),
            _minor(filter.balance_to, base_currency, "balanceTo"),
        ),
        oldest_due=queries.Range(filter.oldest_due_from, filter.oldest_due_to),
        last_contact=queries.Range(filter.last_contact_from, filter.last_contact_to),
        next_action=queries.Range(filter.next_action_from, filter.next_action_to),
    )


def _minor(amount: Decimal | None, currency: str, *path: str) -> int | None:
    try:
        return parse_amount(amount, currency) if amount is not None else None
    except MoneyError as error:
        raise refuse(error.code, *path, currency=currency) from None
