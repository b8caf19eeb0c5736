"""Customers, with their account and all that hangs on them."""

from __future__ import annotations

from uuid import UUID

import strawberry

from api.context import Info
from api.schema import cursors
from api.schema.collector import promises, receivables
from api.schema.collector.accounts import Account
from api.schema.collector.audit import AuditConnection, audit_of
from api.schema.collector.contacts import Contact
from api.schema.collector.lazy import (
    LazyCreditNote,
    LazyInstruments,
    LazyPayment,
    LazyPlan,
    LazyPromises,
    LazyReceivables,
    LazyTimeline,
)
from api.schema.collector.members import Member
from api.schema.collector.nodes import Money, Node, PageInfo
from api.schema.collector.receivables import ReceivableFilter, ReceivableOrder
from api.schema.collector.tasks import Task
from api.schema.permissions import needs
from cartera.db.queries import customers as queries
from cartera.db.queries import members, rows
from cartera.db.queries import plans as plan_queries
from cartera.db.queries.keyset import Order, Slice
from cartera.db.tables import accounts as account_tables
from cartera.db.tables import customers as tables
from cartera.errors import NotFound
from cartera.rules.customers import DebtorType, Language
from cartera.rules.permissions import Scope


@strawberry.type(description="Who owes.")
class Customer(Node):
    row: strawberry.Private[tables.Customer]
    external_id: str
    name: str
    tax_id: str | None
    segment: str
    industry: str | None
    group: str | None
    country: str
    language: Language
    time_zone: str
    debtor_type: DebtorType
    credit_limit: Money | None
    account: Account

    @classmethod
    def of(cls, row: tables.Customer, account: account_tables.Account, currency: str) -> Customer:
        """``currency``: the organization's base currency, in which the account row is kept."""
        limit = row.credit_limit_minor
        return cls(
            key=row.id,
            row=row,
            external_id=row.external_id,
            name=row.name,
            tax_id=row.tax_id,
            segment=row.segment,
            industry=row.industry,
            group=row.customer_group,
            country=row.country,
            language=Language(row.language),
            time_zone=row.time_zone,
            debtor_type=DebtorType(row.debtor_type),
            credit_limit=Money.of(limit, row.credit_currency or currency) if limit is not None else None,
            account=Account.of(account, currency),
        )

    @needs(Scope.CUSTOMERS_READ)
    async def tags(self, info: Info) -> list[str]:
        return [row.tag for row in await info.context.load(rows.tags, self.key) or []]

    @needs(Scope.CUSTOMERS_READ)
    async def collector(self, info: Info) -> Member | None:
        return await _member(info, self.row.collector_id)

    @needs(Scope.CUSTOMERS_READ)
    async def salesperson(self, info: Info) -> Member | None:
        return await _member(info, self.row.salesperson_id)

    @needs(Scope.CUSTOMERS_READ)
    async def contacts(self, info: Info) -> list[Contact]:
        return [Contact.of(row) for row in await info.context.load(rows.contacts, self.key) or []]

    @needs(Scope.ACTIVITIES_READ, "The open task due first.")
    async def next_task(self, info: Info) -> Task | None:
        found = await info.context.load(rows.next_tasks, self.key)
        return Task.of(found) if found else None

    @needs(Scope.RECEIVABLES_READ)
    async def receivables(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        filter: ReceivableFilter | None = None,
        order_by: ReceivableOrder | None = None,
    ) -> LazyReceivables:
        return await receivables.receivables_of(info, self.key, first, after, filter, order_by)

    @needs(Scope.PROMISES_READ, "The latest due date first.")
    async def promises(self, info: Info, first: int | None = None, after: str | None = None) -> LazyPromises:
        return await promises.promises_of(info, self.key, first, after)

    @needs(Scope.PAYMENTS_READ, "The latest ones, and all that have credit left; newest first.")
    async def payments(self, info: Info) -> list[LazyPayment]:
        # Imported here because payments refer to their customer.
        from api.schema.collector.payments import payments_of

        return await payments_of(info, self.key)

    @needs(Scope.PAYMENTS_READ, "Those that have something left.")
    async def credit_notes(self, info: Info) -> list[LazyCreditNote]:
        from api.schema.collector.payments import credit_notes_of

        return await credit_notes_of(info, self.key)

    @needs(Scope.PLANS_READ, "The latest first.")
    async def plans(self, info: Info) -> list[LazyPlan]:
        # Imported here because a plan refers to its customer.
        from api.schema.collector.plans import Plan

        return [Plan.of(row) for row in await info.context.load(plan_queries.of_customers, self.key) or []]

    @needs(Scope.INSTRUMENTS_READ, "Cheques and notes, the latest due date first.")
    async def instruments(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> LazyInstruments:
        # Imported here because an instrument refers to its customer.
        from api.schema.collector.instruments import instruments_of

        return await instruments_of(info, self.key, first, after)

    @needs(
        Scope.ACTIVITIES_READ,
        "What was done, sent, paid, promised, disputed and agreed, newest first. Steps of plans, cheques and"
        " notes are entries of the log; so is what else was done, for those with audit:read.",
    )
    async def timeline(self, info: Info, first: int | None = None, after: str | None = None) -> LazyTimeline:
        # Imported here because a timeline shows nouns that refer to their customer.
        from api.schema.collector.timeline import timeline_of

        return await timeline_of(info, self.key, first, after)

    @needs(Scope.ACTIVITIES_READ, "Who did what with it, newest first; of what the caller may read.")
    async def audit(self, info: Info, first: int | None = None, after: str | None = None) -> AuditConnection:
        return await audit_of(info, self.key, first, after)


async def customer_of(info: Info, key: UUID) -> Customer:
    """The customer that a row belongs to. Raises NotFound where the actor does not see it."""
    found = await info.context.load(queries.by_ids, key)
    if found is None:
        raise NotFound("customer")
    return Customer.of(*found, info.context.organization.base_currency)


async def _member(info: Info, key: UUID | None) -> Member | None:
    found = await info.context.load(members.by_ids, key) if key else None
    return Member.of(found) if found else None


@strawberry.type
class CustomerEdge:
    cursor: str
    node: Customer


@strawberry.type(description="Sums over all customers of the list, one per currency.")
class CustomerTotals:
    balance: list[Money]
    overdue: list[Money]


@strawberry.type
class CustomerConnection:
    found: strawberry.Private[Slice]
    order: strawberry.Private[Order]
    narrowed: strawberry.Private[queries.CustomerFilter]

    @strawberry.field
    def edges(self, info: Info) -> list[CustomerEdge]:
        currency = info.context.organization.base_currency
        return [
            CustomerEdge(cursor=cursors.encode(self.order, key), node=Customer.of(row[0], row[1], currency))
            for row, key in zip(self.found.rows, self.found.keys, strict=True)
        ]

    @strawberry.field
    def page_info(self) -> PageInfo:
        return PageInfo.of(self.found, self.order)

    @needs(Scope.CUSTOMERS_READ)
    async def total_count(self, info: Info) -> int:
        async with info.context.read() as tx:
            return await queries.count(tx, self.narrowed)

    @needs(Scope.CUSTOMERS_READ)
    async def totals(self, info: Info) -> CustomerTotals:
        async with info.context.read() as tx:
            balance, overdue = await queries.totals(tx, self.narrowed)
        return CustomerTotals(balance=Money.each(balance), overdue=Money.each(overdue))
