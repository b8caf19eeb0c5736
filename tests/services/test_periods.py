"""Closed periods: what was told of them stays, and what arrives later takes the first open day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.queries.metrics import Only, aging
from cartera.db.tables.customers import Customer
from cartera.db.tables.organizations import Organization
from cartera.db.tables.outbox import AuditEntry
from cartera.db.tables.payments import Allocation, ExchangeDifference, Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod, ReversalKind
from cartera.services.payments import NewPayment, record_payment
from cartera.services.periods import Closing, Reopening, close_period, reopen_period
from cartera.services.reversals import NewReversal, reverse_payment
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, refused
from tests.services.promising import pay
from tests.services.test_import_invoices import apply as import_invoices
from tests.services.test_import_invoices import row as invoice_row
from tests.services.test_import_payments import apply as import_payments
from tests.services.test_import_payments import row as payment_row

YESTERDAY = TODAY - timedelta(days=1)
OCTOBER = date(2026, 10, 31)
NOVEMBER = date(2026, 11, 1)


async def close(factory: Factory, through: date, actor: Actor | None = None) -> None:
    async with factory.write(actor) as tx:
        await close_period(tx, Closing(through))


async def reopen(
    factory: Factory, after: date | None, reason: str = "Error", actor: Actor | None = None
) -> None:
    async with factory.write(actor) as tx:
        await reopen_period(tx, Reopening(after, reason))


async def closed_through(factory: Factory) -> date | None:
    async with factory.read() as tx:
        return (await tx.session.scalars(select(Organization.closed_through))).one()


async def story(factory: Factory, receivable: Receivable) -> list[tuple[str, int, date, date | None]]:
    async with factory.read() as tx:
        found = await tx.session.scalars(
            select(Entry)
            .where(Entry.receivable_id == receivable.id, Entry.kind != "issue")
            .order_by(Entry.recorded_at, Entry.id)
        )
        return [(each.kind, each.amount_minor, each.effective_on, each.value_on) for each in found]


async def aged(factory: Factory, day: date) -> dict[str, list[tuple[str, int]]]:
    """What was open at the end of a day by bucket, of each currency."""
    async with factory.read() as tx:
        return {
            each.currency: sorted(
                (str(bucket), found.amount) for bucket, found in each.buckets.items() if found.amount
            )
            for each in await aging(tx, day, Only())
        }


async def test_closing_and_reopening_are_told(factory: Factory, manager: Actor) -> None:
    await close(factory, OCTOBER, manager)
    assert await closed_through(factory) == OCTOBER
    await close(factory, YESTERDAY, manager)
    await reopen(factory, OCTOBER, " Faltó una factura ", manager)
    assert await closed_through(factory) == OCTOBER
    await reopen(factory, None, "Todo", manager)
    assert await closed_through(factory) is None
    async with factory.read() as tx:
        told = (await tx.session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
    assert [(each.action, each.before, each.after) for each in told] == [
        ("period.close", {"closed_through": None}, {"closed_through": "2026-10-31", "reason": None}),
        ("period.close", {"closed_through": "2026-10-31"}, {"closed_through": "2026-11-15", "reason": None}),
        (
            "period.reopen",
            {"closed_through": "2026-11-15"},
            {"closed_through": "2026-10-31", "reason": "Faltó una factura"},
        ),
        ("period.reopen", {"closed_through": "2026-10-31"}, {"closed_through": None, "reason": "Todo"}),
    ]


async def test_what_is_not_over_or_closed_already_is_refused(factory: Factory, manager: Actor) -> None:
    for through in (TODAY, TODAY + timedelta(days=1)):
        async with refused(factory, "PERIOD_NOT_OVER", "through"):
            await close(factory, through, manager)
    for after in (None, OCTOBER):
        async with refused(factory, "PERIOD_NOT_CLOSED", "after"):
            await reopen(factory, after, "x", manager)
    await close(factory, OCTOBER, manager)
    for through in (OCTOBER, OCTOBER - timedelta(days=1)):
        async with refused(factory, "PERIOD_CLOSED_FURTHER", "through"):
            await close(factory, through, manager)
    for after in (OCTOBER, NOVEMBER):
        async with refused(factory, "PERIOD_NOT_CLOSED", "after"):
            await reopen(factory, after, "x", manager)
    async with refused(factory, "WORDS_MISSING", "reason"):
        await reopen(factory, None, " ", manager)
    async with refused(factory, "TOO_LONG", "reason"):
        await reopen(factory, None, "x" * 2001, manager)


async def test_a_collector_neither_closes_nor_reopens(factory: Factory) -> None:
    collector = await factory.actor("collector")
    async with refused(factory, "NOT_PERMITTED"):
        await close(factory, OCTOBER, collector)
    await close(factory, OCTOBER)
    async with refused(factory, "NOT_PERMITTED"):
        await reopen(factory, None, "x", collector)


@pytest.mark.parametrize(
    ("received", "effective", "value"),
    [
        (OCTOBER - timedelta(days=3), NOVEMBER, OCTOBER - timedelta(days=3)),
        (OCTOBER, NOVEMBER, OCTOBER),
        (NOVEMBER, NOVEMBER, None),
        (TODAY, TODAY, None),
    ],
)
async def test_a_late_payment_takes_the_first_open_day(
    factory: Factory, customer: Customer, received: date, effective: date, value: date | None
) -> None:
    invoice = await factory.receivable(customer, "100.00", due_on=date(2026, 10, 10))
    await close(factory, OCTOBER)
    before = await aged(factory, OCTOBER)
    await pay(factory, customer.id, "40.00", on=received)
    assert await story(factory, invoice) == [("allocation", -40_00, effective, value)]
    async with factory.read() as tx:
        assert (await tx.session.scalars(select(Allocation.allocated_on))).all() == [effective]
    assert await aged(factory, OCTOBER) == before
    assert sum(minor for _, minor in (await aged(factory, NOVEMBER))["MXN"]) == (
        60_00 if effective == NOVEMBER else 100_00
    )
    await books_agree(factory)


async def test_what_goes_back_of_a_closed_month_keeps_its_day_too(
    factory: Factory, customer: Customer
) -> None:
    invoice = await factory.receivable(customer, "100.00", due_on=date(2026, 10, 10))
    payment_id = await pay(factory, customer.id, "100.00", on=date(2026, 10, 20))
    late = await factory.receivable(customer, "50.00", due_on=date(2026, 10, 10))
    await close(factory, OCTOBER)
    late_id = await pay(factory, customer.id, "50.00", on=date(2026, 10, 21))
    before = await aged(factory, OCTOBER)
    async with factory.write() as tx:
        for each in (payment_id, late_id):
            await reverse_payment(tx, NewReversal(each, ReversalKind.BOUNCE, date(2026, 10, 23)))
    bounced = date(2026, 10, 23)
    assert await story(factory, invoice) == [
        ("allocation", -100_00, date(2026, 10, 20), None),
        ("reversal", 100_00, NOVEMBER, bounced),
    ]
    assert await story(factory, late) == [
        ("allocation", -50_00, NOVEMBER, date(2026, 10, 21)),
        ("reversal", 50_00, NOVEMBER, bounced),
    ]
    assert await aged(factory, OCTOBER) == before
    await books_agree(factory)


async def test_nothing_is_undone_before_it_was_done(factory: Factory, customer: Customer) -> None:
    invoice = await factory.receivable(customer, "100.00", due_on=date(2026, 10, 10))
    await close(factory, OCTOBER)
    payment_id = await pay(factory, customer.id, "100.00", on=date(2026, 10, 20))
    await reopen(factory, None)
    async with factory.write() as tx:
        await reverse_payment(tx, NewReversal(payment_id, ReversalKind.BOUNCE, date(2026, 10, 23)))
    assert await story(factory, invoice) == [
        ("allocation", -100_00, NOVEMBER, date(2026, 10, 20)),
        ("reversal", 100_00, NOVEMBER, date(2026, 10, 23)),
    ]
    assert (await aged(factory, date(2026, 10, 25)))["MXN"] == [("days_1_30", 100_00)]


async def test_an_exchange_difference_takes_the_first_open_day(factory: Factory, customer: Customer) -> None:
    await factory.rate("USD", "18.00", date(2026, 9, 1))
    await factory.rate("USD", "18.50", date(2026, 10, 20))
    dollars = await factory.receivable(
        customer, "100.00", currency="USD", issued_on=date(2026, 9, 10), due_on=date(2026, 10, 10)
    )
    await close(factory, OCTOBER)
    async with factory.write() as tx:
        money = Money(100_00, "USD")
        new = NewPayment(
            customer.id, PaymentMethod.CASH, money, date(2026, 10, 20), lines=[(dollars.id, 100_00)]
        )
        await record_payment(tx, new)
    async with factory.read() as tx:
        found = (await tx.session.scalars(select(ExchangeDifference))).one()
    assert (found.amount_minor, found.effective_on) == (50_00, NOVEMBER)


async def test_payments_of_a_file_take_the_first_open_day(factory: Factory) -> None:
    """As one by hand; of the refused row beside them nothing is written."""
    day = date(2026, 10, 20)
    dates: dict[str, Any] = {"issue_date": date(2026, 9, 10), "due_date": date(2026, 10, 10)}
    await import_invoices(factory, [invoice_row(2, "A1", **dates)])
    await close(factory, OCTOBER)
    before = await aged(factory, OCTOBER)
    rows = [
        payment_row(2, "", 10_000, number="A1", received_date=day),
        payment_row(3, "", 500, number="A9", received_date=day),
    ]
    outcome = await import_payments(factory, rows)
    assert (outcome.counts, outcome.bad) == ({"created": 1}, 1)
    invoice = await numbered(factory, "A1")
    assert await story(factory, invoice) == [("allocation", -100_00, NOVEMBER, day)]
    async with factory.read() as tx:
        assert (await tx.session.scalars(select(Allocation.allocated_on))).all() == [NOVEMBER]
        assert (await tx.session.scalars(select(Payment.received_on))).all() == [day]
    assert (invoice.state, invoice.settled_on) == ("paid", day)
    assert await aged(factory, OCTOBER) == before
    await books_agree(factory)
    assert (await import_payments(factory, rows)).counts == {"unchanged": 1}
    assert await story(factory, invoice) == [("allocation", -100_00, NOVEMBER, day)]


async def test_what_a_snapshot_settles_takes_the_first_open_day(factory: Factory) -> None:
    """What it shows lower, what is gone and what is new; stopped by the guard, none of it is there."""
    day = date(2026, 10, 20)
    dates: dict[str, Any] = {"issue_date": date(2026, 9, 10), "due_date": date(2026, 10, 10)}
    await import_invoices(factory, [invoice_row(n, f"A{n}", **dates) for n in (1, 2, 3)])
    await close(factory, OCTOBER)
    before = await aged(factory, OCTOBER)
    listed = [
        invoice_row(1, "A1", **dates),
        invoice_row(2, "A2", balance=4000, **dates),
        invoice_row(4, "A4", **(dates | {"issue_date": date(2026, 10, 5)})),
    ]
    async with refused(factory, "SNAPSHOT_GUARD", "force"):
        await import_invoices(factory, listed, is_snapshot=True, as_of=day)
    outcome = await import_invoices(factory, listed, is_snapshot=True, as_of=day, force=True)
    assert outcome.counts == {"unchanged": 1, "settled_in_erp": 1, "gone_from_erp": 1, "created": 1}
    lower, gone, new = [await numbered(factory, number) for number in ("A2", "A3", "A4")]
    assert await story(factory, lower) == [("settled_in_erp", -60_00, NOVEMBER, day)]
    assert await story(factory, gone) == [("settled_in_erp", -100_00, NOVEMBER, day)]
    async with factory.read() as tx:
        issued = (await tx.session.scalars(select(Entry).where(Entry.receivable_id == new.id))).one()
    assert (issued.effective_on, issued.value_on, new.issued_on) == (
        NOVEMBER,
        new.issued_on,
        date(2026, 10, 5),
    )
    assert [(each.balance_minor, each.settled_on) for each in (lower, gone, new)] == [
        (40_00, None),
        (0, day),
        (100_00, None),
    ]
    assert await aged(factory, OCTOBER) == before
    await books_agree(factory)


async def numbered(factory: Factory, number: str) -> Receivable:
    async with factory.read() as tx:
        return (await tx.session.scalars(select(Receivable).where(Receivable.number == number))).one()
