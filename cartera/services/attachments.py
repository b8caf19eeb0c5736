"""Attachments: note that a file hangs on a dispute, and take it away again.

The file itself is stored before and fetched by whoever serves it; rows alone are changed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cartera.db.outbox import tell_screens
from cartera.db.queries import attachments as queries
from cartera.db.queries.disputes import subject_of
from cartera.db.queries.locks import lock
from cartera.db.session import Tx, WriteTx
from cartera.db.tables.attachments import Attachment
from cartera.errors import refuse
from cartera.rules.attachments import MAX_BYTES, MAX_FILES, MediaType, safe_name
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Scope

NOUN = "dispute"


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file that has been stored under ``attachment_id``; ``sha256`` and ``size`` are its content's."""

    attachment_id: UUID
    dispute_id: UUID
    file_name: str
    media_type: MediaType
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Attached:
    """``is_new`` is False where the same content hung there already, under ``attachment_id``."""

    attachment_id: UUID
    is_new: bool


async def check_attachable(tx: Tx, dispute_id: UUID) -> None:
    """Before a file is taken in: refuse who may not attach it, and where it may not hang (NOT_FOUND)."""
    tx.actor.require(Scope.DISPUTES_WRITE)
    await subject_of(tx, dispute_id)


async def attach(tx: WriteTx, new: NewAttachment) -> Attached:
    """Hang a file on a dispute; the same content hangs there once. Refused: TOO_MANY_FILES, NOT_FOUND."""
    tx.actor.require(Scope.DISPUTES_WRITE)
    customer_id, _ = await subject_of(tx, new.dispute_id)
    await lock(tx, customers=[customer_id])
    there = await queries.of_row(tx, NOUN, new.dispute_id)
    same = next((row for row in there if row.sha256 == new.sha256), None)
    if same is not None:
        return Attached(same.id, is_new=False)
    if len(there) >= MAX_FILES:
        raise refuse("TOO_MANY_FILES", "file", most=MAX_FILES)
    assert 0 < new.size <= MAX_BYTES, "whoever takes files in has measured them"
    row = Attachment(
        organization_id=tx.organization_id,
        id=new.attachment_id,
        noun=NOUN,
        noun_id=new.dispute_id,
        customer_id=customer_id,
        file_name=safe_name(new.file_name, new.media_type),
        media_type=new.media_type,
        size_bytes=new.size,
        sha256=new.sha256,
        actor=str(tx.actor),
        created_at=tx.now,
        removed_at=None,
    )
    tx.session.add(row)
    tx.audit("dispute.attach", NOUN, row.noun_id, customer_id=customer_id, after=_facts(row))
    tell_screens(tx, ChangeKind.DISPUTE, row.noun_id, customer_id)
    return Attached(row.id, is_new=True)


async def remove(tx: WriteTx, attachment_id: UUID) -> UUID:
    """Hide a file from its dispute, whose id is returned. Refused: NOT_FOUND, where it was removed too."""
    tx.actor.require(Scope.DISPUTES_WRITE)
    customer_id = (await queries.found(tx, attachment_id)).customer_id
    await lock(tx, customers=[customer_id])
    row = await queries.found(tx, attachment_id)
    await subject_of(tx, row.noun_id)
    row.removed_at = tx.now
    tx.audit("dispute.detach", NOUN, row.noun_id, customer_id=customer_id, before=_facts(row))
    tell_screens(tx, ChangeKind.DISPUTE, row.noun_id, customer_id)
    return row.noun_id


def _facts(row: Attachment) -> dict[str, Any]:
    return {
        "attachment_id": str(row.id),
        "file_name": row.file_name,
        "size_bytes": row.size_bytes,
        "sha256": row.sha256.hex(),
    }
