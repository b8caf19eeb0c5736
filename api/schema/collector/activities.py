"""What was done with a customer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import strawberry

from api.context import Info
from api.schema.collector import sources
from api.schema.collector.fields import column
from api.schema.collector.members import Member
from api.schema.collector.nodes import Node
from api.schema.permissions import needs
from cartera.db.queries import members
from cartera.db.tables import activities as tables
from cartera.rules.activities import ActivityKind, ActivityOutcome
from cartera.rules.permissions import Scope


@strawberry.type(description="A call, a visit, a note: what was done, never edited.")
class Activity(Node):
    identified_by: ClassVar[Any] = tables.Activity.id
    row: strawberry.Private[tables.Activity]
    kind: ActivityKind = column(tables.Activity.kind, ActivityKind)
    outcome: ActivityOutcome = column(tables.Activity.outcome, ActivityOutcome)
    happened_at: datetime = column(tables.Activity.happened_at)
    note: str | None = column(tables.Activity.note)

    @classmethod
    def of(cls, row: tables.Activity) -> Activity:
        return cls(key=row.id, row=row)

    @needs(
        Scope.ACTIVITIES_READ,
        "Who did it; null: not a member.",
        reads=sources.member(tables.Activity.member_id),
    )
    async def member(self, info: Info) -> Member | None:
        found = await info.context.load(members.by_ids, self.row.member_id) if self.row.member_id else None
        return Member.of(found) if found else None
