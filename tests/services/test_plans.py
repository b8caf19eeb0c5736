from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from cartera.actors import Actor
from cartera.db.tables.customers import Customer
from cartera.db.tables.plans import Plan, PlanReceivable
from cartera.db.tables.promises import Promise
from cartera.db.tables.receivables import Receivable
from cartera.rules.money import Money
from cartera.rules.plan_schedules import Frequency
from cartera.rules.plans import TRANSITIONS, PlanState
from cartera.services.plan_terms import Custom, Even, NewPlan, preview_plan
from cartera.services.plans import PlanDone, PlanStep, activate_plan, propose_plan
from tests.factories import TODAY, Factory
from tests.services.books import refused, row
from tests.services.planning import (
    FIRST,
    MONTHLY,
    activate,
    approve,
    asked,
    cancel,
    charge,
    interest_lines,
    parts,
    pay,
    plan_reviews,
    propose,
    sign,
    state,
)
from tests.services.promising import make, promised

Step = Callable[[Factory, UUID], Awaitable[PlanDone]]


def mxn(amount: str) -> Money:
    return Money.parse(amount, "MXN")


@pytest.fixture
async def collector(factory: Factory, customer: Customer) -> Actor:
    """The customer's own collector."""
    actor = await factory.actor("collector")
    async with factory.write() as tx:
        await tx.session.execute(
            update(Customer).where(Customer.id == customer.id).values(collector_id=actor.member_id)
        )
    return actor


