"""A reminder by hand."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.resolvers.collector.reading import row_after
from api.schema import ids
from api.schema.collector.errors import UserErrors, does
from api.schema.collector.messages import Message
from cartera.db.tables import messages as tables
from cartera.rules.permissions import Scope
from cartera.services import reminders as services


@strawberry.input
class ReminderSendInput:
    idempotency_key: str
    customer_id: strawberry.ID


@strawberry.type
class ReminderSendSuccess:
    message: Message
    replayed: bool


ReminderSendResult = Annotated[ReminderSendSuccess | UserErrors, strawberry.union("ReminderSendResult")]


@strawberry.type
class ReminderMutations:
    @does(Scope.MESSAGES_WRITE, "Plan a reminder for now; what is true when it leaves still decides.")
    async def reminder_send(self, info: Info, input: ReminderSendInput) -> ReminderSendResult:
        customer_id = ids.decode(input.customer_id, "Customer", "customerId")
        async with info.context.write() as tx:
            planned = await services.plan_reminder_now(tx, customer_id, input.idempotency_key)
        message = Message.of(await row_after(info, tables.Message, planned.message_id))
        return ReminderSendSuccess(message=message, replayed=planned.replayed)
