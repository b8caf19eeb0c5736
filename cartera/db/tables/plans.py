"""Payment plans: their terms, the receivables that they are about, their instalments, the policy."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Row, Tenant, belongs_to, check, in_organization, index, one_of, unique
from cartera.rules.interest import DayCount
from cartera.rules.plans import InstalmentState, PlanState


class Plan(Row, Base):
    """An agreement; amounts in minor units of its currency, owed and forgiven as of the proposal."""

    __tablename__ = "plan"
    __table_args__ = (
        belongs_to("plan", "customer_id", "customer"),
        belongs_to("plan", "member_id", "member"),
        belongs_to("plan", "approver_id", "member"),
        one_of("plan", "state", PlanState),
        one_of("plan", "day_count", DayCount),
        check("plan", "owed", "principal_minor >= 0 AND charges_minor >= 0"),
        check("plan", "charges_forgiven", "charges_forgiven_minor BETWEEN 0 AND charges_minor"),
        check("plan", "principal_forgiven", "principal_forgiven_minor BETWEEN 0 AND principal_minor"),
        check(
            "plan",
            "total",
            "total_minor = principal_minor + charges_minor - charges_forgiven_minor"
            " - principal_forgiven_minor + interest_minor",
        ),
        check("plan", "late", "late_count >= 0 AND default_after > 0 AND grace_banking_days >= 0"),
        check("plan", "dates", "ends_on >= starts_on"),
        index("plan", "customer_id", "created_at"),
        index("plan", "customer_id", where=text("state = 'active'"), suffix="active"),
    )

    customer_id: Mapped[UUID]
    state: Mapped[str]
    currency: Mapped[str]
    principal_minor: Mapped[int]
    charges_minor: Mapped[int]
    charges_forgiven_minor: Mapped[int]
    principal_forgiven_minor: Mapped[int]
    down_payment_minor: Mapped[int]
    interest_minor: Mapped[int]
    # What the instalments add up to.
    total_minor: Mapped[int]
    annual_percent: Mapped[Decimal] = mapped_column(Numeric(24, 10))
    day_count: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    # The policy's figures on the day of the proposal, which the agreement names.
    default_after: Mapped[int]
    grace_banking_days: Mapped[int]
    # Money on its receivables, net, when it became active: what came in before pays none of it.
    money_before_minor: Mapped[int]
    late_count: Mapped[int]
    needs_approval: Mapped[bool]
    approver_id: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    member_id: Mapped[UUID | None]
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    activated_on: Mapped[date | None]
    ended_on: Mapped[date | None]


class PlanReceivable(Tenant, Base):
    """A receivable of a plan, with what was owed on it when the plan was proposed."""

    __tablename__ = "plan_receivable"
    __table_args__ = (
        belongs_to("plan_receivable", "plan_id", "plan"),
        belongs_to("plan_receivable", "receivable_id", "receivable"),
        check("plan_receivable", "owed", "principal_minor >= 0 AND charges_minor >= 0"),
        index("plan_receivable", "receivable_id"),
        # A receivable is in one active plan at most, whoever else signs at the same moment.
        Index(
            "uq_plan_receivable_active",
            "organization_id",
            "receivable_id",
            unique=True,
            postgresql_where=text("is_active"),
        ),
    )

    plan_id: Mapped[UUID] = mapped_column(primary_key=True)
    receivable_id: Mapped[UUID] = mapped_column(primary_key=True)
    principal_minor: Mapped[int]
    charges_minor: Mapped[int]
    is_active: Mapped[bool]


class Instalment(Row, Base):
    """An instalment; number 0 is the down payment. What is owed and paid of it follows from the books."""

    __tablename__ = "instalment"
    __table_args__ = (
        belongs_to("instalment", "plan_id", "plan"),
        belongs_to("instalment", "customer_id", "customer"),
        belongs_to("instalment", "charge_id", "charge"),
        unique("instalment", "plan_id", "number"),
        one_of("instalment", "state", InstalmentState),
        check("instalment", "amount", "debt_minor > 0 AND interest_minor >= 0 AND balance_minor >= 0"),
        check("instalment", "owed", "owed_minor BETWEEN 0 AND debt_minor + interest_minor"),
        check("instalment", "paid", "paid_minor BETWEEN 0 AND owed_minor"),
        check("instalment", "dates", "due_on >= from_on AND last_day >= due_on"),
        index("instalment", "customer_id", "last_day", where=text("state <> 'paid'"), suffix="unpaid"),
    )

    plan_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    number: Mapped[int]
    from_on: Mapped[date]
    due_on: Mapped[date]
    # Its date, or the next banking day, and the grace: late only after it.
    last_day: Mapped[date]
    debt_minor: Mapped[int]
    base_minor: Mapped[int]
    interest_minor: Mapped[int]
    # What is left of the debt after it.
    balance_minor: Mapped[int]
    # What it asks for today: less than agreed where receivables were settled other than by money.
    owed_minor: Mapped[int]
    paid_minor: Mapped[int]
    state: Mapped[str]
    charge_id: Mapped[UUID | None]


class PlanPolicyRow(Tenant, Base):
    """What the organization lets be agreed; without a row, ``rules.plans.PlanPolicy()``."""

    __tablename__ = "plan_policy"
    __table_args__ = (
        in_organization("plan_policy"),
        check("plan_policy", "instalments", "max_instalments BETWEEN 1 AND 360"),
        check("plan_policy", "days", "max_days BETWEEN 1 AND 36525"),
        check("plan_policy", "charges", "collector_charges_percent BETWEEN 0 AND max_charges_percent"),
        check("plan_policy", "principal", "collector_principal_percent BETWEEN 0 AND max_principal_percent"),
        check("plan_policy", "percent", "max_charges_percent <= 100 AND max_principal_percent <= 100"),
        check("plan_policy", "default", "default_after BETWEEN 1 AND 360"),
        check("plan_policy", "grace", "grace_banking_days BETWEEN 0 AND 30"),
    )

    max_instalments: Mapped[int]
    max_days: Mapped[int]
    max_charges_percent: Mapped[int]
    max_principal_percent: Mapped[int]
    collector_charges_percent: Mapped[int]
    collector_principal_percent: Mapped[int]
    default_after: Mapped[int]
    grace_banking_days: Mapped[int]
    actor: Mapped[str]
    updated_at: Mapped[datetime]
