from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.base import new_id
from cartera.db.tables.accounts import Account
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Allocation, Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.errors import Refused
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.services.payments import CreditUse, NewPayment, PaymentRecorded, apply_credit, record_payment
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, outbox, refused, row


def paid(customer: Customer, amount: str, currency: str = "MXN", **values: object) -> NewPayment:
    new = NewPayment(customer.id, PaymentMethod.TRANSFER, Money.parse(amount, currency), TODAY)
    return replace(new, **values)  # type: ignore[arg-type]  # fields by name


async def record(factory: Factory, new: NewPayment, actor: Actor | None = None) -> PaymentRecorded:
    async with factory.write(actor) as tx:
        return await record_payment(tx, new)


async def account(factory: Factory, customer: Customer) -> Account:
    async with factory.read() as tx:
        return (await tx.session.scalars(select(Account).where(Account.customer_id == customer.id))).one()


async def balances(factory: Factory, *receivables: Receivable) -> list[tuple[int, str]]:
    rows = [await row(factory, Receivable, receivable.id) for receivable in receivables]
    return [(receivable.balance_minor, receivable.state) for receivable in rows]


async def test_money_pays_what_was_due_first(factory: Factory) -> None:
    customer = await factory.customer()
    newer = await factory.receivable(customer, "80.00", due_on=TODAY - timedelta(days=5))
    older = await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=40))
    other_currency = await factory.receivable(customer, "50.00", currency="USD", due_on=date(2026, 1, 1))

    done = await record(factory, paid(customer, "130.00", reference="SPEI 42"))

    assert await balances(factory, older, newer, other_currency) == [
        (0, "paid"),
        (50_00, "partially_paid"),
        (50_00, "open"),
    ]
    payment = await row(factory, Payment, done.payment_id)
    assert (payment.amount_minor, payment.allocated_minor, payment.unapplied_minor) == (130_00, 130_00, 0)
    assert (payment.reference, payment.external_id) == ("SPEI 42", f"cartera:{payment.id}")
    found = await account(factory, customer)
    assert (found.balance_minor, found.overdue_minor, found.last_payment_on) == (50_00, 50_00, TODAY)
    await books_agree(factory)


async def test_entries_tell_what_happened_and_when(factory: Factory, manager: Actor) -> None:
    customer = await factory.customer()
    receivable = await factory.receivable(customer, "100.00")
    received = TODAY - timedelta(days=3)

    done = await record(factory, paid(customer, "100.00", received_on=received), manager)

    async with factory.read() as tx:
        entry = (await tx.session.scalars(select(Entry).where(Entry.kind == "allocation"))).one()
        allocation = (await tx.session.scalars(select(Allocation))).one()
    assert (entry.amount_minor, entry.effective_on, entry.recorded_at) == (-100_00, received, factory.now)
    assert (entry.receivable_id, entry.payment_id) == (receivable.id, done.payment_id)
    assert entry.actor == f"member:{manager.member_id}"
    assert (allocation.entry_id, allocation.amount_minor, allocation.source_minor) == (entry.id, 10000, 10000)
    assert (await row(factory, Receivable, receivable.id)).settled_on == received


async def test_money_received_before_the_invoice_takes_effect_when_it_is_issued(factory: Factory) -> None:
    customer = await factory.customer()
    receivable = await factory.receivable(
        customer, "100.00", due_on=TODAY + timedelta(days=20), issued_on=TODAY - timedelta(days=2)
    )
    await record(factory, paid(customer, "100.00", received_on=TODAY - timedelta(days=9)))
    found = await row(factory, Receivable, receivable.id)
    assert found.settled_on == TODAY - timedelta(days=2)
    async with factory.read() as tx:
        entry = (await tx.session.scalars(select(Entry).where(Entry.kind == "allocation"))).one()
    assert entry.effective_on == TODAY - timedelta(days=2)


