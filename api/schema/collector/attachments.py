"""Files that hang on a dispute."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import strawberry

from api.context import Info
from api.schema import ids
from api.schema.collector.actors import Actor, actor_of
from api.schema.collector.fields import column
from api.schema.collector.nodes import Node
from api.schema.permissions import needs, reads_from
from api.selection.kinds import Told, id_text
from cartera.db.statements import constant
from cartera.db.tables import attachments as tables
from cartera.rules.permissions import Scope


@strawberry.type(description="A file; `url` gives it to whoever sees what it hangs on.")
class Attachment(Node):
    identified_by: ClassVar[Any] = tables.Attachment.id
    row: strawberry.Private[tables.Attachment]
    file_name: str = column(tables.Attachment.file_name)
    media_type: str = column(tables.Attachment.media_type)
    size_bytes: int = column(tables.Attachment.size_bytes)
    created_at: datetime = column(tables.Attachment.created_at)

    @classmethod
    def of(cls, row: tables.Attachment) -> Attachment:
        return cls(key=row.id, row=row)

    @reads_from(
        Told(lambda at, build: constant("/attachments/") + id_text("Attachment", at[tables.Attachment.id]))
    )
    def url(self) -> str:
        return f"/attachments/{ids.encode('Attachment', self.key)}"

    @needs(Scope.RECEIVABLES_READ)
    async def actor(self, info: Info) -> Actor:
        return await actor_of(info, self.row.actor)
