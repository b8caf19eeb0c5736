"""Proof of plans: what the books say by now decides their instalments, and so the plan (DOMAIN §3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from cartera.db.outbox import tell_screens
from cartera.db.queries import plans as queries
from cartera.db.queries.ledger import unreversed
from cartera.db.queries.locks import lock
from cartera.db.queries.promises import waiting_money
from cartera.db.queries.tasks import open_tasks
from cartera.db.session import WriteTx
from cartera.db.tables.charges import Charge
from cartera.db.tables.plans import Instalment, Plan
from cartera.errors import refuse
from cartera.rules.activities import TaskKind
from cartera.rules.outbox import ChangeKind
from cartera.rules.plans import TRANSITIONS, Due, PlanState, judge, late, reference, stand
from cartera.rules.receivables import EntryKind
from cartera.services.ledger import Ledger
from cartera.services.tasks import close_reviews, open_review


async def prove_plans(tx: WriteTx, customers: Collection[UUID]) -> None:
    """Bring these customers' active plans up to what the books say today.

    The caller holds the locks of their account rows and refreshes these afterwards. Money pays instalments
    at once, and what goes back unpays them. A plan whose instalments are all paid is completed, and what it
    forgives is waived; one with too many late instalments has defaulted: what was owed all along is chased
    again, without the interest of instalments that were still to come.
    """
    await tx.session.flush()
    plans = await queries.active_plans(tx, customers)
    if plans:
        await open_review(tx, await _prove(tx, plans), TaskKind.REVIEW_PLAN)
    await close_plan_reviews(tx, customers)


async def _prove(tx: WriteTx, plans: Sequence[Plan]) -> set[UUID]:
    """Prove and judge; the customers whose plans have come to be late, more so, or to default."""
    ids = [plan.id for plan in plans]
    books = await queries.books(tx, ids)
    instalments = await queries.instalments(tx, ids)
    waiting = await _waiting(tx, plans)
    worse = set()
    for plan in plans:
        was_late = plan.late_count
        state = _judge(tx, plan, instalments[plan.id], books[plan.id], waiting[plan.id])
        if state is not PlanState.ACTIVE:
            await end_plan(tx, plan, instalments[plan.id], state)
        if state is PlanState.DEFAULTED or plan.late_count > was_late:
            worse.add(plan.customer_id)
    await tx.session.flush()
    return worse


async def take_back_forgiveness(tx: WriteTx, customer_id: UUID, receivables: Collection[UUID]) -> None:
    """Money for these receivables went back: what completed plans about them forgave is owed again.

    A plan that has ended stays ended; its receivables are what they were before it. The caller holds the
    locks, writes no ledger of its own any more, and settles up.
    """
    for plan in await queries.completed_over(tx, receivables):
        ids = [link.receivable_id for link in (await queries.covered(tx, [plan.id]))[plan.id]]
        locked = await lock(tx, customers=[customer_id], receivables=ids)
        ledger = await Ledger.of(tx, locked.receivables)
        for receivable_id in sorted(ids):
            for entry in await unreversed(tx, receivable_id, EntryKind.WAIVER):
                if (entry.note or "").startswith(f"{reference(plan.id)}: "):
                    ledger.reverse(entry, -entry.amount_minor, on=tx.today, note=entry.note)
        await ledger.write()


async def close_plan_reviews(tx: WriteTx, customers: Collection[UUID]) -> None:
    """Close reviews of plans of those customers who have none left that a person should look at."""
    asked = {task.customer_id for task in await open_tasks(tx, customers, [TaskKind.REVIEW_PLAN])}
    if asked:
        idle = asked - await queries.wanting_attention(tx, asked)
        await close_reviews(tx, idle, TaskKind.REVIEW_PLAN)


async def end_plan(
    tx: WriteTx, plan: Plan, instalments: Sequence[Instalment], state: PlanState, note: str | None = None
) -> None:
    """Move a plan to a state that ends it, with the entries that belong to that, and free its receivables."""
    was_active = plan.state == PlanState.ACTIVE
    move(tx, plan, state, note)
    plan.ended_on = tx.today
    links = (await queries.covered(tx, [plan.id]))[plan.id]
    for link in links:
        link.is_active = False
    if not was_active:
        return
    ids = [link.receivable_id for link in links]
    await tx.session.flush()
    locked = await lock(tx, customers=[plan.customer_id], receivables=ids)
    ledger = await Ledger.of(tx, locked.receivables)
    if state is PlanState.COMPLETED:
        _forgive(tx, ledger, plan)
    else:
        _waive_unearned(tx, ledger, plan, instalments)
    await ledger.write()


def move(tx: WriteTx, plan: Plan, state: PlanState, note: str | None = None) -> None:
    """Change a plan's state as DOMAIN §3 draws it, and tell. Refused: PLAN_NOT_PROPOSED, PLAN_ENDED."""
    if state not in TRANSITIONS[PlanState(plan.state)]:
        ended = not TRANSITIONS[PlanState(plan.state)]
        raise refuse("PLAN_ENDED" if ended else "PLAN_NOT_PROPOSED", "planId", state=plan.state)
    tx.audit(
        f"plan.{state}",
        "plan",
        plan.id,
        customer_id=plan.customer_id,
        before={"state": plan.state},
        after={"state": state, "late_count": plan.late_count, "note": note},
    )
    plan.state = state
    tell_screens(tx, ChangeKind.CUSTOMER, plan.customer_id, plan.customer_id)


