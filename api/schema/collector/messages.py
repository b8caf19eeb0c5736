"""Messages to customers, planned, held and sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import strawberry

from api.context import Info
from api.errors import say
from api.schema.collector.fields import column
from api.schema.collector.nodes import Node
from api.schema.permissions import needs
from api.selection.kinds import Finished
from cartera.db.tables import messages as tables
from cartera.errors import Problem
from cartera.rules.messages import Channel, HoldRule, MessageState, Template
from cartera.rules.permissions import Scope


def held_reason_of(facts: Mapping[str, Any], info: Info) -> str | None:
    """What holds a message, in the caller's language."""
    rule = facts["held_by"]
    return say(Problem(f"HELD_{HoldRule(rule).name}"), info.context.actor.language) if rule else None


@strawberry.type(description="A message to a customer, with what became of it.")
class Message(Node):
    identified_by: ClassVar[Any] = tables.Message.id
    row: strawberry.Private[tables.Message]
    channel: Channel = column(tables.Message.channel, Channel)
    template: Template = column(tables.Message.template, Template)
    state: MessageState = column(tables.Message.state, MessageState)
    planned_for: datetime = column(tables.Message.planned_for)
    sent_at: datetime | None = column(tables.Message.sent_at)
    held_by: HoldRule | None = column(
        tables.Message.held_by, HoldRule, description="The rule that held or cancelled it."
    )
    subject: str | None = column(tables.Message.subject)
    sent_to: str | None = column(tables.Message.sent_to)
    failure: str | None = column(tables.Message.failure)

    @classmethod
    def of(cls, row: tables.Message) -> Message:
        return cls(key=row.id, row=row)

    @needs(
        Scope.MESSAGES_READ,
        "Why it has not left, in the caller's language.",
        reads=Finished((tables.Message.held_by,), held_reason_of),
    )
    async def held_reason(self, info: Info) -> str | None:
        return held_reason_of({"held_by": self.row.held_by}, info)