async def test_a_receivable_is_settled_on_the_last_day_that_took_effect(factory: Factory) -> None:
    customer = await factory.customer()
    receivable = await factory.receivable(customer, "100.00")
    await record(factory, paid(customer, "40.00", received_on=TODAY - timedelta(days=1)))
    await record(factory, paid(customer, "60.00", received_on=TODAY - timedelta(days=8)))
    assert (await row(factory, Receivable, receivable.id)).settled_on == TODAY - timedelta(days=1)


async def test_money_by_hand_goes_where_it_was_told(factory: Factory, manager: Actor) -> None:
    customer = await factory.customer()
    older = await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=40))
    newer = await factory.receivable(customer, "80.00", due_on=TODAY - timedelta(days=5))
    await record(factory, paid(customer, "90.00", lines=[(newer.id, 80_00), (older.id, 10_00)]), manager)
    assert await balances(factory, older, newer) == [(90_00, "partially_paid"), (0, "paid")]
    await books_agree(factory)


async def test_an_overpayment_becomes_unapplied_credit(factory: Factory, manager: Actor) -> None:
    customer = await factory.customer()
    receivable = await factory.receivable(customer, "100.00")
    done = await record(factory, paid(customer, "150.00", lines=[(receivable.id, 130_00)]), manager)
    payment = await row(factory, Payment, done.payment_id)
    assert (payment.allocated_minor, payment.unapplied_minor) == (100_00, 50_00)
    assert await balances(factory, receivable) == [(0, "paid")]
    assert (await account(factory, customer)).unapplied_minor == 50_00
    await books_agree(factory)


async def test_money_without_any_debt_is_kept_as_credit(factory: Factory) -> None:
    customer = await factory.customer()
    done = await record(factory, paid(customer, "150.00"))
    payment = await row(factory, Payment, done.payment_id)
    assert (payment.allocated_minor, payment.unapplied_minor) == (0, 150_00)
    assert (await account(factory, customer)).unapplied_minor == 150_00


async def test_money_that_a_gateway_reports_is_booked_whatever_its_lines_say(factory: Factory) -> None:
    customer = await factory.customer()
    pesos = await factory.receivable(customer, "100.00")
    dollars = await factory.receivable(customer, "100.00", currency="USD")
    lines = [(dollars.id, 50_00), (pesos.id, 90_00)]
    done = await record(factory, paid(customer, "60.00", lines=lines))
    payment = await row(factory, Payment, done.payment_id)
    assert (payment.allocated_minor, payment.unapplied_minor) == (60_00, 0)
    assert await balances(factory, pesos, dollars) == [(40_00, "partially_paid"), (100_00, "open")]


async def test_a_receipt_and_the_screens_wait_in_the_outbox(factory: Factory) -> None:
    customer = await factory.customer()
    done = await record(factory, paid(customer, "10.00"))
    assert await outbox(factory, "send_receipt") == [{"payment_id": str(done.payment_id)}]
    (change,) = await outbox(factory, "changed")
    assert (change["node_id"], change["customer_id"]) == (str(done.payment_id), str(customer.id))


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"amount": Money(0, "MXN")}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": Money(-5, "MXN")}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": Money(10**15 + 1, "MXN")}, "TOO_LARGE", "amount"),
        ({"received_on": TODAY + timedelta(days=1)}, "RECEIVED_IN_FUTURE", "receivedOn"),
        ({"lines": [(UUID(int=1), 0)]}, "AMOUNT_NOT_POSITIVE", "allocations"),
        ({"lines": [(UUID(int=1), 5), (UUID(int=1), 5)]}, "RECEIVABLE_TWICE", "allocations"),
        ({"lines": [(UUID(int=1), 60_00), (UUID(int=2), 60_00)]}, "LINES_EXCEED_PAYMENT", "allocations"),
    ],
)
async def test_slips_of_a_person_are_refused(
    factory: Factory, manager: Actor, values: dict[str, object], code: str, path: str
) -> None:
    customer = await factory.customer()
    await factory.receivable(customer)
    async with refused(factory, code, path):
        await record(factory, replace(paid(customer, "100.00"), **values), manager)  # type: ignore[arg-type]  # cases