async def test_a_proposal_writes_down_the_schedule_and_changes_nothing_else(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    other = await factory.receivable(customer, "50.00")
    new = asked([invoice, other], down_payment=mxn("50.00"), note="Acordado por teléfono")
    done = await propose(factory, new, manager)
    plan = await row(factory, Plan, done.plan_id)
    assert (plan.state, plan.currency, plan.principal_minor, plan.charges_minor) == (
        "proposed",
        "MXN",
        150_00,
        0,
    )
    assert (plan.total_minor, plan.interest_minor, plan.down_payment_minor) == (150_00, 0, 50_00)
    assert (plan.starts_on, plan.ends_on) == (TODAY, date(2027, 2, 16))
    assert (plan.member_id, plan.note, plan.needs_approval) == (
        manager.member_id,
        "Acordado por teléfono",
        False,
    )
    assert await parts(factory, plan.id) == [
        (0, 50_00, 0, "pending"),
        (1, 33_33, 0, "pending"),
        (2, 33_33, 0, "pending"),
        (3, 33_34, 0, "pending"),
    ]
    assert (await row(factory, Receivable, invoice.id)).balance_minor == 100_00
    assert await plan_reviews(factory) == []


async def test_the_preview_is_what_is_then_proposed(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    await charge(factory, invoice, "20.00")
    new = asked([invoice], annual_percent=Decimal(12), charges_forgiven=mxn("20.00"))
    async with factory.read(manager) as tx:
        seen = await preview_plan(tx, new)
    done = await propose(factory, new, manager)
    plan = await row(factory, Plan, done.plan_id)
    assert (seen.debt.principal, seen.debt.charges) == (100_00, 20_00)
    # 100.00 x 12 % x 30/360 + 66.67 x 12 % x 31/360 + 33.34 x 12 % x 31/360 = 1.00 + 0.69 + 0.34
    assert [each.interest for each in seen.schedule.rows] == [1_00, 69, 34]
    assert (plan.interest_minor, plan.total_minor) == (2_03, 102_03)
    assert [(n, owed) for n, owed, _, _ in await parts(factory, plan.id)] == [
        (each.number, each.amount) for each in seen.schedule.rows
    ]


async def test_signing_charges_the_interest_so_that_the_schedule_is_what_is_owed(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    later = await factory.receivable(customer, "900.00", due_on=TODAY - timedelta(days=3))
    plan_id = await sign(factory, asked([invoice, later], annual_percent=Decimal(12)), manager)
    plan = await row(factory, Plan, plan_id)
    assert (plan.state, plan.activated_on, plan.interest_minor) == ("active", TODAY, 20_33)
    lines = await interest_lines(factory)
    assert [(each.receivable_id, each.amount_minor, each.base_minor, each.due_on) for each in lines] == [
        (later.id, 10_00, 1_000_00, FIRST),  # x 12 % x 30/360
        (later.id, 6_89, 666_67, date(2027, 1, 16)),  # x 12 % x 31/360 = 6.8889
        (later.id, 3_44, 333_34, date(2027, 2, 16)),  # x 12 % x 31/360 = 3.4445
    ]
    assert {(each.rate, each.day_count, each.balance_minor == each.amount_minor) for each in lines} == {
        (Decimal(12), "actual/360", True)
    }
    balances = [(await row(factory, Receivable, key.id)).balance_minor for key in (invoice, later)]
    assert sum(balances) == plan.total_minor == 1_020_33
    async with factory.read() as tx:
        assert set(await tx.session.scalars(select(PlanReceivable.is_active))) == {True}


async def test_interest_of_a_plan_was_agreed_upon_and_is_not_computed_anew(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    """It stands on one of the receivables, and is that of all of them."""
    later = await factory.receivable(customer, "900.00", due_on=TODAY - timedelta(days=3))
    await sign(factory, asked([invoice, later], annual_percent=Decimal(12)), manager)
    await pay(factory, later, "10.00", on=TODAY - timedelta(days=1), lines=[(later.id, 10_00)])
    lines = await interest_lines(factory)
    assert [each.balance_minor for each in lines] == [10_00, 6_89, 3_44]


async def test_signing_takes_the_place_of_promises_about_the_same_receivables(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    other = await factory.receivable(customer, "50.00")
    about_it = await make(factory, promised([invoice], "100.00"))
    about_another = await make(factory, promised([other], "50.00"))
    await sign(factory, asked([invoice]), manager)
    assert (await row(factory, Promise, about_it.promise_id)).state == "renegotiated"
    assert (await row(factory, Promise, about_another.promise_id)).state == "pending"


CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"receivable_ids": []}, "NO_RECEIVABLES", "receivableIds"),
    ({"receivable_ids": [UUID(int=n) for n in range(1001)]}, "TOO_MANY", "receivableIds"),
    ({"note": "x" * 2001}, "TOO_LONG", "note"),
    ({"starts_on": TODAY - timedelta(days=1)}, "PLAN_STARTS_IN_PAST", "startsOn"),
    ({"starts_on": TODAY + timedelta(days=61)}, "PLAN_STARTS_TOO_LATE", "startsOn"),
    ({"down_payment": Money(1, "USD")}, "CURRENCY_MISMATCH", "downPayment"),
    ({"charges_forgiven": Money(1, "USD")}, "CURRENCY_MISMATCH", "chargesForgiven"),
    ({"down_payment": mxn("100.00")}, "DOWN_PAYMENT_TOO_LARGE", "downPayment"),
    ({"down_payment": mxn("-1.00")}, "AMOUNT_NOT_POSITIVE", "downPayment"),
    ({"charges_forgiven": mxn("0.01")}, "PLAN_FORGIVES_TOO_MUCH", "chargesForgiven"),
    ({"principal_forgiven": mxn("0.01")}, "PLAN_FORGIVES_BEYOND_POLICY", "principalForgiven"),
    ({"annual_percent": Decimal("100.01")}, "PLAN_RATE_OUT_OF_RANGE", "annualPercent"),
    ({"instalments": Even(0, FIRST, Frequency.WEEKLY)}, "PLAN_NO_INSTALMENTS", "instalments"),
    ({"instalments": Even(13, FIRST, Frequency.WEEKLY)}, "PLAN_TOO_MANY_INSTALMENTS", "instalments"),
    ({"instalments": Even(1, date(2199, 1, 1), Frequency.WEEKLY)}, "PLAN_TOO_LONG", "instalments"),
    ({"instalments": Even(1, date(2027, 11, 18), Frequency.WEEKLY)}, "PLAN_TOO_LONG", "instalments"),
    (
        {"instalments": Even(2, TODAY - timedelta(days=1), Frequency.WEEKLY)},
        "PLAN_DATES_NOT_ASCENDING",
        "instalments",
    ),
    ({"instalments": Custom(())}, "PLAN_NO_INSTALMENTS", "instalments"),
    ({"instalments": Custom((FIRST,), (mxn("99.99"),))}, "PLAN_AMOUNTS_DIFFER", "instalments"),
    ({"instalments": Custom((FIRST,), (Money(100_00, "USD"),))}, "CURRENCY_MISMATCH", "instalments"),
]


@pytest.mark.parametrize(("values", "code", "path"), CASES)
async def test_what_cannot_be_proposed(
    factory: Factory, manager: Actor, invoice: Receivable, values: dict[str, Any], code: str, path: str
) -> None:
    async with refused(factory, code, path):
        await propose(factory, asked([invoice], **values), manager)


async def test_receivables_are_open_in_one_currency_and_of_the_customer(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    dollars = await factory.receivable(customer, "10.00", currency="USD")
    async with refused(factory, "CURRENCIES_MIXED", "receivableIds"):
        await propose(factory, asked([invoice, dollars]), manager)
    foreign = await factory.receivable(await factory.customer(), "100.00")
    new = NewPlan(customer.id, [foreign.id], MONTHLY)
    async with refused(factory, "NOT_FOUND", "receivableIds"):
        await propose(factory, new, manager)
    async with refused(factory, "NOT_FOUND", "receivableIds"), factory.read(manager) as tx:
        await preview_plan(tx, new)
    paid = await factory.receivable(
        customer, "5.00", settled_minor=5_00, balance_minor=0, state="paid", settled_on=TODAY
    )
    async with refused(factory, "RECEIVABLE_NOT_OPEN", "receivableIds"):
        await propose(factory, asked([invoice, paid]), manager)


async def test_who_only_reads_plans_proposes_none(factory: Factory, invoice: Receivable) -> None:
    viewer = await factory.actor("viewer")
    async with refused(factory, "NOT_PERMITTED"):
        await propose(factory, asked([invoice]), viewer)
    plan_id = (await propose(factory, asked([invoice]))).plan_id
    for step in (activate, approve, cancel):
        async with refused(factory, "NOT_PERMITTED"):
            await step(factory, plan_id, viewer)
    async with factory.read(viewer) as tx:
        assert (await preview_plan(tx, asked([invoice]))).schedule.total == 100_00


async def test_a_receivable_is_in_one_active_plan_at_most(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    other = await factory.receivable(customer, "50.00")
    first = (await propose(factory, asked([invoice]), manager)).plan_id
    second = (await propose(factory, asked([invoice, other]), manager)).plan_id
    await activate(factory, first, manager)
    async with refused(factory, "RECEIVABLE_IN_PLAN", "planId"):
        await activate(factory, second, manager)
    async with refused(factory, "RECEIVABLE_IN_PLAN", "receivableIds"):
        await propose(factory, asked([invoice]), manager)
    await cancel(factory, first, manager)
    await activate(factory, second, manager)


async def test_two_who_sign_at_once_make_one_active_plan(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    plans = [(await propose(factory, asked([invoice]), manager)).plan_id for _ in range(4)]
    answers = await asyncio.gather(
        *(activate(factory, plan_id, manager) for plan_id in plans), return_exceptions=True
    )
    assert sum(isinstance(answer, PlanDone) for answer in answers) == 1
    states = sorted([(await state(factory, plan_id))[0] for plan_id in plans])
    assert states == ["active", "proposed", "proposed", "proposed"]


async def test_a_proposal_is_out_of_date_once_what_is_owed_has_changed(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    plan_id = (await propose(factory, asked([invoice]), manager)).plan_id
    await charge(factory, invoice, "0.01")
    async with refused(factory, "PLAN_OUT_OF_DATE", "planId"):
        await activate(factory, plan_id, manager)


async def test_a_proposal_is_signed_by_its_first_date(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    with_down = asked([invoice], down_payment=mxn("10.00"))
    plan_id = (await propose(factory, with_down, manager)).plan_id
    late = (await propose(factory, replace(with_down, starts_on=TODAY + timedelta(days=1)), manager)).plan_id
    factory.now += timedelta(days=1)
    async with refused(factory, "PLAN_OUT_OF_DATE", "planId"):
        await activate(factory, plan_id, manager)
    await activate(factory, late, manager)


async def test_a_replayed_key_answers_with_the_same_plan(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    new = asked([invoice], annual_percent=Decimal(12), idempotency_key="k")
    first = await propose(factory, new, manager)
    assert await propose(factory, new, manager) == PlanDone(first.plan_id, replayed=True)
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await propose(factory, replace(new, annual_percent=Decimal(11)), manager)
    step = PlanStep(first.plan_id, idempotency_key="s")

    async def once() -> PlanDone:
        async with factory.write(manager) as tx:
            return await activate_plan(tx, step)

    answers = await asyncio.gather(*(once() for _ in range(4)))
    assert sorted(answer.replayed for answer in answers) == [False, True, True, True]
    assert len(await interest_lines(factory)) == 3


async def test_the_same_key_at_once_proposes_one_plan(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    new = asked([invoice], idempotency_key="k")

    async def once() -> PlanDone:
        async with factory.write(manager) as tx:
            return await propose_plan(tx, new)

    answers = await asyncio.gather(*(once() for _ in range(4)))
    assert len({answer.plan_id for answer in answers}) == 1


@pytest.mark.parametrize("old", list(PlanState))
async def test_a_state_changes_only_as_it_is_drawn(
    factory: Factory, manager: Actor, invoice: Receivable, old: PlanState
) -> None:
    plan_id = (await propose(factory, asked([invoice]), manager)).plan_id
    if old is not PlanState.PROPOSED:
        await activate(factory, plan_id, manager)
    if old not in (PlanState.PROPOSED, PlanState.ACTIVE):
        async with factory.write() as tx:
            await tx.session.execute(update(Plan).values(state=old))
            await tx.session.execute(update(PlanReceivable).values(is_active=False))
    wrong = "PLAN_ENDED" if not TRANSITIONS[old] else "PLAN_NOT_PROPOSED"
    for step, new in ((activate, PlanState.ACTIVE), (cancel, PlanState.CANCELLED)):
        if new not in TRANSITIONS[old]:
            async with refused(factory, wrong, "planId"):
                await step(factory, plan_id, manager)
    async with refused(factory, "PLAN_NOT_AWAITING_APPROVAL", "planId"):
        await approve(factory, plan_id, manager)


async def test_a_cancelled_proposal_leaves_no_entry_and_a_cancelled_plan_no_unearned_interest(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    proposal = (await propose(factory, asked([invoice]), manager)).plan_id
    await cancel(factory, proposal, manager)
    assert await state(factory, proposal) == ("cancelled", 0, TODAY)
    plan_id = await sign(factory, asked([invoice], annual_percent=Decimal(12)), manager)
    assert (await row(factory, Receivable, invoice.id)).balance_minor == 102_03
    factory.now += timedelta(days=30)  # the first instalment's day: its interest is earned
    await cancel(factory, plan_id, manager)
    assert [(each.amount_minor, each.balance_minor) for each in await interest_lines(factory)] == [
        (1_00, 1_00),
        (69, 0),
        (34, 0),
    ]
    assert (await row(factory, Receivable, invoice.id)).balance_minor == 101_00
    assert await state(factory, plan_id) == ("cancelled", 0, FIRST)


async def test_foreign_plans_are_not_there(factory: Factory, invoice: Receivable) -> None:
    plan_id = (await propose(factory, asked([invoice]))).plan_id
    stranger = await factory.actor("collector")
    for step in (activate, cancel):
        async with refused(factory, "NOT_FOUND", "planId"):
            await step(factory, plan_id, stranger)


async def test_a_note_of_a_megabyte_is_refused(factory: Factory, manager: Actor, invoice: Receivable) -> None:
    plan_id = (await propose(factory, asked([invoice]), manager)).plan_id
    async with refused(factory, "TOO_LONG", "note"), factory.write(manager) as tx:
        await activate_plan(tx, PlanStep(plan_id, note="x" * 2**20))
