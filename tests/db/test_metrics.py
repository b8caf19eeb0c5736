"""Measures by exact values, and against the plain definition on random books."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, select

from cartera.actors import Actor
from cartera.db.base import new_id
from cartera.db.queries.keyset import Order, Page
from cartera.db.queries.metrics import (
    Behind,
    Matured,
    Only,
    aging,
    dso,
    kept,
    matured,
    pages_behind,
    totals_behind,
)
from cartera.db.queries.receivables import DUE_ON
from cartera.db.session import Database
from cartera.db.tables.customers import Customer
from cartera.db.tables.promises import Promise
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.aging import AgingBucket, bucket_of
from cartera.rules.metrics import Aging, BucketSum, KeptRate, Period
from cartera.services.periods import Closing, close_period
from tests.factories import TODAY, Factory
from tests.figures import credit_note, pay, promise

OVERDUE = frozenset(AgingBucket) - {AgingBucket.CURRENT}
BY_DUE_DATE = Order("receivable.DUE_ON", DUE_ON)


async def aged_as_of(
    factory: Factory, as_of: date, only: Only | None = None, actor: Actor | None = None
) -> list[Aging]:
    async with factory.read(actor) as tx:
        return await aging(tx, as_of, only or Only())


def amounts(found: Aging) -> list[int]:
    return [found.buckets[bucket].amount for bucket in AgingBucket]


async def test_aging_of_today(factory: Factory) -> None:
    customer = await factory.customer()
    for days, amount in ((-5, "1"), (0, "2"), (1, "4"), (30, "8"), (31, "16"), (60, "32"), (61, "64")):
        await factory.receivable(customer, amount, due_on=TODAY - timedelta(days=days))
    for days, amount in ((90, "128"), (91, "256")):
        await factory.receivable(customer, amount, due_on=TODAY - timedelta(days=days))
    await factory.receivable(customer, "500", currency="CLP", due_on=TODAY - timedelta(days=3))
    clp, mxn = await aged_as_of(factory, TODAY)
    assert (clp.currency, clp.total, clp.overdue) == ("CLP", 500, 500)
    assert clp.buckets[AgingBucket.DAYS_1_30] == BucketSum(500, 1)
    assert amounts(mxn) == [3_00, 12_00, 48_00, 192_00, 256_00]
    assert [mxn.buckets[bucket].count for bucket in AgingBucket] == [2, 2, 2, 2, 1]
    assert (mxn.total, mxn.current, mxn.overdue) == (511_00, 3_00, 508_00)


async def test_a_receivable_due_on_a_holiday_is_current_until_the_next_banking_day_has_passed(
    factory: Factory,
) -> None:
    customer = await factory.customer()
    saturday = date(2026, 11, 14)
    await factory.receivable(customer, "10", due_on=saturday, overdue_from=date(2026, 11, 18))
    days = {day: await aged_as_of(factory, date(2026, 11, day)) for day in (16, 17, 18)}
    assert [found[0].current for found in days.values()] == [10_00, 10_00, 0]
    assert days[18][0].buckets[AgingBucket.DAYS_1_30] == BucketSum(10_00, 1)


async def test_as_of_a_past_day_the_books_are_as_they_were(factory: Factory) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "100", issued_on=date(2026, 9, 1), due_on=date(2026, 10, 1))
    await pay(factory, invoice, "40", date(2026, 10, 5))
    await pay(factory, invoice, "60", date(2026, 11, 10))
    expected = {
        date(2026, 8, 31): [],
        date(2026, 9, 1): [100_00, 0, 0, 0, 0],
        date(2026, 10, 1): [100_00, 0, 0, 0, 0],
        date(2026, 10, 2): [0, 100_00, 0, 0, 0],
        date(2026, 10, 5): [0, 60_00, 0, 0, 0],
        date(2026, 11, 1): [0, 0, 60_00, 0, 0],
        date(2026, 11, 9): [0, 0, 60_00, 0, 0],
        date(2026, 11, 10): [],
        TODAY: [],
    }
    for day, sums in expected.items():
        found = await aged_as_of(factory, day)
        assert [amounts(aged) for aged in found] == ([sums] if sums else []), day


async def test_last_months_aging_does_not_change_today(factory: Factory) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "100", due_on=date(2026, 10, 1))
    before = await aged_as_of(factory, date(2026, 10, 31))
    await pay(factory, invoice, "100", TODAY)
    assert await aged_as_of(factory, date(2026, 10, 31)) == before


async def random_books(factory: Factory, seed: int) -> None:
    random = Random(seed)
    for _ in range(3):
        customer = await factory.customer()
        for _ in range(6):
            issued = TODAY - timedelta(days=random.randint(0, 150))
            due = issued + timedelta(days=random.choice([0, 30, 60]))
            currency = random.choice(["MXN", "CLP"])
            made = await factory.receivable(
                customer, str(random.randint(1, 900)), currency=currency, issued_on=issued, due_on=due
            )
            for _ in range(random.randint(0, 2)):
                day = min(issued + timedelta(days=random.randint(0, 100)), TODAY)
                await pay(factory, made, str(random.randint(1, 600)), day)


async def plainly(factory: Factory, as_of: date) -> dict[tuple[str, AgingBucket], int]:
    """Aging by its definition: the sum of a receivable's entries up to the day, in its bucket."""
    async with factory.read() as tx:
        receivables = (await tx.session.scalars(select(Receivable))).all()
        entries = (await tx.session.scalars(select(Entry).where(Entry.effective_on <= as_of))).all()
    sums: dict[tuple[str, AgingBucket], int] = {}
    for row in receivables:
        balance = sum(entry.amount_minor for entry in entries if entry.receivable_id == row.id)
        key = (row.currency, bucket_of(row.due_on, row.overdue_from, as_of))
        if balance:
            sums[key] = sums.get(key, 0) + balance
    return sums


