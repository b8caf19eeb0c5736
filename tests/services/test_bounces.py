"""A cheque bounces: the debt stands again, and its drawer pays the fee of the policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.tables.activities import Task
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.instruments import Instrument
from cartera.db.tables.payments import Payment, PaymentReversal
from cartera.db.tables.receivables import Receivable
from cartera.rules.instruments import BounceReason
from cartera.rules.money import MAX_MINOR, Money
from cartera.rules.payments import ReversalKind
from cartera.services.bounces import GivenFee
from cartera.services.instrument_policies import NewPolicy, set_policy
from cartera.services.reversals import NewReversal, reverse_payment
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move, refused, row
from tests.services.papers import (
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    bounce,
    cheque,
    debt,
    deposit,
    state_of,
    story,
    take,
    tasks,
)
from tests.services.promising import make, pay, promised
from tests.services.promising import story as story_of_promise
from tests.services.test_deposits import payments, receive

LGTOC = "Ley General de Títulos y Operaciones de Crédito, art. 193"


@pytest.fixture(autouse=True)
async def banks_are_open(factory: Factory) -> None:
    """It is Tuesday: Monday is a holiday of the banks."""
    await factory.customer()
    await move(factory, 1)


async def charges(factory: Factory) -> list[Charge]:
    async with factory.read() as tx:
        return list(await tx.session.scalars(select(Charge).order_by(Charge.id)))


async def charge_a_fifth(factory: Factory) -> None:
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(LGTOC, percent=Decimal(20)))


async def test_a_bounce_spelled_out(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    """A cheque of 100.00 for an invoice of 100.00 is deposited on Tuesday and bounces on Thursday.

    Tuesday: payment +100.00, allocated 100.00; the invoice owes 0.00.
    Thursday: the payment is reversed; the invoice owes 100.00 again, and a fifth of the cheque, 20.00,
    as a line of its own by the policy: 120.00.
    """
    await charge_a_fifth(factory)
    paper = await take(factory, cheque([invoice], "100.00"))
    taken = await deposit(factory, paper)
    await move(factory, 2)
    done = await bounce(factory, paper, actor=manager)
    assert await story(factory, invoice.id) == [
        ("allocation", -100_00, TUESDAY),
        ("reversal", 100_00, THURSDAY),
        ("fee", 20_00, THURSDAY),
    ]
    assert await debt(factory, invoice) == ("open", 120_00, 20_00)
    (charge,) = await charges(factory)
    assert (charge.id, charge.receivable_id, charge.kind) == (done.charge_id, invoice.id, "bounce_fee")
    assert (charge.rule, charge.source, charge.base_minor) == ("policy.bounce_fee", LGTOC, 100_00)
    assert (charge.amount_minor, charge.due_on) == (20_00, THURSDAY)
    assert taken.payment_id is not None
    payment = await row(factory, Payment, taken.payment_id)
    assert (payment.allocated_minor, payment.reversed_minor, payment.unapplied_minor) == (0, 100_00, 0)
    found = await row(factory, Instrument, paper)
    assert (found.state, found.bounced_on, found.bounce_reason) == (
        "bounced",
        THURSDAY,
        "insufficient_funds",
    )
    async with factory.read() as tx:
        reversal = (await tx.session.scalars(select(PaymentReversal))).one()
    assert (reversal.kind, reversal.external_id) == ("bounce", f"instrument:{paper}:1")
    assert await tasks(factory, customer, "review_reversal") == [("open", None)]
    await books_agree(factory)


async def test_money_that_was_taken_back_by_hand_is_not_taken_back_twice(
    factory: Factory, invoice: Receivable
) -> None:
    paper = await take(factory, cheque([invoice], "100.00"))
    taken = await deposit(factory, paper)
    assert taken.payment_id is not None
    async with factory.write() as tx:
        await reverse_payment(tx, NewReversal(taken.payment_id, ReversalKind.CORRECTION, TUESDAY))
    await bounce(factory, paper)
    assert await state_of(factory, paper) == "bounced"
    assert await story(factory, invoice.id) == [
        ("allocation", -100_00, TUESDAY),
        ("reversal", 100_00, TUESDAY),
    ]
    await books_agree(factory)


async def test_a_bounced_cheque_keeps_no_promise(factory: Factory, invoice: Receivable) -> None:
    word = await make(factory, promised([invoice], "100.00", WEDNESDAY))
    paper = await take(factory, cheque([invoice], "100.00"))
    await deposit(factory, paper)
    assert (await story_of_promise(factory, word))[0] == "kept"
    await bounce(factory, paper)
    state, received, _ = await story_of_promise(factory, word)
    assert (state, received) == ("pending", 0)


async def test_it_may_be_presented_once_more_and_its_drawer_pays_the_policys_fee_once(
    factory: Factory, invoice: Receivable
) -> None:
    await charge_a_fifth(factory)
    paper = await take(factory, cheque([invoice], "100.00"))
    await deposit(factory, paper)
    await bounce(factory, paper)
    await move(factory, 1)
    second = await deposit(factory, paper)
    assert [each.external_id for each in await payments(factory)] == [
        f"instrument:{paper}:1",
        f"instrument:{paper}:2",
    ]
    assert (await row(factory, Instrument, paper)).payment_id == second.payment_id
    # Of 120.00 owed the cheque pays 100.00.
    assert (await debt(factory, invoice))[1] == 20_00
    await bounce(factory, paper)
    assert len(await charges(factory)) == 1
    assert await debt(factory, invoice) == ("open", 120_00, 20_00)
    await books_agree(factory)


async def test_it_is_not_presented_before_it_bounced(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    paper = await take(factory, cheque([invoice], "100.00"))
    await deposit(factory, paper)
    await move(factory, 1)
    await bounce(factory, paper)
    async with refused(factory, "DATE_TOO_EARLY", "depositedOn"):
        await deposit(factory, paper, TUESDAY, manager)


@pytest.mark.parametrize("reason", [BounceReason.BANK_ERROR, BounceReason.OUT_OF_DATE, BounceReason.OTHER])
async def test_for_a_mistake_of_others_the_drawer_pays_nothing(
    factory: Factory, invoice: Receivable, reason: BounceReason
) -> None:
    await charge_a_fifth(factory)
    paper = await take(factory, cheque([invoice], "100.00"))
    await deposit(factory, paper)
    await bounce(factory, paper, reason=reason)
    assert await debt(factory, invoice) == ("open", 100_00, 0)


async def test_without_a_policy_or_in_another_currency_nothing_is_charged(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    plain = await take(factory, cheque([invoice], "100.00"))
    await deposit(factory, plain)
    assert (await bounce(factory, plain)).charge_id is None
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy("Contrato", amount=Money(20_00, "USD")))
    other = await take(factory, replace(cheque([invoice], "100.00"), number="2"))
    await deposit(factory, other)
    assert (await bounce(factory, other)).charge_id is None


async def test_a_fixed_fee_goes_to_the_debt_due_first(factory: Factory, customer: Customer) -> None:
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy("Contrato 12", amount=Money(350_00, "MXN")))
    late = await factory.receivable(customer, "10.00", due_on=TODAY - timedelta(days=30))
    later = await factory.receivable(customer, "10.00", due_on=TODAY - timedelta(days=3))
    paper = await take(factory, cheque([later, late], "20.00"))
    await deposit(factory, paper)
    await bounce(factory, paper)
    assert await debt(factory, late) == ("open", 360_00, 350_00)
    assert await debt(factory, later) == ("open", 10_00, 0)


async def test_the_fee_goes_to_what_is_open_once_the_money_has_gone_back(
    factory: Factory, customer: Customer
) -> None:
    """The first debt was paid otherwise before the deposit, so the bounce opens the second one alone."""
    await charge_a_fifth(factory)
    late = await factory.receivable(customer, "10.00", due_on=TODAY - timedelta(days=30))
    later = await factory.receivable(customer, "10.00", due_on=TODAY - timedelta(days=3))
    paper = await take(factory, cheque([late, later], "20.00"))
    await pay(factory, customer.id, "10.00", to=[late])
    await deposit(factory, paper)
    await bounce(factory, paper)
    assert await debt(factory, late) == ("paid", 0, 0)
    assert await debt(factory, later) == ("open", 14_00, 4_00)
    await books_agree(factory)


async def test_a_fee_reopens_nothing_and_the_review_says_so(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    await charge_a_fifth(factory)
    paper = await take(factory, cheque([invoice], "100.00"))
    await pay(factory, customer.id, "100.00", to=[invoice])
    await deposit(factory, paper)
    async with refused(factory, "FEE_NEEDS_RECEIVABLE", "fee"):
        await bounce(factory, paper, fee=GivenFee(Money(1, "MXN"), "x"), actor=manager)
    assert (await bounce(factory, paper)).charge_id is None
    assert await debt(factory, invoice) == ("paid", 0, 0)
    async with factory.read() as tx:
        told = await tx.session.scalar(select(Task.note).where(Task.kind == "review_reversal"))
    assert told == "0001234: sin cargo por rechazo, porque ninguna factura ligada sigue abierta"
    await books_agree(factory)


async def test_a_given_fee_takes_the_place_of_the_policys(factory: Factory, invoice: Receivable) -> None:
    await charge_a_fifth(factory)
    paper = await take(factory, cheque([invoice], "100.00"))
    await deposit(factory, paper)
    fee = GivenFee(Money(15_00, "MXN"), "Contrato de suministro, cláusula 9")
    await bounce(factory, paper, reason=BounceReason.BANK_ERROR, fee=fee)
    (charge,) = await charges(factory)
    assert (charge.rule, charge.source, charge.amount_minor, charge.base_minor) == (
        "agreed.bounce_fee",
        "Contrato de suministro, cláusula 9",
        15_00,
        None,
    )


@pytest.mark.parametrize(
    ("fee", "code", "path"),
    [
        (GivenFee(Money(0, "MXN"), "x"), "AMOUNT_NOT_POSITIVE", ["fee", "amount"]),
        (GivenFee(Money(MAX_MINOR + 1, "MXN"), "x"), "TOO_LARGE", ["fee", "amount"]),
        (GivenFee(Money(1, "USD"), "x"), "CURRENCY_MISMATCH", ["fee", "currencyCode"]),
        (GivenFee(Money(1, "MXN"), "  "), "WORDS_MISSING", ["fee", "source"]),
        (GivenFee(Money(1, "MXN"), "x" * 1_000_000), "TOO_LONG", ["fee", "source"]),
    ],
)
async def test_what_no_fee_can_be(
    factory: Factory, manager: Actor, invoice: Receivable, fee: GivenFee, code: str, path: list[str]
) -> None:
    paper = await take(factory, cheque([invoice], "100.00"))
    await deposit(factory, paper)
    async with refused(factory, code, *path):
        await bounce(factory, paper, fee=fee, actor=manager)


async def test_money_in_advance_bounces_without_a_fee(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    await pay(factory, customer.id, "100.00")
    await charge_a_fifth(factory)
    taken = await receive(factory, replace(cheque([invoice], "70.00"), lines=None))
    (_, payment) = await payments(factory)
    assert payment.unapplied_minor == 70_00
    async with refused(factory, "FEE_NEEDS_RECEIVABLE", "fee"):
        await bounce(factory, taken.instrument_id, fee=GivenFee(Money(1, "MXN"), "x"), actor=manager)
    assert (await bounce(factory, taken.instrument_id)).charge_id is None
    assert (await row(factory, Payment, payment.id)).unapplied_minor == 0
