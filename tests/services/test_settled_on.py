"""The day on which a debt counts as settled: that on which its principal was, whenever its charges were."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from cartera.db.queries.drift import drift
from cartera.db.tables.accounts import Account
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from cartera.rules.payments import ReversalKind
from cartera.services.reversals import NewReversal, reverse_payment
from cartera.services.waivers import NewWaiver, waive_charge
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move, row
from tests.services.planning import charge, pay
from tests.services.test_import_invoices import apply as import_invoices
from tests.services.test_import_invoices import row as invoice_row

DUE = TODAY - timedelta(days=10)


@pytest.fixture
async def invoice(factory: Factory, customer: Customer) -> Receivable:
    """100.00, ten days overdue."""
    return await factory.receivable(customer, "100.00", due_on=DUE)


async def settled_on(factory: Factory, receivable: Receivable) -> date | None:
    return (await row(factory, Receivable, receivable.id)).settled_on


async def delay(factory: Factory, customer: Customer) -> tuple[int, int]:
    """Days late, of all and on average."""
    async with factory.read() as tx:
        account = await tx.session.get_one(Account, (factory.organization_id, customer.id))
        return account.late_days, account.delay_days


async def test_a_late_waiver_makes_nobody_late(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    charge_id = await charge(factory, invoice, "5.00")
    await pay(factory, invoice, "105.00", lines=[(invoice.id, 105_00)])
    second = await charge(factory, invoice, "2.00")
    assert await settled_on(factory, invoice) is None
    await move(factory, 20)
    async with factory.write(await factory.actor("admin")) as tx:
        await waive_charge(tx, NewWaiver(second, "cliente de años"))
    assert charge_id != second
    assert await settled_on(factory, invoice) == TODAY
    assert await delay(factory, customer) == (10, 10)
    await books_agree(factory)


async def test_interest_paid_later_than_the_principal(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    await pay(factory, invoice, "100.00", on=DUE)
    assert await settled_on(factory, invoice) == DUE
    await charge(factory, invoice, "5.00")
    assert await settled_on(factory, invoice) is None
    await move(factory, 3)
    await pay(factory, invoice, "5.00")
    assert await settled_on(factory, invoice) == DUE
    assert await delay(factory, customer) == (0, 0)


async def test_principal_that_came_back_is_settled_when_it_is_paid_again(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    payment_id = await pay(factory, invoice, "100.00", on=DUE)
    async with factory.write() as tx:
        await reverse_payment(tx, NewReversal(payment_id, ReversalKind.BOUNCE, tx.today))
    await move(factory, 4)
    await pay(factory, invoice, "100.00")
    assert await settled_on(factory, invoice) == TODAY + timedelta(days=4)
    await books_agree(factory)


async def test_a_settlement_in_the_erp_is_no_earlier_than_what_was_paid_here(
    factory: Factory, customer: Customer
) -> None:
    """60.00 came in today; the ERP had the other 40.00 five days ago."""
    await import_invoices(factory, [invoice_row(2, "A1"), invoice_row(3, "A2"), invoice_row(4, "A3", 90_000)])
    first, second = await by_number(factory)
    for each in (first, second):
        await pay(factory, each, "60.00", lines=[(each.id, 60_00)])
    day = TODAY - timedelta(days=5)
    await import_invoices(factory, [invoice_row(2, "A1", balance=0, settled_date=day)])
    await import_invoices(factory, [invoice_row(2, "A3", 90_000)], is_snapshot=True, as_of=day)
    assert [await settled_on(factory, each) for each in (first, second)] == [TODAY, TODAY]
    await books_agree(factory)


async def test_books_that_say_another_day_are_found(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    await pay(factory, invoice, "100.00", on=DUE)
    async with factory.write() as tx:
        stored = await tx.session.get_one(Receivable, (factory.organization_id, invoice.id))
        stored.settled_on = TODAY
    async with factory.read() as tx:
        (found,) = await drift(tx)
    assert (found.rule, found.id) == (
        "a receivable is settled on the day on which its principal was",
        invoice.id,
    )
    assert (found.kept, found.recomputed) == (TODAY.isoformat(), DUE.isoformat())


async def by_number(factory: Factory) -> list[Receivable]:
    async with factory.read() as tx:
        found = await tx.session.scalars(
            select(Receivable).where(Receivable.amount_minor == 10_000).order_by(Receivable.number)
        )
        return list(found)
