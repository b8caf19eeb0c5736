"""Housekeeping: an organization sheds what nobody will ask for again. Links and messages are history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from cartera.db.session import WriteTx
from cartera.db.tables.access import PortalSession
from cartera.db.tables.directory import TokenDirectory
from cartera.db.tables.outbox import IdempotencyKey

# A key is sent again within minutes, by a person's second click or a script's next try; a visit lasts hours,
# and for some weeks somebody may want to know who was there.
KEEP = timedelta(days=30)

# Rows of a table deleted in one transaction.
BATCH = 1000


async def shed(tx: WriteTx) -> int:
    """Delete a batch of expired secrets, old visits and old idempotency keys each; how many rows in all.

    To be called, in transactions of their own, until nothing is left. A secret that has run out opens
    nothing, known or not.
    """
    old = tx.now - KEEP
    mine = TokenDirectory.organization_id == tx.organization_id
    return (
        await _shed(tx, TokenDirectory.token_hash, mine & (TokenDirectory.expires_at < tx.now))
        + await _shed(tx, PortalSession.id, PortalSession.expires_at < old)
        + await _shed(tx, IdempotencyKey.key, IdempotencyKey.created_at < old)
    )


async def _shed(tx: WriteTx, key: InstrumentedAttribute[Any], is_old: ColumnElement[bool]) -> int:
    keys = list(await tx.session.scalars(select(key).where(is_old).limit(BATCH)))
    if keys:
        await tx.session.execute(
            delete(key.class_).where(is_old, key.in_(keys)).execution_options(synchronize_session=False)
        )
    return len(keys)
