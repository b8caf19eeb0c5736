"""Housekeeping: an organization sheds what nobody will ask for again. Links and messages are history."""

from __future__ import annotations

from datetime import timedelta

from cartera.db.queries.housekeeping import shed_idempotency_keys, shed_tokens, shed_visits
from cartera.db.session import WriteTx

# A key is sent again within minutes, by a person's second click or a script's next try; a visit lasts hours,
# and for some weeks somebody may want to know who was there.
KEEP = timedelta(days=30)


async def shed(tx: WriteTx) -> int:
    """Delete a batch of expired secrets, old visits and old idempotency keys each; how many rows in all.

    To be called, in transactions of their own, until nothing is left.
    """
    old = tx.now - KEEP
    return await shed_tokens(tx, tx.now) + await shed_visits(tx, old) + await shed_idempotency_keys(tx, old)
