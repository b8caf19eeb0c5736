"""Whom customers are assigned to: from today on, so that figures of days before stay as they were."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from cartera.checks import check_count
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.assignments import active_member, add_history, locked_customers
from cartera.db.queries.customers import by_ids
from cartera.db.queries.locks import lock
from cartera.db.queries.tasks import open_tasks
from cartera.db.session import WriteTx
from cartera.db.tables.customers import Customer
from cartera.errors import NotFound, refuse
from cartera.rules.activities import TaskKind
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Role, Scope

_COLLECT = frozenset({Role.COLLECTOR, Role.MANAGER, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class NewAssignment:
    """``collector_id``: who collects from these customers from today on; None: nobody."""

    customer_ids: Collection[UUID]
    collector_id: UUID | None
    idempotency_key: str | None = None


async def assign_customers(tx: WriteTx, new: NewAssignment) -> bool:
    """Give customers another collector; open tasks of the one before go along. Returns whether it replayed.

    Refused: NO_CUSTOMERS, TOO_MANY, NOT_A_COLLECTOR, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.CUSTOMERS_WRITE)
    # Whose customers they are decides what collectors see and are measured by: none decides it alone.
    tx.actor.require(Scope.BOOKS_WRITE)
    check_count(new.customer_ids, "customerIds")
    new = replace(new, customer_ids=tuple(sorted(set(new.customer_ids))))
    if await earlier(tx, "assign_customers", new.idempotency_key, new) is not None:
        return True
    await _check(tx, new)
    await lock(tx, customers=new.customer_ids)
    customers = await locked_customers(tx, new.customer_ids)
    moved = [customer for customer in customers if customer.collector_id != new.collector_id]
    await _hand_over_tasks(tx, moved, new.collector_id)
    for customer in moved:
        _assign(tx, customer, new.collector_id)
    await tx.session.flush()
    await refresh_accounts(tx, [customer.id for customer in moved])
    await remember(tx, "assign_customers", new.idempotency_key)
    return False


async def _check(tx: WriteTx, new: NewAssignment) -> None:
    if not new.customer_ids:
        raise refuse("NO_CUSTOMERS", "customerIds")
    if new.collector_id is not None:
        collector = await active_member(tx, new.collector_id)
        if collector is None:
            raise NotFound("member", "collectorId")
        if Role(collector.role) not in _COLLECT:
            raise refuse("NOT_A_COLLECTOR", "collectorId", name=collector.name)
    if len(await by_ids(tx, new.customer_ids)) < len(new.customer_ids):
        raise NotFound("customer", "customerIds")


async def _hand_over_tasks(tx: WriteTx, customers: Collection[Customer], collector_id: UUID | None) -> None:
    """What was to be done by the collector of before, or by nobody yet; other people's tasks stay theirs."""
    before = {customer.id: customer.collector_id for customer in customers}
    for task in await open_tasks(tx, before.keys(), list(TaskKind)):
        if task.assignee_id == before[task.customer_id]:
            task.assignee_id = collector_id


def _assign(tx: WriteTx, customer: Customer, collector_id: UUID | None) -> None:
    before, customer.collector_id = customer.collector_id, collector_id
    customer.updated_at = tx.now
    add_history(tx, customer)
    tx.audit(
        "customer.assign" if collector_id else "customer.unassign",
        "customer",
        customer.id,
        customer_id=customer.id,
        before={"collector_id": str(before) if before else None},
        after={"collector_id": str(collector_id) if collector_id else None},
    )
    tell_screens(tx, ChangeKind.CUSTOMER, customer.id, customer.id)
