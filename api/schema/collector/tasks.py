"""What is to be done next."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.schema.collector import customers
from api.schema.collector.lazy import LazyCustomer
from api.schema.collector.members import Member
from api.schema.collector.nodes import Node
from api.schema.permissions import needs
from cartera.db.queries import members
from cartera.db.tables import activities as tables
from cartera.rules.activities import TaskKind, TaskState
from cartera.rules.permissions import Scope


@strawberry.type(description="What is to be done next, by whom, when.")
class Task(Node):
    customer_key: strawberry.Private[UUID]
    assignee_key: strawberry.Private[UUID | None]
    kind: TaskKind
    due_at: datetime
    state: TaskState
    note: str | None

    @classmethod
    def of(cls, row: tables.Task) -> Task:
        return cls(
            key=row.id,
            customer_key=row.customer_id,
            assignee_key=row.assignee_id,
            kind=TaskKind(row.kind),
            due_at=row.due_at,
            state=TaskState(row.state),
            note=row.note,
        )

    @needs(Scope.CUSTOMERS_READ)
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.customer_key)

    @needs(Scope.ACTIVITIES_READ)
    async def assignee(self, info: Info) -> Member | None:
        if self.assignee_key is None:
            return None
        found = await info.context.load(members.by_ids, self.assignee_key)
        return Member.of(found) if found else None
