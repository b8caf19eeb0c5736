"""What money proves of promises, and when they are judged."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from cartera.db.base import new_id
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import PaymentAttempt
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.money import Money
from cartera.services.payments import CreditUse, apply_credit
from cartera.services.proof import prove_promises
from cartera.services.reversals import Unallocation, unallocate_payment
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move
from tests.services.promising import FRIDAY, account, make, pay, promised, review_tasks, story


async def test_money_keeps_a_promise_at_once(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "80.00"))
    await move(factory, 1)
    await pay(factory, customer.id, "50.00")
    assert await story(factory, made) == ("pending", 50_00, None)
    await pay(factory, customer.id, "50.00")
    assert await story(factory, made) == ("kept", 80_00, date(2026, 11, 17))
    assert (await account(factory, customer)).promise_state == "kept"
    await books_agree(factory)


async def test_money_on_other_receivables_keeps_nothing(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    other = await factory.receivable(customer, "100.00")
    made = await make(factory, promised([invoice], "100.00"))
    await pay(factory, customer.id, "100.00", to=[other])
    assert await story(factory, made) == ("pending", 0, None)


async def test_what_came_in_before_the_promise_does_not_count(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    await pay(factory, customer.id, "40.00")
    await move(factory, 1)
    made = await make(factory, promised([invoice], "50.00"))
    await move(factory, 1)
    await pay(factory, customer.id, "20.00")
    assert await story(factory, made) == ("pending", 20_00, None)


@pytest.mark.parametrize(("paid", "state"), [("0", "broken"), ("30.00", "partially_kept")])
async def test_the_day_after_its_last_day_a_promise_is_judged(
    factory: Factory, customer: Customer, invoice: Receivable, paid: str, state: str
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    await move(factory, 1)
    if paid != "0":
        await pay(factory, customer.id, paid)
    await move(factory, 6)  # Monday the 23rd, its last day
    assert (await story(factory, made))[0] == "pending"
    waiting = (await account(factory, customer)).priority
    await move(factory, 1)
    received = Money.parse(paid, "MXN").minor
    assert await story(factory, made) == (state, received, date(2026, 11, 24))
    found = await account(factory, customer)
    assert found.promise_state == state
    assert found.priority > waiting
    assert "broken_promise" in {reason["code"] for reason in found.reasons}


async def test_days_on_which_nothing_ran_are_caught_up(factory: Factory, invoice: Receivable) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    await move(factory, 40)
    assert await story(factory, made) == ("broken", 0, date(2026, 12, 26))


async def test_money_after_the_last_day_does_not_mend_a_promise(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    await move(factory, 9)
    await pay(factory, customer.id, "100.00")
    assert await story(factory, made) == ("broken", 0, date(2026, 11, 25))


async def test_money_that_came_in_time_and_is_recorded_late_mends_it(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    await move(factory, 9)
    await pay(factory, customer.id, "40.00", on=FRIDAY)
    assert await story(factory, made) == ("partially_kept", 40_00, date(2026, 11, 25))
    await pay(factory, customer.id, "60.00", on=date(2026, 11, 23))
    assert await story(factory, made) == ("kept", 100_00, date(2026, 11, 25))


async def test_a_promise_waits_for_unapplied_money_that_could_keep_it(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    dollars = await factory.receivable(customer, "100.00", currency="USD")
    payment_id = await pay(factory, customer.id, "100.00", on=TODAY, to=[dollars])  # fits nowhere
    await move(factory, 8)
    assert await story(factory, made) == ("pending", 0, None)
    assert await review_tasks(factory) == ["open"]
    await move(factory, 1)
    assert await review_tasks(factory) == ["open"]

    async with factory.write() as tx:
        await apply_credit(tx, CreditUse(payment_id, [(invoice.id, 100_00)]))

    assert await story(factory, made) == ("kept", 100_00, date(2026, 11, 25))
    assert await review_tasks(factory) == ["done"]


@pytest.mark.parametrize(("amount", "came"), [("99.99", FRIDAY), ("100.00", date(2026, 11, 24))])
async def test_too_little_or_too_late_money_leaves_it_broken(
    factory: Factory, customer: Customer, invoice: Receivable, amount: str, came: date
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    dollars = await factory.receivable(customer, "100.00", currency="USD")
    factory.now += timedelta(days=8)
    await pay(factory, customer.id, amount, on=came, to=[dollars])
    await move(factory, 0)
    assert await story(factory, made) == ("broken", 0, date(2026, 11, 24))
    assert await review_tasks(factory) == []


async def attempt(factory: Factory, customer: Customer, state: str) -> UUID:
    made = PaymentAttempt(
        organization_id=factory.organization_id,
        id=new_id(),
        customer_id=customer.id,
        payment_link_id=None,
        gateway="sandbox",
        gateway_reference=None,
        checkout_url=None,
        state=state,
        currency="MXN",
        amount_minor=100_00,
        created_at=factory.now,
        expires_at=factory.now + timedelta(hours=1),
        updated_at=factory.now,
    )
    async with factory.write() as tx:
        tx.session.add(made)
    return made.id


async def test_a_promise_waits_for_a_transfer_that_is_under_way(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    attempt_id = await attempt(factory, customer, "pending")
    await move(factory, 8)
    assert await story(factory, made) == ("pending", 0, None)
    async with factory.write() as tx:
        (await tx.session.get_one(PaymentAttempt, (factory.organization_id, attempt_id))).state = "failed"
    await move(factory, 1)
    assert await story(factory, made) == ("broken", 0, date(2026, 11, 25))
    assert await review_tasks(factory) == ["done"]


async def test_a_checkout_that_was_merely_opened_and_ran_out_is_no_money(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    await attempt(factory, customer, "created")
    await move(factory, 8)
    assert (await story(factory, made))[0] == "broken"


async def test_what_the_erp_says_is_settled_keeps_a_promise(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    await move(factory, 2)
    async with factory.write() as tx:
        tx.session.add(
            Entry(
                organization_id=factory.organization_id,
                id=new_id(),
                receivable_id=invoice.id,
                customer_id=customer.id,
                kind="settled_in_erp",
                amount_minor=-100_00,
                currency="MXN",
                effective_on=tx.today,
                recorded_at=tx.now,
                actor="system:import",
            )
        )
        await prove_promises(tx, [customer.id])
    assert await story(factory, made) == ("kept", 100_00, date(2026, 11, 18))


async def test_a_kept_promise_whose_money_is_taken_off_awaits_its_application(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    """The money came in time and is still ours: nobody broke a word, a person is asked to put it right."""
    made = await make(factory, promised([invoice], "80.00"))
    payment_id = await pay(factory, customer.id, "80.00")
    await move(factory, 30)
    assert await story(factory, made) == ("kept", 80_00, TODAY)
    async with factory.write() as tx:
        await unallocate_payment(tx, Unallocation(payment_id))
    assert await story(factory, made) == ("pending", 0, None)
    assert await review_tasks(factory) == ["open"]
    await move(factory, 1)
    assert await story(factory, made) == ("pending", 0, None)
    async with factory.write() as tx:
        await apply_credit(tx, CreditUse(payment_id))
    assert (await story(factory, made))[:2] == ("kept", 80_00)
    assert await review_tasks(factory) == ["done"]
    await books_agree(factory)
