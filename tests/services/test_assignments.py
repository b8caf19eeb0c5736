"""Whom customers are assigned to, and that figures of days before stay when they move."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from cartera.actors import Actor
from cartera.db.queries.dispute_lists import ResolvedIn, cycle_time_of_all, open_on
from cartera.db.queries.drift import drift
from cartera.db.queries.metrics import Matured, Only, aging, dso, kept
from cartera.db.tables.activities import Task
from cartera.db.tables.assignments import FROM_THE_START, Assignment
from cartera.db.tables.customers import Customer
from cartera.db.tables.outbox import AuditEntry
from cartera.errors import NotPermitted
from cartera.rules.activities import TaskKind
from cartera.rules.disputes import DisputeReason
from cartera.rules.metrics import Period
from cartera.rules.money import Money
from cartera.services.assignments import NewAssignment, assign_customers
from cartera.services.disputes import Closing, NewDispute, open_dispute, reject
from cartera.services.tasks import NewTask, schedule_task
from tests.factories import TODAY, Factory
from tests.figures import promise
from tests.services.books import books_agree, outbox, refused, row

YESTERDAY = TODAY - timedelta(days=1)
LAST_MONTH = date(2026, 10, 31)


async def assign(factory: Factory, collector: Actor | None, *customers: Customer) -> bool:
    collector_id = collector.member_id if collector else None
    async with factory.write() as tx:
        return await assign_customers(tx, NewAssignment([each.id for each in customers], collector_id))


async def history(factory: Factory, customer: Customer) -> list[tuple[date, UUID | None]]:
    async with factory.read() as tx:
        rows = await tx.session.execute(
            select(Assignment.valid_from, Assignment.collector_id)
            .where(Assignment.customer_id == customer.id)
            .order_by(Assignment.valid_from, Assignment.id)
        )
        return [(valid_from, collector_id) for valid_from, collector_id in rows]


async def owed(factory: Factory, day: date, collector: Actor, **narrowed: object) -> int:
    """What was owed in MXN at the end of a day by the collector's customers."""
    only = Only(collector_id=collector.member_id, **narrowed)  # type: ignore[arg-type]  # of one test each
    async with factory.read() as tx:
        return sum(found.total for found in await aging(tx, day, only))


async def test_last_months_figures_stay_with_who_had_the_customer_then(factory: Factory) -> None:
    before, after = await factory.actor("collector"), await factory.actor("collector")
    customer = await factory.customer(collector_id=before.member_id)
    other = await factory.customer(collector_id=before.member_id)
    invoice = await factory.receivable(customer, "100", issued_on=date(2026, 9, 5), due_on=date(2026, 10, 5))
    await factory.receivable(other, "7", issued_on=date(2026, 9, 5), due_on=date(2026, 10, 5))
    await promise(factory, customer, "broken", date(2026, 10, 9), resolved_on=date(2026, 10, 10))
    async with factory.write() as tx:
        new = NewDispute(invoice.id, DisputeReason.PRICE, Money(30_00, "MXN"))
        disputed = (await open_dispute(tx, new)).dispute_id
        await tx.session.execute(text("UPDATE dispute SET opened_on = '2026-10-20'"))

    await assign(factory, after, customer)

    for day in (date(2026, 9, 5), LAST_MONTH, YESTERDAY):
        assert (await owed(factory, day, before), await owed(factory, day, after)) == (107_00, 0), day
    for day in (TODAY, TODAY + timedelta(days=3)):
        assert (await owed(factory, day, before), await owed(factory, day, after)) == (7_00, 100_00), day
    last = Period(date(2026, 8, 1), LAST_MONTH)
    theirs = [Only(collector_id=each.member_id) for each in (before, after)]
    async with factory.read() as tx:
        past = [await dso(tx, last, only) for only in theirs]
        now = [await dso(tx, Period.ending(TODAY), only) for only in theirs]
        rates = [(await kept(tx, Matured(Period.ending(TODAY), TODAY, only))).rate for only in theirs]
        contested = [await open_on(tx, LAST_MONTH, only) for only in theirs]
        today = [await open_on(tx, TODAY, only) for only in theirs]
    assert [[(one.credit_sales, one.receivables_at_end) for one in found] for found in past] == [
        [(107_00, 107_00)],
        [],
    ]
    assert [[(one.credit_sales, one.receivables_at_end) for one in found] for found in now] == [
        [(7_00, 7_00)],
        [(100_00, 100_00)],
    ]
    # The promise was due when the first of them collected.
    assert [rate.matured for rate in rates] == [1, 0]
    assert [[one.amount for one in found] for found in contested] == [[30_00], []]
    assert [[one.amount for one in found] for found in today] == [[], [30_00]]
    async with factory.write() as tx:
        await reject(tx, Closing(disputed, "El precio es el pactado"))
    async with factory.read() as tx:
        closed = [
            await cycle_time_of_all(tx, ResolvedIn(Period.ending(TODAY), TODAY, only)) for only in theirs
        ]
    assert [time.count for time in closed] == [0, 1]
    await books_agree(factory)


