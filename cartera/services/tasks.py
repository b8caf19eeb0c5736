"""Tasks: what is to be done next, by whom, when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from cartera.db.base import new_id
from cartera.db.outbox import tell_screens
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.locks import lock
from cartera.db.queries.tasks import closed_by, collectors_of, open_tasks, subject_of
from cartera.db.session import WriteTx
from cartera.db.tables.activities import Task
from cartera.errors import refuse
from cartera.rules.activities import FOLLOW_UPS, LATEST_TASK_DAYS, TaskKind, TaskState
from cartera.rules.outbox import ChangeKind, Lane
from cartera.rules.permissions import Role, Scope


@dataclass(frozen=True, slots=True)
class NewTask:
    customer_id: UUID
    kind: TaskKind
    due_at: datetime
    note: str | None = None


async def schedule_task(tx: WriteTx, new: NewTask) -> UUID:
    """Set the customer's next action; follow-ups whose hour has come make way for it. Returns the task's id.

    Refused: TASK_IN_PAST, TASK_TOO_FAR, NOT_FOUND.
    """
    tx.actor.require(Scope.ACTIVITIES_WRITE)
    check_due(tx, new.due_at, "dueAt")
    await lock(tx, customers=[new.customer_id])
    await close_follow_ups(tx, new.customer_id, TaskState.CANCELLED, until=tx.now)
    task = await add_task(tx, new)
    await refresh_accounts(tx, [new.customer_id])
    return task.id


async def complete_task(tx: WriteTx, task_id: UUID) -> None:
    """Refused: TASK_NOT_OPEN (with ``by``, the name of who closed it, where a member did), NOT_FOUND."""
    tx.actor.require(Scope.ACTIVITIES_WRITE)
    customer_id = await subject_of(tx, task_id)
    await lock(tx, customers=[customer_id])
    found = [task for task in await open_tasks(tx, [customer_id], list(TaskKind)) if task.id == task_id]
    if not found:
        raise refuse("TASK_NOT_OPEN", "taskId", by=await closed_by(tx, task_id))
    _close(tx, found[0], TaskState.DONE)
    await refresh_accounts(tx, [customer_id])


async def wake_task(tx: WriteTx, task_id: UUID) -> None:
    """The hour of a task has come: its customer takes its place in the order, and screens show it."""
    customer_id = await subject_of(tx, task_id)
    await lock(tx, customers=[customer_id])
    await refresh_accounts(tx, [customer_id])
    tell_screens(tx, ChangeKind.TASK, task_id, customer_id)


def check_due(tx: WriteTx, due_at: datetime, *path: str) -> None:
    """Refuse a task's time on an earlier day than today, or more than a year ahead."""
    day = due_at.astimezone(ZoneInfo(tx.organization.time_zone)).date()
    if day < tx.today:
        raise refuse("TASK_IN_PAST", *path, today=tx.today.isoformat())
    latest = tx.today + timedelta(days=LATEST_TASK_DAYS)
    if day > latest:
        raise refuse("TASK_TOO_FAR", *path, latest=latest.isoformat())


async def add_task(tx: WriteTx, new: NewTask) -> Task:
    """Add a task under the account's lock, and have its customer wake when its hour comes.

    It falls to the collector who adds it; else to the customer's collector; else to who adds it.
    """
    assignee_id = tx.actor.member_id
    if tx.actor.role is not Role.COLLECTOR:
        assignee_id = (await collectors_of(tx, [new.customer_id])).get(new.customer_id) or assignee_id
    task = _task(tx, new, assignee_id)
    tx.audit(
        "task.schedule",
        "task",
        task.id,
        customer_id=new.customer_id,
        after={"kind": new.kind, "due_at": new.due_at.isoformat()},
    )
    if new.due_at > tx.now:
        tx.later(Lane.INTERACTIVE, "wake_task", key=str(task.id), run_at=new.due_at, task_id=str(task.id))
    return task


async def close_follow_ups(tx: WriteTx, customer_id: UUID, state: TaskState, *, until: datetime) -> None:
    """Close the customer's open calls, e-mails, visits and follow-ups that are due by ``until``."""
    for task in await open_tasks(tx, [customer_id], FOLLOW_UPS):
        if task.due_at <= until:
            _close(tx, task, state)


async def open_review(tx: WriteTx, customers: Collection[UUID], kind: TaskKind) -> None:
    """Ask a person to look at these customers now, once each: an open task of the kind is enough."""
    if not customers:
        return
    asked = {task.customer_id for task in await open_tasks(tx, customers, [kind])}
    collectors = await collectors_of(tx, customers)
    for customer_id in sorted(set(customers) - asked):
        _task(tx, NewTask(customer_id, kind, tx.now), collectors.get(customer_id))


async def note_review(tx: WriteTx, customer_id: UUID, kind: TaskKind, note: str) -> None:
    """Add a line to what an open review of a kind says."""
    await tx.session.flush()
    for task in await open_tasks(tx, [customer_id], [kind]):
        task.note = f"{task.note}\n{note}" if task.note else note
        tell_screens(tx, ChangeKind.TASK, task.id, task.customer_id)


def ask_review(tx: WriteTx, new: NewTask, assignee_id: UUID | None) -> Task:
    """Ask this member to look at something, under the account's lock; whoever calls sees to it: once."""
    return _task(tx, new, assignee_id)


async def close_review(tx: WriteTx, customer_id: UUID, kind: TaskKind, task_id: UUID) -> None:
    """Close one review whose reason has gone, unless somebody has already."""
    for task in await open_tasks(tx, [customer_id], [kind]):
        if task.id == task_id:
            _close(tx, task, TaskState.DONE)


async def close_reviews(tx: WriteTx, customers: Collection[UUID], kind: TaskKind) -> None:
    """Close reviews of a kind whose reason has gone; one that a person has set for later stays."""
    for task in await open_tasks(tx, customers, [kind]):
        if task.due_at <= tx.now:
            _close(tx, task, TaskState.DONE)


async def cancel_task(
    tx: WriteTx, customer_id: UUID, kind: TaskKind, *, note: str, created_at: datetime
) -> None:
    """Cancel the open task of the kind that was added at that moment with that note, if it still is."""
    for task in await open_tasks(tx, [customer_id], [kind]):
        if (task.note, task.created_at) == (note, created_at):
            _close(tx, task, TaskState.CANCELLED)
            return


def _task(tx: WriteTx, new: NewTask, assignee_id: UUID | None) -> Task:
    task = Task(
        organization_id=tx.organization_id,
        id=new_id(),
        customer_id=new.customer_id,
        assignee_id=assignee_id,
        kind=new.kind,
        due_at=new.due_at,
        state=TaskState.OPEN,
        note=new.note,
        created_at=tx.now,
        done_at=None,
    )
    tx.session.add(task)
    tell_screens(tx, ChangeKind.TASK, task.id, task.customer_id)
    return task


def _close(tx: WriteTx, task: Task, state: TaskState) -> None:
    task.state = state
    task.done_at = tx.now
    tx.audit(f"task.{state}", "task", task.id, customer_id=task.customer_id, after={"kind": task.kind})
    tell_screens(tx, ChangeKind.TASK, task.id, task.customer_id)
