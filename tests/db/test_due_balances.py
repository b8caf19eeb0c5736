"""What is open by due date moves with each receivable, and tells the same aging as the receivables do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError

from cartera.actors import Actor
from cartera.db.due_balances import recompute, tell
from cartera.db.queries.drift import drift
from cartera.db.queries.metrics import Only, aging, aging_by_scan, is_rolled_up
from cartera.db.session import Database, Tx
from cartera.db.tables.due_balances import DueBalance
from cartera.db.tables.receivables import Receivable
from cartera.rules.aging import AgingBucket
from cartera.servers import Servers
from cartera.services.receivables import (
    Cancellation,
    Reinstatement,
    WriteOff,
    cancel_receivable,
    reinstate,
    write_off,
)
from tests.factories import TODAY, Factory
from tests.figures import pay
from tests.services.books import refused
from tests.services.test_import_invoices import apply
from tests.services.test_import_invoices import row as line

DUE = TODAY - timedelta(days=10)
LATER = TODAY + timedelta(days=20)
RULE = "what is open by due date is the sum of its receivables"


async def kept(factory: Factory) -> dict[tuple[str, date], tuple[int, int]]:
    """By currency and due date: what is open and of how many; the books agree with it."""
    async with factory.read() as tx:
        assert await drift(tx) == []
        rows = await tx.session.scalars(select(DueBalance))
        return {(row.currency, row.due_on): (row.balance_minor, row.open_count) for row in rows}


async def test_what_is_booked_moves_its_due_date(factory: Factory) -> None:
    customer = await factory.customer()
    first = await factory.receivable(customer, "100", due_on=DUE)
    second = await factory.receivable(customer, "50", due_on=DUE)
    await factory.receivable(customer, "700", currency="CLP", due_on=LATER)
    clp = {("CLP", LATER): (700, 1)}
    assert await kept(factory) == {("MXN", DUE): (150_00, 2), **clp}

    await pay(factory, first, "40", TODAY)
    assert await kept(factory) == {("MXN", DUE): (110_00, 2), **clp}
    await pay(factory, first, "60", TODAY)
    assert await kept(factory) == {("MXN", DUE): (50_00, 1), **clp}

    async with factory.write() as tx:
        await write_off(tx, WriteOff((second.id,), "no se localiza", "k1"))
    assert await kept(factory) == {("MXN", DUE): (0, 0), **clp}
    async with factory.write() as tx:
        await reinstate(tx, Reinstatement(second.id, "se localizó", "k2"))
    assert await kept(factory) == {("MXN", DUE): (50_00, 1), **clp}
    async with factory.write() as tx:
        await cancel_receivable(tx, Cancellation(second.id, "mal emitida", "k3"))
    assert await kept(factory) == {("MXN", DUE): (0, 0), **clp}


async def test_another_due_date_takes_the_balance_along(factory: Factory) -> None:
    made = await factory.receivable(await factory.customer(), "100", due_on=DUE)
    async with factory.write() as tx:
        found = await tx.session.get_one(Receivable, (factory.organization_id, made.id))
        found.due_on, found.overdue_from = LATER, LATER + timedelta(days=1)
        await tx.session.flush()
        found.overdue_from = LATER + timedelta(days=3)
    assert await kept(factory) == {("MXN", DUE): (0, 0), ("MXN", LATER): (100_00, 1)}
    async with factory.read() as tx:
        days = await tx.session.scalars(
            select(DueBalance.overdue_from).where(DueBalance.due_on == LATER, DueBalance.open_count > 0)
        )
        assert days.all() == [LATER + timedelta(days=3)]


async def test_a_refused_write_leaves_it_as_it_was(factory: Factory) -> None:
    made = await factory.receivable(await factory.customer(), "100", due_on=DUE)
    await pay(factory, made, "100", TODAY)
    async with refused(factory, "RECEIVABLE_NOT_OPEN", "receivableIds"), factory.write() as tx:
        await write_off(tx, WriteOff((made.id,), "no se localiza", "k1"))
    assert await kept(factory) == {("MXN", DUE): (0, 0)}


async def test_a_file_moves_what_it_lists_and_what_it_lists_no_more(factory: Factory) -> None:
    rows = [
        line(2, "A1", due_date=DUE),
        line(3, "A2", 5000, balance=2000, due_date=DUE),
        line(4, "A3", 700, balance=0, due_date=LATER),
        line(5, "A4", 300, due_date=LATER, currency="CLP"),
    ]
    await apply(factory, rows)
    assert await kept(factory) == {("MXN", DUE): (12_000, 2), ("CLP", LATER): (300, 1)}
    # A1 is owed less, A2 falls due later and is owed less, and A4 is gone.
    today = [rows[0]._replace(balance=9000), rows[1]._replace(due_date=LATER, balance=500)]
    await apply(factory, today, is_snapshot=True, force=True)
    expected = {("MXN", DUE): (9000, 1), ("MXN", LATER): (500, 1), ("CLP", LATER): (0, 0)}
    assert await kept(factory) == expected
    await apply(factory, [today[0], today[1]._replace(balance=0)], is_snapshot=True, force=True)
    assert await kept(factory) == {**expected, ("MXN", LATER): (0, 0)}
    await apply(factory, [today[0]], is_snapshot=True)
    assert await kept(factory) == {**expected, ("MXN", LATER): (0, 0)}


async def test_what_was_never_opened_cannot_close(factory: Factory) -> None:
    await factory.receivable(await factory.customer(), "100", due_on=DUE)
    with pytest.raises(IntegrityError, match="ck_due_balance"):
        async with factory.write() as tx:
            tell(tx.session, ("MXN", DUE, DUE + timedelta(days=1)), -100_01, 0)
    with pytest.raises(RuntimeError, match="nothing was open"):
        async with factory.write() as tx:
            tell(tx.session, ("MXN", LATER, LATER + timedelta(days=1)), -1, 0)
    assert await kept(factory) == {("MXN", DUE): (100_00, 1)}


async def test_drift_is_told_and_recomputed(factory: Factory) -> None:
    await factory.receivable(await factory.customer(), "100", due_on=DUE)
    async with factory.write() as tx:
        await tx.session.execute(text("UPDATE due_balance SET balance_minor = 1"))
    async with factory.read() as tx:
        (found,) = await drift(tx)
        said = f"MXN {DUE} {DUE + timedelta(days=1)} 1/1"
        assert (found.rule, found.noun, found.id) == (RULE, "due_balance", factory.organization_id)
        assert (found.kept, found.recomputed) == (said, "10000/1")
    async with factory.write() as tx:
        await tx.session.execute(text("DELETE FROM due_balance"))
    async with factory.read() as tx:
        assert [each.recomputed for each in await drift(tx)] == ["10000/1"]
    async with factory.write() as tx:
        await recompute(tx.session, factory.organization_id)
    assert await kept(factory) == {("MXN", DUE): (100_00, 1)}


async def random_books(factory: Factory, random: Random) -> None:
    """Some of it is issued tomorrow, and some on a holiday."""
    customer = await factory.customer(segment="oro")
    for _ in range(12):
        due = TODAY + timedelta(days=random.randint(-120, 30))
        issued = min(TODAY + timedelta(days=random.choice((-150, 0, 1, 3))), due)
        made = await factory.receivable(
            customer,
            str(random.randint(1, 90)),
            currency=random.choice(("MXN", "CLP")),
            due_on=due,
            issued_on=issued,
            overdue_from=due + timedelta(days=random.choice((1, 1, 4))),
        )
        if issued <= TODAY and random.random() < 0.4:
            await pay(factory, made, str(random.randint(1, 90)), TODAY)


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(db.engine.sync_engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(db.engine.sync_engine, "before_cursor_execute", hear)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_it_tells_the_same_aging_as_the_receivables(factory: Factory, seed: int) -> None:
    await random_books(factory, Random(seed))
    other = await factory.other()
    await other.receivable(await other.customer(), "999", due_on=DUE)
    async with factory.read() as tx:
        for ahead in (0, 1, 3, 31, 100):
            as_of = TODAY + timedelta(days=ahead)
            with statements(factory.db) as said:
                rolled_up = await aging(tx, as_of, Only())
            assert rolled_up
            assert rolled_up == await aging_by_scan(tx, as_of, Only()), as_of
            assert ["due_balance" in each for each in said] == [True]


async def test_nothing_but_what_is_issued_tomorrow_is_no_aging(factory: Factory) -> None:
    await factory.receivable(await factory.customer(), "5", due_on=LATER, issued_on=TODAY + timedelta(days=1))
    async with factory.read() as tx:
        assert await aging(tx, TODAY, Only()) == []
        (tomorrow,) = await aging(tx, TODAY + timedelta(days=1), Only())
        assert tomorrow.buckets[AgingBucket.CURRENT].amount == 5_00


async def test_whoever_sees_less_or_asks_for_less_gets_it_from_the_receivables(factory: Factory) -> None:
    collector, salesperson = await factory.actor("collector"), await factory.actor("salesperson")
    mine = await factory.customer(collector_id=collector.member_id, segment="oro")
    await factory.receivable(mine, "10", due_on=DUE)
    await factory.receivable(await factory.customer(), "100", due_on=DUE)

    async def overdue(actor: Actor | None = None, as_of: date = TODAY, only: Only | None = None) -> list[int]:
        async with factory.read(actor) as tx:
            return [found.overdue for found in await aging(tx, as_of, only or Only())]

    assert await overdue(await factory.actor("manager")) == [110_00]
    assert await overdue(collector) == [10_00]
    assert await overdue(salesperson) == []
    assert await overdue(only=Only(segment="oro")) == [10_00]
    assert await overdue(only=Only(collector_id=collector.member_id)) == [10_00]
    assert await overdue(only=Only(currency="CLP")) == []
    assert await overdue(as_of=DUE) == [0]
    assert await overdue(only=Only(known_at=factory.now - timedelta(days=1))) == []

    async def whole(tx: Tx, **only: object) -> bool:
        return is_rolled_up(tx, TODAY, Only(**only))  # type: ignore[arg-type]  # any of them, by name

    async with factory.read() as tx:
        assert await whole(tx)
        assert not is_rolled_up(tx, TODAY - timedelta(days=1), Only())
        assert not any([await whole(tx, currency="MXN"), await whole(tx, known_at=factory.now)])
    async with factory.read(collector) as tx:
        assert not await whole(tx)


async def test_many_writers_on_the_same_days_neither_deadlock_nor_lose_anything(
    factory: Factory, database: Servers
) -> None:
    """Each pays its own customer's invoices, in an order of its own; all are due on the same four days."""
    days = [DUE + timedelta(days=each) for each in range(4)]
    owed = []
    for _ in range(6):
        customer = await factory.customer()
        owed.append([await factory.receivable(customer, "10", due_on=day) for day in days])

    async def work(place: int) -> None:
        db = Database(database.app, pool_size=1)
        random = Random(place)
        own = Factory(db, factory.now, factory.organization_id)
        for _ in range(8):
            for receivable in random.sample(owed[place], 4):
                await pay(own, receivable, "1", TODAY)
        await db.close()

    await asyncio.gather(*(work(place) for place in range(6)))
    assert await kept(factory) == {("MXN", day): (6 * 2_00, 6) for day in days}
