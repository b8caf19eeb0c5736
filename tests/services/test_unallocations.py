"""Money is taken off documents again, and put on others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cartera.actors import Actor
from cartera.db.tables.customers import Customer
from cartera.rules.disputes import DisputeReason
from cartera.rules.money import Money
from cartera.rules.payments import DeductionReason, PaymentMethod
from cartera.services.deductions import Deduction
from cartera.services.payments import NewPayment, record_payment
from cartera.services.reversals import (
    Reversed,
    Unallocation,
    unallocate_payment,
)
from cartera.services.settlement_policy import SettlementPolicy, set_settlement_policy
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, refused
from tests.services.test_reversals import balance, entries, parts, two_documents


async def unallocate(factory: Factory, new: Unallocation, actor: Actor | None = None) -> Reversed:
    async with factory.write(actor) as tx:
        return await unallocate_payment(tx, new)


async def test_a_payment_is_taken_off_one_document_or_all(factory: Factory, manager: Actor) -> None:
    _, older, newer, payment_id = await two_documents(factory)
    one = Unallocation(payment_id, older.id, "Era de otra factura", idempotency_key="k")
    assert [await unallocate(factory, one, manager) for _ in range(2)] == [
        Reversed(payment_id, replayed=False),
        Reversed(payment_id, replayed=True),
    ]
    assert [await balance(factory, each) for each in (older, newer)] == [100_00, 0]
    assert await parts(factory, payment_id) == (100_00, 130_00, 0)
    assert (await entries(factory, older))[-1] == ("reversal", 100_00, TODAY, None)
    async with refused(factory, "NOT_ALLOCATED", "receivableId"):
        await unallocate(factory, replace(one, idempotency_key=None), manager)
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await unallocate(factory, replace(one, reason=None), manager)
    await unallocate(factory, Unallocation(payment_id), manager)
    assert await parts(factory, payment_id) == (0, 230_00, 0)
    async with refused(factory, "NOT_ALLOCATED", "paymentId"):
        await unallocate(factory, Unallocation(payment_id), manager)


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


async def test_by_rule_no_money_goes_to_what_its_payer_contests(factory: Factory, customer: Customer) -> None:
    older = await factory.receivable(customer, "1000.00", due_on=TODAY - timedelta(days=20))
    younger = await factory.receivable(customer, "500.00")
    told = [
        Deduction(older.id, DeductionReason.DISPUTE, 100_00, dispute_reason=DisputeReason.PRICE),
    ]
    async with factory.write() as tx:
        money = Money(1400_00, "MXN")
        new = NewPayment(customer.id, PaymentMethod.TRANSFER, money, TODAY, deductions=told)
        await record_payment(tx, new)
    assert (await balance(factory, older), await balance(factory, younger)) == (100_00, 0)
    await books_agree(factory)
