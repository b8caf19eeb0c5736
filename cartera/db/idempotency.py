"""Idempotency keys: asking twice with one key does a thing once.

The key's row is taken first of all, so that a second transaction with the same key waits there until the
first one ends, and then either replays what it did or, if it was refused and rolled back, starts afresh.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from cartera.db.session import WriteTx
from cartera.db.tables.outbox import IdempotencyKey
from cartera.errors import refuse

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MAX_KEY = 255


async def earlier(
    tx: WriteTx, verb: str, key: str | None, given: DataclassInstance
) -> dict[str, UUID] | None:
    """The ids that ``verb`` remembered under this key of the actor; None when it has yet to be done.

    Call it before locking anything. ``given`` is the input: its field ``idempotency_key`` and fields that
    are None do not count. Raises Refused: IDEMPOTENCY_KEY_REUSED when the key came with other input before,
    IDEMPOTENCY_KEY_LENGTH when it is empty or longer than 255 characters.
    """
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY:
        raise refuse("IDEMPOTENCY_KEY_LENGTH", "idempotencyKey", longest=MAX_KEY)
    fingerprint = _fingerprint(given)
    fresh = await tx.session.scalar(
        insert(IdempotencyKey)
        .values(
            organization_id=tx.organization_id,
            key=_stored(tx, verb, key),
            input_hash=fingerprint,
            result={},
            created_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["organization_id", "key"])
        .returning(IdempotencyKey.key)
    )
    if fresh is not None:
        return None
    row = (
        await tx.session.execute(
            select(IdempotencyKey.input_hash, IdempotencyKey.result).where(
                IdempotencyKey.key == _stored(tx, verb, key)
            )
        )
    ).one()
    if row.input_hash != fingerprint:
        raise refuse("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")
    return {name: UUID(value) for name, value in row.result["ids"].items()}


async def remember(tx: WriteTx, verb: str, key: str | None, **ids: UUID | None) -> None:
    """Store what ``verb`` brought about under the key that ``earlier`` took, but for ids that are None."""
    if key is None:
        return
    kept = {name: str(value) for name, value in ids.items() if value is not None}
    await tx.session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.key == _stored(tx, verb, key))
        .values(result={"type": verb, "ids": kept})
    )


def _stored(tx: WriteTx, verb: str, key: str) -> str:
    return f"{tx.actor}:{verb}:{key}"


def _fingerprint(given: DataclassInstance) -> bytes:
    fields: dict[str, Any] = asdict(given)
    fields.pop("idempotency_key", None)
    # What is absent leaves no trace, so that a new optional field does not change the hash of old inputs.
    present = {name: value for name, value in fields.items() if value is not None}
    text = json.dumps(present, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()
