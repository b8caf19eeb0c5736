"""Payment plans: what one would look like, and proposing, approving, signing and cancelling it."""

from __future__ import annotations

import decimal
from datetime import date
from typing import Annotated

import strawberry

from api.context import Info
from api.resolvers.collector.amounts import money
from api.resolvers.collector.reading import customer_after, row_after
from api.schema import ids
from api.schema.collector.customers import Customer
from api.schema.collector.errors import UserErrors, does
from api.schema.collector.nodes import Money
from api.schema.collector.plans import Plan, PlanPolicy, ProjectedInstalment
from api.schema.permissions import needs
from api.schema.scalars import CurrencyCode, Decimal
from cartera.db.queries import plans as queries
from cartera.db.tables import plans as tables
from cartera.errors import Refused, refuse
from cartera.rules import money as amounts
from cartera.rules import plans as rules
from cartera.rules.interest import DayCount
from cartera.rules.permissions import Scope
from cartera.rules.plan_schedules import Frequency
from cartera.services import plan_terms
from cartera.services import plans as services


@strawberry.input
class PlanInstalmentInput:
    due_on: date
    amount: Decimal | None = None


@strawberry.input(description="Either `count`, `firstOn` and `frequency`, or days of one's own.")
class PlanInstalmentsInput:
    count: int | None = None
    first_on: date | None = None
    frequency: Frequency | None = None
    custom: list[PlanInstalmentInput] | None = strawberry.field(
        default=None, description="The debt's part in each instalment; without any amount the parts are even."
    )


@strawberry.input
class PlanProjectInput:
    customer_id: strawberry.ID
    receivable_ids: list[strawberry.ID]
    currency_code: CurrencyCode
    instalments: PlanInstalmentsInput
    starts_on: date | None = None
    down_payment: Decimal | None = None
    annual_percent: Decimal | None = None
    day_count: DayCount = DayCount.ACTUAL_360
    charges_forgiven: Decimal | None = None
    principal_forgiven: Decimal | None = None


@strawberry.input
class PlanProposeInput(PlanProjectInput):
    idempotency_key: str
    note: str | None = None


@strawberry.type(description="What a plan would be; nothing is written down.")
class PlanProjection:
    instalments: list[ProjectedInstalment]
    principal: Money
    charges: Money
    forgiven: Money
    interest: Money
    total: Money
    needs_approval: bool = strawberry.field(description="It forgives more than you may grant.")


@strawberry.input
class PlanStepInput:
    idempotency_key: str
    plan_id: strawberry.ID
    note: str | None = None


@strawberry.input
class PlanPolicySetInput:
    max_instalments: int
    max_days: int
    max_charges_percent: int
    max_principal_percent: int
    collector_charges_percent: int
    collector_principal_percent: int
    default_after: int
    grace_banking_days: int


@strawberry.type
class PlanProposeSuccess:
    plan: Plan
    customer: Customer
    replayed: bool


@strawberry.type
class PlanApproveSuccess:
    plan: Plan
    customer: Customer
    replayed: bool


@strawberry.type
class PlanActivateSuccess:
    plan: Plan
    customer: Customer
    replayed: bool


@strawberry.type
class PlanCancelSuccess:
    plan: Plan
    customer: Customer
    replayed: bool


@strawberry.type
class PlanPolicySetSuccess:
    policy: PlanPolicy


PlanProjectResult = Annotated[PlanProjection | UserErrors, strawberry.union("PlanProjectResult")]
PlanProposeResult = Annotated[PlanProposeSuccess | UserErrors, strawberry.union("PlanProposeResult")]
PlanApproveResult = Annotated[PlanApproveSuccess | UserErrors, strawberry.union("PlanApproveResult")]
PlanActivateResult = Annotated[PlanActivateSuccess | UserErrors, strawberry.union("PlanActivateResult")]
PlanCancelResult = Annotated[PlanCancelSuccess | UserErrors, strawberry.union("PlanCancelResult")]
PlanPolicySetResult = Annotated[PlanPolicySetSuccess | UserErrors, strawberry.union("PlanPolicySetResult")]


@strawberry.type
class PlanQueries:
    @needs(Scope.PLANS_READ, "The schedule of a plan before anybody signs it.")
    async def plan_project(self, info: Info, input: PlanProjectInput) -> PlanProjectResult:
        try:
            new = _asked(input)
            async with info.context.read() as tx:
                made = await plan_terms.preview_plan(tx, new)
        except Refused as refused:
            return UserErrors.of(refused, info.context.actor.language)
        return _projection(made)

    @needs(Scope.PLANS_READ, "What may be agreed.")
    async def plan_policy(self, info: Info) -> PlanPolicy:
        async with info.context.read() as tx:
            return PlanPolicy.of(await queries.policy(tx))


