"""Interest is taken back where it turns out that it was not owed, and never twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from cartera.db.queries.locks import lock
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.charge_rules import Posting
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod, ReversalKind
from cartera.rules.receivables import EntryKind
from cartera.services.books import settle_up
from cartera.services.charges import (
    post_automatically,
)
from cartera.services.credit_notes import NewCreditNote, record_credit_note
from cartera.services.ledger import Ledger
from cartera.services.payments import (
    CreditUse,
    NewPayment,
    apply_credit,
    record_payments,
)
from cartera.services.receivables import WriteOff, write_off
from cartera.services.reversals import NewReversal, reverse_payment
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move, row
from tests.services.charging import DUE, charges_of, pay, post, set_terms, story


@pytest.fixture
async def debt(factory: Factory, customer: Customer) -> Receivable:
    """100,000.00, thirty days overdue."""
    return await factory.receivable(customer, "100000.00", due_on=DUE)


async def test_a_backdated_payment_takes_back_the_interest_of_days_it_was_not_owed(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory)
    (charge_id,) = await post(factory, customer)
    # Half of the principal was paid ten days after it fell due, and is booked today.
    paid_on = DUE + timedelta(days=10)
    await pay(factory, customer, "50493.15", paid_on, [(debt.id, 5_049_315)])
    assert await post(factory, customer) == ()
    charge = await row(factory, Charge, charge_id)
    # 10 days of 100,000.00 and 20 of 50,000.00 bear 164.38 each; the line of 493.15 had been paid.
    assert (charge.amount_minor, charge.settled_minor, charge.balance_minor) == (49_315, 49_315, 0)
    assert await story(factory, debt) == [
        ("interest", 49_315, TODAY, True),
        ("allocation", -49_315, paid_on, True),
        ("allocation", -5_000_000, paid_on, False),
        ("reversal", 16_439, TODAY, True),
        ("reversal", -16_439, TODAY, True),
        ("allocation", -16_439, TODAY, False),
    ]
    assert (await row(factory, Receivable, debt.id)).balance_minor == 4_983_561
    # A second look finds nothing more.
    assert await post(factory, customer) == ()
    assert len(await story(factory, debt)) == 6


async def test_unpaid_interest_of_days_not_owed_is_taken_back_by_its_own_entry(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory)
    (charge_id,) = await post(factory, customer)
    async with factory.write() as tx:
        locked = await lock(tx, customers=[customer.id], receivables=[debt.id])
        ledger = await Ledger.of(tx, locked.receivables)
        ledger.settle(debt.id, 5_000_000, EntryKind.CREDIT_NOTE, on=DUE + timedelta(days=10))
        await ledger.write()
        await settle_up(tx, [customer.id])
    await post(factory, customer)
    charge = await row(factory, Charge, charge_id)
    assert (charge.amount_minor, charge.balance_minor) == (49_315, 32_876)
    assert (await story(factory, debt))[-1] == ("reversal", -16_439, TODAY, True)
    after = await row(factory, Receivable, debt.id)
    assert after.balance_minor == 5_000_000 + 32_876


async def test_interest_that_was_recovered_and_was_never_owed_is_not_given_up_again(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """It was of 70,000.00; the cheque for the rest bounces, and what replaces it came in as early."""
    await set_terms(factory)
    cheque = await pay(factory, customer, "30000.00", DUE)
    (charge_id,) = await post(factory, customer)
    async with factory.write() as tx:
        await write_off(tx, WriteOff([debt.id], "Incobrable"))
    payment_id = await pay(factory, customer, "70345.21", TODAY, [(debt.id, 7_034_521)])
    async with factory.write() as tx:
        await reverse_payment(tx, NewReversal(cheque, ReversalKind.BOUNCE, TODAY))
    await pay(factory, customer, "30000.00", DUE, [(debt.id, 3_000_000)])
    # Thirty days on 40,000.00 are 197.26: 147.95 less than was posted, paid and recovered.
    assert (await row(factory, Payment, payment_id)).unapplied_minor == 14_795
    assert (await row(factory, Charge, charge_id)).balance_minor == 0
    after = await row(factory, Receivable, debt.id)
    assert (after.state, after.balance_minor, after.written_off_minor) == ("paid", 0, 0)
    await books_agree(factory)


async def test_an_older_payment_takes_back_interest_at_once(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """November's sixteenth posts October's interest; then a payment of 20 October turns up."""
    await set_terms(factory, Posting.AUTOMATIC)
    async with factory.write() as tx:
        await post_automatically(tx, None, 100)
    (charge,) = await charges_of(factory)
    assert charge.amount_minor == 23_014
    await pay(factory, customer, "100000.00", date(2026, 10, 20))
    told = await story(factory, debt)
    # The 23,014 were paid first, so 99,769.86 were principal: 11 days on 230.14 bear 0.42 besides 49.32.
    assert told[-3:] == [
        ("reversal", 18_040, TODAY, True),
        ("reversal", -18_040, TODAY, True),
        ("allocation", -18_040, TODAY, False),
    ]
    assert (await row(factory, Receivable, debt.id)).balance_minor == 4_974
    await books_agree(factory)


async def test_credit_applied_later_lets_no_interest_vanish(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """Thirty days ran until the money came in; applied two days later it still pays them first."""
    await set_terms(factory, Posting.AUTOMATIC)
    payment_id = await pay(factory, customer, "100000.00", TODAY, [])
    await move(factory, 2)
    async with factory.write() as tx:
        await apply_credit(tx, CreditUse(payment_id))
    (charge,) = await charges_of(factory)
    assert (charge.amount_minor, charge.balance_minor, charge.to_on) == (49_315, 0, TODAY + timedelta(days=1))
    assert (await row(factory, Receivable, debt.id)).balance_minor == 49_315
    await books_agree(factory)


async def test_payments_of_a_file_bear_interest_on_what_the_earlier_ones_left(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """As one by one: half is paid ten days late, the rest twenty days later, in whatever order they stand."""
    await set_terms(factory, Posting.AUTOMATIC)
    early, late = (
        NewPayment(
            customer_id=customer.id,
            method=PaymentMethod.TRANSFER,
            amount=Money.parse(amount, "MXN"),
            received_on=day,
            external_id=f"file:{day}",
            lines=[(debt.id, Money.parse(amount, "MXN").minor)],
        )
        for amount, day in (("50000.00", DUE + timedelta(days=10)), ("60000.00", TODAY))
    )
    async with factory.write() as tx:
        await record_payments(tx, [early, late])
        await settle_up(tx, [customer.id])
    # Ten days on 100,000.00 are 164.38; then twenty days on the 50,164.38 that are left are 164.92.
    assert [each.amount_minor for each in await charges_of(factory)] == [16_438, 16_492]
    assert [each.balance_minor for each in await charges_of(factory)] == [0, 0]
    await books_agree(factory)


async def test_payments_of_a_file_in_another_order_take_back_what_is_too_much(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory, Posting.AUTOMATIC)
    payments = [
        NewPayment(
            customer_id=customer.id,
            method=PaymentMethod.TRANSFER,
            amount=Money.parse(amount, "MXN"),
            received_on=day,
            external_id=f"file:{day}",
            lines=[(debt.id, Money.parse(amount, "MXN").minor)],
        )
        for amount, day in (("60000.00", TODAY), ("50000.00", DUE + timedelta(days=10)))
    ]
    async with factory.write() as tx:
        bookings = await record_payments(tx, payments)
        await settle_up(tx, [customer.id])
    (charge,) = await charges_of(factory)
    # All but the first ten days of 49,315 on what the earlier payment of the two had settled is taken back.
    assert charge.amount_minor == 49_315
    async with factory.read() as tx:
        back = await tx.session.scalar(
            select(Entry.amount_minor).where(
                Entry.kind == "reversal", Entry.charge_id == charge.id, Entry.payment_id.is_(None)
            )
        )
    assert back is not None
    assert back < 0
    assert sum(each.payment.unapplied_minor for each in bookings) > 0
    await books_agree(factory)


async def test_money_freed_of_interest_pays_nothing_of_another_customer(factory: Factory) -> None:
    """A file has an older payment of the one customer, and one of another, whose debt fell due before."""
    one, another = await factory.customer(), await factory.customer()
    theirs = await factory.receivable(another, "500.00", due_on=DUE - timedelta(days=9))
    owed = await factory.receivable(one, "100000.00", due_on=DUE)
    await set_terms(factory)
    await post(factory, one)
    await pay(factory, one, "493.15", TODAY, [(owed.id, 49_315)])
    payments = [
        NewPayment(
            customer_id=customer.id,
            method=PaymentMethod.TRANSFER,
            amount=Money.parse(amount, "MXN"),
            received_on=DUE,
            external_id=f"file:{amount}",
            lines=[(debt.id, Money.parse(amount, "MXN").minor)],
        )
        for customer, debt, amount in ((one, owed, "100000.00"), (another, theirs, "10.00"))
    ]
    async with factory.write() as tx:
        await record_payments(tx, payments)
        await settle_up(tx, [one.id, another.id])
    assert (await row(factory, Receivable, theirs.id)).balance_minor == 490_00
    async with factory.read() as tx:
        unapplied = await tx.session.scalars(select(Payment.unapplied_minor).order_by(Payment.amount_minor))
        assert list(unapplied) == [0, 493_15, 0]
    await books_agree(factory)


async def test_a_credit_note_of_an_earlier_day_takes_back_interest_at_once(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """Nothing was ever owed late of what the note says was not owed on the due date."""
    await set_terms(factory)
    await post(factory, customer)
    async with factory.write() as tx:
        money = Money.parse("100000.00", "MXN")
        await record_credit_note(
            tx, NewCreditNote(customer.id, "NC-1", money, DUE, lines=[(debt.id, money.minor)])
        )
    stored = await row(factory, Receivable, debt.id)
    assert (stored.balance_minor, stored.state) == (0, "paid")
    assert (await story(factory, debt))[-1] == ("reversal", -49_315, TODAY, True)
    await books_agree(factory)
