"""Payment plans."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Text, cast, func

from api.context import Info
from api.schema import ids
from api.schema.collector import customers, receivables, sources
from api.schema.collector.fields import column, money, reads
from api.schema.collector.lazy import LazyCustomer, LazyReceivable
from api.schema.collector.members import Member
from api.schema.collector.nodes import Money, Node
from api.schema.permissions import needs
from api.schema.scalars import Decimal
from api.selection.kinds import MoneyTold, Told, id_text
from api.selection.levels import Level
from api.selection.relations import Many
from api.selection.statement import Build
from cartera.db.queries import members
from cartera.db.queries import plans as queries
from cartera.db.statements import constant
from cartera.db.tables import plans as tables
from cartera.db.tables.receivables import Receivable as Debt
from cartera.rules import plans as rules
from cartera.rules.interest import DayCount
from cartera.rules.permissions import Scope
from cartera.rules.plan_schedules import ScheduleRow
from cartera.rules.plans import InstalmentState, PlanState


@strawberry.type(description="An instalment as it would be agreed; number 0 is the down payment.")
class ProjectedInstalment:
    number: int
    due_on: date
    debt: Money = strawberry.field(description="Its part of what is owed.")
    interest: Money
    amount: Money
    balance: Money = strawberry.field(description="What is left of the debt after it.")

    @classmethod
    def each(cls, rows: Iterable[ScheduleRow], currency: str) -> list[ProjectedInstalment]:
        return [
            cls(
                number=row.number,
                due_on=row.due_on,
                debt=Money.of(row.debt, currency),
                interest=Money.of(row.interest, currency),
                amount=Money.of(row.amount, currency),
                balance=Money.of(row.balance, currency),
            )
            for row in rows
        ]


@strawberry.type(description="An instalment; number 0 is the down payment.")
class Instalment:
    row: strawberry.Private[tables.Instalment]
    # The plan's.
    currency: strawberry.Private[str]
    number: int = column(tables.Instalment.number)
    due_on: date = column(tables.Instalment.due_on)
    last_day: date = column(
        tables.Instalment.last_day, description="The due date and the grace; late only after it."
    )
    debt: Money = money(tables.Instalment.debt_minor, tables.Plan.currency)
    interest: Money = money(tables.Instalment.interest_minor, tables.Plan.currency)
    amount: Money = reads(
        MoneyTold(
            lambda at, build: at[tables.Instalment.debt_minor] + at[tables.Instalment.interest_minor],
            tables.Plan.currency,
        ),
        lambda root: Money.of(root.row.debt_minor + root.row.interest_minor, root.currency),
        description="What was agreed.",
    )
    owed: Money = money(
        tables.Instalment.owed_minor,
        tables.Plan.currency,
        description="What it asks for today: less where receivables were settled other than by money.",
    )
    paid: Money = money(tables.Instalment.paid_minor, tables.Plan.currency)
    balance: Money = money(tables.Instalment.balance_minor, tables.Plan.currency)
    state: InstalmentState = column(tables.Instalment.state, InstalmentState)


def _reference(at: Level, build: Build) -> ColumnElement[str]:
    """As ``rules.plans.reference``."""
    return constant("CP-") + func.upper(func.right(cast(at[tables.Plan.id], Text), constant(8)))


def _agreement_path(at: Level, build: Build) -> ColumnElement[str]:
    return constant("/plans/") + id_text("Plan", at[tables.Plan.id]) + constant("/agreement.pdf")


@strawberry.type(description="An agreed schedule over the receivables that it names.")
class Plan(Node):
    identified_by: ClassVar[Any] = tables.Plan.id
    row: strawberry.Private[tables.Plan]
    reference: str = reads(
        Told(_reference),
        lambda root: rules.reference(root.key),
        description="What people call it by.",
    )
    agreement_path: str = reads(
        Told(_agreement_path),
        lambda root: f"/plans/{ids.encode('Plan', root.key)}/agreement.pdf",
        description="Where its agreement can be downloaded as a PDF.",
    )
    state: PlanState = column(tables.Plan.state, PlanState)
    principal: Money = money(
        tables.Plan.principal_minor, tables.Plan.currency, description="Owed when it was proposed."
    )
    charges: Money = money(tables.Plan.charges_minor, tables.Plan.currency)
    charges_forgiven: Money = money(
        tables.Plan.charges_forgiven_minor,
        tables.Plan.currency,
        description="Waived once all else is paid, not before.",
    )
    principal_forgiven: Money = money(tables.Plan.principal_forgiven_minor, tables.Plan.currency)
    down_payment: Money = money(tables.Plan.down_payment_minor, tables.Plan.currency)
    interest: Money = money(tables.Plan.interest_minor, tables.Plan.currency)
    total: Money = money(
        tables.Plan.total_minor, tables.Plan.currency, description="What the instalments add up to."
    )
    annual_percent: Decimal = column(tables.Plan.annual_percent)
    day_count: DayCount = column(tables.Plan.day_count, DayCount)
    starts_on: date = column(tables.Plan.starts_on)
    ends_on: date = column(tables.Plan.ends_on)
    default_after: int = column(tables.Plan.default_after)
    grace_banking_days: int = column(tables.Plan.grace_banking_days)
    late_count: int = column(tables.Plan.late_count)
    needs_approval: bool = column(tables.Plan.needs_approval)
    approved_at: datetime | None = column(tables.Plan.approved_at)
    note: str | None = column(tables.Plan.note)
    created_at: datetime = column(tables.Plan.created_at)
    activated_on: date | None = column(tables.Plan.activated_on)
    ended_on: date | None = column(tables.Plan.ended_on)

    @classmethod
    def of(cls, row: tables.Plan) -> Plan:
        return cls(key=row.id, row=row)

    @needs(Scope.CUSTOMERS_READ, reads=sources.customer(tables.Plan.customer_id))
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.row.customer_id)

    @needs(
        Scope.PLANS_READ,
        "Who proposed it; null: not a member.",
        reads=sources.member(tables.Plan.member_id),
    )
    async def member(self, info: Info) -> Member | None:
        return await _member(info, self.row.member_id)

    @needs(
        Scope.PLANS_READ,
        "Who approved what it forgives; null: nobody had to, or not a member.",
        reads=sources.member(tables.Plan.approver_id),
    )
    async def approver(self, info: Info) -> Member | None:
        return await _member(info, self.row.approver_id)

    @needs(
        Scope.PLANS_READ,
        reads=Many(
            sources.INSTALMENTS,
            on=tables.Instalment.plan_id,
            key=tables.Plan.id,
            order=(tables.Instalment.number,),
        ),
    )
    async def instalments(self, info: Info) -> list[Instalment]:
        found = await info.context.load(queries.instalments, self.key)
        return [Instalment(row=row, currency=self.row.currency) for row in found or []]

    @needs(
        Scope.RECEIVABLES_READ,
        reads=Many(
            sources.NAMED_BY_PLANS,
            on=tables.PlanReceivable.plan_id,
            key=tables.Plan.id,
            order=(Debt.due_on, Debt.id),
        ),
    )
    async def receivables(self, info: Info) -> list[LazyReceivable]:
        found = await info.context.load(queries.receivables, self.key)
        return [receivables.Receivable.of(row, info.context.today) for row in found or []]


async def _member(info: Info, key: UUID | None) -> Member | None:
    found = await info.context.load(members.by_ids, key) if key else None
    return Member.of(found) if found else None


@strawberry.type(description="What may be agreed; percentages are of what is owed when a plan is proposed.")
class PlanPolicy:
    max_instalments: int
    max_days: int
    max_charges_percent: int
    max_principal_percent: int
    collector_charges_percent: int = strawberry.field(description="Beyond it a plan needs approval.")
    collector_principal_percent: int
    default_after: int = strawberry.field(description="So many instalments late at once end a plan.")
    grace_banking_days: int

    @classmethod
    def of(cls, policy: rules.PlanPolicy) -> PlanPolicy:
        return cls(
            max_instalments=policy.max_instalments,
            max_days=policy.max_days,
            max_charges_percent=policy.max_charges_percent,
            max_principal_percent=policy.max_principal_percent,
            collector_charges_percent=policy.collector_charges_percent,
            collector_principal_percent=policy.collector_principal_percent,
            default_after=policy.default_after,
            grace_banking_days=policy.grace_banking_days,
        )
