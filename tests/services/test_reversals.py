"""Money that goes back, at the edges: told twice, of another currency, a cent at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from cartera.db.queries.locks import lock
from cartera.db.session import Database
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Receivable
from cartera.rules.charges import ChargeKind
from cartera.rules.money import Money
from cartera.rules.payments import DeductionReason, PaymentMethod, ReversalKind
from cartera.services.books import settle_up
from cartera.services.deductions import Deduction
from cartera.services.ledger import Ledger, NewCharge
from cartera.services.payments import NewPayment, record_payment
from cartera.services.reversals import NewReversal, Reversed, reverse_payment
from cartera.services.settlement_policy import SettlementPolicy, set_settlement_policy
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, refused, row


async def pay(factory: Factory, customer: Customer, money: Money, *to: Receivable) -> UUID:
    lines = [(receivable.id, money.minor) for receivable in to] or None
    async with factory.write() as tx:
        new = NewPayment(customer.id, PaymentMethod.CARD, money, TODAY, lines=lines)
        return (await record_payment(tx, new)).payment_id


async def back(factory: Factory, new: NewReversal) -> Reversed:
    async with factory.write() as tx:
        return await reverse_payment(tx, new)


async def parts(factory: Factory, payment_id: UUID) -> tuple[int, int, int]:
    """Allocated, unapplied and gone."""
    payment = await row(factory, Payment, payment_id)
    return payment.allocated_minor, payment.unapplied_minor, payment.reversed_minor


async def balance(factory: Factory, receivable: Receivable) -> int:
    return (await row(factory, Receivable, receivable.id)).balance_minor


async def test_a_full_refund_that_is_told_twice_is_booked_once(factory: Factory) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "100.00")
    payment_id = await pay(factory, customer, Money(100_00, "MXN"))
    told = NewReversal(payment_id, ReversalKind.REFUND, TODAY, external_id="re_1", idempotency_key="first")

    assert await back(factory, told) == Reversed(payment_id, replayed=False)
    for key in (None, "second", "second", "first"):
        again = await back(factory, replace(told, idempotency_key=key))
        assert again == Reversed(payment_id, replayed=True)

    assert await parts(factory, payment_id) == (0, 0, 100_00)
    assert await balance(factory, invoice) == 100_00
    await books_agree(factory)


async def test_a_providers_id_belongs_to_one_payment(factory: Factory) -> None:
    customer = await factory.customer()
    one, other = [await pay(factory, customer, Money(10_00, "MXN")) for _ in range(2)]
    told = NewReversal(one, ReversalKind.REFUND, TODAY, external_id="re_1")
    await back(factory, told)
    async with refused(factory, "NOT_FOUND", "paymentId"):
        await back(factory, replace(told, payment_id=other))


async def test_a_charge_too_small_for_the_payments_currency_falls_with_it(factory: Factory) -> None:
    await factory.rate("USD", "18.50", TODAY)
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "184.95")
    fee = NewCharge(
        kind=ChargeKind.COLLECTION_COST, rule="by_hand", source="contrato", amount=5, due_on=TODAY, on=TODAY
    )
    async with factory.write() as tx:
        locked = await lock(tx, customers=[customer.id], receivables=[invoice.id])
        ledger = await Ledger.of(tx, locked.receivables)
        ledger.add_charge(invoice.id, fee)
        await ledger.write()
        await settle_up(tx, [customer.id])
    payment_id = await pay(factory, customer, Money(10_00, "USD"), invoice)
    assert await balance(factory, invoice) == 0

    await back(factory, NewReversal(payment_id, ReversalKind.CHARGEBACK, TODAY))

    assert await balance(factory, invoice) == 185_00
    assert await parts(factory, payment_id) == (0, 0, 10_00)
    await books_agree(factory)


async def test_a_refund_too_small_for_the_debts_currency_brings_the_rest_back_as_credit(
    factory: Factory,
) -> None:
    await factory.rate("USD", "18.50", TODAY)
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "5.00", currency="USD")
    payment_id = await pay(factory, customer, Money(37, "MXN"), invoice)
    assert await balance(factory, invoice) == 4_98
    story = []
    for _ in range(3):
        await back(factory, NewReversal(payment_id, ReversalKind.REFUND, TODAY, amount=1))
        story.append((await balance(factory, invoice), *await parts(factory, payment_id)))
        await books_agree(factory)
    # The first cent takes a cent with it; the other cent is worth what is left.
    assert story == [(4_99, 36, 0, 1), (5_00, 0, 35, 2), (5_00, 0, 34, 3)]


async def test_what_is_deducted_of_one_document_leaves_money_for_the_next(
    db: Database, now: datetime
) -> None:
    factory = Factory(db, now)
    # In Chile money pays document by document.
    await factory.organization_row(country="CL")
    customer = await factory.customer()
    older = await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=40))
    newer = await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=10))
    kept_back = Deduction(older.id, DeductionReason.WITHHOLDING, 20_00)
    async with factory.write() as tx:
        new = NewPayment(
            customer.id, PaymentMethod.TRANSFER, Money(100_00, "MXN"), TODAY, deductions=(kept_back,)
        )
        payment_id = (await record_payment(tx, new)).payment_id
    assert [await balance(factory, each) for each in (older, newer)] == [0, 80_00]
    assert await parts(factory, payment_id) == (100_00, 0, 0)
    await books_agree(factory)


async def test_a_collector_grants_the_agreed_discount_once_however_it_is_cut(factory: Factory) -> None:
    """Two per cent of 100.00 within ten days: 2.00 in all, in one payment or in several."""
    async with factory.write() as tx:
        await set_settlement_policy(tx, SettlementPolicy(200, 10, 0))
    collector = await factory.actor("collector")
    customer = await factory.customer(collector_id=collector.member_id)
    debt = await factory.receivable(customer, "100.00", issued_on=TODAY, due_on=TODAY + timedelta(days=30))

    async def pay(*amounts: int) -> None:
        told = [Deduction(debt.id, DeductionReason.EARLY_PAYMENT_DISCOUNT, each) for each in amounts]
        async with factory.write(collector) as tx:
            money = Money(10_00, "MXN")
            new = NewPayment(customer.id, PaymentMethod.TRANSFER, money, TODAY, deductions=told)
            await record_payment(tx, new)

    async with refused(factory, "DISCOUNT_NOT_AGREED", "deductions", "1"):
        await pay(1_50, 1_00)
    await pay(1_00)
    async with refused(factory, "DISCOUNT_NOT_AGREED", "deductions", "0"):
        await pay(1_01)
    await pay(1_00)
    await books_agree(factory)
