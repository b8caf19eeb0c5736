"""Customers, with their account and all that hangs on them."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement

from api.context import Info
from api.schema.collector import instruments, promises, receivables, sources
from api.schema.collector.accounts import Account
from api.schema.collector.audit import AuditConnection, audit_of
from api.schema.collector.contacts import Contact
from api.schema.collector.fields import column, money
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
from api.schema.collector.nodes import Connection, Edge, Money, Node
from api.schema.collector.receivables import ReceivableFilter, ReceivableOrder
from api.schema.collector.tasks import Task
from api.schema.permissions import needs, reads_from
from api.selection.kinds import Here, Kind
from api.selection.lists import CountOf, Edges, Inside, Whole, sums_of
from api.selection.relations import First, Many, Scalars, Source
from api.selection.statement import Build
from api.selection.tree import READS, Selected
from cartera.db.queries import customers as queries
from cartera.db.queries import members, rows
from cartera.db.queries import plans as plan_queries
from cartera.db.statements import constant
from cartera.db.tables import accounts as account_tables
from cartera.db.tables import customers as tables
from cartera.db.tables.activities import Task as TaskRow
from cartera.db.tables.instruments import Instrument as Paper
from cartera.db.tables.payments import CreditNote as Note
from cartera.db.tables.payments import Payment as Paid
from cartera.db.tables.plans import Plan as PlanRow
from cartera.db.tables.promises import Promise as Promised
from cartera.db.tables.receivables import Receivable as Debt
from cartera.errors import NotFound
from cartera.rules.activities import TaskState
from cartera.rules.customers import DebtorType, Language
from cartera.rules.permissions import Scope


@strawberry.type(description="Who owes.")
class Customer(Node):
    identified_by: ClassVar[Any] = tables.Customer.id
    row: strawberry.Private[tables.Customer]
    account_row: strawberry.Private[account_tables.Account]
    # The organization's base currency, in which the account row is kept.
    currency: strawberry.Private[str]
    external_id: str = column(tables.Customer.external_id)
    name: str = column(tables.Customer.name)
    tax_id: str | None = column(tables.Customer.tax_id)
    segment: str = column(tables.Customer.segment)
    industry: str | None = column(tables.Customer.industry)
    group: str | None = column(tables.Customer.customer_group)
    country: str = column(tables.Customer.country)
    language: Language = column(tables.Customer.language, Language)
    time_zone: str = column(tables.Customer.time_zone)
    debtor_type: DebtorType = column(tables.Customer.debtor_type, DebtorType)
    credit_limit: Money | None = money(tables.Customer.credit_limit_minor, tables.Customer.credit_currency)

    @classmethod
    def of(cls, row: tables.Customer, account: account_tables.Account, currency: str) -> Customer:
        """``currency``: the organization's base currency."""
        return cls(key=row.id, row=row, account_row=account, currency=currency)

    @reads_from(Here())
    def account(self) -> Account:
        return Account.of(self.account_row, self.currency)

    @needs(
        Scope.CUSTOMERS_READ,
        reads=Scalars(tables.CustomerTag.tag, tables.CustomerTag.customer_id, tables.Customer.id),
    )
    async def tags(self, info: Info) -> list[str]:
        return [row.tag for row in await info.context.load(rows.tags, self.key) or []]

    @needs(Scope.CUSTOMERS_READ, reads=sources.member(tables.Customer.collector_id))
    async def collector(self, info: Info) -> Member | None:
        return await _member(info, self.row.collector_id)

    @needs(Scope.CUSTOMERS_READ, reads=sources.member(tables.Customer.salesperson_id))
    async def salesperson(self, info: Info) -> Member | None:
        return await _member(info, self.row.salesperson_id)

    @needs(
        Scope.CUSTOMERS_READ,
        reads=Many(
            Source.of(tables.Contact),
            on=tables.Contact.customer_id,
            key=tables.Customer.id,
            order=(tables.Contact.is_primary.desc(), tables.Contact.name, tables.Contact.id),
        ),
    )
    async def contacts(self, info: Info) -> list[Contact]:
        return [Contact.of(row) for row in await info.context.load(rows.contacts, self.key) or []]

    @needs(
        Scope.ACTIVITIES_READ,
        "The open task due first.",
        reads=First(
            Source.of(TaskRow),
            on=TaskRow.customer_id,
            key=tables.Customer.id,
            order=(TaskRow.due_at, TaskRow.id),
            kept=lambda frame: (TaskRow.state == constant(TaskState.OPEN),),
        ),
    )
    async def next_task(self, info: Info) -> Task | None:
        found = await info.context.load(rows.next_tasks, self.key)
        return Task.of(found) if found else None

    @needs(
        Scope.RECEIVABLES_READ,
        reads=Inside(
            sources.RECEIVABLES_OF_CUSTOMER,
            Debt.customer_id,
            tables.Customer.id,
            receivables.asked_of,
        ),
    )
    async def receivables(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: ReceivableFilter | None = None,
        order_by: ReceivableOrder | None = None,
    ) -> LazyReceivables:
        page = {"first": first, "after": after, "last": last, "before": before}
        return await receivables.receivables_of(info, self.key, **page, filter=filter, order_by=order_by)

    @needs(
        Scope.PROMISES_READ,
        "The latest due date first.",
        reads=Inside(
            sources.PROMISES_OF_CUSTOMER,
            Promised.customer_id,
            tables.Customer.id,
            promises.asked_inside,
        ),
    )
    async def promises(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> LazyPromises:
        return await promises.promises_of(info, self.key, first=first, after=after, last=last, before=before)

    @needs(
        Scope.PAYMENTS_READ,
        "The latest ones, and all that have credit left; newest first.",
        reads=Many(
            Source.of(Paid),
            on=Paid.customer_id,
            key=tables.Customer.id,
            order=(Paid.received_on.desc(), Paid.id.desc()),
            chosen=lambda customer: (rows.chosen_payments(customer),),
        ),
    )
    async def payments(self, info: Info) -> list[LazyPayment]:
        # Imported here because payments refer to their customer.
        from api.schema.collector.payments import payments_of

        return await payments_of(info, self.key)

    @needs(
        Scope.PAYMENTS_READ,
        "Those that have something left.",
        reads=Many(
            Source.of(Note),
            on=Note.customer_id,
            key=tables.Customer.id,
            order=(Note.issued_on, Note.id),
            kept=lambda frame: (Note.unapplied_minor > 0,),
        ),
    )
    async def credit_notes(self, info: Info) -> list[LazyCreditNote]:
        from api.schema.collector.payments import credit_notes_of

        return await credit_notes_of(info, self.key)

    @needs(
        Scope.PLANS_READ,
        "The latest first.",
        reads=Many(
            Source.of(PlanRow),
            on=PlanRow.customer_id,
            key=tables.Customer.id,
            order=(PlanRow.created_at.desc(), PlanRow.id.desc()),
        ),
    )
    async def plans(self, info: Info) -> list[LazyPlan]:
        # Imported here because a plan refers to its customer.
        from api.schema.collector.plans import Plan

        return [Plan.of(row) for row in await info.context.load(plan_queries.of_customers, self.key) or []]

    @needs(
        Scope.INSTRUMENTS_READ,
        "Cheques and notes, the latest due date first.",
        reads=Inside(
            sources.INSTRUMENTS_OF_CUSTOMER,
            Paper.customer_id,
            tables.Customer.id,
            instruments.asked_inside,
        ),
    )
    async def instruments(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> LazyInstruments:
        page = {"first": first, "after": after, "last": last, "before": before}
        return await instruments.instruments_of(info, self.key, **page)

    @needs(
        Scope.ACTIVITIES_READ,
        "What was done, sent, paid, promised, disputed and agreed, newest first. Steps of plans, cheques and"
        " notes are entries of the log; so is what else was done, for those with audit:read.",
    )
    async def timeline(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> LazyTimeline:
        # Imported here because a timeline shows nouns that refer to their customer.
        from api.schema.collector.timeline import timeline_of

        return await timeline_of(info, self.key, first=first, after=after, last=last, before=before)

    @needs(Scope.ACTIVITIES_READ, "Who did what with it, newest first; of what the caller may read.")
    async def audit(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> AuditConnection:
        return await audit_of(info, self.key, first=first, after=after, last=last, before=before)


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
class CustomerEdge(Edge):
    node: Customer = strawberry.field(metadata={READS: Here()})


@strawberry.type(description="Sums over all customers of the list, one per currency.")
class CustomerTotals:
    balance: list[Money]
    overdue: list[Money]


class _Totals(Kind):
    is_whole = True

    def sql(self, at: Whole, asked: Selected, build: Build) -> ColumnElement[str]:
        return sums_of(asked, queries.sums(build.frame, at.asked.narrowed).subquery(build.name()))


@strawberry.type
class CustomerConnection(Connection):
    @reads_from(Edges())
    def edges(self, info: Info) -> list[CustomerEdge]:
        currency = info.context.organization.base_currency
        return [
            CustomerEdge(cursor=cursor, node=Customer.of(row[0], row[1], currency))
            for cursor, row in self.reading.walked()
        ]

    @needs(Scope.CUSTOMERS_READ, reads=CountOf())
    async def total_count(self, info: Info) -> int:
        async with info.context.read() as tx:
            return await queries.count(tx, self.narrowed)

    @needs(Scope.CUSTOMERS_READ, reads=_Totals())
    async def totals(self, info: Info) -> CustomerTotals:
        async with info.context.read() as tx:
            balance, overdue = await queries.totals(tx, self.narrowed)
        return CustomerTotals(balance=Money.each(balance), overdue=Money.each(overdue))