async def test_the_segment_of_a_day_is_that_days(factory: Factory) -> None:
    customer = await factory.customer(segment="nuevo")
    await factory.receivable(customer, "100", issued_on=date(2026, 9, 5), due_on=date(2026, 10, 5))
    async with factory.write() as tx:
        tx.session.add(
            Assignment(
                organization_id=tx.organization_id,
                customer_id=customer.id,
                valid_from=date(2026, 11, 1),
                segment="frecuente",
                recorded_at=tx.now,
                actor="system:test",
            )
        )
    async with factory.read() as tx:
        found = {
            (day, segment): [one.total for one in await aging(tx, day, Only(segment=segment))]
            for day in (LAST_MONTH, date(2026, 11, 1))
            for segment in ("nuevo", "frecuente")
        }
        (drifted,) = await drift(tx)
    assert found == {
        (LAST_MONTH, "nuevo"): [100_00],
        (LAST_MONTH, "frecuente"): [],
        (date(2026, 11, 1), "nuevo"): [],
        (date(2026, 11, 1), "frecuente"): [100_00],
    }
    # Whoever writes the history without the customer is found out.
    assert (drifted.noun, drifted.id, drifted.kept, drifted.recomputed) == (
        *("customer", customer.id),
        *("nuevo", "frecuente"),
    )


async def test_the_last_of_a_day_holds_and_what_was_known_before_does_not_change(factory: Factory) -> None:
    first, second, third = [await factory.actor("collector") for _ in range(3)]
    customer = await factory.customer(collector_id=first.member_id)
    await factory.receivable(customer, "100", due_on=YESTERDAY)
    then = factory.now
    factory.now += timedelta(minutes=1)
    await assign(factory, second, customer)
    await assign(factory, third, customer)
    assert await history(factory, customer) == [
        (FROM_THE_START, first.member_id),
        (TODAY, second.member_id),
        (TODAY, third.member_id),
    ]
    assert [await owed(factory, TODAY, each) for each in (first, second, third)] == [0, 0, 100_00]
    known = [await owed(factory, TODAY, each, known_at=then) for each in (first, second, third)]
    assert known == [100_00, 0, 0]
    factory.now += timedelta(days=1)
    assert [await owed(factory, TODAY, each) for each in (first, second, third)] == [0, 0, 100_00]


async def test_assigning_tells_the_log_the_screens_and_the_account(factory: Factory) -> None:
    manager = await factory.actor("manager")
    before, after = await factory.actor("collector"), await factory.actor("collector")
    moved = await factory.customer(collector_id=before.member_id)
    stays = await factory.customer(collector_id=after.member_id)
    tomorrow = factory.now + timedelta(days=1)
    async with factory.write(before) as tx:
        theirs = await schedule_task(tx, NewTask(moved.id, TaskKind.CALL, tomorrow))
    async with factory.write(manager) as tx:
        mine = await schedule_task(tx, NewTask(stays.id, TaskKind.CALL, tomorrow))
        (await tx.session.get_one(Task, (tx.organization_id, mine))).assignee_id = manager.member_id

    async with factory.write(manager) as tx:
        new = NewAssignment([stays.id, moved.id, moved.id], after.member_id, "k1")
        assert not await assign_customers(tx, new)
    async with factory.write(manager) as tx:
        assert await assign_customers(tx, new)

    assert (await row(factory, Customer, moved.id)).collector_id == after.member_id
    assert (await row(factory, Task, theirs)).assignee_id == after.member_id
    assert (await row(factory, Task, mine)).assignee_id == manager.member_id
    async with factory.read() as tx:
        told = await tx.session.scalars(select(AuditEntry).where(AuditEntry.noun == "customer"))
        assert [(each.action, each.customer_id, each.before, each.after) for each in told] == [
            (
                *("customer.assign", moved.id),
                {"collector_id": str(before.member_id)},
                {"collector_id": str(after.member_id)},
            )
        ]
        own = await tx.session.scalar(
            text("SELECT collector_id FROM account WHERE customer_id = :id"), {"id": moved.id}
        )
        assert own == after.member_id
    shown = [each for each in await outbox(factory, "changed") if each["change"] == "customer"]
    assert [each["node_id"] for each in shown] == [str(moved.id)]
    assert await history(factory, stays) == [(FROM_THE_START, after.member_id)]
    await assign(factory, None, moved)
    assert (await row(factory, Customer, moved.id)).collector_id is None
    await books_agree(factory)


async def test_a_collector_assigns_nobody(factory: Factory) -> None:
    collector = await factory.actor("collector")
    customer = await factory.customer(collector_id=collector.member_id)
    with pytest.raises(NotPermitted):
        async with factory.write(collector) as tx:
            await assign_customers(tx, NewAssignment([customer.id], None))
    assert await history(factory, customer) == [(FROM_THE_START, collector.member_id)]


async def test_what_is_refused_changes_nothing(factory: Factory) -> None:
    viewer, gone = await factory.actor("viewer"), await factory.actor("collector", is_active=False)
    there = await factory.other()
    customer, foreign = await factory.customer(), await there.customer()
    stranger = await there.actor("collector")
    for code, path, customers, collector in (
        ("NO_CUSTOMERS", "customerIds", [], None),
        ("TOO_MANY", "customerIds", [UUID(int=each) for each in range(1001)], None),
        ("NOT_FOUND", "customerIds", [customer.id, foreign.id], None),
        ("NOT_FOUND", "collectorId", [customer.id], stranger.member_id),
        ("NOT_FOUND", "collectorId", [customer.id], gone.member_id),
        ("NOT_A_COLLECTOR", "collectorId", [customer.id], viewer.member_id),
    ):
        async with refused(factory, code, path), factory.write() as tx:
            await assign_customers(tx, NewAssignment(customers, collector))
