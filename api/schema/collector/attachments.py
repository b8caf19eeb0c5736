"""Files that hang on a dispute."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.context import Info
from api.schema import ids
from api.schema.collector.actors import Actor, actor_of
from api.schema.collector.nodes import Node
from api.schema.permissions import needs
from cartera.db.tables import attachments as tables
from cartera.rules.permissions import Scope


@strawberry.type(description="A file; `url` gives it to whoever sees what it hangs on.")
class Attachment(Node):
    file_name: str
    media_type: str
    size_bytes: int
    created_at: datetime
    by: strawberry.Private[str]

    @classmethod
    def of(cls, row: tables.Attachment) -> Attachment:
        return cls(
            key=row.id,
            file_name=row.file_name,
            media_type=row.media_type,
            size_bytes=row.size_bytes,
            created_at=row.created_at,
            by=row.actor,
        )

    @strawberry.field
    def url(self) -> str:
        return f"/attachments/{ids.encode('Attachment', self.key)}"

    @needs(Scope.RECEIVABLES_READ)
    async def actor(self, info: Info) -> Actor:
        return await actor_of(info, self.by)
