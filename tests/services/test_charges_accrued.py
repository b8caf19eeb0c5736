"""Interest that nobody posts by hand: by the clock, and before money is imputed."""

from __future__ import annotations

from datetime import date

import pytest

from cartera.db.queries.locks import lock
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from cartera.rules.charge_rules import Posting
from cartera.services.books import settle_up
from cartera.services.charges import (
    accrue_to,
    post_automatically,
)
from cartera.services.ledger import Ledger
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move, row
from tests.services.charging import DUE, charges_of, pay, set_terms, story


@pytest.fixture
async def debt(factory: Factory, customer: Customer) -> Receivable:
    """100,000.00, thirty days overdue."""
    return await factory.receivable(customer, "100000.00", due_on=DUE)


async def test_automatic_posting_adds_interest_when_its_month_is_over(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """Due on 17 October: the sixteenth of November posts October's days, the rest waits."""
    await set_terms(factory, Posting.AUTOMATIC)
    async with factory.write() as tx:
        assert await post_automatically(tx, None, 100) == customer.id
        assert await post_automatically(tx, customer.id, 100) is None
    (charge,) = await charges_of(factory)
    assert (charge.from_on, charge.to_on) == (date(2026, 10, 18), date(2026, 11, 1))
    assert charge.amount_minor == 23_014
    assert charge.posted_on == TODAY
    async with factory.write() as tx:
        await post_automatically(tx, None, 100)
    assert len(await charges_of(factory)) == 1
    await move(factory, 15)
    async with factory.write() as tx:
        await post_automatically(tx, None, 100)
    assert [each.to_on for each in await charges_of(factory)] == [date(2026, 11, 1), date(2026, 12, 1)]


async def test_automatic_posting_takes_customers_by_id_some_at_a_time(factory: Factory) -> None:
    await set_terms(factory, Posting.AUTOMATIC)
    customers = sorted([(await factory.customer()).id for _ in range(3)])
    for key in customers:
        await factory.receivable(await row(factory, Customer, key), "1000.00", due_on=DUE)
    async with factory.write() as tx:
        assert await post_automatically(tx, None, 2) == customers[1]
    assert len(await charges_of(factory)) == 2
    async with factory.write() as tx:
        assert await post_automatically(tx, customers[1], 2) == customers[2]
    assert len(await charges_of(factory)) == 3


async def test_interest_of_the_running_period_is_there_before_the_money_is_imputed(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory, Posting.AUTOMATIC)
    async with factory.write() as tx:
        locked = await lock(tx, customers=[customer.id], receivables=[debt.id])
        ledger = await Ledger.of(tx, locked.receivables)
        (charge_id,) = await accrue_to(tx, ledger, locked.receivables.values(), TODAY)
        assert [each.charge_id for each in ledger.debt(debt.id).charges] == [charge_id]
        await ledger.write()
        assert await accrue_to(tx, ledger, locked.receivables.values(), TODAY) == []
        await settle_up(tx, [customer.id])
    assert (await row(factory, Receivable, debt.id)).balance_minor == 10_049_315
    await books_agree(factory)


@pytest.mark.parametrize("posting", [Posting.OFF, Posting.BY_HAND])
async def test_a_payment_accrues_nothing_where_posting_is_not_automatic(
    factory: Factory, customer: Customer, debt: Receivable, posting: Posting
) -> None:
    await set_terms(factory, posting)
    async with factory.write() as tx:
        locked = await lock(tx, customers=[customer.id], receivables=[debt.id])
        ledger = await Ledger.of(tx, locked.receivables)
        assert await accrue_to(tx, ledger, locked.receivables.values(), TODAY) == []


async def test_a_payment_finds_the_interest_of_its_own_day_and_pays_it_first(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """Paid in full to the cent of the principal, the interest is still there: it came first."""
    await set_terms(factory, Posting.AUTOMATIC)
    await pay(factory, customer, "100000.00", TODAY, [(debt.id, 10_000_000)])
    assert await story(factory, debt) == [
        ("interest", 49_315, TODAY, True),
        ("allocation", -49_315, TODAY, True),
        ("allocation", -9_950_685, TODAY, False),
    ]
    assert (await row(factory, Receivable, debt.id)).balance_minor == 49_315
    await books_agree(factory)
