"""Plans: propose, approve, activate (sign) and cancel them, and set what may be agreed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from cartera.calendars import banking_days
from cartera.checks import check_text
from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries import plans as queries
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.locks import Locked, lock
from cartera.db.session import WriteTx
from cartera.db.tables.plans import Instalment, Plan, PlanPolicyRow, PlanReceivable
from cartera.db.tables.receivables import Receivable
from cartera.errors import refuse
from cartera.rules.activities import TaskKind
from cartera.rules.charges import ChargeKind
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Scope
from cartera.rules.plan_schedules import MOST_DAYS, MOST_INSTALMENTS, Debt, PlanError, Terms
from cartera.rules.plans import InstalmentState, PlanPolicy, PlanState, check_policy, reference
from cartera.rules.promises import last_day
from cartera.services.books import settle_up
from cartera.services.ledger import Ledger, NewCharge
from cartera.services.plan_proof import close_plan_reviews, end_plan, move
from cartera.services.plan_terms import (
    Draft,
    NewPlan,
    check_input,
    draft,
)
from cartera.services.promises import renegotiate_promises
from cartera.services.tasks import open_review

_MOST_GRACE = 30


@dataclass(frozen=True, slots=True)
class PlanStep:
    """What is done to a plan that there is."""

    plan_id: UUID
    note: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class PlanDone:
    plan_id: UUID
    replayed: bool


async def propose_plan(tx: WriteTx, new: NewPlan) -> PlanDone:
    """Write down a plan as it would be signed; nothing is agreed yet and chasing goes on.

    One that forgives more than the actor may grant waits for approval, and a task says so. Refused: what
    ``plan_terms.check_input`` and ``draft`` refuse, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.PLANS_WRITE)
    new = replace(new, receivable_ids=tuple(sorted(set(new.receivable_ids))))
    done = await earlier(tx, "propose_plan", new.idempotency_key, new)
    if done is not None:
        return PlanDone(done["plan"], replayed=True)
    check_input(tx, new)
    locked = await lock(tx, customers=[new.customer_id], receivables=new.receivable_ids)
    made = await draft(tx, new, locked.receivables.values())
    plan = _plan(tx, new, made)
    tx.session.add(plan)
    await tx.session.flush()
    tx.session.add_all(_covered(plan, locked.receivables.values()))
    tx.session.add_all(_instalments(tx, plan, made))
    tx.audit("plan.propose", "plan", plan.id, customer_id=plan.customer_id, after=_summary(plan, new))
    if plan.needs_approval:
        await open_review(tx, [plan.customer_id], TaskKind.REVIEW_PLAN)
    await _show(tx, plan)
    await remember(tx, "propose_plan", new.idempotency_key, plan=plan.id)
    return PlanDone(plan.id, replayed=False)


async def approve_plan(tx: WriteTx, step: PlanStep) -> PlanDone:
    """Let a plan that forgives more than its proposer may grant be signed.

    Refused: PLAN_NOT_AWAITING_APPROVAL, what goes beyond the policy as it is now, TOO_LONG, NOT_FOUND.
    """
    tx.actor.require(Scope.BOOKS_WRITE)
    done = await earlier(tx, "approve_plan", step.idempotency_key, step)
    if done is not None:
        return PlanDone(done["plan"], replayed=True)
    plan, _ = await _taken(tx, step)
    if plan.state != PlanState.PROPOSED or not plan.needs_approval or plan.approved_at is not None:
        raise refuse("PLAN_NOT_AWAITING_APPROVAL", "planId")
    await _check_still_allowed(tx, plan)
    plan.approver_id = tx.actor.member_id
    plan.approved_at = tx.now
    tx.audit("plan.approve", "plan", plan.id, customer_id=plan.customer_id, after={"note": step.note})
    await tx.session.flush()
    await close_plan_reviews(tx, [plan.customer_id])
    await _show(tx, plan)
    await remember(tx, "approve_plan", step.idempotency_key, plan=plan.id)
    return PlanDone(plan.id, replayed=False)


