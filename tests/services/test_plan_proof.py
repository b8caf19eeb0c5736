"""What the books make of plans: paid, late, completed with what they forgive, defaulted, unpaid again."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.queries.reminders import standings
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import PaymentAttempt
from cartera.db.tables.receivables import Receivable
from cartera.gateways.base import Checkout
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.charges import ChargeKind
from cartera.rules.messages import HoldRule
from cartera.rules.money import Money
from cartera.rules.payments import AttemptState
from cartera.rules.receivables import EntryKind
from cartera.rules.reminders import SetAside
from cartera.services.charge_policies import NewPolicy
from cartera.services.charge_policies import set_policy as set_charge_policy
from cartera.services.charges import post_automatically
from cartera.services.payment_attempts import (
    AttemptLine,
    NewAttempt,
    close_attempt,
    keep_checkout,
    start_attempt,
)
from tests.factories import TODAY, Factory
from tests.portals import visitor
from tests.services.books import books_agree, move, row
from tests.services.planning import (
    FIRST,
    asked,
    book,
    bounce,
    charge,
    interest_lines,
    parts,
    pay,
    plan_reviews,
    set_policy,
    sign,
    state,
    waivers,
)
from tests.services.promising import account

# December 16 and three banking days: the 17th, 18th and 21st.
LAST_DAY = date(2026, 12, 21)
DUE = [(1, 33_33), (2, 33_33), (3, 33_34)]


async def owed(factory: Factory, receivable: Receivable) -> int:
    return (await row(factory, Receivable, receivable.id)).balance_minor


async def set_aside(factory: Factory, customer: Customer) -> dict[UUID, SetAside | None]:
    """By receivable, why a reminder leaves it out."""
    async with factory.read() as tx:
        standing = (await standings(tx, [customer.id]))[customer.id]
    return {debt.receivable_id: debt.set_aside for debt in standing.debts}


async def test_money_pays_instalments_in_their_order(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    plan_id = await sign(factory, asked([invoice]), manager)
    await pay(factory, invoice, "40.00")
    assert await parts(factory, plan_id) == [
        (1, 33_33, 33_33, "paid"),
        (2, 33_33, 6_67, "pending"),
        (3, 33_34, 0, "pending"),
    ]
    await pay(factory, invoice, "60.00")
    assert [each[3] for each in await parts(factory, plan_id)] == ["paid"] * 3
    assert await state(factory, plan_id) == ("completed", 0, TODAY)
    assert await waivers(factory) == []


async def test_what_came_in_before_the_plan_pays_none_of_it(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    await pay(factory, invoice, "10.00")
    plan_id = await sign(factory, asked([invoice]), manager)
    assert await parts(factory, plan_id) == [(n, 30_00, 0, "pending") for n in (1, 2, 3)]
    await pay(factory, invoice, "30.00")
    assert [each[3] for each in await parts(factory, plan_id)] == ["paid", "pending", "pending"]


async def test_money_on_other_receivables_pays_no_instalment(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    other = await factory.receivable(customer, "50.00")
    plan_id = await sign(factory, asked([invoice]), manager)
    await pay(factory, other, "50.00", lines=[(other.id, 50_00)])
    assert [each[2] for each in await parts(factory, plan_id)] == [0, 0, 0]


async def test_an_instalment_is_late_after_its_last_day_and_paid_late_it_is_paid(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    plan_id = await sign(factory, asked([invoice]), manager)
    await move(factory, (LAST_DAY - TODAY).days)
    assert [each[3] for each in await parts(factory, plan_id)] == ["pending"] * 3
    await move(factory, 1)
    assert [each[3] for each in await parts(factory, plan_id)] == ["late", "pending", "pending"]
    assert await state(factory, plan_id) == ("active", 1, None)
    assert await plan_reviews(factory) == ["open"]
    await pay(factory, invoice, "33.33")
    assert [each[3] for each in await parts(factory, plan_id)] == ["paid", "pending", "pending"]
    assert await state(factory, plan_id) == ("active", 0, None)
    assert await plan_reviews(factory) == ["done"]


async def test_two_late_instalments_are_a_default_without_unearned_interest(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    plan_id = await sign(factory, asked([invoice], annual_percent=Decimal(12)), manager)
    await move(factory, (date(2027, 1, 21) - TODAY).days)
    assert await state(factory, plan_id) == ("active", 1, None)
    await move(factory, 1)
    assert await state(factory, plan_id) == ("defaulted", 2, date(2027, 1, 22))
    assert [each[3] for each in await parts(factory, plan_id)] == ["late", "late", "pending"]
    assert [(each.amount_minor, each.balance_minor) for each in await interest_lines(factory)] == [
        (1_00, 1_00),
        (69, 69),
        (34, 0),
    ]
    assert await waivers(factory) == [(-34, True)]
    assert await owed(factory, invoice) == 101_69
    await books_agree(factory)
    assert await plan_reviews(factory) == ["open"], "one task, whatever has happened since"
    await pay(factory, invoice, "101.69")
    assert await state(factory, plan_id) == ("defaulted", 2, date(2027, 1, 22))


async def test_money_in_sight_that_could_pay_what_is_late_puts_off_the_default(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    await set_policy(factory, default_after=1)
    plan_id = await sign(factory, asked([invoice]), manager)
    await pay(factory, invoice, "33.33", lines=[])
    await move(factory, (LAST_DAY - TODAY).days + 1)
    assert await state(factory, plan_id) == ("active", 1, None)
    assert await plan_reviews(factory) == ["open"]


async def test_a_plan_that_waited_for_a_payment_under_way_is_judged_when_that_fails(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    await set_policy(factory, default_after=1)
    plan_id = await sign(factory, asked([invoice]), manager)
    await move(factory, (LAST_DAY - TODAY).days)
    async with factory.write(await visitor(factory, customer)) as tx:
        attempt = await start_attempt(tx, NewAttempt((AttemptLine(invoice.id, "33.33"),), "key"))
        await keep_checkout(tx, attempt.attempt_id, Checkout("chk_1", "http://127.0.0.1/x"))
    async with factory.write() as tx:
        (
            await tx.session.get_one(PaymentAttempt, (factory.organization_id, attempt.attempt_id))
        ).state = "pending"
    await move(factory, 1)
    assert await state(factory, plan_id) == ("active", 1, None)
    async with factory.write() as tx:
        await close_attempt(tx, attempt.attempt_id, AttemptState.FAILED)
    assert await state(factory, plan_id) == ("defaulted", 1, LAST_DAY + timedelta(days=1))
    await books_agree(factory)


async def test_money_that_goes_back_unpays_an_instalment(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    plan_id = await sign(factory, asked([invoice]), manager)
    payment_id = await pay(factory, invoice, "33.33")
    assert [each[3] for each in await parts(factory, plan_id)] == ["paid", "pending", "pending"]
    await move(factory, (LAST_DAY - TODAY).days + 1)
    assert await state(factory, plan_id) == ("active", 0, None)
    await bounce(factory, payment_id)
    assert await parts(factory, plan_id) == [
        (1, 33_33, 0, "late"),
        (2, 33_33, 0, "pending"),
        (3, 33_34, 0, "pending"),
    ]
    assert await state(factory, plan_id) == ("active", 1, None)


async def test_earlier_money_that_goes_back_is_owed_within_the_plan(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    payment_id = await pay(factory, invoice, "40.00")
    plan_id = await sign(factory, asked([invoice]), manager)
    await bounce(factory, payment_id)
    await pay(factory, invoice, "60.00")
    assert await parts(factory, plan_id) == [
        (1, 20_00, 20_00, "paid"),
        (2, 20_00, 0, "pending"),
        (3, 20_00, 0, "pending"),
    ]
    await pay(factory, invoice, "40.00")
    assert (await state(factory, plan_id))[0] == "completed"
    assert await owed(factory, invoice) == 0


async def test_withholding_pays_and_a_credit_note_shortens_the_plan(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    plan_id = await sign(factory, asked([invoice]), manager)
    await book(factory, invoice, EntryKind.WITHHOLDING, 10_00)
    await book(factory, invoice, EntryKind.CREDIT_NOTE, 40_00)
    assert await parts(factory, plan_id) == [
        (1, 33_33, 10_00, "pending"),
        (2, 26_67, 0, "pending"),
        (3, 0, 0, "paid"),
    ]
    await pay(factory, invoice, "50.00")
    assert (await state(factory, plan_id))[0] == "completed"


async def test_a_charge_that_came_later_is_no_part_of_the_plan(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    plan_id = await sign(factory, asked([invoice]), manager)
    factory.now += timedelta(minutes=1)
    await charge(factory, invoice, "5.00", ChargeKind.BOUNCE_FEE)
    assert [(n, amount) for n, amount, _, _ in await parts(factory, plan_id)] == DUE
    await pay(factory, invoice, "105.00")
    assert (await state(factory, plan_id))[0] == "completed"
    assert await owed(factory, invoice) == 0


async def test_a_fee_that_came_later_takes_nothing_of_an_instalment(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    """What comes after the plan waits for it; beyond the plan money pays it before what is forgiven."""
    await charge(factory, invoice, "20.00")
    plan_id = await sign(factory, asked([invoice], charges_forgiven=Money(20_00, "MXN")), manager)
    factory.now += timedelta(minutes=1)
    await charge(factory, invoice, "5.00", ChargeKind.BOUNCE_FEE)
    await pay(factory, invoice, "33.33")
    assert [each[3] for each in await parts(factory, plan_id)] == ["paid", "pending", "pending"]
    await move(factory, (LAST_DAY - TODAY).days + 1)
    assert await state(factory, plan_id) == ("active", 0, None)
    await pay(factory, invoice, "71.67")
    assert (await state(factory, plan_id))[0] == "completed"
    assert (await waivers(factory), await owed(factory, invoice)) == ([(-20_00, True)], 0)
    await books_agree(factory)


async def test_who_keeps_a_plan_is_charged_no_interest_of_default(
    factory: Factory, manager: Actor, customer: Customer
) -> None:
    debt = await factory.receivable(customer, "100000.00", due_on=TODAY - timedelta(days=30))
    plan_id = await sign(factory, asked([debt], annual_percent=Decimal(12)), manager)
    async with factory.write() as tx:
        await set_charge_policy(tx, NewPolicy(Terms(Basis.LEGAL), Posting.AUTOMATIC))
    await move(factory, (FIRST - TODAY).days)
    async with factory.write() as tx:
        await post_automatically(tx, None, 100)
    (_, first, _, _), *_ = await parts(factory, plan_id)
    await pay(factory, debt, str(Money(first, "MXN").decimal))
    assert [each[3] for each in await parts(factory, plan_id)] == ["paid", "pending", "pending"]
    async with factory.read() as tx:
        assert set(await tx.session.scalars(select(Charge.kind))) == {"plan_interest"}


async def test_a_kept_plan_pauses_chasing_of_its_receivables_and_a_late_one_no_more(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    other = await factory.receivable(customer, "50.00")
    await factory.contact(customer)
    before = await account(factory, customer)
    await sign(factory, asked([invoice]), manager)
    kept = await account(factory, customer)
    assert 0 < kept.priority < before.priority
    assert {"code": "in_plan", "minor": 0, "amount": 100_00, "date": "2027-02-16"} in kept.reasons
    async with factory.read() as tx:
        debts = {
            debt.receivable_id: debt.set_aside
            for debt in (await standings(tx, [customer.id]))[customer.id].debts
        }
    assert debts == {
        invoice.id: SetAside(HoldRule.IN_PLAN, LAST_DAY + timedelta(days=1)),
        other.id: None,
    }
    await move(factory, (LAST_DAY - TODAY).days + 1)
    async with factory.read() as tx:
        debts = {
            debt.receivable_id: debt.set_aside
            for debt in (await standings(tx, [customer.id]))[customer.id].debts
        }
    assert debts == {invoice.id: None, other.id: None}
    assert "in_plan" not in {reason["code"] for reason in (await account(factory, customer)).reasons}


async def test_a_business_day_judges_plans_without_anybody_touching_the_books(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    await set_policy(factory, default_after=1, grace_banking_days=0)
    plan_id = await sign(factory, asked([invoice]), manager)
    await move(factory, (FIRST - TODAY).days)
    assert (await state(factory, plan_id))[0] == "active"
    await move(factory, 1)
    assert (await state(factory, plan_id))[0] == "defaulted"
    await move(factory, 1)
    assert await plan_reviews(factory) == ["open"]
