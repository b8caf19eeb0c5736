"""Payments in another currency than the debt: both amounts, the dated rate, what was gained or lost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Allocation, ExchangeDifference, Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.money import MAX_MINOR, Money
from cartera.rules.payments import PaymentMethod, ReversalKind
from cartera.services.payments import CreditUse, NewPayment, apply_credit, record_payment
from cartera.services.reversals import NewReversal, Unallocation, reverse_payment, unallocate_payment
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, refused, row
from tests.services.planning import charge

ISSUED, PAID_ON = TODAY - timedelta(days=30), TODAY - timedelta(days=2)


async def pay(
    factory: Factory,
    customer: Customer,
    amount: str,
    currency: str,
    *to: Receivable,
    on: date = PAID_ON,
    actor: Actor | None = None,
) -> UUID:
    money = Money.parse(amount, currency)
    async with factory.write(actor) as tx:
        lines = [(each.id, money.minor) for each in to]
        new = NewPayment(customer.id, PaymentMethod.TRANSFER, money, on, lines=lines)
        return (await record_payment(tx, new)).payment_id


async def owed(factory: Factory, customer: Customer, amount: str, currency: str) -> Receivable:
    return await factory.receivable(customer, amount, currency=currency, issued_on=ISSUED, due_on=PAID_ON)


async def back(factory: Factory, payment_id: UUID, amount: int | None = None, on: date = TODAY) -> None:
    async with factory.write() as tx:
        await reverse_payment(tx, NewReversal(payment_id, ReversalKind.CHARGEBACK, on, amount=amount))


async def allocations(factory: Factory) -> list[tuple[int, int, Decimal | None, date | None]]:
    """What of the receivable, for what of the payment, at which rate of which day; as booked."""
    async with factory.read() as tx:
        found = await tx.session.scalars(select(Allocation).order_by(Allocation.recorded_at, Allocation.id))
        return [(each.amount_minor, each.source_minor, each.rate, each.rate_on) for each in found]


async def differences(factory: Factory) -> list[tuple[int, str, Decimal, Decimal, date]]:
    async with factory.read() as tx:
        found = await tx.session.scalars(
            select(ExchangeDifference).order_by(ExchangeDifference.recorded_at, ExchangeDifference.id)
        )
        return [
            (each.amount_minor, each.currency, each.booked_rate, each.settled_rate, each.effective_on)
            for each in found
        ]


async def balance(factory: Factory, receivable: Receivable) -> int:
    return (await row(factory, Receivable, receivable.id)).balance_minor


async def unapplied(factory: Factory, payment_id: UUID) -> int:
    return (await row(factory, Payment, payment_id)).unapplied_minor


@pytest.fixture
async def rates(factory: Factory) -> None:
    await factory.rate("USD", "18.00", ISSUED - timedelta(days=3))
    await factory.rate("USD", "18.50", PAID_ON)
    await factory.rate("USD", "99.00", TODAY)
    await factory.rate("EUR", "20.35", PAID_ON - timedelta(days=1))


async def test_pesos_pay_dollars_at_the_rate_of_their_day(
    factory: Factory, customer: Customer, rates: None
) -> None:
    dollars = await owed(factory, customer, "100.00", "USD")
    payment_id = await pay(factory, customer, "925.00", "MXN", dollars)
    assert await balance(factory, dollars) == 50_00
    assert await unapplied(factory, payment_id) == 0
    # 1 / 18.50, as far as it is stored.
    rate = Decimal("0.0540540541")
    assert await allocations(factory) == [(50_00, 925_00, rate, PAID_ON)]
    # 925.00 came in for what was booked at 900.00.
    gain = (25_00, "MXN", Decimal("18.00"), Decimal(1), PAID_ON)
    assert await differences(factory) == [gain]
    async with factory.read() as tx:
        kinds = (await tx.session.scalars(select(Entry.kind).where(Entry.receivable_id == dollars.id))).all()
    assert sorted(kinds) == ["allocation", "issue"]
    await books_agree(factory)


async def test_dollars_pay_dollars_of_another_day(factory: Factory, customer: Customer, rates: None) -> None:
    dollars = await owed(factory, customer, "100.00", "USD")
    await pay(factory, customer, "100.00", "USD", dollars)
    assert await allocations(factory) == [(100_00, 100_00, None, None)]
    gain = (50_00, "MXN", Decimal("18.00"), Decimal("18.50"), PAID_ON)
    assert await differences(factory) == [gain]


async def test_a_charge_is_booked_at_the_rate_of_its_posting(
    factory: Factory, customer: Customer, rates: None
) -> None:
    """Of 60.00 dollars 10.00 pay interest, posted at 18.50, and 50.00 the invoice, issued at 18.00."""
    await factory.rate("USD", "19.00", TODAY - timedelta(days=1))
    dollars = await owed(factory, customer, "100.00", "USD")
    factory.now -= timedelta(days=2)
    await charge(factory, dollars, "10.00")
    factory.now += timedelta(days=1)
    await pay(factory, customer, "60.00", "USD", dollars, on=TODAY - timedelta(days=1))
    assert [(minor, booked, settled) for minor, _, booked, settled, _ in await differences(factory)] == [
        (5_00, Decimal("18.50"), Decimal("19.00")),
        (50_00, Decimal("18.00"), Decimal("19.00")),
    ]
    await books_agree(factory)


async def test_pesos_that_pay_a_charge_in_dollars(factory: Factory, customer: Customer, rates: None) -> None:
    """185.00 pesos settle 10.00 dollars of interest, posted at the same rate: nothing is gained."""
    dollars = await owed(factory, customer, "100.00", "USD")
    factory.now -= timedelta(days=2)
    await charge(factory, dollars, "10.00")
    await pay(factory, customer, "185.00", "MXN", dollars)
    assert [minor for minor, *_ in await allocations(factory)] == [10_00]
    assert await differences(factory) == []


async def test_a_debt_may_lose_by_the_rate(factory: Factory, customer: Customer, rates: None) -> None:
    await factory.rate("USD", "17.25", PAID_ON + timedelta(days=1))
    dollars = await owed(factory, customer, "100.00", "USD")
    await pay(factory, customer, "100.00", "USD", dollars, on=PAID_ON + timedelta(days=1))
    assert [minor for minor, *_ in await differences(factory)] == [-75_00]


async def test_two_foreign_currencies_meet_by_their_worth_at_home(
    factory: Factory, customer: Customer, rates: None
) -> None:
    dollars = await owed(factory, customer, "110.00", "USD")
    payment_id = await pay(factory, customer, "150.00", "EUR", dollars)
    # 20.35 / 18.50 = 1.1 dollars for a euro: 100 euros pay it all, of the earlier of the two rates' days.
    assert await allocations(factory) == [(110_00, 100_00, Decimal("1.1"), PAID_ON)]
    assert await unapplied(factory, payment_id) == 50_00
    # 100 × 20.35 less 110 × 18.
    gain = (2035_00 - 1980_00, "MXN", Decimal("18.00"), Decimal("20.35"), PAID_ON)
    assert await differences(factory) == [gain]
    await books_agree(factory)


@pytest.mark.parametrize(
    ("debt", "paid", "left_owed", "left_unapplied"),
    [
        # A cent is 18.5 centavos: what comes nearest is paid in full.
        ("1.00", "18.50", 0, 0),
        ("1.00", "18.41", 0, 0),
        ("1.00", "18.40", 1, 0),
        ("1.00", "18.60", 0, 10),
        # Half of a cent and less buys nothing.
        ("1.00", "0.09", 1_00, 9),
        ("1.00", "0.10", 99, 0),
    ],
)
async def test_the_nearest_payable_unit_counts(
    factory: Factory,
    customer: Customer,
    rates: None,
    debt: str,
    paid: str,
    left_owed: int,
    left_unapplied: int,
) -> None:
    dollars = await owed(factory, customer, debt, "USD")
    payment_id = await pay(factory, customer, paid, "MXN", dollars)
    assert (await balance(factory, dollars), await unapplied(factory, payment_id)) == (
        left_owed,
        left_unapplied,
    )
    await books_agree(factory)


async def test_what_was_gained_falls_with_what_is_taken_back(
    factory: Factory, customer: Customer, rates: None
) -> None:
    dollars = await owed(factory, customer, "100.00", "USD")
    payment_id = await pay(factory, customer, "1850.00", "MXN", dollars)
    assert [minor for minor, *_ in await differences(factory)] == [50_00]
    for amount in (333_33, 1, None):
        await back(factory, payment_id, amount)
        await books_agree(factory)
    assert await balance(factory, dollars) == 100_00
    told = await differences(factory)
    assert sum(minor for minor, *_ in told) == 0
    assert {(booked, settled) for _, _, booked, settled, _ in told} == {(Decimal("18.00"), Decimal(1))}


async def test_a_loss_too_falls_to_nothing(factory: Factory, customer: Customer, rates: None) -> None:
    await factory.rate("USD", "17.99", PAID_ON + timedelta(days=1))
    dollars = await owed(factory, customer, "3.33", "USD")
    payment_id = await pay(factory, customer, "3.33", "USD", dollars, on=PAID_ON + timedelta(days=1))
    assert [minor for minor, *_ in await differences(factory)] == [-3]
    for amount in (1_00, 1_00, 1_00, None):
        await back(factory, payment_id, amount)
    assert sum(minor for minor, *_ in await differences(factory)) == 0


async def test_a_difference_takes_effect_on_the_day_of_its_entry(
    factory: Factory, customer: Customer, rates: None
) -> None:
    dollars = await owed(factory, customer, "100.00", "USD")
    payment_id = await pay(factory, customer, "100.00", "USD")
    assert await differences(factory) == []
    async with factory.write() as tx:
        await apply_credit(tx, CreditUse(payment_id, [(dollars.id, 100_00)]))
    await back(factory, payment_id, 40_00)
    async with factory.write() as tx:
        await unallocate_payment(tx, Unallocation(payment_id))
    async with factory.read() as tx:
        pairs = await tx.session.execute(
            select(Entry.effective_on, ExchangeDifference.effective_on)
            .join(Allocation, Allocation.entry_id == Entry.id)
            .join(ExchangeDifference, ExchangeDifference.allocation_id == Allocation.id)
        )
        days = [tuple(pair) for pair in pairs]
    assert days == [(TODAY, TODAY)] * 3
    early = await owed(factory, customer, "100.00", "USD")
    other = await pay(factory, customer, "100.00", "USD", early, on=PAID_ON)
    await back(factory, other, on=PAID_ON + timedelta(days=1))
    assert [day for *_, day in await differences(factory)][-2:] == [PAID_ON, PAID_ON + timedelta(days=1)]


async def test_without_a_rate_somebody_is_told_and_money_waits(
    factory: Factory, customer: Customer, manager: Actor
) -> None:
    dollars = await owed(factory, customer, "100.00", "USD")
    await factory.rate("USD", "18.50", PAID_ON + timedelta(days=1))
    async with refused(factory, "NO_EXCHANGE_RATE", "allocations", "0"):
        await pay(factory, customer, "925.00", "MXN", dollars, actor=manager)
    payment_id = await pay(factory, customer, "925.00", "MXN", dollars)
    assert (await balance(factory, dollars), await unapplied(factory, payment_id)) == (100_00, 925_00)


async def test_without_a_rate_on_the_day_of_issue_no_difference_is_told(
    factory: Factory, customer: Customer
) -> None:
    await factory.rate("USD", "18.50", PAID_ON)
    dollars = await owed(factory, customer, "100.00", "USD")
    payment_id = await pay(factory, customer, "1850.00", "MXN", dollars)
    await back(factory, payment_id)
    assert await differences(factory) == []
    await books_agree(factory)


async def test_in_base_currency_nothing_is_gained_or_lost(
    factory: Factory, customer: Customer, rates: None
) -> None:
    pesos = await owed(factory, customer, "100.00", "MXN")
    await back(factory, await pay(factory, customer, "100.00", "MXN", pesos))
    assert await differences(factory) == []


async def test_the_greatest_payment_is_taken_and_the_greatest_worth_refused(
    factory: Factory, customer: Customer, manager: Actor, rates: None
) -> None:
    most = Money(MAX_MINOR, "USD").decimal
    pesos = await owed(factory, customer, "100.00", "MXN")
    payment_id = await pay(factory, customer, most, "USD", pesos, actor=manager)
    assert await balance(factory, pesos) == 0
    # 100.00 / 18.50 is 5.4054 dollars.
    assert await unapplied(factory, payment_id) == MAX_MINOR - 5_41
    dollars = await owed(factory, customer, most, "USD")
    async with refused(factory, "TOO_LARGE", "amount"):
        await pay(factory, customer, most, "USD", dollars, actor=manager)


async def test_rates_too_far_apart_are_a_slip_of_the_keyboard(
    factory: Factory, customer: Customer, manager: Actor
) -> None:
    await factory.rate("USD", "0.0000000001", ISSUED)
    await factory.rate("EUR", "1000000000000", ISSUED)
    dollars = await owed(factory, customer, "100.00", "USD")
    async with refused(factory, "RATE_OUT_OF_RANGE", "allocations", "0"):
        await pay(factory, customer, "1.00", "EUR", dollars, actor=manager)
