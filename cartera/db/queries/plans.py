"""Plans as the services read them: what is agreed, and what the books have made of it since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from cartera.db.queries.among import among
from cartera.db.queries.visibility import Sight, visible
from cartera.db.session import Tx
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.plans import Instalment, Plan, PlanPolicyRow, PlanReceivable
from cartera.db.tables.receivables import Entry, Receivable
from cartera.errors import NotFound
from cartera.rules.interest import Period
from cartera.rules.plans import MONEY, InstalmentState, PlanPolicy, PlanState


@dataclass(frozen=True, slots=True)
class PlanBooks:
    """What the books say of a plan's receivables, in minor units.

    ``money``: what has ever come in on them, net of what went back. ``balance``: what is owed on them.
    Charges that were added since the plan became active are no part of it, nor is what paid them.
    """

    money: int = 0
    balance: int = 0


async def plan_owner(tx: Tx, plan_id: UUID) -> UUID:
    """The customer whose plan it is. Raises NotFound for what the actor cannot see."""
    customer_id: UUID | None = await tx.session.scalar(seen(tx, Plan.customer_id).where(Plan.id == plan_id))
    if customer_id is None:
        raise NotFound("plan", "planId")
    return customer_id


async def plan_as_it_is(tx: Tx, plan_id: UUID) -> Plan:
    """The plan read afresh, for whoever holds its customer's lock."""
    found = await tx.session.scalars(
        select(Plan).where(Plan.id == plan_id).execution_options(populate_existing=True)
    )
    return found.one()


async def active_plans(tx: Tx, customers: Collection[UUID]) -> list[Plan]:
    """These customers' active plans as they are now, the oldest first."""
    found = await tx.session.scalars(
        select(Plan)
        .where(Plan.customer_id.in_(customers), Plan.state == PlanState.ACTIVE)
        .order_by(Plan.created_at, Plan.id)
        .execution_options(populate_existing=True)
    )
    return list(found)


async def instalments(tx: Tx, plans: Collection[UUID]) -> dict[UUID, list[Instalment]]:
    """By plan, its instalments in order."""
    rows = await tx.session.scalars(
        select(Instalment)
        .where(Instalment.plan_id.in_(plans))
        .order_by(Instalment.plan_id, Instalment.number)
        .execution_options(populate_existing=True)
    )
    grouped: dict[UUID, list[Instalment]] = defaultdict(list)
    for row in rows:
        grouped[row.plan_id].append(row)
    return grouped


async def covered(tx: Tx, plans: Collection[UUID]) -> dict[UUID, list[PlanReceivable]]:
    """By plan, the receivables that it is about."""
    rows = await tx.session.scalars(
        select(PlanReceivable)
        .where(PlanReceivable.plan_id.in_(plans))
        .order_by(PlanReceivable.plan_id, PlanReceivable.receivable_id)
        .execution_options(populate_existing=True)
    )
    grouped: dict[UUID, list[PlanReceivable]] = defaultdict(list)
    for row in rows:
        grouped[row.plan_id].append(row)
    return grouped


async def receivables(tx: Tx, plans: Collection[UUID]) -> dict[UUID, list[Receivable]]:
    """By plan, what it is about, due first; in the actor's sight only."""
    rows = await tx.session.execute(
        select(PlanReceivable.plan_id, Receivable)
        .join(Receivable, Receivable.id == PlanReceivable.receivable_id)
        .join(Customer, Customer.id == Receivable.customer_id)
        .where(PlanReceivable.plan_id.in_(plans), visible(tx))
        .order_by(Receivable.due_on, Receivable.id)
    )
    grouped: dict[UUID, list[Receivable]] = defaultdict(list)
    for plan_id, receivable in rows:
        grouped[plan_id].append(receivable)
    return grouped


async def of_customers(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[Plan]]:
    """Each customer's plans, the latest first."""
    rows = await tx.session.scalars(
        seen(tx, Plan).where(Plan.customer_id.in_(customers)).order_by(Plan.created_at.desc(), Plan.id.desc())
    )
    grouped: dict[UUID, list[Plan]] = defaultdict(list)
    for row in rows:
        grouped[row.customer_id].append(row)
    return grouped


def seen(sight: Sight, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Plan)
        .join(Customer, Customer.id == Plan.customer_id)
        .where(visible(sight))
    )