async def activate_plan(tx: WriteTx, step: PlanStep) -> PlanDone:
    """The plan is signed: its interest is charged, and chasing of its receivables pauses while it is kept.

    Pending promises about them are renegotiated. Refused: PLAN_NOT_PROPOSED, PLAN_ENDED,
    PLAN_NEEDS_APPROVAL, PLAN_OUT_OF_DATE (what is owed has changed, or its first date has passed),
    RECEIVABLE_IN_PLAN, what goes beyond the policy as it is now, TOO_LONG, NOT_FOUND.
    """
    tx.actor.require(Scope.PLANS_WRITE)
    done = await earlier(tx, "activate_plan", step.idempotency_key, step)
    if done is not None:
        return PlanDone(done["plan"], replayed=True)
    plan, locked = await _taken(tx, step)
    if plan.state == PlanState.PROPOSED and plan.needs_approval and plan.approved_at is None:
        raise refuse("PLAN_NEEDS_APPROVAL", "planId")
    move(tx, plan, PlanState.ACTIVE, step.note)
    links = (await queries.covered(tx, [plan.id]))[plan.id]
    instalments = (await queries.instalments(tx, [plan.id]))[plan.id]
    await _check_up_to_date(tx, plan, links, instalments, locked)
    await _check_still_allowed(tx, plan)
    plan.activated_at, plan.activated_on = tx.now, tx.today
    plan.money_before_minor = (await queries.books(tx, [plan.id]))[plan.id].money
    for link in links:
        link.is_active = True
    await _charge_interest(tx, plan, instalments, locked.receivables)
    await renegotiate_promises(tx, plan.customer_id, locked.receivables)
    await settle_up(tx, [plan.customer_id])
    _tell(tx, plan)
    await remember(tx, "activate_plan", step.idempotency_key, plan=plan.id)
    return PlanDone(plan.id, replayed=False)


async def cancel_plan(tx: WriteTx, step: PlanStep) -> PlanDone:
    """Take back a plan: what is owed is chased again, without the interest of instalments still to come.

    Refused: PLAN_ENDED, TOO_LONG, NOT_FOUND.
    """
    tx.actor.require(Scope.PLANS_WRITE)
    done = await earlier(tx, "cancel_plan", step.idempotency_key, step)
    if done is not None:
        return PlanDone(done["plan"], replayed=True)
    plan, _ = await _taken(tx, step)
    instalments = (await queries.instalments(tx, [plan.id]))[plan.id]
    await end_plan(tx, plan, instalments, PlanState.CANCELLED, step.note)
    await tx.session.flush()
    await close_plan_reviews(tx, [plan.customer_id])
    await _show(tx, plan)
    await remember(tx, "cancel_plan", step.idempotency_key, plan=plan.id)
    return PlanDone(plan.id, replayed=False)


async def set_plan_policy(tx: WriteTx, policy: PlanPolicy) -> None:
    """What may be agreed from now on; active plans keep their terms. Refused: PLAN_POLICY_INVALID."""
    tx.actor.require(Scope.BOOKS_WRITE)
    for field, value, least, most in (
        ("maxInstalments", policy.max_instalments, 1, MOST_INSTALMENTS),
        ("maxDays", policy.max_days, 1, MOST_DAYS),
        ("maxChargesPercent", policy.max_charges_percent, 0, 100),
        ("maxPrincipalPercent", policy.max_principal_percent, 0, 100),
        ("collectorChargesPercent", policy.collector_charges_percent, 0, policy.max_charges_percent),
        ("collectorPrincipalPercent", policy.collector_principal_percent, 0, policy.max_principal_percent),
        ("defaultAfter", policy.default_after, 1, MOST_INSTALMENTS),
        ("graceBankingDays", policy.grace_banking_days, 0, _MOST_GRACE),
    ):
        if not least <= value <= most:
            raise refuse("PLAN_POLICY_INVALID", field, least=least, most=most)
    before = asdict(await queries.policy(tx))
    values = asdict(policy) | {"actor": str(tx.actor), "updated_at": tx.now}
    await tx.session.execute(
        insert(PlanPolicyRow)
        .values(organization_id=tx.organization_id, **values)
        .on_conflict_do_update(index_elements=["organization_id"], set_=values)
    )
    tx.audit("plan_policy.set", "plan_policy", tx.organization_id, before=before, after=asdict(policy))


async def _taken(tx: WriteTx, step: PlanStep) -> tuple[Plan, Locked]:
    """The plan, and its receivables, under lock and as they are now."""
    check_text(step.note, "note")
    customer_id = await queries.plan_owner(tx, step.plan_id)
    links = (await queries.covered(tx, [step.plan_id]))[step.plan_id]
    locked = await lock(tx, customers=[customer_id], receivables=[link.receivable_id for link in links])
    return await queries.plan_as_it_is(tx, step.plan_id), locked


async def _check_up_to_date(
    tx: WriteTx,
    plan: Plan,
    links: Iterable[PlanReceivable],
    instalments: Iterable[Instalment],
    locked: Locked,
) -> None:
    """Refuse to sign what no longer fits what is owed, or what is already late."""
    if await queries.in_active_plan(tx, locked.receivables):
        raise refuse("RECEIVABLE_IN_PLAN", "planId")
    for link in links:
        row = locked.receivables[link.receivable_id]
        if (row.principal_owed, row.charges_owed) != (link.principal_minor, link.charges_minor):
            raise refuse("PLAN_OUT_OF_DATE", "planId")
    if min(row.due_on for row in instalments) < tx.today:
        raise refuse("PLAN_OUT_OF_DATE", "planId")