async def test_a_receivable_in_another_currency_waits_for_a_rate(factory: Factory, manager: Actor) -> None:
    customer = await factory.customer()
    dollars = await factory.receivable(customer, "100.00", currency="USD")
    async with refused(factory, "NO_EXCHANGE_RATE", "allocations", "0"):
        await record(factory, paid(customer, "100.00", lines=[(dollars.id, 100)]), manager)


async def test_a_receivable_of_somebody_else_is_as_good_as_missing(factory: Factory, manager: Actor) -> None:
    customer, stranger = await factory.customer(), await factory.customer()
    foreign = await factory.receivable(stranger)
    for receivable_id in (foreign.id, new_id()):
        async with refused(factory, "NOT_FOUND", "allocations"):
            await record(factory, paid(customer, "100.00", lines=[(receivable_id, 100)]), manager)


async def test_who_may_not_write_payments_is_refused(factory: Factory) -> None:
    customer = await factory.customer()
    viewer = await factory.actor("viewer")
    async with refused(factory, "NOT_PERMITTED"):
        await record(factory, paid(customer, "100.00"), viewer)


async def test_a_collector_books_nothing_for_the_customers_of_others(factory: Factory) -> None:
    customer = await factory.customer()
    collector = await factory.actor("collector")
    async with refused(factory, "NOT_FOUND", "customerId"):
        await record(factory, paid(customer, "100.00"), collector)


async def test_the_same_external_id_is_booked_once(factory: Factory) -> None:
    customer = await factory.customer()
    receivable = await factory.receivable(customer, "100.00")
    first = await record(factory, paid(customer, "60.00", external_id="sandbox:1"))
    second = await record(factory, paid(customer, "60.00", external_id="sandbox:1"))
    assert second == PaymentRecorded(first.payment_id, replayed=True)
    assert await balances(factory, receivable) == [(40_00, "partially_paid")]
    async with refused(factory, "PAYMENT_ID_TAKEN", "externalId"):
        await record(factory, paid(customer, "61.00", external_id="sandbox:1"))


async def test_the_same_external_id_at_once_is_booked_once(factory: Factory) -> None:
    customer = await factory.customer()
    receivable = await factory.receivable(customer, "100.00")
    new = paid(customer, "60.00", external_id="sandbox:1")
    answers = await asyncio.gather(*(record(factory, new) for _ in range(6)))
    assert len({answer.payment_id for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1
    assert await balances(factory, receivable) == [(40_00, "partially_paid")]
    await books_agree(factory)


async def test_a_replayed_key_answers_with_the_same_payment(factory: Factory, manager: Actor) -> None:
    customer = await factory.customer()
    receivable = await factory.receivable(customer, "100.00")
    new = paid(customer, "60.00", idempotency_key="k1")
    first = await record(factory, new, manager)
    assert await record(factory, new, manager) == PaymentRecorded(first.payment_id, replayed=True)
    assert await balances(factory, receivable) == [(40_00, "partially_paid")]
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await record(factory, replace(new, amount=Money(1, "MXN")), manager)


async def test_two_payments_at_once_never_over_allocate(factory: Factory) -> None:
    customer = await factory.customer()
    receivable = await factory.receivable(customer, "100.00")
    answers = await asyncio.gather(
        *(record(factory, paid(customer, "70.00", lines=[(receivable.id, 70_00)])) for _ in range(5))
    )
    payments = [await row(factory, Payment, answer.payment_id) for answer in answers]
    assert sorted(payment.allocated_minor for payment in payments) == [0, 0, 0, 30_00, 70_00]
    assert await balances(factory, receivable) == [(0, "paid")]
    found = await account(factory, customer)
    assert (found.balance_minor, found.unapplied_minor) == (0, 250_00)
    await books_agree(factory)


async def test_payments_of_many_customers_at_once_agree(factory: Factory) -> None:
    customers = [await factory.customer() for _ in range(3)]
    for customer in customers:
        for days in (10, 20, 30):
            await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=days))
    await asyncio.gather(
        *(record(factory, paid(customer, amount)) for customer in customers for amount in ("120.00", "90.00"))
    )
    for customer in customers:
        assert (await account(factory, customer)).balance_minor == 90_00
    await books_agree(factory)


