"""What was done with a customer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.schema.collector.members import Member
from api.schema.collector.nodes import Node
from api.schema.permissions import needs
from cartera.db.queries import members
from cartera.db.tables import activities as tables
from cartera.rules.activities import ActivityKind, ActivityOutcome
from cartera.rules.permissions import Scope


@strawberry.type(description="A call, a visit, a note: what was done, never edited.")
class Activity(Node):
    member_key: strawberry.Private[UUID | None]
    kind: ActivityKind
    outcome: ActivityOutcome
    happened_at: datetime
    note: str | None

    @classmethod
    def of(cls, row: tables.Activity) -> Activity:
        return cls(
            key=row.id,
            member_key=row.member_id,
            kind=ActivityKind(row.kind),
            outcome=ActivityOutcome(row.outcome),
            happened_at=row.happened_at,
            note=row.note,
        )

    @needs(Scope.ACTIVITIES_READ, "Who did it; null: not a member.")
    async def member(self, info: Info) -> Member | None:
        found = await info.context.load(members.by_ids, self.member_key) if self.member_key else None
        return Member.of(found) if found else None
