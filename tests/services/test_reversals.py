"""Money that goes back, at the edges: told twice, of another currency, a cent at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.db.queries.locks import lock
from cartera.db.session import Database
from cartera.db.tables.accounts import Account
from cartera.db.tables.activities import Task
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Payment, PaymentReversal
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.charges import ChargeKind
from cartera.rules.money import Money
from cartera.rules.payments import DeductionReason, PaymentMethod, ReversalKind
from cartera.services.books import settle_up
from cartera.services.deductions import Deduction
from cartera.services.ledger import Ledger, NewCharge
from cartera.services.payments import CreditUse, NewPayment, apply_credit, record_payment
from cartera.services.reversals import (
    NewReversal,
    Reversed,
    reverse_payment,
)
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move, refused, row
from tests.services.promising import account, make, promised, story


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


async def entries(factory: Factory, receivable: Receivable) -> list[tuple[str, int, date, date | None]]:
    """Kind, amount, effective day and value day of a receivable's entries but its issue, as booked."""
    async with factory.read() as tx:
        found = await tx.session.scalars(
            select(Entry)
            .where(Entry.receivable_id == receivable.id, Entry.kind != "issue")
            .order_by(Entry.recorded_at, Entry.id)
        )
        return [(each.kind, each.amount_minor, each.effective_on, each.value_on) for each in found]


async def two_documents(factory: Factory) -> tuple[Customer, Receivable, Receivable, UUID]:
    """An older and a newer one of 100.00, both paid by 230.00 of which 30.00 is left."""
    customer = await factory.customer()
    older = await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=40))
    newer = await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=5))
    return customer, older, newer, await pay(factory, customer, Money(230_00, "MXN"))


@pytest.mark.parametrize("kind", list(ReversalKind))
async def test_what_goes_back_was_unapplied_first_and_then_paid_what_was_due_last(
    factory: Factory, kind: ReversalKind
) -> None:
    _, older, newer, payment_id = await two_documents(factory)
    story = []
    for amount in (20_00, 30_00, 100_00, None):
        await back(factory, NewReversal(payment_id, kind, TODAY, amount=amount, reason="Banco"))
        story.append(
            (await balance(factory, older), await balance(factory, newer), *await parts(factory, payment_id))
        )
        await books_agree(factory)
    assert story == [
        (0, 0, 200_00, 10_00, 20_00),
        (0, 20_00, 180_00, 0, 50_00),
        (20_00, 100_00, 80_00, 0, 150_00),
        (100_00, 100_00, 0, 0, 230_00),
    ]
    assert await entries(factory, older) == [
        ("allocation", -100_00, TODAY, None),
        ("reversal", 20_00, TODAY, None),
        ("reversal", 80_00, TODAY, None),
    ]
    assert (await row(factory, Receivable, older.id)).state == "open"
    async with factory.read() as tx:
        told = (await tx.session.scalars(select(PaymentReversal).order_by(PaymentReversal.id))).all()
    assert [(each.kind, each.amount_minor, each.reason, each.reversed_on) for each in told] == [
        (kind, amount, "Banco", TODAY) for amount in (20_00, 30_00, 100_00, 80_00)
    ]


async def test_the_latest_allocation_falls_before_that_of_what_is_due_later(factory: Factory) -> None:
    customer = await factory.customer()
    newer = await factory.receivable(customer, "50.00", due_on=TODAY - timedelta(days=5))
    payment_id = await pay(factory, customer, Money(100_00, "MXN"))
    older = await factory.receivable(customer, "50.00", due_on=TODAY - timedelta(days=40))
    factory.now += timedelta(minutes=5)
    async with factory.write() as tx:
        await apply_credit(tx, CreditUse(payment_id))
    await back(factory, NewReversal(payment_id, ReversalKind.BOUNCE, TODAY, amount=50_00))
    assert [await balance(factory, each) for each in (older, newer)] == [50_00, 0]
    await books_agree(factory)


@pytest.mark.parametrize(
    ("kind", "owed", "amounts"),
    [
        (ReversalKind.REFUND, 84_00, [None]),
        (ReversalKind.CHARGEBACK, 100_00, [None]),
        (ReversalKind.BOUNCE, 100_00, [None]),
        (ReversalKind.CORRECTION, 100_00, [None]),
        # What a certificate proves stands while any of the money does.
        (ReversalKind.BOUNCE, 83_99, [83_99]),
        (ReversalKind.BOUNCE, 100_00, [83_99, 1]),
    ],
)
async def test_what_coded_reasons_settled_stands_again_once_the_money_is_gone(
    factory: Factory, kind: ReversalKind, owed: int, amounts: list[int | None]
) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "100.00")
    withheld = Deduction(invoice.id, DeductionReason.WITHHOLDING, 16_00)
    async with factory.write() as tx:
        new = NewPayment(
            customer.id, PaymentMethod.CHEQUE, Money(84_00, "MXN"), TODAY, deductions=(withheld,)
        )
        payment_id = (await record_payment(tx, new)).payment_id
    for amount in amounts:
        await back(factory, NewReversal(payment_id, kind, TODAY, amount=amount))
    assert await balance(factory, invoice) == owed
    assert sum(minor for _, minor, _, _ in await entries(factory, invoice)) == owed - 100_00
    stands_again = owed == 100_00
    async with factory.read() as tx:
        (task,) = await tx.session.scalars(select(Task).where(Task.kind == "certificate"))
        owing = (await tx.session.scalars(select(Account))).one()
    assert (task.state, task.done_at is None) == (("cancelled", False) if stands_again else ("open", True))
    assert owing.next_action_kind == (None if stands_again else "certificate")
    await books_agree(factory)


