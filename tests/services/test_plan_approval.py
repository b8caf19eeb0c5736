"""What of a plan a collector grants alone, what waits for a manager, and what nobody may grant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from cartera.actors import Actor
from cartera.db.tables.customers import Customer
from cartera.db.tables.plans import Plan
from cartera.db.tables.receivables import Receivable
from cartera.rules.plans import PlanPolicy
from cartera.services.plans import set_plan_policy
from tests.factories import Factory
from tests.services.books import refused, row
from tests.services.planning import (
    activate,
    approve,
    asked,
    charge,
    plan_reviews,
    propose,
    set_policy,
)
from tests.services.test_plans import mxn


@pytest.fixture
async def collector(factory: Factory, customer: Customer) -> Actor:
    """The customer's own collector."""
    actor = await factory.actor("collector")
    async with factory.write() as tx:
        await tx.session.execute(
            update(Customer).where(Customer.id == customer.id).values(collector_id=actor.member_id)
        )
    return actor


async def test_what_a_collector_may_not_grant_alone_waits_for_approval(
    factory: Factory, manager: Actor, collector: Actor, invoice: Receivable
) -> None:
    await charge(factory, invoice, "20.00")
    alone = await propose(factory, asked([invoice], charges_forgiven=mxn("10.00")), collector)
    assert not (await row(factory, Plan, alone.plan_id)).needs_approval
    assert await plan_reviews(factory) == []
    plan_id = (await propose(factory, asked([invoice], charges_forgiven=mxn("10.01")), collector)).plan_id
    assert (await row(factory, Plan, plan_id)).needs_approval
    assert await plan_reviews(factory) == ["open"]
    async with refused(factory, "PLAN_NEEDS_APPROVAL", "planId"):
        await activate(factory, plan_id, collector)
    async with refused(factory, "PLAN_NEEDS_APPROVAL", "planId"):
        await activate(factory, plan_id, manager)
    async with refused(factory, "NOT_PERMITTED"):
        await approve(factory, plan_id, collector)
    async with refused(factory, "PLAN_NOT_AWAITING_APPROVAL", "planId"):
        await approve(factory, alone.plan_id, manager)
    await approve(factory, plan_id, manager)
    plan = await row(factory, Plan, plan_id)
    assert (plan.state, plan.approver_id, plan.approved_at) == ("proposed", manager.member_id, factory.now)
    assert await plan_reviews(factory) == ["done"]
    async with refused(factory, "PLAN_NOT_AWAITING_APPROVAL", "planId"):
        await approve(factory, plan_id, manager)
    await activate(factory, plan_id, collector)


async def test_a_manager_forgives_within_the_policy_alone_and_beyond_it_not_at_all(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    await charge(factory, invoice, "20.00")
    await set_policy(factory, max_charges_percent=80, max_principal_percent=10)
    within = asked([invoice], charges_forgiven=mxn("16.00"), principal_forgiven=mxn("10.00"))
    plan_id = (await propose(factory, within, manager)).plan_id
    assert not (await row(factory, Plan, plan_id)).needs_approval
    async with refused(factory, "PLAN_FORGIVES_BEYOND_POLICY", "chargesForgiven"):
        await propose(factory, replace(within, charges_forgiven=mxn("16.01")), manager)
    async with refused(factory, "PLAN_FORGIVES_BEYOND_POLICY", "principalForgiven"):
        await propose(factory, replace(within, principal_forgiven=mxn("10.01")), manager)
    await set_policy(factory, max_charges_percent=79, max_principal_percent=10)
    async with refused(factory, "PLAN_FORGIVES_BEYOND_POLICY", "planId"):
        await activate(factory, plan_id, manager)


async def test_the_policy_is_within_its_bounds_and_for_who_writes_the_books(
    factory: Factory, manager: Actor
) -> None:
    collector = await factory.actor("collector")
    async with refused(factory, "NOT_PERMITTED"), factory.write(collector) as tx:
        await set_plan_policy(tx, PlanPolicy())
    for field, path in (
        ("max_instalments", "maxInstalments"),
        ("default_after", "defaultAfter"),
        ("max_days", "maxDays"),
    ):
        async with refused(factory, "PLAN_POLICY_INVALID", path), factory.write(manager) as tx:
            await set_plan_policy(tx, replace(PlanPolicy(), **{field: 0}))
    async with refused(factory, "PLAN_POLICY_INVALID", "collectorPrincipalPercent"):
        await set_policy(factory, collector_principal_percent=1)
    await set_policy(factory, grace_banking_days=0)
    await set_policy(factory, max_instalments=2)
    async with factory.read() as tx:
        from cartera.db.queries.plans import policy

        assert await policy(tx) == PlanPolicy(max_instalments=2)
