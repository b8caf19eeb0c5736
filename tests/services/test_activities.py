from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.base import new_id
from cartera.db.tables.accounts import Account
from cartera.db.tables.activities import Activity, Task
from cartera.db.tables.customers import Contact, Customer
from cartera.rules.activities import ActivityKind, ActivityOutcome, TaskKind
from cartera.services.activities import ActivityLogged, NewActivity, NextAction, log_activity
from cartera.services.tasks import NewTask, schedule_task
from tests.factories import Factory
from tests.services.books import outbox, refused, row


def call(customer: Customer, outcome: ActivityOutcome = ActivityOutcome.REACHED) -> NewActivity:
    return NewActivity(customer.id, ActivityKind.CALL, outcome)


async def log(factory: Factory, new: NewActivity, actor: Actor | None = None) -> ActivityLogged:
    async with factory.write(actor) as tx:
        return await log_activity(tx, new)


async def schedule(factory: Factory, customer: Customer, due_at: datetime, kind: TaskKind) -> UUID:
    async with factory.write() as tx:
        return await schedule_task(tx, NewTask(customer.id, kind, due_at))


async def account(factory: Factory, customer: Customer) -> Account:
    async with factory.read() as tx:
        return (await tx.session.scalars(select(Account).where(Account.customer_id == customer.id))).one()


async def test_a_call_with_its_outcome_and_next_action(factory: Factory) -> None:
    collector = await factory.actor("collector")
    customer = await factory.customer(collector_id=collector.member_id)
    contact = await factory.contact(customer)
    monday = factory.now + timedelta(days=7)
    new = replace(
        call(customer, ActivityOutcome.CALL_BACK),
        contact_id=contact.id,
        note="Pide llamar el lunes",
        next_action=NextAction(TaskKind.CALL, monday, "Preguntar si pagaron"),
    )

    done = await log(factory, new, collector)

    activity = await row(factory, Activity, done.activity_id)
    assert (activity.kind, activity.outcome, activity.happened_at) == ("call", "call_back", factory.now)
    assert (activity.member_id, activity.contact_id) == (collector.member_id, contact.id)
    assert done.task_id is not None
    task = await row(factory, Task, done.task_id)
    assert (task.kind, task.due_at, task.state, task.note) == (
        "call",
        monday,
        "open",
        "Preguntar si pagaron",
    )
    assert task.assignee_id == collector.member_id
    found = await account(factory, customer)
    assert (found.last_contact_at, found.last_contact_kind) == (factory.now, "call")
    assert (found.next_action_at, found.next_action_kind, found.due_rank) == (monday, "call", 0)
    assert await outbox(factory, "wake_task") == [{"task_id": str(task.id)}]
    assert {change["change"] for change in await outbox(factory, "changed")} == {"activity", "task"}


async def test_being_in_touch_does_what_was_due_by_the_end_of_the_day(factory: Factory) -> None:
    customer = await factory.customer()
    tonight = datetime(2026, 11, 17, 5, 30, tzinfo=UTC)  # 23:30 in Mexico City, still the 16th
    tomorrow = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
    today = await schedule(factory, customer, tonight, TaskKind.VISIT)
    review = await schedule(factory, customer, tonight, TaskKind.REVIEW_PAYMENT)
    later = await schedule(factory, customer, tomorrow, TaskKind.CALL)

    await log(factory, call(customer, ActivityOutcome.NO_ANSWER))

    states = [(await row(factory, Task, task_id)).state for task_id in (today, review, later)]
    assert states == ["done", "open", "open"]


async def test_a_note_is_no_contact(factory: Factory) -> None:
    customer = await factory.customer()
    task_id = await schedule(factory, customer, factory.now + timedelta(hours=1), TaskKind.CALL)
    await log(factory, NewActivity(customer.id, ActivityKind.NOTE, note="Cambian de contador"))
    assert (await row(factory, Task, task_id)).state == "open"
    assert (await account(factory, customer)).last_contact_at is None


async def test_a_wrong_number_marks_the_contact(factory: Factory) -> None:
    customer = await factory.customer()
    contact = await factory.contact(customer, phone="+525555550101", phone_state="verified")
    await log(factory, replace(call(customer, ActivityOutcome.WRONG_NUMBER), contact_id=contact.id))
    assert (await row(factory, Contact, contact.id)).phone_state == "wrong"


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"happened_at": datetime(2026, 11, 16, 15, 0, 1, tzinfo=UTC)}, "ACTIVITY_IN_FUTURE", ["happenedAt"]),
        ({"kind": ActivityKind.NOTE}, "OUTCOME_OF_NOTE", ["outcome"]),
        ({"contact_id": new_id()}, "NOT_FOUND", ["contactId"]),
        (
            {"next_action": NextAction(TaskKind.CALL, datetime(2026, 11, 16, 5, 59, tzinfo=UTC))},
            "TASK_IN_PAST",
            ["nextAction", "dueAt"],
        ),
        (
            {"next_action": NextAction(TaskKind.CALL, datetime(2027, 11, 19, tzinfo=UTC))},
            "TASK_TOO_FAR",
            ["nextAction", "dueAt"],
        ),
    ],
)
async def test_what_cannot_be_logged(
    factory: Factory, manager: Actor, values: dict[str, object], code: str, path: list[str]
) -> None:
    customer = await factory.customer()
    async with refused(factory, code, *path):
        await log(factory, replace(call(customer), **values), manager)  # type: ignore[arg-type]  # cases


async def test_a_contact_of_somebody_else_is_as_good_as_missing(factory: Factory, manager: Actor) -> None:
    customer = await factory.customer()
    foreign = await factory.contact(await factory.customer())
    async with refused(factory, "NOT_FOUND", "contactId"):
        await log(factory, replace(call(customer), contact_id=foreign.id), manager)


async def test_viewers_log_nothing_and_salespeople_only_for_their_own(factory: Factory) -> None:
    customer = await factory.customer()
    async with refused(factory, "NOT_PERMITTED"):
        await log(factory, call(customer), await factory.actor("viewer"))
    seller = await factory.actor("salesperson")
    async with refused(factory, "NOT_FOUND", "customerId"):
        await log(factory, call(customer), seller)
    mine = await factory.customer(salesperson_id=seller.member_id)
    await log(factory, call(mine), seller)


async def test_a_replayed_key_answers_with_the_same_activity_and_task(
    factory: Factory, manager: Actor
) -> None:
    customer = await factory.customer()
    next_action = NextAction(TaskKind.CALL, factory.now + timedelta(days=2))
    new = replace(call(customer), next_action=next_action, idempotency_key="k")
    first = await log(factory, new, manager)
    assert await log(factory, new, manager) == replace(first, replayed=True)
    async with factory.read() as tx:
        assert len((await tx.session.scalars(select(Activity))).all()) == 1
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await log(factory, replace(new, note="otra cosa"), manager)


async def test_the_time_of_a_replay_may_differ_but_not_the_time_told(
    factory: Factory, manager: Actor
) -> None:
    customer = await factory.customer()
    new = replace(call(customer), idempotency_key="k")
    first = await log(factory, new, manager)
    factory.now += timedelta(hours=3)
    assert (await log(factory, new, manager)).activity_id == first.activity_id
