"""Attachments by their ids, and those of one row."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from cartera.db.queries.visibility import visible
from cartera.db.session import Tx
from cartera.db.tables.attachments import Attachment
from cartera.db.tables.customers import Customer
from cartera.errors import NotFound


async def by_ids(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Attachment]:
    """Those in the actor's sight that have not been removed."""
    rows = await tx.session.scalars(
        seen(tx, Attachment).where(Attachment.id.in_(ids)).execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


def seen(tx: Tx, *columns: Any) -> Select[Any]:
    """Those that have not been removed."""
    return (
        select(*columns)
        .select_from(Attachment)
        .join(Customer, Customer.id == Attachment.customer_id)
        .where(Attachment.removed_at.is_(None), visible(tx))
    )


async def found(tx: Tx, attachment_id: UUID) -> Attachment:
    """Raises NotFound for what is not there, was removed, or is out of the actor's sight, all alike."""
    row = (await by_ids(tx, [attachment_id])).get(attachment_id)
    if row is None:
        raise NotFound("attachment", "attachmentId")
    return row


async def of_row(tx: Tx, noun: str, noun_id: UUID) -> list[Attachment]:
    """What hangs on a row and has not been removed, for whoever holds the account's lock."""
    rows = await tx.session.scalars(
        select(Attachment)
        .where(Attachment.noun == noun, Attachment.noun_id == noun_id, Attachment.removed_at.is_(None))
        .order_by(Attachment.created_at, Attachment.id)
    )
    return list(rows)
