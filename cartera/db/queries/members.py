"""Members of the organization."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from cartera.db.session import Tx
from cartera.db.tables.organizations import Member


async def by_ids(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Member]:
    rows = await tx.session.scalars(select(Member).where(Member.id.in_(ids)))
    return {row.id: row for row in rows}


async def active(tx: Tx) -> Sequence[Member]:
    """Everybody who may enter, by name."""
    rows = await tx.session.scalars(select(Member).where(Member.is_active).order_by(Member.name, Member.id))
    return rows.all()
