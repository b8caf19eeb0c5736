"""Credit notes: what they reduce, what stays of them, and that an annulled one has reduced nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from cartera.actors import Actor
from cartera.db.tables.accounts import Account
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Allocation, CreditNote
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.allocation import AllocationRule
from cartera.rules.money import MAX_MINOR, Money
from cartera.services.credit_notes import (
    Annulment,
    CreditNoteRecorded,
    CreditNoteUse,
    NewCreditNote,
    annul_credit_note,
    apply_credit_note,
    record_credit_note,
)
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, refused, row
from tests.services.planning import charge

YESTERDAY = TODAY - timedelta(days=1)


def credited(customer: Customer, amount: str, *lines: tuple[Receivable, int], **values: Any) -> NewCreditNote:
    told = tuple((receivable.id, minor) for receivable, minor in lines)
    new = NewCreditNote(customer.id, "NC-1", Money.parse(amount, "MXN"), YESTERDAY, told, "Devolución")
    return replace(new, **values)


async def record(factory: Factory, new: NewCreditNote, actor: Actor | None = None) -> CreditNoteRecorded:
    async with factory.write(actor) as tx:
        return await record_credit_note(tx, new)


async def use(factory: Factory, given: CreditNoteUse, actor: Actor | None = None) -> CreditNoteRecorded:
    async with factory.write(actor) as tx:
        return await apply_credit_note(tx, given)


async def annul(factory: Factory, given: Annulment, actor: Actor | None = None) -> CreditNoteRecorded:
    async with factory.write(actor) as tx:
        return await annul_credit_note(tx, given)


async def parts(factory: Factory, note_id: UUID) -> tuple[int, int, int, int]:
    """Applied, applied in the ERP, annulled and left."""
    note = await row(factory, CreditNote, note_id)
    return note.applied_minor, note.applied_in_erp_minor, note.reversed_minor, note.unapplied_minor


async def debt(factory: Factory, receivable: Receivable) -> tuple[str, int, int]:
    """State, balance, and what of it are charges."""
    found = await row(factory, Receivable, receivable.id)
    return found.state, found.balance_minor, found.charges_minor - found.charges_settled_minor


async def entries(factory: Factory, receivable: Receivable) -> list[tuple[str, int, bool, date]]:
    """Kind, amount, whether of a charge, effective day: all entries but the issue, as booked."""
    async with factory.read() as tx:
        found = await tx.session.scalars(
            select(Entry)
            .where(Entry.receivable_id == receivable.id, Entry.kind != "issue")
            .order_by(Entry.recorded_at, Entry.id)
        )
        return [
            (each.kind, each.amount_minor, each.charge_id is not None, each.effective_on) for each in found
        ]


async def test_a_note_reduces_what_its_lines_say_and_keeps_the_rest(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    other = await factory.receivable(customer, "50.00")
    new = credited(customer, "120.00", (invoice, 70_00), (other, 20_00), idempotency_key="k")
    done = await record(factory, new, manager)
    assert await record(factory, new, manager) == CreditNoteRecorded(done.credit_note_id, replayed=True)
    assert await parts(factory, done.credit_note_id) == (90_00, 0, 0, 30_00)
    assert await debt(factory, invoice) == ("partially_paid", 30_00, 0)
    assert await debt(factory, other) == ("partially_paid", 30_00, 0)
    assert await entries(factory, invoice) == [("credit_note", -70_00, False, YESTERDAY)]
    note = await row(factory, CreditNote, done.credit_note_id)
    assert (note.number, note.reason, note.external_id) == ("NC-1", "Devolución", f"cartera:{note.id}")
    async with factory.read() as tx:
        found = (await tx.session.scalars(select(Account).where(Account.customer_id == customer.id))).one()
        allocations = (await tx.session.scalars(select(Allocation))).all()
    assert (found.balance_minor, found.unapplied_minor) == (60_00, 30_00)
    assert {(each.credit_note_id, each.payment_id) for each in allocations} == {(note.id, None)}
    await books_agree(factory)
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await record(factory, replace(new, number="NC-2"), manager)


async def test_a_note_reduces_the_sale_before_what_lateness_cost(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    await charge(factory, invoice, "12.00")
    await record(factory, credited(customer, "60.00", (invoice, 60_00)))
    assert await debt(factory, invoice) == ("partially_paid", 52_00, 12_00)
    await record(factory, credited(customer, "50.00", (invoice, 50_00)))
    assert await debt(factory, invoice) == ("partially_paid", 2_00, 2_00)
    told = await entries(factory, invoice)
    assert [(kind, minor, is_charge) for kind, minor, is_charge, _ in told] == [
        ("interest", 12_00, True),
        ("credit_note", -60_00, False),
        ("credit_note", -40_00, False),
        ("credit_note", -10_00, True),
    ]
    await books_agree(factory)


async def test_what_is_left_goes_where_it_is_told_or_by_rule(
    factory: Factory, manager: Actor, customer: Customer
) -> None:
    older = await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=40))
    newer = await factory.receivable(customer, "50.00", due_on=TODAY - timedelta(days=5))
    dollars = await factory.receivable(customer, "50.00", currency="USD", due_on=TODAY - timedelta(days=90))
    note_id = (await record(factory, credited(customer, "150.00"))).credit_note_id
    told = CreditNoteUse(note_id, [(newer.id, 20_00)], idempotency_key="k")
    for replayed in (False, True):
        assert await use(factory, told, manager) == CreditNoteRecorded(note_id, replayed)
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await use(factory, replace(told, lines=None), manager)
    await use(factory, CreditNoteUse(note_id), manager)
    found = [await debt(factory, each) for each in (older, newer, dollars)]
    assert [balance for _, balance, _ in found] == [0, 0, 50_00]
    assert await parts(factory, note_id) == (150_00, 0, 0, 0)
    assert (await entries(factory, newer))[0] == ("credit_note", -20_00, False, TODAY)
    await books_agree(factory)


async def test_in_proportion_each_document_gets_its_share(
    factory: Factory, manager: Actor, customer: Customer
) -> None:
    big = await factory.receivable(customer, "200.00")
    small = await factory.receivable(customer, "100.00")
    note_id = (await record(factory, credited(customer, "100.00"))).credit_note_id
    await use(factory, CreditNoteUse(note_id, rule=AllocationRule.PROPORTIONAL), manager)
    assert [(await debt(factory, each))[1] for each in (big, small)] == [133_33, 66_67]


async def test_a_note_does_not_stretch(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    big = await factory.receivable(customer, "500.00")
    async with refused(factory, "OVER_ALLOCATED", "allocations"):
        await record(factory, credited(customer, "150.00", (invoice, 100_01)), manager)
    async with refused(factory, "LINES_EXCEED_PAYMENT", "allocations"):
        await record(factory, credited(customer, "150.00", (invoice, 50_01), (big, 100_00)), manager)
    note_id = (await record(factory, credited(customer, "150.00"))).credit_note_id
    async with refused(factory, "NOT_ENOUGH_CREDIT", "allocations"):
        await use(factory, CreditNoteUse(note_id, [(big.id, 150_01)]), manager)
    async with refused(factory, "OVER_ALLOCATED", "allocations"):
        await use(factory, CreditNoteUse(note_id, [(invoice.id, 100_01)]), manager)


async def test_without_debt_there_is_nothing_to_reduce(
    factory: Factory, manager: Actor, customer: Customer
) -> None:
    note_id = (await record(factory, credited(customer, "150.00"))).credit_note_id
    async with refused(factory, "NOTHING_TO_APPLY", "creditNoteId"):
        await use(factory, CreditNoteUse(note_id), manager)


async def test_a_note_is_of_the_currency_of_what_it_reduces(
    factory: Factory, manager: Actor, customer: Customer
) -> None:
    await factory.rate("USD", "18.50")
    dollars = await factory.receivable(customer, "100.00", currency="USD")
    async with refused(factory, "CURRENCY_MISMATCH", "allocations"):
        await record(factory, credited(customer, "100.00", (dollars, 10_00)), manager)
    note_id = (await record(factory, credited(customer, "100.00"))).credit_note_id
    async with refused(factory, "CURRENCY_MISMATCH", "allocations"):
        await use(factory, CreditNoteUse(note_id, [(dollars.id, 10_00)]), manager)


async def test_what_an_annulled_note_reduced_is_owed_again(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    await charge(factory, invoice, "12.00")
    done = await record(factory, credited(customer, "120.00", (invoice, 105_00)))
    new = Annulment(done.credit_note_id, "  Emitida por error  ", "k")
    for replayed in (False, True):
        assert await annul(factory, new, manager) == CreditNoteRecorded(done.credit_note_id, replayed)
    assert await parts(factory, done.credit_note_id) == (0, 0, 120_00, 0)
    assert await debt(factory, invoice) == ("open", 112_00, 12_00)
    assert sorted(await entries(factory, invoice))[-2:] == [
        ("reversal", 5_00, True, TODAY),
        ("reversal", 100_00, False, TODAY),
    ]
    await books_agree(factory)
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await annul(factory, replace(new, reason="Otra"), manager)
    async with refused(factory, "NOTHING_TO_REVERSE", "creditNoteId"):
        await annul(factory, replace(new, idempotency_key=None), manager)
    async with refused(factory, "NOT_ENOUGH_CREDIT", "allocations"):
        await use(factory, CreditNoteUse(done.credit_note_id, [(invoice.id, 1)]), manager)
    async with refused(factory, "NOTHING_TO_APPLY", "creditNoteId"):
        await use(factory, CreditNoteUse(done.credit_note_id), manager)


async def test_a_note_that_the_erp_has_used_is_not_annulled(
    factory: Factory, manager: Actor, customer: Customer
) -> None:
    done = await record(factory, credited(customer, "100.00"))
    async with factory.write() as tx:
        await tx.session.execute(update(CreditNote).values(applied_in_erp_minor=30_00, unapplied_minor=70_00))
    async with refused(factory, "CREDIT_NOTE_USED_IN_ERP", "creditNoteId"):
        await annul(factory, Annulment(done.credit_note_id, "Error"), manager)


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"amount": Money(0, "MXN")}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": Money(-1, "MXN")}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": Money(MAX_MINOR + 1, "MXN")}, "TOO_LARGE", "amount"),
        ({"issued_on": TODAY + timedelta(days=1)}, "ISSUED_IN_FUTURE", "issuedOn"),
        ({"issued_on": date(1926, 11, 16)}, "ISSUED_LONG_AGO", "issuedOn"),
        ({"number": "  "}, "WORDS_MISSING", "number"),
        ({"number": "x" * 201}, "TOO_LONG", "number"),
        ({"reason": "x" * 2001}, "TOO_LONG", "reason"),
        ({"lines": [(UUID(int=1), 0)]}, "AMOUNT_NOT_POSITIVE", "allocations"),
        ({"lines": [(UUID(int=1), 1), (UUID(int=1), 1)]}, "RECEIVABLE_TWICE", "allocations"),
        ({"lines": [(UUID(int=n), 1) for n in range(1001)]}, "TOO_MANY", "allocations"),
        ({"lines": [(UUID(int=1), 1)]}, "NOT_FOUND", "allocations"),
        ({"customer_id": UUID(int=1)}, "NOT_FOUND", "customerId"),
    ],
)
async def test_slips_of_a_note_are_refused(
    factory: Factory, manager: Actor, customer: Customer, values: dict[str, Any], code: str, path: str
) -> None:
    async with refused(factory, code, path):
        await record(factory, replace(credited(customer, "100.00"), **values), manager)


async def test_the_same_external_id_is_refused(factory: Factory, customer: Customer) -> None:
    await record(factory, credited(customer, "10.00", external_id="erp:1"))
    async with refused(factory, "CREDIT_NOTE_EXISTS", "externalId"):
        await record(factory, credited(customer, "10.00", external_id="erp:1"))


async def test_a_collector_applies_notes_and_neither_makes_nor_annuls_them(factory: Factory) -> None:
    collector = await factory.actor("collector")
    customer = await factory.customer(collector_id=collector.member_id)
    invoice = await factory.receivable(customer)
    note_id = (await record(factory, credited(customer, "10.00"))).credit_note_id
    async with refused(factory, "NOT_PERMITTED"):
        await record(factory, credited(customer, "10.00"), collector)
    async with refused(factory, "NOT_PERMITTED"):
        await annul(factory, Annulment(note_id, "Error"), collector)
    await use(factory, CreditNoteUse(note_id), collector)
    assert await debt(factory, invoice) == ("partially_paid", 90_00, 0)
