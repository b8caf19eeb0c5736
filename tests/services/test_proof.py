"""What money proves of promises, and when they are judged."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from cartera.db.base import new_id
from cartera.db.queries.metrics import Matured, Only, kept
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import PaymentAttempt
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.imputation import ImputationOrder
from cartera.rules.metrics import Period
from cartera.rules.money import Money
from cartera.services.charge_policies import NewPolicy, set_policy
from cartera.services.charges import NewPosting, post_charges
from cartera.services.credit_notes import NewCreditNote, record_credit_note
from cartera.services.payments import CreditUse, apply_credit
from cartera.services.proof import prove_promises
from cartera.services.receivables import WriteOff, write_off
from cartera.services.reversals import Unallocation, unallocate_payment
from cartera.services.waivers import NewWaiver, waive_charge
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move, row
from tests.services.papers import note, replace_debts, take
from tests.services.planning import charge
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


async def forgive(factory: Factory, charge_id: UUID) -> None:
    async with factory.write() as tx:
        await waive_charge(tx, NewWaiver(charge_id, "Cortesía"))


async def credited(factory: Factory, invoice: Receivable, amount: str) -> None:
    money = Money.parse(amount, invoice.currency)
    async with factory.write() as tx:
        lines = [(invoice.id, money.minor)]
        await record_credit_note(tx, NewCreditNote(invoice.customer_id, "NC-1", money, tx.today, lines))


@pytest.mark.parametrize("waits", [0, 8])
async def test_a_promise_of_interest_that_was_waived_is_kept_by_the_rest(
    factory: Factory, customer: Customer, invoice: Receivable, waits: int
) -> None:
    """Of 105.00 promised the 100.00 of principal are paid, and the interest is forgiven at once or later."""
    async with factory.write() as tx:
        order = ImputationOrder.PRINCIPAL_INTEREST_COST
        await set_policy(tx, NewPolicy(Terms(Basis.NONE), Posting.OFF, imputation=order))
    line = await charge(factory, invoice, "5.00")
    made = await make(factory, promised([invoice], "105.00"))
    await pay(factory, customer.id, "100.00")
    await move(factory, waits)
    assert (await story(factory, made))[0] == ("partially_kept" if waits else "pending")
    await forgive(factory, line)
    judged_on = date(2026, 11, 24) if waits else TODAY
    assert await story(factory, made) == ("kept", 100_00, judged_on)
    await books_agree(factory)


async def test_interest_that_was_taken_back_is_no_part_of_a_promise(
    factory: Factory, customer: Customer
) -> None:
    """With 493.15 of interest all is promised; then most proves to have been paid twenty days ago.

    Of the interest 164.38 stay for ten days and 1.62 for the rest: 166.00 are left, and end it.
    """
    debt = await factory.receivable(customer, "100000.00", due_on=TODAY - timedelta(days=30))
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), Posting.BY_HAND))
    async with factory.write() as tx:
        await post_charges(tx, NewPosting(customer.id, TODAY))
    made = await make(factory, promised([debt], "100493.15"))
    await pay(factory, customer.id, "100000.00", on=TODAY - timedelta(days=20))
    assert (await row(factory, Receivable, debt.id)).balance_minor == 166_00
    await pay(factory, customer.id, "166.00")
    assert await story(factory, made) == ("kept", 100_166_00, TODAY)
    await books_agree(factory)


async def test_what_was_credited_is_no_part_of_a_promise(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    await pay(factory, customer.id, "60.00")
    await credited(factory, invoice, "40.00")
    assert await story(factory, made) == ("kept", 60_00, TODAY)
    assert await kept_rate_of(factory) == (1, 1, 60_00, 60_00)
    await books_agree(factory)


async def test_what_was_judged_too_early_is_mended_when_the_rest_proves_not_owed(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    await pay(factory, customer.id, "60.00")
    await move(factory, 8)
    assert await story(factory, made) == ("partially_kept", 60_00, date(2026, 11, 24))
    await credited(factory, invoice, "40.00")
    assert await story(factory, made) == ("kept", 60_00, date(2026, 11, 24))


@pytest.mark.parametrize("waits", [1, 8])
async def test_a_promise_of_what_is_not_owed_any_more_is_neither_kept_nor_broken(
    factory: Factory, customer: Customer, invoice: Receivable, waits: int
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    await move(factory, waits)
    assert (await story(factory, made))[0] == ("pending" if waits == 1 else "broken")
    await credited(factory, invoice, "100.00")
    await move(factory, 8 - waits)
    assert await story(factory, made) == ("cancelled", 0, None)
    assert await kept_rate_of(factory) is None
    assert (await account(factory, customer)).promise_state is None
    await books_agree(factory)


async def test_giving_up_keeps_no_promise(factory: Factory, customer: Customer, invoice: Receivable) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    async with factory.write() as tx:
        await write_off(tx, WriteOff([invoice.id], "Incobrable"))
    await move(factory, 8)
    assert (await story(factory, made))[0] == "broken"


async def test_money_that_came_too_late_mends_no_promise_though_it_keeps_the_next_one(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    first = await make(factory, promised([invoice], "100.00"))
    await move(factory, 9)
    second = await make(factory, promised([invoice], "100.00", date(2026, 11, 27)))
    await pay(factory, customer.id, "100.00")
    assert await story(factory, first) == ("broken", 0, date(2026, 11, 25))
    assert await story(factory, second) == ("kept", 100_00, date(2026, 11, 25))


async def test_a_word_once_broken_stays_so_when_a_paper_takes_the_debts_place(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    await move(factory, 9)
    await replace_debts(factory, await take(factory, note([invoice], "100.00", date(2026, 12, 15))))
    assert (await row(factory, Receivable, invoice.id)).state == "cancelled"
    assert await story(factory, made) == ("broken", 0, date(2026, 11, 25))
    await books_agree(factory)


async def kept_rate_of(factory: Factory) -> tuple[int, int, int, int] | None:
    """Of November: how many promises matured and were kept, what was promised and received."""
    async with factory.read() as tx:
        november = Period(date(2026, 11, 1), date(2026, 11, 30))
        found = await kept(tx, Matured(november, date(2026, 12, 31), Only()))
    if not found.sums:
        return None
    (of,) = found.sums
    return of.matured, of.kept, of.promised_minor, of.received_minor