@strawberry.type
class PlanMutations:
    @does(Scope.PLANS_WRITE, "Write down a plan as it would be signed; chasing goes on.")
    async def plan_propose(self, info: Info, input: PlanProposeInput) -> PlanProposeResult:
        new = _asked(input, input.idempotency_key, input.note)
        async with info.context.write() as tx:
            done = await services.propose_plan(tx, new)
        plan, customer = await _after(info, done)
        return PlanProposeSuccess(plan=plan, customer=customer, replayed=done.replayed)

    @does(Scope.BOOKS_WRITE, "Let a plan that forgives more than its proposer may grant be signed.")
    async def plan_approve(self, info: Info, input: PlanStepInput) -> PlanApproveResult:
        async with info.context.write() as tx:
            done = await services.approve_plan(tx, _step(input))
        plan, customer = await _after(info, done)
        return PlanApproveSuccess(plan=plan, customer=customer, replayed=done.replayed)

    @does(Scope.PLANS_WRITE, "The plan is signed: chasing of its receivables pauses while it is kept.")
    async def plan_activate(self, info: Info, input: PlanStepInput) -> PlanActivateResult:
        async with info.context.write() as tx:
            done = await services.activate_plan(tx, _step(input))
        plan, customer = await _after(info, done)
        return PlanActivateSuccess(plan=plan, customer=customer, replayed=done.replayed)

    @does(Scope.PLANS_WRITE, "Take back a plan: chasing goes on.")
    async def plan_cancel(self, info: Info, input: PlanStepInput) -> PlanCancelResult:
        async with info.context.write() as tx:
            done = await services.cancel_plan(tx, _step(input))
        plan, customer = await _after(info, done)
        return PlanCancelSuccess(plan=plan, customer=customer, replayed=done.replayed)

    @does(Scope.BOOKS_WRITE, "Set what may be agreed from now on.")
    async def plan_policy_set(self, info: Info, input: PlanPolicySetInput) -> PlanPolicySetResult:
        policy = rules.PlanPolicy(**vars(input))
        async with info.context.write() as tx:
            await services.set_plan_policy(tx, policy)
        return PlanPolicySetSuccess(policy=PlanPolicy.of(policy))


async def _after(info: Info, done: services.PlanDone) -> tuple[Plan, Customer]:
    row = await row_after(info, tables.Plan, done.plan_id)
    return Plan.of(row), await customer_after(info, row.customer_id)


def _step(input: PlanStepInput) -> services.PlanStep:
    return services.PlanStep(ids.decode(input.plan_id, "Plan", "planId"), input.note, input.idempotency_key)


def _asked(
    input: PlanProjectInput, idempotency_key: str | None = None, note: str | None = None
) -> plan_terms.NewPlan:
    return plan_terms.NewPlan(
        customer_id=ids.decode(input.customer_id, "Customer", "customerId"),
        receivable_ids=[ids.decode(each, "Receivable", "receivableIds") for each in input.receivable_ids],
        instalments=_instalments(input.instalments, input.currency_code),
        starts_on=input.starts_on,
        down_payment=_amount(input.down_payment, input.currency_code, "downPayment"),
        annual_percent=decimal.Decimal(input.annual_percent or "0"),
        day_count=input.day_count,
        charges_forgiven=_amount(input.charges_forgiven, input.currency_code, "chargesForgiven"),
        principal_forgiven=_amount(input.principal_forgiven, input.currency_code, "principalForgiven"),
        note=note,
        idempotency_key=idempotency_key,
    )


def _instalments(input: PlanInstalmentsInput, currency: CurrencyCode) -> plan_terms.Even | plan_terms.Custom:
    """Raises Refused: PLAN_INSTALMENTS_UNCLEAR where neither way, or both, are said in full."""
    is_even = None not in (input.count, input.first_on, input.frequency)
    if is_even == (input.custom is not None):
        raise refuse("PLAN_INSTALMENTS_UNCLEAR", "instalments")
    if input.custom is None:
        assert input.count is not None
        assert input.first_on is not None
        assert input.frequency is not None
        return plan_terms.Even(input.count, input.first_on, input.frequency)
    parts = [_amount(each.amount, currency, "instalments") for each in input.custom]
    given = tuple(part for part in parts if part is not None)
    if given and len(given) < len(parts):
        raise refuse("PLAN_INSTALMENTS_UNCLEAR", "instalments")
    return plan_terms.Custom(tuple(each.due_on for each in input.custom), given or None)


def _amount(amount: Decimal | None, currency: CurrencyCode, *path: str) -> amounts.Money | None:
    return money(amount, currency, *path) if amount is not None else None


def _projection(made: plan_terms.Draft) -> PlanProjection:
    return PlanProjection(
        instalments=ProjectedInstalment.each(made.schedule.rows, made.currency),
        principal=Money.of(made.debt.principal, made.currency),
        charges=Money.of(made.debt.charges, made.currency),
        forgiven=Money.of(made.terms.forgiven, made.currency),
        interest=Money.of(made.schedule.interest, made.currency),
        total=Money.of(made.schedule.total, made.currency),
        needs_approval=made.needs_approval,
    )
