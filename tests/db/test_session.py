"""Units of work: one organization each, bound on every table; nothing leaks, nothing is half-written."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import event, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from cartera.actors import system
from cartera.db.base import new_id
from cartera.db.queries.locks import lock
from cartera.db.tables.customers import Customer
from cartera.db.tables.outbox import Outbox
from cartera.db.tables.receivables import Entry
from cartera.errors import NotFound
from cartera.rules.outbox import Lane
from tests.factories import Factory


async def test_each_organization_sees_its_own_rows(factory: Factory) -> None:
    other = await factory.other()
    await factory.customer("Mía")
    await other.customer("Ajena")
    for seen, name in ((factory, "Mía"), (other, "Ajena")):
        async with seen.read() as tx:
            assert [row.name for row in await tx.session.scalars(select(Customer))] == [name]


async def test_row_level_security_holds_without_the_bound_filter(factory: Factory) -> None:
    """A statement that forgot its filter still sees one organization, and without a context none."""
    other = await factory.other()
    await other.customer()
    await factory.customer()
    async with factory.read() as tx:
        assert await tx.session.scalar(text("SELECT count(*) FROM customer")) == 1
    async with factory.db.directory() as session:
        assert await session.scalar(text("SELECT count(*) FROM customer")) == 0


async def test_the_filter_is_bound_on_every_table_at_every_level(factory: Factory) -> None:
    inner = aliased(Customer)
    nested = select(func.count()).select_from(inner).where(inner.name == Customer.name).scalar_subquery()
    seen: list[str] = []

    async with factory.read() as tx:
        engine = factory.db.engine.sync_engine

        def remember(_c: object, _k: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", remember)
        try:
            await tx.session.execute(select(Customer.id, nested))
        finally:
            event.remove(engine, "before_cursor_execute", remember)
    assert seen[0].count("organization_id = $") == 2, seen[0]


async def test_a_row_cannot_be_written_into_another_organization(factory: Factory) -> None:
    other = await factory.other()
    customer = await factory.customer()
    with pytest.raises(DBAPIError, match="row-level security"):
        async with factory.write() as tx:
            await tx.session.execute(
                text("UPDATE customer SET organization_id = :other"), {"other": other.organization_id}
            )
    async with factory.read() as tx:
        assert await tx.session.scalar(select(Customer.id)) == customer.id


async def test_interleaved_units_of_work_never_mix(factory: Factory) -> None:
    other = await factory.other()
    await factory.customer("Mía")
    await other.customer("Ajena")

    async def names(whose: Factory) -> list[str]:
        async with whose.read() as tx:
            await asyncio.sleep(0)
            return [row.name for row in await tx.session.scalars(select(Customer))]

    results = await asyncio.gather(*(names(whose) for _ in range(40) for whose in (factory, other)))
    assert results == [["Mía"], ["Ajena"]] * 40


async def test_a_failure_leaves_nothing(factory: Factory) -> None:
    with pytest.raises(ZeroDivisionError):
        async with factory.write() as tx:
            tx.later(Lane.BULK, "nothing", "1")
            tx.audit("test", "customer", new_id())
            await tx.session.flush()
            raise ZeroDivisionError
    async with factory.read() as tx:
        assert await tx.session.scalar(select(func.count()).select_from(Outbox)) == 0


async def test_a_reading_transaction_cannot_write(factory: Factory) -> None:
    await factory.customer()
    with pytest.raises(DBAPIError, match="read-only"):
        async with factory.read() as tx:
            await tx.session.execute(update(Customer).values(name="x"))


async def test_the_ledger_cannot_be_edited(factory: Factory) -> None:
    await factory.receivable(await factory.customer())
    with pytest.raises(DBAPIError, match="permission denied"):
        async with factory.write() as tx:
            await tx.session.execute(update(Entry).values(amount_minor=1))


async def test_lock_refuses_what_is_not_the_customers(factory: Factory) -> None:
    mine, yours, other = await factory.customer(), await factory.customer(), await factory.other()
    foreign = await other.customer()
    debt = await factory.receivable(yours)
    async with factory.write() as tx:
        locked = await lock(tx, customers=[yours.id], receivables=[debt.id])
        assert locked.receivables[debt.id].balance_minor == 10_000
        assert list(locked.accounts) == [yours.id]
        with pytest.raises(NotFound):
            await lock(tx, customers=[mine.id], receivables=[debt.id])
        with pytest.raises(NotFound):
            await lock(tx, customers=[foreign.id])
        with pytest.raises(NotFound):
            await lock(tx, customers=[new_id()])


async def test_a_collector_cannot_lock_what_is_not_assigned(factory: Factory) -> None:
    collector = await factory.actor("collector")
    theirs = await factory.customer(collector_id=collector.member_id)
    elsewhere = await factory.customer()
    async with factory.write(collector) as tx:
        await lock(tx, customers=[theirs.id])
        with pytest.raises(NotFound):
            await lock(tx, customers=[elsewhere.id])


async def test_locks_in_the_one_order_do_not_deadlock(factory: Factory) -> None:
    customers = [await factory.customer() for _ in range(4)]
    ids = [customer.id for customer in customers]

    async def book(order: list[int]) -> None:
        async with factory.write(system(factory.organization_id, "test")) as tx:
            await lock(tx, customers=[ids[index] for index in order])
            await asyncio.sleep(0.002)

    await asyncio.gather(*(book([0, 1, 2, 3]) if turn % 2 else book([3, 2, 1, 0]) for turn in range(16)))


async def test_an_error_names_no_values(factory: Factory) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with factory.read() as tx:
            await tx.session.execute(text("SELECT 1 / (length(:name) - 10)"), {"name": "Juan Pérez"})
    assert "Juan" not in str(caught.value)
