"""Messages to customers, planned, held and sent."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.context import Info
from api.errors import say
from api.schema.collector.nodes import Node
from api.schema.permissions import needs
from cartera.db.tables import messages as tables
from cartera.errors import Problem
from cartera.rules.messages import Channel, HoldRule, MessageState, Template
from cartera.rules.permissions import Scope


@strawberry.type(description="A message to a customer, with what became of it.")
class Message(Node):
    channel: Channel
    template: Template
    state: MessageState
    planned_for: datetime
    sent_at: datetime | None
    held_by: HoldRule | None = strawberry.field(description="The rule that held or cancelled it.")
    subject: str | None
    sent_to: str | None
    failure: str | None

    @classmethod
    def of(cls, row: tables.Message) -> Message:
        return cls(
            key=row.id,
            channel=Channel(row.channel),
            template=Template(row.template),
            state=MessageState(row.state),
            planned_for=row.planned_for,
            sent_at=row.sent_at,
            held_by=HoldRule(row.held_by) if row.held_by else None,
            subject=row.subject,
            sent_to=row.sent_to,
            failure=row.failure,
        )

    @needs(Scope.MESSAGES_READ, "Why it has not left, in the caller's language.")
    async def held_reason(self, info: Info) -> str | None:
        if self.held_by is None:
            return None
        return say(Problem(f"HELD_{self.held_by.name}"), info.context.actor.language)