@pytest.mark.parametrize("seed", [1, 2])
async def test_buckets_add_up_to_open_balances_on_any_day(factory: Factory, seed: int) -> None:
    await random_books(factory, seed)
    for back in (0, 1, 7, 30, 45, 90, 120, 149, 200):
        as_of = TODAY - timedelta(days=back)
        found = {
            (aged.currency, bucket): sums.amount
            for aged in await aged_as_of(factory, as_of)
            for bucket, sums in aged.buckets.items()
            if sums.amount
        }
        assert found == await plainly(factory, as_of), as_of


@pytest.mark.parametrize("back", [0, 1, 40])
async def test_the_rows_behind_a_bucket_are_those_counted_in_it(factory: Factory, back: int) -> None:
    await random_books(factory, 3)
    as_of = TODAY - timedelta(days=back)
    async with factory.read() as tx:
        found = await aging(tx, as_of, Only())
        assert found
        for sums in found:
            every = [(frozenset({bucket}), sums.buckets[bucket].count) for bucket in AgingBucket]
            overdue = sum(sums.buckets[bucket].count for bucket in OVERDUE)
            for buckets, count in [*every, (OVERDUE, overdue)]:
                figure = Behind(as_of, Only(), sums.currency, buckets)
                rows = (await pages_behind(tx, [figure], BY_DUE_DATE, Page(100)))[figure].rows
                assert len(rows) == count
                assert {row.Receivable.currency for row in rows} <= {sums.currency}
                amount = sum(sums.buckets[bucket].amount for bucket in buckets)
                assert sum(row.balance for row in rows) == amount
                totals = (await totals_behind(tx, [figure]))[figure]
                assert totals.count == count
                assert [money.minor for money in totals.balance] == ([amount] if count else [])


async def test_measures_are_narrowed_and_kept_to_the_actors_sight(factory: Factory) -> None:
    mine, other = await factory.actor("collector"), await factory.actor("collector")
    schools = await factory.customer(segment="escuelas", collector_id=mine.member_id)
    clinics = await factory.customer(segment="clínicas", collector_id=other.member_id)
    await factory.receivable(schools, "10", due_on=TODAY - timedelta(days=3))
    await factory.receivable(clinics, "20", due_on=TODAY - timedelta(days=3))
    await factory.receivable(clinics, "40", currency="USD", due_on=TODAY - timedelta(days=3))
    stranger = await (await factory.other()).actor("manager")

    async def totals(only: Only, actor: Actor | None = None, as_of: date = TODAY) -> list[tuple[str, int]]:
        return [(found.currency, found.total) for found in await aged_as_of(factory, as_of, only, actor)]

    yesterday = TODAY - timedelta(days=1)
    for day in (TODAY, yesterday):
        assert await totals(Only(), as_of=day) == [("MXN", 30_00), ("USD", 40_00)]
        assert await totals(Only(currency="USD"), as_of=day) == [("USD", 40_00)]
        assert await totals(Only(segment="escuelas"), as_of=day) == [("MXN", 10_00)]
        assert await totals(Only(collector_id=other.member_id, currency="MXN"), as_of=day) == [("MXN", 20_00)]
        assert await totals(Only(), mine, as_of=day) == [("MXN", 10_00)]
        assert await totals(Only(), stranger, as_of=day) == []
    period = Period.ending(TODAY)
    async with factory.read(mine) as tx:
        assert [(row.currency, row.credit_sales) for row in await dso(tx, period, Only())] == [("MXN", 10_00)]
    async with factory.read() as tx:
        (row,) = await dso(tx, period, Only(segment="clínicas", currency="USD"))
        assert (row.currency, row.credit_sales, row.receivables_at_end) == ("USD", 40_00, 40_00)


