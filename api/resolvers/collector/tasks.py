"""Setting a customer's next action, and ticking it off."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from api.context import Info
from api.resolvers.collector.reading import customer_after, row_after
from api.schema import ids
from api.schema.collector.customers import Customer
from api.schema.collector.errors import UserErrors, does
from api.schema.collector.tasks import Task
from cartera.db.tables import activities as tables
from cartera.rules.activities import TaskKind
from cartera.rules.permissions import Scope
from cartera.services import tasks as services


@strawberry.input
class TaskScheduleInput:
    customer_id: strawberry.ID
    kind: TaskKind
    due_at: datetime
    note: str | None = None


@strawberry.type
class TaskScheduleSuccess:
    task: Task
    customer: Customer


@strawberry.input
class TaskCompleteInput:
    task_id: strawberry.ID


@strawberry.type
class TaskCompleteSuccess:
    task: Task
    customer: Customer


TaskScheduleResult = Annotated[TaskScheduleSuccess | UserErrors, strawberry.union("TaskScheduleResult")]
TaskCompleteResult = Annotated[TaskCompleteSuccess | UserErrors, strawberry.union("TaskCompleteResult")]


@strawberry.type
class TaskMutations:
    @does(Scope.ACTIVITIES_WRITE, "Set the next action; follow-ups whose hour has come make way for it.")
    async def task_schedule(self, info: Info, input: TaskScheduleInput) -> TaskScheduleResult:
        customer_id = ids.decode(input.customer_id, "Customer", "customerId")
        new = services.NewTask(customer_id, input.kind, input.due_at, input.note)
        async with info.context.write() as tx:
            task_id = await services.schedule_task(tx, new)
        task = Task.of(await row_after(info, tables.Task, task_id))
        return TaskScheduleSuccess(task=task, customer=await customer_after(info, customer_id))

    @does(Scope.ACTIVITIES_WRITE, "Tick an open task off.")
    async def task_complete(self, info: Info, input: TaskCompleteInput) -> TaskCompleteResult:
        task_id = ids.decode(input.task_id, "Task", "taskId")
        async with info.context.write() as tx:
            await services.complete_task(tx, task_id)
        row = await row_after(info, tables.Task, task_id)
        return TaskCompleteSuccess(task=Task.of(row), customer=await customer_after(info, row.customer_id))
