"""Jobs of the books, run as a worker runs them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from cartera.db.tables.accounts import Account, SegmentHistory
from cartera.db.tables.organizations import Organization
from cartera.db.tables.outbox import Outbox
from cartera.db.tables.promises import Promise
from cartera.rules.activities import TaskKind
from cartera.rules.money import Money
from cartera.rules.outbox import Lane
from cartera.rules.promises import PromiseChannel
from cartera.services import business_day
from cartera.services.promises import NewPromise, make_promise
from cartera.services.tasks import NewTask, schedule_task
from cartera.settings import Settings
from jobs.registry import JOBS
from jobs.runner import Runner
from tests.conftest import MovableClock
from tests.factories import TODAY, Factory
from tests.office import Office
from tests.services.books import row

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def runner(factory: Factory, clock: MovableClock, tmp_path: Path) -> Runner:
    settings = Settings.from_environment({"CARTERA_HOME": str(tmp_path)})
    return Runner(factory.db, clock, settings, JOBS)


async def run(factory: Factory, runner: Runner, kind: str) -> Outbox:
    """Run the one row of a kind that waits in the outbox; the row as it is afterwards."""
    async with factory.read() as tx:
        effect = (await tx.session.scalars(select(Outbox).where(Outbox.kind == kind))).one()
    await runner.run(factory.organization_id, effect.id, effect.attempts)
    return await row(factory, Outbox, effect.id)


async def begin_day(factory: Factory, day: date) -> None:
    async with factory.write() as tx:
        tx.later(Lane.INTERACTIVE, "begin_business_day", key=day.isoformat())


async def business_days(factory: Factory) -> tuple[date, set[date]]:
    async with factory.read() as tx:
        days = set(await tx.session.scalars(select(Account.business_day)))
        return (await tx.session.scalars(select(Organization.business_day))).one(), days


async def test_a_business_day_begins_for_every_customer(
    factory: Factory, runner: Runner, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(business_day, "CHUNK", 2)
    customers = [await factory.customer(segment="escuelas") for _ in range(5)]
    for customer in customers:
        await factory.receivable(customer, "100.00", due_on=TODAY)
    clock.move(timedelta(days=1))
    await begin_day(factory, TOMORROW)

    done = await run(factory, runner, "begin_business_day")

    assert (done.done_at, done.failure) == (clock.now(), None)
    assert await business_days(factory) == (TOMORROW, {TOMORROW})
    async with factory.read() as tx:
        accounts = (await tx.session.scalars(select(Account))).all()
        segment = (await tx.session.scalars(select(SegmentHistory))).one()
    assert [(account.overdue_minor, account.overdue_count) for account in accounts] == [(100_00, 1)] * 5
    assert (segment.segment, segment.matured_count, segment.late_count, segment.late_days) == (
        "escuelas",
        5,
        5,
        5,
    )


async def test_the_days_reminders_are_asked_for_once_it_has_begun(
    factory: Factory, runner: Runner, clock: MovableClock
) -> None:
    clock.move(timedelta(days=1))
    await begin_day(factory, TOMORROW)
    await run(factory, runner, "begin_business_day")
    async with factory.read() as tx:
        keys = (await tx.session.scalars(select(Outbox.key).where(Outbox.kind == "plan_reminders"))).all()
    assert keys == [f"plan_reminders:{TOMORROW}"]


async def test_missed_days_are_caught_up_in_one(
    factory: Factory, runner: Runner, clock: MovableClock
) -> None:
    customer = await factory.customer()
    receivable = await factory.receivable(customer, "100.00")
    async with factory.write() as tx:
        new = NewPromise(customer.id, [receivable.id], Money(100_00, "MXN"), TODAY, PromiseChannel.PHONE)
        promise_id = (await make_promise(tx, new)).promise_id
    clock.move(timedelta(days=12))
    await begin_day(factory, TODAY + timedelta(days=12))

    await run(factory, runner, "begin_business_day")

    promise = await row(factory, Promise, promise_id)
    assert (promise.state, promise.resolved_on) == ("broken", TODAY + timedelta(days=12))
    assert (await business_days(factory))[0] == TODAY + timedelta(days=12)


async def test_a_day_that_was_cut_short_is_taken_up_where_it_stopped(
    factory: Factory, runner: Runner, clock: MovableClock
) -> None:
    """The day was rolled and one of two customers refreshed when the worker died."""
    customers = sorted([await factory.customer() for _ in range(2)], key=lambda customer: customer.id)
    clock.move(timedelta(days=1))
    async with factory.write() as tx:
        await tx.session.execute(text("UPDATE organization SET business_day = :day"), {"day": TOMORROW})
        await tx.session.execute(
            text("UPDATE account SET business_day = :day WHERE customer_id = :id"),
            {"day": TOMORROW, "id": customers[0].id},
        )
        untouched = (
            await tx.session.scalars(select(Account.refreshed_at).order_by(Account.customer_id))
        ).all()
    await begin_day(factory, TOMORROW)
    await run(factory, runner, "begin_business_day")
    assert await business_days(factory) == (TOMORROW, {TOMORROW})
    async with factory.read() as tx:
        rows = await tx.session.execute(select(Account.customer_id, Account.refreshed_at))
        refreshed = {row.customer_id: row.refreshed_at for row in rows}
    assert refreshed == {customers[0].id: untouched[0], customers[1].id: clock.now()}


async def test_the_day_never_goes_back(factory: Factory, runner: Runner, clock: MovableClock) -> None:
    clock.move(timedelta(days=-3))
    await begin_day(factory, TODAY)
    await run(factory, runner, "begin_business_day")
    assert (await business_days(factory))[0] == TODAY


async def test_a_promise_breaks_by_the_clock_on_the_day_after_its_last(
    factory: Factory, office: Office, clock: MovableClock
) -> None:
    customer = await factory.customer()
    receivable = await factory.receivable(customer, "100.00")
    async with factory.write() as tx:
        new = NewPromise(customer.id, [receivable.id], Money(100_00, "MXN"), TOMORROW, PromiseChannel.PHONE)
        promise_id = (await make_promise(tx, new)).promise_id

    async def story() -> tuple[str, date | None]:
        promise = await row(factory, Promise, promise_id)
        return promise.state, promise.resolved_on

    # Tuesday, and one banking day of grace: Wednesday, to its last second in Mexico City, is its last day.
    clock.set(datetime(2026, 11, 19, 5, 59, 59, tzinfo=UTC))
    await office.look()
    assert (await business_days(factory))[0] == date(2026, 11, 18)
    assert await story() == ("pending", None)
    clock.move(timedelta(seconds=1))
    await office.look()
    assert await story() == ("broken", date(2026, 11, 19))


async def test_a_task_wakes_its_customer(factory: Factory, runner: Runner, clock: MovableClock) -> None:
    customer = await factory.customer()
    async with factory.write() as tx:
        due_at = factory.now + timedelta(hours=1)
        await schedule_task(tx, NewTask(customer.id, TaskKind.CALL, due_at))
    clock.move(timedelta(hours=1))
    done = await run(factory, runner, "wake_task")
    assert done.failure is None
    async with factory.read() as tx:
        assert (await tx.session.scalars(select(Account.due_rank))).one() == 1
