"""What is to be done next."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import strawberry

from api.context import Info
from api.schema.collector import customers, sources
from api.schema.collector.fields import column
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
    identified_by: ClassVar[Any] = tables.Task.id
    row: strawberry.Private[tables.Task]
    kind: TaskKind = column(tables.Task.kind, TaskKind)
    due_at: datetime = column(tables.Task.due_at)
    state: TaskState = column(tables.Task.state, TaskState)
    note: str | None = column(tables.Task.note)

    @classmethod
    def of(cls, row: tables.Task) -> Task:
        return cls(key=row.id, row=row)

    @needs(Scope.CUSTOMERS_READ, reads=sources.customer(tables.Task.customer_id))
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.row.customer_id)

    @needs(Scope.ACTIVITIES_READ, reads=sources.member(tables.Task.assignee_id))
    async def assignee(self, info: Info) -> Member | None:
        key = self.row.assignee_id
        found = await info.context.load(members.by_ids, key) if key else None
        return Member.of(found) if found else None