async def test_dso_is_the_published_example(factory: Factory) -> None:
    """Receivables 15,000 of which 4,000 current, credit sales of the 30 days 10,000: 45, 12 and 33 days."""
    customer = await factory.customer()
    period = Period(date(2026, 10, 18), TODAY)
    inside, before = date(2026, 10, 20), date(2026, 8, 1)
    await factory.receivable(customer, "4000", issued_on=inside, due_on=TODAY)
    await factory.receivable(customer, "7500", issued_on=inside, due_on=date(2026, 11, 1))
    await factory.receivable(customer, "3500", issued_on=before, due_on=date(2026, 9, 1))
    await credit_note(factory, customer, 1500_00, inside)
    await credit_note(factory, customer, 900_00, before)
    async with factory.read() as tx:
        (found,) = await dso(tx, period, Only())
    assert (period.days, found.receivables_at_end, found.credit_sales) == (30, 15_000_00, 10_000_00)
    assert found.current_at_end == 4_000_00
    assert found.days.value == Decimal(45)
    assert found.days.best_possible == Decimal(12)
    assert found.days.average_days_delinquent == Decimal(33)


async def test_dso_of_a_past_period_stays(factory: Factory) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(
        customer, "1000", issued_on=date(2026, 9, 10), due_on=date(2026, 9, 20)
    )
    await pay(factory, invoice, "1000", TODAY)
    async with factory.read() as tx:
        (found,) = await dso(tx, Period(date(2026, 9, 1), date(2026, 9, 30)), Only())
    assert (found.receivables_at_end, found.days.value, found.days.best_possible) == (
        1000_00,
        Decimal(30),
        Decimal(0),
    )


async def test_a_cancelled_sale_is_no_sale_and_without_sales_there_is_no_dso(factory: Factory) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "100", issued_on=TODAY, due_on=TODAY)
    async with factory.write() as tx:
        tx.session.add(
            Entry(
                organization_id=factory.organization_id,
                id=new_id(),
                receivable_id=invoice.id,
                customer_id=customer.id,
                kind="cancellation",
                amount_minor=-100_00,
                currency="MXN",
                effective_on=TODAY,
                recorded_at=tx.now,
                actor="system:test",
            )
        )
        row = await tx.session.get_one(Receivable, (factory.organization_id, invoice.id))
        row.settled_minor, row.balance_minor, row.state = 100_00, 0, "cancelled"
    async with factory.read() as tx:
        (found,) = await dso(tx, Period.ending(TODAY), Only())
    assert (found.credit_sales, found.receivables_at_end, found.days.value) == (0, 0, None)


DUE = date(2026, 11, 5)


async def test_kept_rate_counts_what_matured(factory: Factory) -> None:
    customer = await factory.customer()
    counted = [
        await promise(factory, customer, "kept", DUE, resolved_on=DUE, received=100_00),
        await promise(factory, customer, "kept", DUE, resolved_on=DUE, received=100_00),
        await promise(factory, customer, "partially_kept", DUE, resolved_on=DUE, received=40_00),
        await promise(factory, customer, "broken", DUE, resolved_on=DUE),
        # Withdrawn by us two days before its date, on it, and after it: broken.
        await promise(factory, customer, "cancelled", DUE, resolved_on=DUE - timedelta(days=2)),
        await promise(factory, customer, "renegotiated", DUE, resolved_on=DUE),
        await promise(factory, customer, "cancelled", DUE, resolved_on=DUE + timedelta(days=1)),
    ]
    # Withdrawn in good time, pending, or due outside the period: not matured in it.
    await promise(factory, customer, "cancelled", DUE, resolved_on=DUE - timedelta(days=3))
    await promise(factory, customer, "renegotiated", DUE, resolved_on=DUE - timedelta(days=3))
    await promise(factory, customer, "pending", DUE, resolved_on=None)
    await promise(factory, customer, "broken", date(2026, 10, 31), resolved_on=DUE)
    await promise(factory, customer, "broken", date(2026, 12, 1), resolved_on=DUE)
    period = Period(date(2026, 11, 1), date(2026, 11, 30))
    async with factory.read() as tx:
        rate = (await kept(tx, Matured(period, TODAY, Only()))).rate
        behind = select(Promise.id).join(Customer, Customer.id == Promise.customer_id)
        rows = set(await tx.session.scalars(behind.where(matured(tx, Matured(period, TODAY, Only())))))
        earlier = (await kept(tx, Matured(period, DUE - timedelta(days=1), Only()))).rate
    assert rate == KeptRate(Decimal("0.2857"), Decimal("0.3429"), matured=7, kept=2)  # 2/7, 240/700
    assert rows == set(counted)
    assert (earlier.matured, earlier.kept) == (1, 0)


