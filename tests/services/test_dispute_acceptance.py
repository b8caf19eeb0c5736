"""Accepted disputes are credited: every entry, what stays unapplied, what is refused."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.payments import Allocation, CreditNote
from cartera.db.tables.receivables import Entry, Receivable
from cartera.errors import Refused
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.services.dispute_acceptance import Acceptance, accept
from cartera.services.disputes import Closing, DisputeDone, reject
from cartera.services.payments import NewPayment, record_payment
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
