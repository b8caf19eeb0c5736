"""Accepted disputes are credited: every entry, what stays unapplied, what is refused."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.queries.metrics import Only, aging
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.payments import Allocation, CreditNote, Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.errors import Refused
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.charges import ChargeKind
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.services.charge_policies import NewPolicy, set_policy
from cartera.services.charges import ManualCharge, NewPosting, add_charge, post_charges
from cartera.services.dispute_acceptance import Acceptance, accept
from cartera.services.disputes import Closing, DisputeDone, reject
from cartera.services.payments import NewPayment, record_payment
from cartera.services.periods import Closing as PeriodClosing
from cartera.services.periods import close_period
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move, refused, row
from tests.services.test_disputes import about, audited, chased, opened, reviews


async def granted(factory: Factory, actor: Actor, dispute_id: UUID, **values: Any) -> DisputeDone:
    async with factory.write(actor) as tx:
        return await accept(tx, Acceptance(dispute_id, "NC-1", **values))


async def credit(factory: Factory) -> tuple[CreditNote, list[tuple[str, int, date]]]:
    """The one credit note, and the entries that it made."""
    async with factory.read() as tx:
        note = (await tx.session.scalars(select(CreditNote))).one()
        entries = await tx.session.scalars(
            select(Entry)
            .join(Allocation, Allocation.entry_id == Entry.id)
            .where(Allocation.credit_note_id == note.id)
            .order_by(Entry.id)
        )
        return note, [(entry.kind, entry.amount_minor, entry.effective_on) for entry in entries]


async def pay(factory: Factory, customer: Customer, minor: int) -> None:
    async with factory.write() as tx:
        new = NewPayment(customer.id, PaymentMethod.CASH, Money(minor, "MXN"), TODAY)
        await record_payment(tx, new)


async def test_what_is_accepted_is_credited_to_the_document(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    dispute_id = await opened(factory, about(invoice), manager)
    done = await granted(factory, manager, dispute_id, note=" Precio mal cargado ", idempotency_key="k")
    again = await granted(factory, manager, dispute_id, note=" Precio mal cargado ", idempotency_key="k")
    assert (done, again) == (DisputeDone(dispute_id, False), DisputeDone(dispute_id, True))

    note, entries = await credit(factory)
    assert (note.number, note.amount_minor, note.applied_minor, note.unapplied_minor, note.reason) == (
        *("NC-1", 30_00, 30_00, 0),
        "Precio mal cargado",
    )
    assert entries == [("credit_note", -30_00, TODAY)]
    dispute = await row(factory, Dispute, dispute_id)
    assert (dispute.state, dispute.accepted_minor, dispute.credit_note_id, dispute.resolved_on) == (
        *("accepted", 30_00, note.id),
        TODAY,
    )
    assert dispute.resolution == "Precio mal cargado"
    left = await row(factory, Receivable, invoice.id)
    assert (left.balance_minor, left.state) == (70_00, "partially_paid")
    assert await chased(factory, customer) == [(70_00, False)]
    assert await audited(factory, dispute_id) == ["dispute.open", "dispute.accepted"]
    await books_agree(factory)


async def test_a_part_is_accepted_and_the_rest_chased_again(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    dispute_id = await opened(factory, about(invoice), manager)
    yesterday = TODAY - timedelta(days=1)
    await granted(factory, manager, dispute_id, amount=Money(10_00, "MXN"), issued_on=yesterday)
    note, entries = await credit(factory)
    assert (note.amount_minor, note.issued_on, entries) == (
        *(10_00, yesterday),
        [("credit_note", -10_00, yesterday)],
    )
    assert (await row(factory, Dispute, dispute_id)).accepted_minor == 10_00
    assert await chased(factory, customer) == [(90_00, False)]
    await books_agree(factory)


@pytest.mark.parametrize(("paid", "applied"), [(80_00, 20_00), (100_00, 0)])
async def test_what_was_paid_meanwhile_stays_unapplied(
    paid: int, applied: int, factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    dispute_id = await opened(factory, about(invoice), manager)
    await pay(factory, customer, paid)
    await granted(factory, manager, dispute_id)
    note, entries = await credit(factory)
    assert (note.amount_minor, note.applied_minor, note.unapplied_minor) == (30_00, applied, 30_00 - applied)
    assert entries == ([("credit_note", -applied, TODAY)] if applied else [])
    assert (await row(factory, Receivable, invoice.id)).balance_minor == 0
    await books_agree(factory)


async def overdue(factory: Factory, customer: Customer) -> Receivable:
    """100,000.00, thirty days overdue, with 493.15 of interest."""
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), Posting.BY_HAND))
    debt = await factory.receivable(customer, "100000.00", due_on=TODAY - timedelta(days=30))
    async with factory.write() as tx:
        await post_charges(tx, NewPosting(customer.id, TODAY))
    return debt


async def aged(factory: Factory, as_of: date, known_at: datetime | None = None) -> list[tuple[str, int]]:
    async with factory.read() as tx:
        found = await aging(tx, as_of, Only(known_at=known_at))
        return [(each.currency, each.total) for each in found]


async def test_what_was_never_owed_bears_no_interest(
    factory: Factory, manager: Actor, customer: Customer
) -> None:
    """30,000.00 of 100,000.00 were wrong: 147.94 of 493.15 of interest are taken back at once."""
    debt = await overdue(factory, customer)
    issued_on = debt.issued_on
    dispute_id = await opened(factory, about(debt, Money(30_000_00, "MXN")), manager)
    await move(factory, 1)
    yesterday, known_at = factory.now.date() - timedelta(days=1), factory.now - timedelta(hours=1)
    before = [await aged(factory, yesterday), await aged(factory, yesterday, known_at)]
    assert before == [[("MXN", 100_493_15)]] * 2
    await granted(factory, manager, dispute_id)
    after = await row(factory, Receivable, debt.id)
    assert (after.principal_owed, after.charges_owed) == (70_000_00, 345_21)
    today = TODAY + timedelta(days=1)
    note, entries = await credit(factory)
    assert (note.issued_on, entries) == (today, [("credit_note", -30_000_00, today)])
    async with factory.read() as tx:
        told = await tx.session.execute(
            select(Entry.kind, Entry.amount_minor, Entry.effective_on, Entry.value_on).where(
                Entry.receivable_id == debt.id, Entry.kind.in_(("credit_note", "reversal"))
            )
        )
        assert {tuple(each) for each in told} == {
            ("credit_note", -30_000_00, today, issued_on),
            ("reversal", -147_94, today, None),
        }
    assert [await aged(factory, yesterday), await aged(factory, yesterday, known_at)] == before
    await books_agree(factory)
    async with factory.write() as tx:
        assert await post_charges(tx, NewPosting(customer.id, today, receivable_ids=[debt.id]))
    async with factory.read() as tx:
        lines = await tx.session.execute(
            select(Charge.base_minor, Charge.amount_minor).order_by(Charge.from_on)
        )
        assert [tuple(each) for each in lines] == [(100_000_00, 493_15), (70_000_00, 11_51)]


async def test_wholly_accepted_nothing_is_left_nor_was_it_ever_late(
    factory: Factory, manager: Actor, customer: Customer
) -> None:
    debt = await overdue(factory, customer)
    dispute_id = await opened(factory, about(debt, Money(100_000_00, "MXN")), manager)
    await granted(factory, manager, dispute_id)
    left = await row(factory, Receivable, debt.id)
    assert (left.state, left.balance_minor, left.charges_owed) == ("paid", 0, 0)
    note, entries = await credit(factory)
    assert (note.unapplied_minor, entries) == (0, [("credit_note", -100_000_00, TODAY)])
    await books_agree(factory)


async def test_the_credit_notes_rest_pays_the_interest_that_stays(
    factory: Factory, manager: Actor, customer: Customer
) -> None:
    """80,000.00 were paid, of which 493.15 were interest: 20,493.15 of the 30,000.00 accepted are left.

    For 30 days 79,506.85 bore interest: 392.09. The 101.06 that were paid too much are the customer's.
    """
    debt = await overdue(factory, customer)
    dispute_id = await opened(factory, about(debt, Money(30_000_00, "MXN")), manager)
    await pay(factory, customer, 80_000_00)
    await granted(factory, manager, dispute_id)
    note, _ = await credit(factory)
    left = await row(factory, Receivable, debt.id)
    assert (left.balance_minor, note.unapplied_minor) == (0, 30_000_00 - 20_493_15)
    async with factory.read() as tx:
        assert await tx.session.scalar(select(Payment.unapplied_minor)) == 101_06
    await books_agree(factory)


async def test_charges_that_were_contested_too_are_credited(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    """A fee of 20.00 beside the 100.00: all of it is contested and accepted."""
    async with factory.write() as tx:
        fee = ManualCharge(invoice.id, ChargeKind.OTHER, Money(20_00, "MXN"), "Envío")
        await add_charge(tx, fee)
    dispute_id = await opened(factory, about(invoice, Money(120_00, "MXN")), manager)
    await granted(factory, manager, dispute_id)
    note, entries = await credit(factory)
    assert (note.unapplied_minor, sorted(amount for _, amount, _ in entries)) == (0, [-100_00, -20_00])
    assert (await row(factory, Receivable, invoice.id)).balance_minor == 0
    await books_agree(factory)


async def test_in_a_closed_period_it_keeps_its_value_date(
    factory: Factory, manager: Actor, customer: Customer
) -> None:
    debt = await overdue(factory, customer)
    async with factory.write() as tx:
        await close_period(tx, PeriodClosing(TODAY - timedelta(days=1)))
    dispute_id = await opened(factory, about(debt, Money(30_000_00, "MXN")), manager)
    await granted(factory, manager, dispute_id, issued_on=TODAY - timedelta(days=5))
    _, entries = await credit(factory)
    assert entries == [("credit_note", -30_000_00, TODAY)]
    assert (await row(factory, Receivable, debt.id)).charges_owed == 345_21
    async with factory.read() as tx:
        assert (
            await tx.session.scalar(select(Entry.value_on).where(Entry.kind == "credit_note"))
            == debt.issued_on
        )


async def test_nobody_is_asked_about_what_was_accepted(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    dispute_id = await opened(factory, about(invoice, deadline_on=TODAY), manager)
    await move(factory, 1)
    assert [state for _, _, state in await reviews(factory)] == ["open"]
    await granted(factory, manager, dispute_id)
    await move(factory, 2)
    assert [state for _, _, state in await reviews(factory)] == ["done"]


async def test_what_cannot_be_accepted_changes_nothing(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    dispute_id = await opened(factory, about(invoice), manager)
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"amount": Money(0, "MXN")}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": Money(30_01, "MXN")}, "ACCEPTED_ABOVE_DISPUTED", "amount"),
        ({"amount": Money(1, "USD")}, "CURRENCY_MISMATCH", "amount"),
        ({"credit_note_number": " "}, "WORDS_MISSING", "creditNoteNumber"),
        ({"credit_note_number": "x" * 201}, "TOO_LONG", "creditNoteNumber"),
        ({"note": "x" * 2001}, "TOO_LONG", "note"),
        ({"issued_on": TODAY + timedelta(days=1)}, "ISSUED_IN_FUTURE", "issuedOn"),
    ]
    for values, code, path in cases:
        given = Acceptance(**{"dispute_id": dispute_id, "credit_note_number": "NC-1"} | values)
        async with refused(factory, code, path), factory.write(manager) as tx:
            await accept(tx, given)
    collector = await factory.actor("collector")
    async with refused(factory, "NOT_PERMITTED"), factory.write(collector) as tx:
        await accept(tx, Acceptance(dispute_id, "NC-1"))
    async with factory.write(manager) as tx:
        await reject(tx, Closing(dispute_id, "No procede"))
    async with refused(factory, "DISPUTE_NOT_OPEN", "disputeId"), factory.write(manager) as tx:
        await accept(tx, Acceptance(dispute_id, "NC-1"))


async def test_accepted_and_rejected_at_once_ends_in_one_of_both(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    dispute_id = await opened(factory, about(invoice, Money(60_00, "MXN")), manager)

    async def tried(work: Any) -> str:
        try:
            await work
        except Refused as problem:
            return problem.problems[0].code
        return "done"

    async def rejected() -> None:
        async with factory.write(manager) as tx:
            await reject(tx, Closing(dispute_id, "No procede"))

    found = await asyncio.gather(
        *(tried(granted(factory, manager, dispute_id)) for _ in range(3)),
        tried(rejected()),
        pay(factory, customer, 70_00),
    )
    assert sorted(each for each in found if each) == ["DISPUTE_NOT_OPEN"] * 3 + ["done"]
    await books_agree(factory)