async def in_active_plan(tx: Tx, receivable_ids: Collection[UUID]) -> set[UUID]:
    """Those of the receivables that an active plan is about."""
    return set(
        await tx.session.scalars(
            select(PlanReceivable.receivable_id).where(
                PlanReceivable.receivable_id.in_(receivable_ids), PlanReceivable.is_active
            )
        )
    )


async def agreed_days(tx: Tx, receivable_ids: Collection[UUID]) -> dict[UUID, list[Period]]:
    """By receivable, the days that a plan's own terms stood for, in the count of interest of default.

    From the day after it was signed, or after the one from which it bore interest, if that is earlier,
    through the day on which it ended. Plans that bore none count where they were kept to the end.
    """
    rows = await tx.session.execute(
        select(PlanReceivable.receivable_id, func.least(Plan.starts_on, Plan.activated_on), Plan.ended_on)
        .join(Plan, Plan.id == PlanReceivable.plan_id)
        .where(
            PlanReceivable.receivable_id.in_(receivable_ids),
            Plan.activated_on.is_not(None),
            or_(Plan.annual_percent > 0, Plan.state == PlanState.COMPLETED),
        )
    )
    found: dict[UUID, list[Period]] = defaultdict(list)
    next_day = timedelta(days=1)
    for receivable_id, first, last in rows:
        found[receivable_id].append(Period(first + next_day, last + next_day if last else date.max))
    return found


async def completed_over(tx: Tx, receivable_ids: Collection[UUID]) -> list[Plan]:
    """Completed plans that forgave something and are about any of these receivables."""
    found = await tx.session.scalars(
        select(Plan)
        .join(PlanReceivable, PlanReceivable.plan_id == Plan.id)
        .where(
            PlanReceivable.receivable_id.in_(receivable_ids),
            Plan.state == PlanState.COMPLETED,
            Plan.charges_forgiven_minor + Plan.principal_forgiven_minor > 0,
        )
        .distinct()
        .order_by(Plan.id)
    )
    return list(found)


async def books(tx: Tx, plans: Collection[UUID]) -> dict[UUID, PlanBooks]:
    """By plan, what has come in on its receivables and what is owed on them."""
    reversed_entry = aliased(Entry)
    money = await tx.session.execute(
        select(PlanReceivable.plan_id, -func.sum(Entry.amount_minor))
        .join(Plan, Plan.id == PlanReceivable.plan_id)
        .join(Entry, Entry.receivable_id == PlanReceivable.receivable_id)
        .outerjoin(reversed_entry, reversed_entry.id == Entry.reverses_id)
        .outerjoin(Charge, Charge.id == Entry.charge_id)
        .where(
            PlanReceivable.plan_id.in_(plans),
            func.coalesce(reversed_entry.kind, Entry.kind).in_(MONEY),
            or_(Entry.charge_id.is_(None), ~_added_since()),
        )
        .group_by(PlanReceivable.plan_id)
    )
    came_in = {plan_id: int(minor) for plan_id, minor in money}
    owed = await _balances(tx, plans)
    return {plan_id: PlanBooks(came_in.get(plan_id, 0), owed.get(plan_id, 0)) for plan_id in plans}


async def _balances(tx: Tx, plans: Collection[UUID]) -> dict[UUID, int]:
    whole = await tx.session.execute(
        select(PlanReceivable.plan_id, func.sum(Receivable.balance_minor))
        .join(Receivable, Receivable.id == PlanReceivable.receivable_id)
        .where(PlanReceivable.plan_id.in_(plans))
        .group_by(PlanReceivable.plan_id)
    )
    added = await tx.session.execute(
        select(PlanReceivable.plan_id, func.sum(Charge.balance_minor))
        .join(Plan, Plan.id == PlanReceivable.plan_id)
        .join(Charge, Charge.receivable_id == PlanReceivable.receivable_id)
        .where(PlanReceivable.plan_id.in_(plans), _added_since())
        .group_by(PlanReceivable.plan_id)
    )
    balances = {plan_id: int(minor) for plan_id, minor in whole}
    for plan_id, minor in added:
        balances[plan_id] -= int(minor)
    return balances


def _added_since() -> ColumnElement[bool]:
    """Whether a charge was added after its plan had become active; of a proposed plan none was."""
    return and_(Plan.activated_at.is_not(None), Charge.recorded_at > Plan.activated_at)


