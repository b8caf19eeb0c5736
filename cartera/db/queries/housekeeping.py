"""What is dead weight, found and deleted in bounded batches of one organization."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from cartera.db.session import WriteTx
from cartera.db.tables.access import PortalSession
from cartera.db.tables.directory import TokenDirectory
from cartera.db.tables.outbox import IdempotencyKey

# Rows of a table deleted in one transaction.
BATCH = 1000


async def shed_tokens(tx: WriteTx, before: datetime) -> int:
    """Forget secrets that ran out before an instant; how many. They open nothing, known or not."""
    mine = TokenDirectory.organization_id == tx.organization_id
    return await _shed(tx, TokenDirectory.token_hash, mine & (TokenDirectory.expires_at < before))


async def shed_visits(tx: WriteTx, before: datetime) -> int:
    """Delete visits to the portal that ran out before an instant; how many."""
    return await _shed(tx, PortalSession.id, PortalSession.expires_at < before)


async def shed_idempotency_keys(tx: WriteTx, before: datetime) -> int:
    """Forget keys that were used before an instant; how many."""
    return await _shed(tx, IdempotencyKey.key, IdempotencyKey.created_at < before)


async def _shed(tx: WriteTx, key: InstrumentedAttribute[Any], is_old: ColumnElement[bool]) -> int:
    keys = list(await tx.session.scalars(select(key).where(is_old).limit(BATCH)))
    if keys:
        await tx.session.execute(
            delete(key.class_).where(is_old, key.in_(keys)).execution_options(synchronize_session=False)
        )
    return len(keys)