def forgiven(plan: Plan) -> int:
    """Minor units that are forgiven once all else is paid."""
    return plan.charges_forgiven_minor + plan.principal_forgiven_minor


def _judge(
    tx: WriteTx, plan: Plan, instalments: Sequence[Instalment], books: queries.PlanBooks, waiting: int
) -> PlanState:
    money = books.money - plan.money_before_minor
    found = stand(
        [Due(row.number, row.debt_minor + row.interest_minor, row.last_day) for row in instalments],
        money=money,
        other=plan.total_minor + forgiven(plan) - money - books.balance,
        today=tx.today,
    )
    for row, standing in zip(instalments, found, strict=True):
        if (row.owed_minor, row.paid_minor, row.state) != (standing.owed, standing.paid, standing.state):
            row.owed_minor, row.paid_minor, row.state = standing.owed, standing.paid, standing.state
            tell_screens(tx, ChangeKind.CUSTOMER, plan.customer_id, plan.customer_id)
    plan.late_count = len(late(found))
    return judge(found, default_after=plan.default_after, waiting=waiting)


async def _waiting(tx: WriteTx, plans: Collection[Plan]) -> dict[UUID, int]:
    """By plan, money in sight of its customer in its currency that is on no receivable yet."""
    in_sight = await waiting_money(tx, {plan.customer_id for plan in plans})
    return {
        plan.id: sum(
            money.amount
            for money in in_sight
            if (money.customer_id, money.currency) == (plan.customer_id, plan.currency)
        )
        for plan in plans
    }


def _forgive(tx: WriteTx, ledger: Ledger, plan: Plan) -> None:
    """Waive what is left of what the plan forgives: charges first, then principal of what was due last."""
    left = forgiven(plan)
    note = f"{reference(plan.id)}: condonación por convenio cumplido"
    for charge in _by_maturity(ledger):
        is_covered = plan.activated_at is not None and charge.recorded_at <= plan.activated_at
        if is_covered and (part := min(left, charge.balance_minor)):
            left -= part
            _waive(tx, ledger, charge.receivable_id, part, charge.id, note)
    for receivable in sorted(ledger.receivables.values(), key=lambda row: (row.due_on, row.id), reverse=True):
        if part := min(left, receivable.principal_owed):
            left -= part
            _waive(tx, ledger, receivable.id, part, None, note)


def _waive_unearned(tx: WriteTx, ledger: Ledger, plan: Plan, instalments: Iterable[Instalment]) -> None:
    """Waive what is unpaid of the interest of instalments that have not fallen due."""
    unearned = {row.charge_id for row in instalments if row.charge_id and row.due_on > tx.today}
    note = f"{reference(plan.id)}: interés no devengado al terminar el convenio"
    for charge in _by_maturity(ledger):
        if charge.id in unearned and charge.balance_minor:
            _waive(tx, ledger, charge.receivable_id, charge.balance_minor, charge.id, note)


def _waive(
    tx: WriteTx, ledger: Ledger, receivable_id: UUID, amount: int, charge_id: UUID | None, note: str
) -> None:
    ledger.settle(receivable_id, amount, EntryKind.WAIVER, on=tx.today, charge_id=charge_id, note=note)


def _by_maturity(ledger: Ledger) -> list[Charge]:
    return sorted(ledger.charges.values(), key=lambda charge: (charge.due_on, charge.id))