async def spared_charges(tx: Tx, receivable_ids: Collection[UUID]) -> set[UUID]:
    """Charges of these receivables that an active plan forgives once all else is paid: the latest to mature.

    The earliest of them may be forgiven in part; it is paid last all the same.
    """
    if not receivable_ids:
        return set()
    sparing = (
        select(PlanReceivable.plan_id)
        .where(PlanReceivable.receivable_id.in_(receivable_ids), PlanReceivable.is_active)
        .distinct()
    )
    own_interest = select(Instalment.id).where(Instalment.charge_id == Charge.id).correlate(Charge).exists()
    rows = await tx.session.execute(
        select(Plan.id, Plan.charges_forgiven_minor, Charge.id, Charge.balance_minor)
        .join(PlanReceivable, PlanReceivable.plan_id == Plan.id)
        .join(Charge, Charge.receivable_id == PlanReceivable.receivable_id)
        .where(
            Plan.id.in_(sparing),
            Plan.charges_forgiven_minor > 0,
            Charge.balance_minor > 0,
            ~_added_since(),
            ~own_interest,
        )
        .order_by(Plan.id, Charge.due_on.desc(), Charge.id.desc())
    )
    spared: set[UUID] = set()
    left: dict[UUID, int] = {}
    for plan_id, forgiven, charge_id, balance in rows:
        still = left.get(plan_id, forgiven)
        if still > 0:
            spared.add(charge_id)
            left[plan_id] = still - balance
    return spared


async def later_charges(tx: Tx, receivable_ids: Collection[UUID]) -> set[UUID]:
    """Charges of these receivables that were added after the active plan about them: no part of it."""
    if not receivable_ids:
        return set()
    return set(
        await tx.session.scalars(
            select(Charge.id)
            .join(PlanReceivable, PlanReceivable.receivable_id == Charge.receivable_id)
            .join(Plan, Plan.id == PlanReceivable.plan_id)
            .where(
                Charge.receivable_id.in_(receivable_ids),
                Charge.balance_minor > 0,
                PlanReceivable.is_active,
                _added_since(),
            )
        )
    )


async def wanting_attention(tx: Tx, customers: Collection[UUID]) -> set[UUID]:
    """Those of the customers with a plan that a person should look at.

    It waits for approval, has a late instalment, or has defaulted and something of it is still owed.
    """
    still_owed = (
        select(PlanReceivable.plan_id)
        .join(Receivable, Receivable.id == PlanReceivable.receivable_id)
        .where(PlanReceivable.plan_id == Plan.id, Receivable.balance_minor > 0)
        .correlate(Plan)
        .exists()
    )
    found = await tx.session.scalars(
        select(Plan.customer_id).where(
            Plan.customer_id.in_(customers),
            or_(
                and_(Plan.state == PlanState.PROPOSED, Plan.needs_approval, Plan.approved_at.is_(None)),
                and_(Plan.state == PlanState.ACTIVE, Plan.late_count > 0),
                and_(Plan.state == PlanState.DEFAULTED, still_owed),
            ),
        )
    )
    return set(found)


async def with_matured_instalment(tx: Tx, customers: Collection[UUID]) -> list[UUID]:
    """Those of the customers with an active plan that has an unpaid instalment whose last day has passed."""
    found = await tx.session.scalars(
        select(Instalment.customer_id)
        .join(Plan, Plan.id == Instalment.plan_id)
        .where(
            among(Instalment.customer_id, customers),
            Instalment.state != InstalmentState.PAID,
            Instalment.last_day < tx.organization.business_day,
            Plan.state == PlanState.ACTIVE,
        )
        .distinct()
    )
    return list(found)


async def policy(tx: Tx) -> PlanPolicy:
    """What the organization lets be agreed."""
    row = await tx.session.scalar(select(PlanPolicyRow))
    if row is None:
        return PlanPolicy()
    return PlanPolicy(
        max_instalments=row.max_instalments,
        max_days=row.max_days,
        max_charges_percent=row.max_charges_percent,
        max_principal_percent=row.max_principal_percent,
        collector_charges_percent=row.collector_charges_percent,
        collector_principal_percent=row.collector_principal_percent,
        default_after=row.default_after,
        grace_banking_days=row.grace_banking_days,
    )
