"""Payments that are short for a reason: what it settles, what it opens, what it may not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.tables.activities import Task
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.disputes import DisputeReason
from cartera.rules.money import Money
from cartera.rules.payments import DeductionReason, PaymentMethod
from cartera.services.deductions import Deduction
from cartera.services.payments import NewPayment, record_payment
from cartera.services.settlement_policy import SettlementPolicy, set_settlement_policy
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, refused, row
from tests.services.planning import charge

WITHHOLDING, BANK_FEE = DeductionReason.WITHHOLDING, DeductionReason.BANK_FEE
DISCOUNT, DISPUTE = DeductionReason.EARLY_PAYMENT_DISCOUNT, DeductionReason.DISPUTE


async def short(
    factory: Factory,
    customer: Customer,
    amount: str,
    *deductions: Deduction,
    actor: Actor | None = None,
    on: date = TODAY,
    **values: Any,
) -> UUID:
    async with factory.write(actor) as tx:
        new = NewPayment(
            customer.id,
            PaymentMethod.TRANSFER,
            Money.parse(amount, values.pop("currency", "MXN")),
            on,
            deductions=deductions,
            **values,
        )
        return (await record_payment(tx, new)).payment_id


async def told(factory: Factory, receivable: Receivable) -> list[tuple[str, int, bool, bool]]:
    """Kind, amount, whether of a charge, whether a tax document is needed; by kind, but the issue."""
    async with factory.read() as tx:
        found = await tx.session.scalars(
            select(Entry)
            .where(Entry.receivable_id == receivable.id, Entry.kind != "issue")
            .order_by(Entry.kind, Entry.amount_minor)
        )
        return [
            (each.kind, each.amount_minor, each.charge_id is not None, each.tax_document_needed)
            for each in found
        ]


async def balance(factory: Factory, receivable: Receivable) -> tuple[str, int]:
    found = await row(factory, Receivable, receivable.id)
    return found.state, found.balance_minor


async def certificates(factory: Factory) -> list[tuple[str, str | None]]:
    async with factory.read() as tx:
        found = await tx.session.scalars(select(Task).where(Task.kind == "certificate").order_by(Task.id))
        return [(each.state, each.note) for each in found]


async def grant(factory: Factory, basis_points: int, days: int) -> None:
    async with factory.write() as tx:
        await set_settlement_policy(tx, SettlementPolicy(basis_points, days, 0))


@pytest.fixture
async def collector(factory: Factory) -> Actor:
    return await factory.actor("collector")


@pytest.fixture
async def debtor(factory: Factory, collector: Actor) -> Customer:
    return await factory.customer(collector_id=collector.member_id)


async def test_a_withheld_tax_settles_and_waits_for_its_certificate(
    factory: Factory, collector: Actor, debtor: Customer
) -> None:
    invoice = await factory.receivable(debtor, "116.00")
    kept = Deduction(invoice.id, WITHHOLDING, 16_00, "ISR")
    payment_id = await short(factory, debtor, "100.00", kept, actor=collector, on=TODAY - timedelta(days=2))
    assert await balance(factory, invoice) == ("paid", 0)
    assert await told(factory, invoice) == [
        ("allocation", -100_00, False, False),
        ("withholding", -16_00, False, False),
    ]
    assert await certificates(factory) == [("open", f"{invoice.number} · 16.00 MXN")]
    async with factory.read() as tx:
        entry = (await tx.session.scalars(select(Entry).where(Entry.kind == "withholding"))).one()
    assert (entry.payment_id, entry.note, entry.effective_on) == (payment_id, "ISR", TODAY - timedelta(2))
    await books_agree(factory)


async def test_several_reasons_leave_the_rest_owed(
    factory: Factory, collector: Actor, debtor: Customer
) -> None:
    one = await factory.receivable(debtor, "100.00")
    other = await factory.receivable(debtor, "50.00")
    await short(
        factory,
        debtor,
        "100.00",
        Deduction(one.id, WITHHOLDING, 10_00),
        Deduction(one.id, BANK_FEE, 1_50),
        Deduction(other.id, WITHHOLDING, 5_00),
        actor=collector,
        lines=[(one.id, 60_00), (other.id, 40_00)],
    )
    assert await balance(factory, one) == ("partially_paid", 28_50)
    assert await balance(factory, other) == ("partially_paid", 5_00)
    assert len(await certificates(factory)) == 2
    await books_agree(factory)


async def test_what_is_contested_stays_owed_in_a_dispute(
    factory: Factory, collector: Actor, debtor: Customer
) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    contested = Deduction(invoice.id, DISPUTE, 30_00, "Llegó roto", DisputeReason.QUALITY)
    await short(factory, debtor, "70.00", contested, actor=collector)
    assert await balance(factory, invoice) == ("partially_paid", 30_00)
    assert [kind for kind, *_ in await told(factory, invoice)] == ["allocation"]
    async with factory.read() as tx:
        found = (await tx.session.scalars(select(Dispute))).one()
    assert (found.state, found.amount_minor, found.reason) == ("open", 30_00, "quality")
    await books_agree(factory)


async def test_coded_reasons_settle_principal_only(
    factory: Factory, manager: Actor, debtor: Customer
) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    await charge(factory, invoice, "10.00")
    async with refused(factory, "DEDUCTION_ABOVE_BALANCE", "deductions", "0"):
        await short(factory, debtor, "1.00", Deduction(invoice.id, BANK_FEE, 100_01), actor=manager)
    await short(factory, debtor, "1.00", Deduction(invoice.id, BANK_FEE, 99_00), actor=manager)
    assert await balance(factory, invoice) == ("partially_paid", 10_00)
    found = await row(factory, Receivable, invoice.id)
    # Mexico: the peso pays interest first.
    assert (found.charges_settled_minor, found.settled_minor) == (1_00, 100_00)
    await books_agree(factory)


@pytest.mark.parametrize(
    ("days", "amount", "is_agreed"),
    [(10, 2_00, True), (10, 2_01, False), (11, 2_00, False), (0, 1, True)],
)
async def test_a_collector_grants_the_discount_that_is_agreed(
    factory: Factory, collector: Actor, debtor: Customer, days: int, amount: int, is_agreed: bool
) -> None:
    await grant(factory, 200, 10)
    issued = TODAY - timedelta(days=days)
    invoice = await factory.receivable(debtor, "100.00", issued_on=issued, due_on=TODAY)
    taken = Deduction(invoice.id, DISCOUNT, amount)
    if is_agreed:
        await short(factory, debtor, "98.00", taken, actor=collector)
        assert ("early_payment_discount", -amount, False, True) in await told(factory, invoice)
        await books_agree(factory)
    else:
        async with refused(factory, "DISCOUNT_NOT_AGREED", "deductions", "0"):
            await short(factory, debtor, "90.00", taken, actor=collector)


async def test_a_discount_is_granted_once(factory: Factory, collector: Actor, debtor: Customer) -> None:
    await grant(factory, 200, 30)
    invoice = await factory.receivable(debtor, "100.00", issued_on=TODAY, due_on=TODAY)
    half, most = Deduction(invoice.id, DISCOUNT, 1_00), Deduction(invoice.id, DISCOUNT, 2_00)
    async with refused(factory, "DISCOUNT_NOT_AGREED", "deductions", "1"):
        await short(factory, debtor, "10.00", half, most, actor=collector)
    await short(factory, debtor, "10.00", half, actor=collector)
    async with refused(factory, "DISCOUNT_NOT_AGREED", "deductions", "0"):
        await short(factory, debtor, "10.00", most, actor=collector)
    await short(factory, debtor, "10.00", half, actor=collector)
    assert await balance(factory, invoice) == ("partially_paid", 78_00)


async def test_who_may_change_the_books_grants_any_discount(
    factory: Factory, manager: Actor, debtor: Customer
) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    await short(factory, debtor, "90.00", Deduction(invoice.id, DISCOUNT, 10_00), actor=manager)
    assert await balance(factory, invoice) == ("paid", 0)


async def test_a_reason_is_of_the_payments_currency(
    factory: Factory, manager: Actor, debtor: Customer
) -> None:
    await factory.rate("USD", "18.50")
    dollars = await factory.receivable(debtor, "100.00", currency="USD")
    async with refused(factory, "CURRENCY_MISMATCH", "deductions", "0"):
        await short(factory, debtor, "10.00", Deduction(dollars.id, BANK_FEE, 1), actor=manager)


@pytest.mark.parametrize(
    ("reason", "amount", "note", "code", "path"),
    [
        (BANK_FEE, 0, None, "AMOUNT_NOT_POSITIVE", ("deductions", "0", "amount")),
        (BANK_FEE, -1, None, "AMOUNT_NOT_POSITIVE", ("deductions", "0", "amount")),
        (BANK_FEE, 100_01, None, "DEDUCTION_ABOVE_BALANCE", ("deductions", "0")),
        (BANK_FEE, 1, "x" * 2001, "TOO_LONG", ("deductions", "0", "note")),
        (DISPUTE, 1, None, "DISPUTE_REASON_MISSING", ("deductions", "0", "disputeReason")),
    ],
)
async def test_slips_of_a_reason_are_refused(
    factory: Factory,
    manager: Actor,
    debtor: Customer,
    reason: DeductionReason,
    amount: int,
    note: str | None,
    code: str,
    path: tuple[str, ...],
) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    async with refused(factory, code, *path):
        await short(factory, debtor, "1.00", Deduction(invoice.id, reason, amount, note), actor=manager)


async def test_reasons_of_nobodys_documents_and_too_many_are_refused(
    factory: Factory, manager: Actor, debtor: Customer
) -> None:
    stranger = await factory.receivable(await factory.customer(), "100.00")
    async with refused(factory, "NOT_FOUND", "deductions"):
        await short(factory, debtor, "1.00", Deduction(stranger.id, BANK_FEE, 1), actor=manager)
    many = [Deduction(stranger.id, BANK_FEE, 1)] * 1001
    async with refused(factory, "TOO_MANY", "deductions"):
        await short(factory, debtor, "1.00", *many, actor=manager)


@pytest.mark.parametrize(
    ("reason", "most"), [(DeductionReason.WITHHOLDING, 25_00), (DeductionReason.BANK_FEE, 2_00)]
)
async def test_a_collector_settles_by_its_reason_what_is_usual_and_no_more(
    factory: Factory, collector: Actor, debtor: Customer, reason: DeductionReason, most: int
) -> None:
    receivable = await factory.receivable(debtor, "100.00")

    async def pay(amount: int, actor: Actor) -> None:
        async with factory.write(actor) as tx:
            kept = (Deduction(receivable.id, reason, amount),)
            new = NewPayment(
                debtor.id, PaymentMethod.TRANSFER, Money(1_00, "MXN"), TODAY, lines=[], deductions=kept
            )
            await record_payment(tx, new)

    async with refused(factory, "DEDUCTION_NEEDS_APPROVAL", "deductions", "0"):
        await pay(most + 1, collector)
    await pay(most, collector)
    # What was deducted before counts as well.
    async with refused(factory, "DEDUCTION_NEEDS_APPROVAL", "deductions", "0"):
        await pay(1, collector)
    await pay(1, await factory.actor("manager"))
    await books_agree(factory)