async def _check_still_allowed(tx: WriteTx, plan: Plan) -> None:
    """Refuse what goes beyond a policy that has become stricter since the proposal."""
    instalments = (await queries.instalments(tx, [plan.id]))[plan.id]
    terms = Terms(
        starts_on=plan.starts_on,
        due_dates=tuple(row.due_on for row in instalments if row.number),
        charges_forgiven=plan.charges_forgiven_minor,
        principal_forgiven=plan.principal_forgiven_minor,
    )
    try:
        check_policy(await queries.policy(tx), Debt(plan.principal_minor, plan.charges_minor), terms)
    except PlanError as error:
        raise refuse(error.code, "planId", **error.facts) from None


async def _charge_interest(
    tx: WriteTx, plan: Plan, instalments: Iterable[Instalment], receivables: dict[UUID, Receivable]
) -> None:
    """One line for each instalment that has interest, on the receivable that was due last."""
    bearer = max(receivables.values(), key=lambda row: (row.due_on, row.id))
    ledger = await Ledger.of(tx, receivables)
    bearing = [row for row in instalments if row.interest_minor]
    lines = [
        ledger.add_charge(
            bearer.id,
            NewCharge(
                kind=ChargeKind.PLAN_INTEREST,
                rule=f"plan:{reference(plan.id)}",
                source=f"Convenio de pago {reference(plan.id)}, cuota {row.number}",
                amount=row.interest_minor,
                due_on=row.due_on,
                on=tx.today,
                base=row.base_minor,
                rate=plan.annual_percent,
                day_count=plan.day_count,
                from_on=row.from_on,
                to_on=row.due_on,
            ),
        )
        for row in bearing
    ]
    await ledger.write()
    for row, charge_id in zip(bearing, lines, strict=True):
        row.charge_id = charge_id


async def _show(tx: WriteTx, plan: Plan) -> None:
    await refresh_accounts(tx, [plan.customer_id])
    _tell(tx, plan)


def _tell(tx: WriteTx, plan: Plan) -> None:
    tell_screens(tx, ChangeKind.CUSTOMER, plan.customer_id, plan.customer_id)


def _plan(tx: WriteTx, new: NewPlan, made: Draft) -> Plan:
    terms = made.terms
    return Plan(
        organization_id=tx.organization_id,
        id=new_id(),
        customer_id=new.customer_id,
        state=PlanState.PROPOSED,
        currency=made.currency,
        principal_minor=made.debt.principal,
        charges_minor=made.debt.charges,
        charges_forgiven_minor=terms.charges_forgiven,
        principal_forgiven_minor=terms.principal_forgiven,
        down_payment_minor=terms.down_payment,
        interest_minor=made.schedule.interest,
        total_minor=made.schedule.total,
        annual_percent=terms.annual_percent,
        day_count=terms.day_count,
        starts_on=terms.starts_on,
        ends_on=terms.due_dates[-1],
        default_after=made.policy.default_after,
        grace_banking_days=made.policy.grace_banking_days,
        money_before_minor=0,
        late_count=0,
        needs_approval=made.needs_approval,
        member_id=tx.actor.member_id,
        note=new.note,
        created_at=tx.now,
    )


def _covered(plan: Plan, receivables: Iterable[Receivable]) -> list[PlanReceivable]:
    return [
        PlanReceivable(
            organization_id=plan.organization_id,
            plan_id=plan.id,
            receivable_id=row.id,
            principal_minor=row.principal_owed,
            charges_minor=row.charges_owed,
            is_active=False,
        )
        for row in receivables
    ]


def _instalments(tx: WriteTx, plan: Plan, made: Draft) -> list[Instalment]:
    is_banking_day = banking_days(tx.organization.country)
    return [
        Instalment(
            organization_id=plan.organization_id,
            id=new_id(),
            plan_id=plan.id,
            customer_id=plan.customer_id,
            number=row.number,
            from_on=row.from_on,
            due_on=row.due_on,
            last_day=last_day(row.due_on, plan.grace_banking_days, is_banking_day),
            debt_minor=row.debt,
            base_minor=row.base,
            interest_minor=row.interest,
            balance_minor=row.balance,
            owed_minor=row.amount,
            paid_minor=0,
            state=InstalmentState.PENDING,
            charge_id=None,
        )
        for row in made.schedule.rows
    ]


def _summary(plan: Plan, new: NewPlan) -> dict[str, object]:
    return {
        "total_minor": plan.total_minor,
        "currency": plan.currency,
        "charges_forgiven_minor": plan.charges_forgiven_minor,
        "principal_forgiven_minor": plan.principal_forgiven_minor,
        "annual_percent": str(plan.annual_percent),
        "starts_on": plan.starts_on.isoformat(),
        "ends_on": plan.ends_on.isoformat(),
        "needs_approval": plan.needs_approval,
        "receivables": [str(receivable_id) for receivable_id in new.receivable_ids],
    }