async def test_kept_rate_of_a_currency_of_a_collector_and_over_all(factory: Factory) -> None:
    mine = await factory.actor("collector")
    customer, foreign = await factory.customer(collector_id=mine.member_id), await factory.customer()
    await promise(factory, customer, "kept", DUE, resolved_on=DUE, received=100_00)
    await promise(factory, foreign, "broken", DUE, resolved_on=DUE, amount=10_00, currency="USD")
    period = Period.ending(TODAY)
    async with factory.read() as tx:
        every = (await kept(tx, Matured(period, TODAY, Only()))).rate
        dollars = (await kept(tx, Matured(period, TODAY, Only(currency="USD")))).rate
    assert every == KeptRate(Decimal("0.5"), None, 2, 1)  # no rate for the dollar yet
    assert dollars == KeptRate(Decimal(0), Decimal(0), 1, 0)
    await factory.rate("USD", "20")
    async with factory.read() as tx:
        every = (await kept(tx, Matured(period, TODAY, Only()))).rate
    assert every == KeptRate(Decimal("0.5"), Decimal("0.3333"), 2, 1)  # 100 of 100 + 10 × 20
    async with factory.read(mine) as tx:
        assert (await kept(tx, Matured(period, TODAY, Only()))).rate == KeptRate(Decimal(1), Decimal(1), 1, 1)
    async with factory.read() as tx:
        of_collector = (await kept(tx, Matured(period, TODAY, Only(collector_id=mine.member_id)))).rate
    assert of_collector == KeptRate(Decimal(1), Decimal(1), 1, 1)


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)


@pytest.mark.parametrize("only", [Only(), Only(segment="x", collector_id=new_id())], ids=["all", "narrowed"])
async def test_every_table_reference_has_the_organization_bound(
    factory: Factory, db: Database, only: Only
) -> None:
    period = Period.ending(TODAY)
    with statements(db) as seen:
        async with factory.read() as tx:
            for day in (TODAY, TODAY - timedelta(days=9)):
                await aging(tx, day, only)
                figure = Behind(day, only, "MXN", OVERDUE)
                await pages_behind(tx, [figure], BY_DUE_DATE, Page())
                await totals_behind(tx, [figure])
            await dso(tx, period, only)
            await kept(tx, Matured(period, TODAY, only))
    reads = [statement for statement in seen if "FROM" in statement and "pg_" not in statement]
    assert len(reads) >= 10
    for statement in reads:
        tables = re.findall(r"(?:FROM|JOIN) ([a-z_]+)(?! AS)\b", statement)
        bound = re.findall(r"organization_id = \$\d+", statement)
        assert len(bound) >= len(tables), statement
    # Nobody who does not ask for a collector or segment waits for the history.
    assert any("FROM assignment" in statement for statement in reads) == (only != Only())


async def test_what_was_known_of_a_day_never_changes(factory: Factory) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "100", issued_on=date(2026, 9, 1), due_on=date(2026, 10, 1))
    then, last_month = factory.now, date(2026, 10, 31)
    factory.now += timedelta(days=1)
    # A payment of last month that is told today, and an invoice that was forgotten.
    await pay(factory, invoice, "60", date(2026, 10, 5))
    await factory.receivable(customer, "7", issued_on=date(2026, 10, 9), due_on=date(2026, 10, 9))

    assert [amounts(aged) for aged in await aged_as_of(factory, last_month)] == [[0, 47_00, 0, 0, 0]]
    known = Only(known_at=then)
    assert [amounts(aged) for aged in await aged_as_of(factory, last_month, known)] == [[0, 100_00, 0, 0, 0]]
    assert [amounts(aged) for aged in await aged_as_of(factory, TODAY, known)] == [[0, 0, 100_00, 0, 0]]
    assert await aged_as_of(factory, last_month, Only(known_at=then - timedelta(seconds=1))) == []
    async with factory.read() as tx:
        figure = Behind(last_month, known, "MXN", OVERDUE)
        totals = (await totals_behind(tx, [figure]))[figure]
        rows = (await pages_behind(tx, [figure], BY_DUE_DATE, Page(5)))[figure].rows
    assert (totals.count, [money.minor for money in totals.balance]) == (1, [100_00])
    assert [(row[0].id, row[1]) for row in rows] == [(invoice.id, 100_00)]


async def test_a_closed_period_stays_as_it_was_told_without_an_instant(factory: Factory) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "100", issued_on=date(2026, 9, 1), due_on=date(2026, 10, 1))
    last_month = date(2026, 10, 31)
    async with factory.write() as tx:
        await close_period(tx, Closing(last_month))
    before = await aged_as_of(factory, last_month)
    await pay(factory, invoice, "60", date(2026, 10, 5))
    assert await aged_as_of(factory, last_month) == before
    assert [amounts(aged) for aged in await aged_as_of(factory, date(2026, 11, 1))] == [[0, 0, 40_00, 0, 0]]
