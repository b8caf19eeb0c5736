"""What the paper of a plan says, from its rows."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from cartera.db.queries import plans as queries
from cartera.db.queries import rows
from cartera.db.session import Tx
from cartera.db.tables.customers import Customer
from cartera.db.tables.plans import Instalment, Plan
from cartera.documents.agreement import Agreement, Covered, Party
from cartera.errors import NotFound
from cartera.rules.interest import DayCount
from cartera.rules.permissions import Scope
from cartera.rules.plan_schedules import Schedule, ScheduleRow, Terms
from cartera.rules.plans import PlanState, reference


async def agreement_of(tx: Tx, plan_id: UUID) -> Agreement:
    """Refused: NOT_PERMITTED; NOT_FOUND for a plan that the actor does not see."""
    tx.actor.require(Scope.PLANS_READ)
    plan = (await rows.by_ids(tx, [plan_id], Plan)).get(plan_id)
    if plan is None:
        raise NotFound("plan", "planId")
    customer = await tx.session.get_one(Customer, (tx.organization_id, plan.customer_id))
    instalments = (await queries.instalments(tx, [plan_id]))[plan_id]
    return Agreement(
        reference=reference(plan_id),
        state=PlanState(plan.state),
        made_at=plan.created_at,
        made_on=plan.created_at.astimezone(ZoneInfo(tx.organization.time_zone)).date(),
        language=customer.language,
        country=tx.organization.country,
        currency=plan.currency,
        creditor=Party(tx.organization.name),
        debtor=Party(customer.name, customer.tax_id),
        covered=await _covered(tx, plan_id),
        terms=_terms(plan, instalments),
        schedule=Schedule(tuple(_row(each) for each in instalments)),
        default_after=plan.default_after,
        grace_banking_days=plan.grace_banking_days,
    )


async def _covered(tx: Tx, plan_id: UUID) -> list[Covered]:
    links = {link.receivable_id: link for link in (await queries.covered(tx, [plan_id]))[plan_id]}
    return [
        Covered(
            row.number,
            row.issued_on,
            row.due_on,
            links[row.id].principal_minor,
            links[row.id].charges_minor,
        )
        for row in (await queries.receivables(tx, [plan_id]))[plan_id]
    ]


def _terms(plan: Plan, instalments: Sequence[Instalment]) -> Terms:
    return Terms(
        starts_on=plan.starts_on,
        due_dates=tuple(row.due_on for row in instalments if row.number),
        down_payment=plan.down_payment_minor,
        annual_percent=plan.annual_percent,
        day_count=DayCount(plan.day_count),
        charges_forgiven=plan.charges_forgiven_minor,
        principal_forgiven=plan.principal_forgiven_minor,
    )


def _row(row: Instalment) -> ScheduleRow:
    return ScheduleRow(
        row.number,
        row.from_on,
        row.due_on,
        row.debt_minor,
        row.base_minor,
        row.interest_minor,
        row.balance_minor,
    )
