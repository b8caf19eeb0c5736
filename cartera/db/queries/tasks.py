"""Tasks as the services read them, for whoever holds the account's lock."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from cartera.db.queries.among import among
from cartera.db.queries.visibility import visible
from cartera.db.session import Tx
from cartera.db.tables.activities import Task
from cartera.db.tables.customers import Customer
from cartera.db.tables.organizations import Member
from cartera.db.tables.outbox import AuditEntry
from cartera.errors import NotFound
from cartera.rules.activities import TaskKind, TaskState


async def subject_of(tx: Tx, task_id: UUID) -> UUID:
    """The customer whom a task concerns. Raises NotFound for what the actor cannot see."""
    customer_id = await tx.session.scalar(
        select(Task.customer_id)
        .join(Customer, Customer.id == Task.customer_id)
        .where(Task.id == task_id, visible(tx))
    )
    if customer_id is None:
        raise NotFound("task", "taskId")
    return customer_id


async def open_tasks(tx: Tx, customers: Collection[UUID], kinds: Collection[TaskKind]) -> list[Task]:
    """Open tasks of these kinds, as they are now."""
    return list(
        await tx.session.scalars(
            select(Task)
            .where(among(Task.customer_id, customers), Task.state == TaskState.OPEN, Task.kind.in_(kinds))
            .order_by(Task.due_at, Task.id)
            .execution_options(populate_existing=True)
        )
    )


async def collectors_of(tx: Tx, customers: Collection[UUID]) -> dict[UUID, UUID | None]:
    """By customer, the member who collects from it."""
    rows = await tx.session.execute(
        select(Customer.id, Customer.collector_id).where(Customer.id.in_(customers))
    )
    return {row.id: row.collector_id for row in rows}


async def closed_by(tx: Tx, task_id: UUID) -> str | None:
    """The name of the member who closed a task; None when the system did."""
    actor = await tx.session.scalar(
        select(AuditEntry.actor)
        .where(AuditEntry.noun == "task", AuditEntry.noun_id == task_id, AuditEntry.action != "task.schedule")
        .order_by(AuditEntry.happened_at.desc())
        .limit(1)
    )
    kind, _, key = (actor or "").partition(":")
    if kind != "member":
        return None
    return await tx.session.scalar(select(Member.name).where(Member.id == UUID(key)))