async def test_only_the_certificate_of_what_went_back_is_waited_for_no_more(factory: Factory) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "100.00")
    paid = []
    for _ in range(2):
        factory.now += timedelta(seconds=1)
        withheld = Deduction(invoice.id, DeductionReason.WITHHOLDING, 8_00)
        async with factory.write() as tx:
            new = NewPayment(
                customer.id, PaymentMethod.CHEQUE, Money(42_00, "MXN"), TODAY, deductions=(withheld,)
            )
            paid.append((await record_payment(tx, new)).payment_id)
    await back(factory, NewReversal(paid[1], ReversalKind.BOUNCE, TODAY))
    async with factory.read() as tx:
        tasks = await tx.session.scalars(
            select(Task).where(Task.kind == "certificate").order_by(Task.created_at, Task.id)
        )
        assert [task.state for task in tasks] == ["open", "cancelled"]


async def test_a_promise_that_was_kept_is_pending_again_when_the_cheque_bounces_in_time(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    payment_id = await pay(factory, customer, Money(100_00, "MXN"))
    assert (await story(factory, made))[:2] == ("kept", 100_00)
    await back(factory, NewReversal(payment_id, ReversalKind.BOUNCE, TODAY, amount=60_00))
    assert await story(factory, made) == ("pending", 40_00, None)


async def test_a_promise_that_was_kept_is_broken_when_the_cheque_bounces_after_its_last_day(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    payment_id = await pay(factory, customer, Money(100_00, "MXN"))
    await move(factory, 9)
    await back(factory, NewReversal(payment_id, ReversalKind.BOUNCE, TODAY + timedelta(days=9)))
    assert (await story(factory, made))[:2] == ("broken", 0)
    assert (await account(factory, customer)).promise_state == "broken"
    await books_agree(factory)


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"amount": 0}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": -1}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": 100_01}, "REVERSAL_ABOVE_PAYMENT", "amount"),
        ({"reversed_on": TODAY + timedelta(days=1)}, "REVERSED_IN_FUTURE", "reversedOn"),
        ({"reversed_on": TODAY - timedelta(days=1)}, "REVERSED_BEFORE_RECEIVED", "reversedOn"),
        ({"reason": "x" * 2001}, "TOO_LONG", "reason"),
        ({"reason": "a\0b"}, "NOT_TEXT", "reason"),
        ({"payment_id": UUID(int=7)}, "NOT_FOUND", "paymentId"),
    ],
)
async def test_slips_of_a_reversal_are_refused(
    factory: Factory, customer: Customer, values: dict[str, Any], code: str, path: str
) -> None:
    payment_id = await pay(factory, customer, Money(100_00, "MXN"))
    new = replace(NewReversal(payment_id, ReversalKind.REFUND, TODAY), **values)
    async with refused(factory, code, path):
        await back(factory, new)


async def test_nothing_goes_back_twice(factory: Factory, customer: Customer) -> None:
    payment_id = await pay(factory, customer, Money(100_00, "MXN"))
    await back(factory, NewReversal(payment_id, ReversalKind.REFUND, TODAY, amount=40_00))
    async with refused(factory, "REVERSAL_ABOVE_PAYMENT", "amount"):
        await back(factory, NewReversal(payment_id, ReversalKind.REFUND, TODAY, amount=60_01))
    await back(factory, NewReversal(payment_id, ReversalKind.CHARGEBACK, TODAY))
    async with refused(factory, "NOTHING_TO_REVERSE", "paymentId"):
        await back(factory, NewReversal(payment_id, ReversalKind.REFUND, TODAY))


async def test_a_reversal_is_replayed_by_its_key(factory: Factory, invoice: Receivable) -> None:
    customer = await row(factory, Customer, invoice.customer_id)
    payment_id = await pay(factory, customer, Money(100_00, "MXN"))
    new = NewReversal(payment_id, ReversalKind.REFUND, TODAY, amount=30_00, idempotency_key="k")
    assert [await back(factory, new) for _ in range(2)] == [
        Reversed(payment_id, replayed=False),
        Reversed(payment_id, replayed=True),
    ]
    assert await balance(factory, invoice) == 30_00
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await back(factory, replace(new, amount=40_00))


async def test_a_collector_books_no_money_back_not_even_a_bounce(factory: Factory) -> None:
    collector = await factory.actor("collector")
    customer = await factory.customer(collector_id=collector.member_id)
    payment_id = await pay(factory, customer, Money(100_00, "MXN"))
    before = await parts(factory, payment_id)
    for kind in ReversalKind:
        async with refused(factory, "NOT_PERMITTED"), factory.write(collector) as tx:
            await reverse_payment(tx, NewReversal(payment_id, kind, TODAY))
    assert await parts(factory, payment_id) == before


async def test_a_stranger_bounces_nothing(factory: Factory, customer: Customer) -> None:
    payment_id = await pay(factory, customer, Money(100_00, "MXN"))
    other = await factory.other()
    async with refused(factory, "NOT_FOUND", "paymentId"):
        await back(other, NewReversal(payment_id, ReversalKind.REFUND, TODAY))