async def credit(factory: Factory, amount: str) -> tuple[Customer, UUID]:
    """A customer who paid before owing anything."""
    customer = await factory.customer()
    done = await record(factory, paid(customer, amount, received_on=TODAY - timedelta(days=4)))
    return customer, done.payment_id


async def use(factory: Factory, given: CreditUse, actor: Actor | None = None) -> None:
    async with factory.write(actor) as tx:
        await apply_credit(tx, given)


async def test_unapplied_credit_pays_what_came_later(factory: Factory, manager: Actor) -> None:
    customer, payment_id = await credit(factory, "150.00")
    receivable = await factory.receivable(customer, "100.00")
    await use(factory, CreditUse(payment_id), manager)
    payment = await row(factory, Payment, payment_id)
    assert (payment.allocated_minor, payment.unapplied_minor) == (100_00, 50_00)
    found = await row(factory, Receivable, receivable.id)
    assert (found.balance_minor, found.settled_on) == (0, TODAY)
    assert (await account(factory, customer)).unapplied_minor == 50_00
    await books_agree(factory)


async def test_credit_goes_where_it_is_told(factory: Factory, manager: Actor) -> None:
    customer, payment_id = await credit(factory, "50.00")
    older = await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=40))
    newer = await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=5))
    await use(factory, CreditUse(payment_id, [(newer.id, 20_00)]), manager)
    assert await balances(factory, older, newer) == [(100_00, "open"), (80_00, "partially_paid")]
    assert (await row(factory, Payment, payment_id)).unapplied_minor == 30_00


async def test_credit_does_not_stretch(factory: Factory, manager: Actor) -> None:
    customer, payment_id = await credit(factory, "50.00")
    receivable = await factory.receivable(customer, "20.00")
    big = await factory.receivable(customer, "500.00")
    async with refused(factory, "NOT_ENOUGH_CREDIT", "allocations"):
        await use(factory, CreditUse(payment_id, [(big.id, 50_01)]), manager)
    async with refused(factory, "OVER_ALLOCATED", "allocations"):
        await use(factory, CreditUse(payment_id, [(receivable.id, 20_01)]), manager)
    async with refused(factory, "NOT_FOUND", "paymentId"):
        await use(factory, CreditUse(new_id()), manager)


async def test_without_debt_there_is_nothing_to_apply(factory: Factory, manager: Actor) -> None:
    _, payment_id = await credit(factory, "50.00")
    async with refused(factory, "NOTHING_TO_APPLY", "paymentId"):
        await use(factory, CreditUse(payment_id), manager)


async def test_the_same_credit_at_once_is_used_once(factory: Factory) -> None:
    customer, payment_id = await credit(factory, "100.00")
    await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=40))
    await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=5))
    answers = await asyncio.gather(
        *(use(factory, CreditUse(payment_id)) for _ in range(2)), return_exceptions=True
    )
    assert [type(answer) for answer in answers if answer] == [Refused]
    assert (await account(factory, customer)).balance_minor == 100_00
    await books_agree(factory)


async def test_credit_is_replayed_by_its_key(factory: Factory, manager: Actor) -> None:
    customer, payment_id = await credit(factory, "150.00")
    await factory.receivable(customer, "100.00")
    given = CreditUse(payment_id, idempotency_key="k")
    for replayed in (False, True):
        async with factory.write(manager) as tx:
            answer = await apply_credit(tx, given)
        assert (answer.payment_id, answer.replayed) == (payment_id, replayed)
    assert (await row(factory, Payment, payment_id)).unapplied_minor == 50_00


async def test_a_reference_of_a_megabyte_is_refused(factory: Factory, manager: Actor) -> None:
    customer = await factory.customer()
    new = NewPayment(customer.id, PaymentMethod.CASH, Money(1_00, "MXN"), TODAY, reference="x" * 1_000_000)
    async with refused(factory, "TOO_LONG", "reference"), factory.write(manager) as tx:
        await record_payment(tx, new)
