"""Payment plans."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.schema import ids
from api.schema.collector import customers, receivables
from api.schema.collector.lazy import LazyCustomer, LazyReceivable
from api.schema.collector.members import Member
from api.schema.collector.nodes import Money, Node
from api.schema.permissions import needs
from api.schema.scalars import Decimal, plain
from cartera.db.queries import members
from cartera.db.queries import plans as queries
from cartera.db.tables import plans as tables
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
    number: int
    due_on: date
    last_day: date = strawberry.field(description="The due date and the grace; late only after it.")
    debt: Money
    interest: Money
    amount: Money = strawberry.field(description="What was agreed.")
    owed: Money = strawberry.field(
        description="What it asks for today: less where receivables were settled other than by money."
    )
    paid: Money
    balance: Money
    state: InstalmentState

    @classmethod
    def of(cls, row: tables.Instalment, currency: str) -> Instalment:
        return cls(
            number=row.number,
            due_on=row.due_on,
            last_day=row.last_day,
            debt=Money.of(row.debt_minor, currency),
            interest=Money.of(row.interest_minor, currency),
            amount=Money.of(row.debt_minor + row.interest_minor, currency),
            owed=Money.of(row.owed_minor, currency),
            paid=Money.of(row.paid_minor, currency),
            balance=Money.of(row.balance_minor, currency),
            state=InstalmentState(row.state),
        )


@strawberry.type(description="An agreed schedule over the receivables that it names.")
class Plan(Node):
    row: strawberry.Private[tables.Plan]
    reference: str = strawberry.field(description="What people call it by.")
    agreement_path: str = strawberry.field(description="Where its agreement can be downloaded as a PDF.")
    state: PlanState
    principal: Money = strawberry.field(description="Owed when it was proposed.")
    charges: Money
    charges_forgiven: Money = strawberry.field(description="Waived once all else is paid, not before.")
    principal_forgiven: Money
    down_payment: Money
    interest: Money
    total: Money = strawberry.field(description="What the instalments add up to.")
    annual_percent: Decimal
    day_count: DayCount
    starts_on: date
    ends_on: date
    default_after: int
    grace_banking_days: int
    late_count: int
    needs_approval: bool
    approved_at: datetime | None
    note: str | None
    created_at: datetime
    activated_on: date | None
    ended_on: date | None

    @classmethod
    def of(cls, row: tables.Plan) -> Plan:
        return cls(
            key=row.id,
            row=row,
            reference=rules.reference(row.id),
            agreement_path=f"/plans/{ids.encode('Plan', row.id)}/agreement.pdf",
            state=PlanState(row.state),
            principal=Money.of(row.principal_minor, row.currency),
            charges=Money.of(row.charges_minor, row.currency),
            charges_forgiven=Money.of(row.charges_forgiven_minor, row.currency),
            principal_forgiven=Money.of(row.principal_forgiven_minor, row.currency),
            down_payment=Money.of(row.down_payment_minor, row.currency),
            interest=Money.of(row.interest_minor, row.currency),
            total=Money.of(row.total_minor, row.currency),
            annual_percent=plain(row.annual_percent),
            day_count=DayCount(row.day_count),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            default_after=row.default_after,
            grace_banking_days=row.grace_banking_days,
            late_count=row.late_count,
            needs_approval=row.needs_approval,
            approved_at=row.approved_at,
            note=row.note,
            created_at=row.created_at,
            activated_on=row.activated_on,
            ended_on=row.ended_on,
        )

    @needs(Scope.CUSTOMERS_READ)
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.row.customer_id)

    @needs(Scope.PLANS_READ, "Who proposed it; null: not a member.")
    async def member(self, info: Info) -> Member | None:
        return await _member(info, self.row.member_id)

    @needs(Scope.PLANS_READ, "Who approved what it forgives; null: nobody had to, or not a member.")
    async def approver(self, info: Info) -> Member | None:
        return await _member(info, self.row.approver_id)

    @needs(Scope.PLANS_READ)
    async def instalments(self, info: Info) -> list[Instalment]:
        found = await info.context.load(queries.instalments, self.key)
        return [Instalment.of(row, self.row.currency) for row in found or []]

    @needs(Scope.RECEIVABLES_READ)
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
