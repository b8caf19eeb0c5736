"""Logging what was done."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from api.context import Info
from api.resolvers.collector.reading import customer_after, row_after
from api.schema import ids
from api.schema.collector.activities import Activity
from api.schema.collector.customers import Customer
from api.schema.collector.errors import UserErrors, does
from api.schema.collector.tasks import Task
from cartera.db.tables import activities as tables
from cartera.rules.activities import ActivityKind, ActivityOutcome, TaskKind
from cartera.rules.permissions import Scope
from cartera.services import activities as services


@strawberry.input
class NextActionInput:
    kind: TaskKind
    due_at: datetime
    note: str | None = None


@strawberry.input
class ActivityLogInput:
    idempotency_key: str
    customer_id: strawberry.ID
    kind: ActivityKind
    outcome: ActivityOutcome
    contact_id: strawberry.ID | None = None
    note: str | None = None
    happened_at: datetime | None = strawberry.field(default=None, description="Now, unless told.")
    next_action: NextActionInput | None = None


@strawberry.type
class ActivityLogSuccess:
    activity: Activity
    task: Task | None
    customer: Customer
    replayed: bool


ActivityLogResult = Annotated[ActivityLogSuccess | UserErrors, strawberry.union("ActivityLogResult")]


@strawberry.type
class ActivityMutations:
    @does(Scope.ACTIVITIES_WRITE, "Log a call, a visit or a note, with the next action if there is one.")
    async def activity_log(self, info: Info, input: ActivityLogInput) -> ActivityLogResult:
        new = _new(input)
        async with info.context.write() as tx:
            logged = await services.log_activity(tx, new)
        activity = await row_after(info, tables.Activity, logged.activity_id)
        task = await row_after(info, tables.Task, logged.task_id) if logged.task_id else None
        return ActivityLogSuccess(
            activity=Activity.of(activity),
            task=Task.of(task) if task else None,
            customer=await customer_after(info, new.customer_id),
            replayed=logged.replayed,
        )


def _new(input: ActivityLogInput) -> services.NewActivity:
    after = input.next_action
    return services.NewActivity(
        customer_id=ids.decode(input.customer_id, "Customer", "customerId"),
        kind=input.kind,
        outcome=input.outcome,
        contact_id=ids.decode(input.contact_id, "Contact", "contactId") if input.contact_id else None,
        note=input.note,
        happened_at=input.happened_at,
        next_action=services.NextAction(after.kind, after.due_at, after.note) if after else None,
        idempotency_key=input.idempotency_key,
    )
