from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.base import new_id
from cartera.db.tables.accounts import Account
from cartera.db.tables.activities import Task
from cartera.db.tables.customers import Customer
from cartera.db.tables.outbox import Outbox
from cartera.errors import Refused
from cartera.rules.activities import TaskKind
from cartera.services.tasks import NewTask, complete_task, open_review, schedule_task, wake_task
from tests.factories import Factory
from tests.services.books import refused, row


async def schedule(factory: Factory, new: NewTask, actor: Actor | None = None) -> UUID:
    async with factory.write(actor) as tx:
        return await schedule_task(tx, new)


async def account(factory: Factory, customer: Customer) -> Account:
    async with factory.read() as tx:
        return (await tx.session.scalars(select(Account).where(Account.customer_id == customer.id))).one()


async def test_a_task_falls_to_the_collector_who_sets_it_or_to_the_customers(factory: Factory) -> None:
    own, mate = await factory.actor("collector"), await factory.actor("collector")
    manager, seller = await factory.actor("manager"), await factory.actor("salesperson")
    theirs = await factory.customer(collector_id=own.member_id, salesperson_id=seller.member_id)
    nobodys = await factory.customer()
    due_at = factory.now + timedelta(days=1)
    assignees = []
    for customer, actor in ((theirs, own), (theirs, manager), (theirs, seller), (nobodys, manager)):
        task_id = await schedule(factory, NewTask(customer.id, TaskKind.CALL, due_at), actor)
        assignees.append((await row(factory, Task, task_id)).assignee_id)
    assert assignees == [own.member_id, own.member_id, own.member_id, manager.member_id]
    assert mate.member_id not in assignees


async def test_a_follow_up_comes_first_once_its_hour_has_come(factory: Factory) -> None:
    customer = await factory.customer()
    due_at = factory.now + timedelta(hours=2)
    task_id = await schedule(factory, NewTask(customer.id, TaskKind.CALL, due_at))
    assert (await account(factory, customer)).due_rank == 0
    async with factory.read() as tx:
        wake = (await tx.session.scalars(select(Outbox).where(Outbox.kind == "wake_task"))).one()
    assert (wake.run_at, wake.payload) == (due_at, {"task_id": str(task_id)})

    factory.now = due_at
    async with factory.write() as tx:
        await wake_task(tx, task_id)

    assert (await account(factory, customer)).due_rank == 1


async def test_setting_another_time_puts_off_what_is_due_but_not_what_is_to_come(factory: Factory) -> None:
    customer = await factory.customer()
    soon = await schedule(factory, NewTask(customer.id, TaskKind.CALL, factory.now + timedelta(hours=1)))
    review = await schedule(
        factory, NewTask(customer.id, TaskKind.REVIEW_PROMISE, factory.now + timedelta(hours=1))
    )
    far = await schedule(factory, NewTask(customer.id, TaskKind.VISIT, factory.now + timedelta(days=9)))
    factory.now += timedelta(hours=1)
    snoozed = await schedule(factory, NewTask(customer.id, TaskKind.CALL, factory.now + timedelta(days=2)))
    states = [(await row(factory, Task, task_id)).state for task_id in (soon, review, far, snoozed)]
    assert states == ["cancelled", "open", "open", "open"]


@pytest.mark.parametrize(
    ("due_at", "code"),
    [
        (datetime(2026, 11, 16, 5, 59, tzinfo=UTC), "TASK_IN_PAST"),  # 23:59 of the 15th in Mexico City
        (datetime(2027, 11, 18, 6, 0, tzinfo=UTC), "TASK_TOO_FAR"),
    ],
)
async def test_a_task_lies_between_today_and_a_year_from_now(
    factory: Factory, manager: Actor, due_at: datetime, code: str
) -> None:
    customer = await factory.customer()
    async with refused(factory, code, "dueAt"):
        await schedule(factory, NewTask(customer.id, TaskKind.CALL, due_at), manager)


async def test_a_task_for_earlier_today_is_due_at_once(factory: Factory) -> None:
    customer = await factory.customer()
    await schedule(factory, NewTask(customer.id, TaskKind.CALL, datetime(2026, 11, 16, 6, 0, tzinfo=UTC)))
    assert (await account(factory, customer)).due_rank == 1


async def test_a_task_is_completed_once_and_a_second_try_hears_by_whom(
    factory: Factory, manager: Actor
) -> None:
    customer = await factory.customer()
    ana = await factory.actor("manager", name="Ana Torres")
    task_id = await schedule(factory, NewTask(customer.id, TaskKind.CALL, factory.now))
    async with factory.write(ana) as tx:
        await complete_task(tx, task_id)
    task = await row(factory, Task, task_id)
    assert (task.state, task.done_at) == ("done", factory.now)
    assert (await account(factory, customer)).next_action_at is None
    async with refused(factory, "TASK_NOT_OPEN", "taskId"), factory.write(manager) as tx:
        await complete_task(tx, task_id)
    with pytest.raises(Refused) as caught:
        async with factory.write(manager) as tx:
            await complete_task(tx, task_id)
    assert caught.value.problems[0].facts == {"by": "Ana Torres"}


async def test_what_the_system_closed_names_nobody(factory: Factory, manager: Actor) -> None:
    customer = await factory.customer()
    task_id = await schedule(factory, NewTask(customer.id, TaskKind.CALL, factory.now))
    async with factory.write() as tx:
        await complete_task(tx, task_id)
    with pytest.raises(Refused) as caught:
        async with factory.write(manager) as tx:
            await complete_task(tx, task_id)
    assert caught.value.problems[0].facts == {"by": None}


async def test_foreign_tasks_and_rights_that_lack_are_refused(factory: Factory) -> None:
    customer = await factory.customer()
    task_id = await schedule(factory, NewTask(customer.id, TaskKind.CALL, factory.now))
    collector, viewer = await factory.actor("collector"), await factory.actor("viewer")
    for foreign in (task_id, new_id()):
        async with refused(factory, "NOT_FOUND", "taskId"), factory.write(collector) as tx:
            await complete_task(tx, foreign)
    async with refused(factory, "NOT_PERMITTED"), factory.write(viewer) as tx:
        await complete_task(tx, task_id)
    async with refused(factory, "NOT_FOUND", "customerId"):
        await schedule(factory, NewTask(customer.id, TaskKind.CALL, factory.now), collector)


async def test_a_review_is_asked_for_once(factory: Factory) -> None:
    collector = await factory.member("collector")
    customers = [await factory.customer(collector_id=collector.id), await factory.customer()]
    for _ in range(2):
        async with factory.write() as tx:
            await open_review(tx, [customer.id for customer in customers], TaskKind.REVIEW_PAYMENT)
    async with factory.read() as tx:
        tasks = {task.customer_id: task for task in await tx.session.scalars(select(Task))}
        assert len(tasks) == 2
    assert [tasks[customer.id].assignee_id for customer in customers] == [collector.id, None]
    assert {(task.kind, task.state, task.due_at) for task in tasks.values()} == {
        ("review_payment", "open", factory.now)
    }
