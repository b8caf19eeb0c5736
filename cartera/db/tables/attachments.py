"""Files that hang on a noun's row; their content lies in object storage under the attachment's id."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from cartera.db.base import Base, Row, belongs_to, check, index, one_of
from cartera.rules.attachments import MediaType

# What a file may hang on.
NOUNS = ("dispute",)


class Attachment(Row, Base):
    __tablename__ = "attachment"
    __table_args__ = (
        belongs_to("attachment", "customer_id", "customer"),
        one_of("attachment", "noun", NOUNS),
        one_of("attachment", "media_type", MediaType),
        check("attachment", "size", "size_bytes > 0"),
        index("attachment", "noun", "noun_id", "created_at"),
    )

    noun: Mapped[str]
    noun_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    file_name: Mapped[str]
    media_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[bytes]
    actor: Mapped[str]
    created_at: Mapped[datetime]
    # Hidden from then on; the file itself stays, since the audit log names it.
    removed_at: Mapped[datetime | None]
