"""Invoices of a file on the books: exact rows, entries and account rows; twice is once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from cartera.db.base import new_id
from cartera.db.tables.accounts import Account
from cartera.db.tables.assignments import FROM_THE_START, Assignment
from cartera.db.tables.customers import Customer
from cartera.db.tables.imports import ImportRun
from cartera.db.tables.payments import CreditNote
from cartera.db.tables.promises import Promise
from cartera.db.tables.receivables import Entry, Receivable
from cartera.errors import Refused
from cartera.rules.imports.rows import InvoiceRow
from cartera.rules.imports.vocabulary import DocumentKind
from cartera.rules.money import Money
from cartera.rules.promises import PromiseChannel
from cartera.services.imports.invoices import apply_invoices
from cartera.services.imports.options import ApplyOptions
from cartera.services.imports.outcome import Outcome
from cartera.services.promises import NewPromise, make_promise
from tests.factories import TODAY, Factory
from tests.services import papers
from tests.services.books import books_agree


def row(line: int, number: str, amount: int = 10_000, **values: Any) -> InvoiceRow:
    given = {
        "line": line,
        "company_code": "",
        "customer_id": "C1",
        "customer_name": "Papelería El Sol",
        "tax_id": "",
        "kind": DocumentKind.INVOICE,
        "number": number,
        "issue_date": TODAY - timedelta(days=40),
        "due_date": TODAY - timedelta(days=10),
        "currency": "MXN",
        "amount": amount,
        "balance": amount,
        "settled_date": None,
        "settled_amount": 0,
        "salesperson": "",
        "sales_group": "",
        "product_line": "",
        "fiscal_id": "",
    } | values
    return InvoiceRow(**given)


async def each(rows: list[InvoiceRow]) -> AsyncIterator[InvoiceRow]:
    for one in rows:
        yield one


async def apply(factory: Factory, rows: list[InvoiceRow], **what: Any) -> Outcome:
    async with factory.write() as tx:
        run = await import_run(factory)
        outcome = Outcome()
        amount_is_balance = what.pop("amount_is_balance", False)
        options = ApplyOptions(run, what.pop("as_of", TODAY), **what)
        await apply_invoices(tx, each(rows), options, outcome, amount_is_balance=amount_is_balance)
        return outcome


async def import_run(factory: Factory) -> UUID:
    run = new_id()
    async with factory.write() as tx:
        tx.session.add(
            ImportRun(
                organization_id=factory.organization_id,
                id=run,
                file_name="f.csv",
                file_sha256=b"",
                shape="s",
                kind="invoices",
                is_snapshot=False,
                state="running",
                proposal={},
                answers={},
                all_or_nothing=False,
                rows_total=0,
                rows_read=0,
                rows_bad=0,
                outcome={},
                actor="system:test",
                created_at=factory.now,
            )
        )
    return run


async def story(factory: Factory, number: str) -> list[tuple[str, int, date]]:
    async with factory.read() as tx:
        rows = await tx.session.execute(
            select(Entry.kind, Entry.amount_minor, Entry.effective_on)
            .join(Receivable, (Receivable.id == Entry.receivable_id))
            .where(Receivable.number == number)
            .order_by(Entry.id)
        )
        return [tuple(each) for each in rows]


async def physical(factory: Factory) -> list[Any]:
    """Where every row of the books lies and which transaction wrote it: equal means untouched."""
    async with factory.read() as tx:
        return [
            (table, *each)
            for table in ("customer", "receivable", "entry", "account", "account_balance", "credit_note")
            for each in await tx.session.execute(
                text(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY ctid")
            )
        ]


async def test_new_documents_become_receivables_with_their_entries(factory: Factory) -> None:
    settled = TODAY - timedelta(days=3)
    outcome = await apply(
        factory,
        [
            row(2, "A1"),
            row(3, "A2", 5000, balance=2000, settled_amount=3000, settled_date=settled),
            row(4, "A3", 700, balance=0, settled_date=settled, customer_id="C2", customer_name=""),
        ],
    )
    assert outcome.counts == {"created": 3}
    assert outcome.amounts["created"] == [Money(15_700, "MXN")]
    assert (outcome.customers, outcome.bad) == (2, 0)
    issued = TODAY - timedelta(days=40)
    assert await story(factory, "A2") == [("issue", 5000, issued), ("settled_in_erp", -3000, settled)]
    async with factory.read() as tx:
        found = await tx.session.scalars(select(Receivable).order_by(Receivable.number))
        assert [(each.number, each.state, each.balance_minor, each.settled_on) for each in found] == [
            ("A1", "open", 10_000, None),
            ("A2", "partially_paid", 2000, None),
            ("A3", "paid", 0, settled),
        ]
        names = dict((await tx.session.execute(select(Customer.external_id, Customer.name))).all())
        assert names == {"C1": "Papelería El Sol", "C2": "C2"}
        balances = await tx.session.scalars(select(Account.balance_minor).order_by(Account.balance_minor))
        assert balances.all() == [0, 12_000]


async def test_importing_twice_changes_nothing(factory: Factory) -> None:
    rows = [row(2, "A1"), row(3, "A2", 5000, balance=2000), row(4, "N1", kind=DocumentKind.CREDIT_NOTE)]
    await apply(factory, rows)
    before = await physical(factory)
    outcome = await apply(factory, rows)
    assert outcome.counts == {"unchanged": 3}
    assert await physical(factory) == before


async def test_a_document_that_became_another_is_refused_and_kept(factory: Factory) -> None:
    await apply(factory, [row(2, "A1"), row(3, "A2"), row(4, "A3")])
    before = await physical(factory)
    outcome = await apply(
        factory,
        [row(2, "A1", 9999), row(3, "A2", currency="USD"), row(4, "A3", customer_id="C9")],
    )
    refused = {each.line: each.problems[0].code for each in outcome.bad_rows}
    assert refused == {
        2: "DOCUMENT_AMOUNT_CHANGED",
        3: "DOCUMENT_CURRENCY_CHANGED",
        4: "DOCUMENT_OF_ANOTHER_CUSTOMER",
    }
    after = await physical(factory)
    assert set(before) <= set(after)
    assert len(after) == len(before) + 2  # the customer C9 and its blank account


async def test_a_new_due_date_moves_and_is_audited(factory: Factory) -> None:
    await apply(factory, [row(2, "A1")])
    later = TODAY + timedelta(days=20)
    outcome = await apply(factory, [row(2, "A1", due_date=later)])
    assert outcome.counts == {"unchanged": 1}
    async with factory.read() as tx:
        moved = (await tx.session.scalars(select(Receivable))).one()
        assert (moved.due_on, moved.overdue_from) == (later, later + timedelta(days=1))
        assert (await tx.session.scalars(select(Account.overdue_minor))).one() == 0
        assert await tx.session.scalar(text("SELECT count(*) FROM audit_entry")) == 1


async def test_credit_notes_stay_unapplied(factory: Factory) -> None:
    outcome = await apply(factory, [row(2, "A1"), row(3, "N1", 300, kind=DocumentKind.CREDIT_NOTE)])
    assert outcome.counts == {"created": 1, "credit_notes": 1}
    async with factory.read() as tx:
        note = (await tx.session.scalars(select(CreditNote))).one()
        assert (note.amount_minor, note.unapplied_minor) == (300, 300)
        account = (await tx.session.scalars(select(Account))).one()
        assert (account.balance_minor, account.unapplied_minor) == (10_000, 300)


async def test_a_snapshot_settles_what_is_lower_and_what_is_gone(factory: Factory) -> None:
    await apply(factory, [row(2, "A1", 100_000), row(3, "A2"), row(4, "A3"), row(5, "A4")])
    day = TODAY - timedelta(days=1)
    outcome = await apply(
        factory,
        [row(2, "A1", 100_000), row(3, "A2", balance=4000), row(4, "A3", balance=9000)],
        is_snapshot=True,
        as_of=day,
    )
    assert outcome.counts == {"unchanged": 1, "settled_in_erp": 2, "gone_from_erp": 1}
    assert outcome.amounts["settled_in_erp"] == [Money(7000, "MXN")]
    assert outcome.amounts["gone_from_erp"] == [Money(10_000, "MXN")]
    assert (await story(factory, "A4"))[1:] == [("settled_in_erp", -10_000, day)]
    assert (await story(factory, "A2"))[1:] == [("settled_in_erp", -6000, day)]
    async with factory.read() as tx:
        account = (await tx.session.scalars(select(Account))).one()
        assert (account.balance_minor, account.open_count) == (113_000, 3)


async def test_a_snapshot_leaves_what_was_issued_after_its_day(factory: Factory) -> None:
    await apply(factory, [row(2, "A1"), row(3, "A2", issue_date=TODAY, due_date=TODAY + timedelta(days=30))])
    outcome = await apply(factory, [row(2, "A1")], is_snapshot=True, as_of=TODAY - timedelta(days=1))
    assert outcome.counts == {"unchanged": 1}


async def test_a_snapshot_above_the_guard_is_refused_unless_forced(factory: Factory) -> None:
    await apply(factory, [row(2, "A1"), row(3, "A2", 9000)])
    before = await physical(factory)
    with pytest.raises(Refused) as refused:
        await apply(factory, [row(2, "A1")], is_snapshot=True)
    problem = refused.value.problems[0]
    assert problem.code == "SNAPSHOT_GUARD"
    assert problem.facts == {"settled": "90.00", "open": "190.00", "currency": "MXN", "percent": 40}
    assert await physical(factory) == before
    outcome = await apply(factory, [row(2, "A1")], is_snapshot=True, force=True)
    assert outcome.counts == {"unchanged": 1, "gone_from_erp": 1}


async def test_a_balance_above_ours_is_said_and_left_alone(factory: Factory) -> None:
    await apply(factory, [row(2, "A1", balance=4000)])
    before = await physical(factory)
    outcome = await apply(factory, [row(2, "A1")], is_snapshot=True)
    assert outcome.counts == {"higher_than_ours": 1}
    assert outcome.amounts["higher_than_ours"] == [Money(6000, "MXN")]
    assert await physical(factory) == before


async def test_a_lower_balance_outside_a_snapshot_is_said_and_left_alone(factory: Factory) -> None:
    await apply(factory, [row(2, "A1")])
    outcome = await apply(factory, [row(2, "A1", balance=4000)])
    assert outcome.counts == {"lower_than_ours": 1}
    async with factory.read() as tx:
        assert await tx.session.scalar(select(func.sum(Receivable.balance_minor))) == 10_000


async def test_a_known_document_that_was_settled_since_is_closed(factory: Factory) -> None:
    await apply(factory, [row(2, "A1")])
    outcome = await apply(factory, [row(2, "A1", balance=0, settled_date=TODAY)])
    assert outcome.counts == {"settled_in_erp": 1}
    async with factory.read() as tx:
        assert (await tx.session.scalars(select(Receivable.state))).one() == "paid"


def note(line: int, number: str, amount: int, **values: Any) -> InvoiceRow:
    return row(line, number, amount, kind=DocumentKind.CREDIT_NOTE, **values)


async def notes(factory: Factory) -> dict[str, tuple[int, int]]:
    """What is applied and what is left of each credit note."""
    async with factory.read() as tx:
        found = await tx.session.scalars(select(CreditNote).order_by(CreditNote.number))
        return {
            each.number: (each.applied_minor + each.applied_in_erp_minor, each.unapplied_minor)
            for each in found
        }


async def test_a_snapshot_uses_up_the_credit_notes_that_the_erp_applied(factory: Factory) -> None:
    await apply(
        factory, [row(2, "A1"), row(3, "A2"), note(4, "N1", 3000), note(5, "N2", 2000), note(6, "N3", 500)]
    )
    rows = [row(2, "A1"), row(3, "A2", balance=5500), note(4, "N2", 2000, balance=500), note(5, "N3", 500)]
    outcome = await apply(factory, rows, is_snapshot=True)
    assert outcome.counts == {"unchanged": 2, "settled_in_erp": 1, "credit_notes_used": 2}
    assert outcome.amounts["settled_in_erp"] == outcome.amounts["credit_notes_used"] == [Money(4500, "MXN")]
    assert await notes(factory) == {"N1": (3000, 0), "N2": (1500, 500), "N3": (0, 500)}
    async with factory.read() as tx:
        account = (await tx.session.scalars(select(Account))).one()
        assert (account.balance_minor, account.unapplied_minor) == (15_500, 1000)
        found = await tx.session.execute(
            text(
                "SELECT n.number, a.before, a.after FROM audit_entry a JOIN credit_note n ON n.id = a.noun_id"
                " WHERE a.action = 'credit_note_used_in_erp' AND a.customer_id = n.customer_id ORDER BY 1"
            )
        )
        assert found.all() == [
            ("N1", {"unapplied_minor": 3000}, {"unapplied_minor": 0}),
            ("N2", {"unapplied_minor": 2000}, {"unapplied_minor": 500}),
        ]
    before = await physical(factory)
    assert (await apply(factory, rows, is_snapshot=True)).counts == {"unchanged": 4}
    assert await physical(factory) == before


async def test_credit_notes_that_the_list_says_nothing_of_are_left_alone(factory: Factory) -> None:
    """Of a later day, made here, or allocated here to more than the ERP knows of."""
    day = TODAY - timedelta(days=1)
    later = note(3, "N1", 300, issue_date=TODAY, due_date=TODAY)
    await apply(factory, [row(2, "A1"), later, note(4, "N2", 300), note(5, "N3", 300)])
    async with factory.write() as tx:
        await tx.session.execute(text("UPDATE credit_note SET import_run_id = NULL WHERE number = 'N2'"))
        await tx.session.execute(
            text("UPDATE credit_note SET applied_minor = 200, unapplied_minor = 100 WHERE number = 'N3'")
        )
    before = await physical(factory)
    listed = [row(2, "A1"), note(3, "N3", 300, balance=300)]
    assert (await apply(factory, listed, is_snapshot=True, as_of=day)).counts == {"unchanged": 2}
    assert await physical(factory) == before
    # Without a snapshot a file says nothing of what was applied since.
    assert (await apply(factory, [note(2, "N3", 300, balance=50)])).counts == {"unchanged": 1}
    assert await physical(factory) == before
    # The ERP applied all that was left; what was allocated here stays applied.
    await apply(factory, [row(2, "A1")], is_snapshot=True, as_of=day)
    assert await notes(factory) == {"N1": (0, 300), "N2": (0, 300), "N3": (300, 0)}


async def test_credit_notes_count_with_the_guard(factory: Factory) -> None:
    await apply(factory, [row(2, "A1"), note(3, "N1", 9000)])
    before = await physical(factory)
    with pytest.raises(Refused) as refused:
        await apply(factory, [row(2, "A1")], is_snapshot=True)
    assert refused.value.problems[0].facts == {
        "settled": "90.00",
        "open": "190.00",
        "currency": "MXN",
        "percent": 40,
    }
    assert await physical(factory) == before
    preview = await apply(factory, [row(2, "A1")], is_snapshot=True, preview=True)
    assert (preview.counts, preview.beyond_guard["settled"]) == (
        {"unchanged": 1, "credit_notes_used": 1},
        "90.00",
    )


async def test_what_the_list_settles_keeps_the_promises_about_it(factory: Factory) -> None:
    await apply(factory, [row(2, "A1"), row(3, "A2")])
    async with factory.read() as tx:
        first = (await tx.session.scalars(select(Receivable).where(Receivable.number == "A1"))).one()
    async with factory.write() as tx:
        wish = NewPromise(first.customer_id, [first.id], Money(10_000, "MXN"), TODAY, PromiseChannel.PHONE)
        await make_promise(tx, wish)
    factory.now += timedelta(hours=1)
    await apply(factory, [row(2, "A2")], is_snapshot=True, force=True)
    async with factory.read() as tx:
        promise = (await tx.session.scalars(select(Promise))).one()
    assert (promise.state, promise.received_minor, promise.resolved_on) == ("kept", 10_000, TODAY)


async def test_a_snapshot_leaves_the_note_that_became_a_debt_here(factory: Factory) -> None:
    await apply(factory, [row(2, "A1"), row(3, "A2")])
    async with factory.read() as tx:
        original = (await tx.session.scalars(select(Receivable).where(Receivable.number == "A2"))).one()
    paper = await papers.take(factory, papers.note([original], "100.00", TODAY))
    done = await papers.replace_debts(factory, paper)
    # The ERP lists neither the note nor, any more, what it took the place of.
    outcome = await apply(factory, [row(2, "A1")], is_snapshot=True)
    assert outcome.counts == {"unchanged": 1}
    async with factory.read() as tx:
        standing = await tx.session.get_one(Receivable, (factory.organization_id, done.receivable_id))
    assert (standing.state, standing.balance_minor) == ("open", 10_000)
    # Nor does the guard count it among what the list could settle: half of the rest is more than 40 %.
    await apply(factory, [row(2, "A1"), row(3, "A3")])
    with pytest.raises(Refused, match="SNAPSHOT_GUARD"):
        await apply(factory, [row(2, "A1")], is_snapshot=True)


async def test_new_customers_begin_their_history(factory: Factory) -> None:
    await apply(factory, [row(1, "F-1"), row(2, "F-2"), row(3, "F-3", customer_id="C2")])
    await apply(factory, [row(1, "F-4"), row(2, "F-5", customer_id="C3")])
    async with factory.read() as tx:
        rows = await tx.session.execute(
            select(Customer.external_id, Assignment.valid_from, Assignment.segment)
            .join(Assignment, Assignment.customer_id == Customer.id)
            .order_by(Customer.external_id)
        )
        assert [tuple(one) for one in rows] == [(name, FROM_THE_START, "") for name in ("C1", "C2", "C3")]
    await books_agree(factory)
