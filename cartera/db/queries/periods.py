"""Closing a period waits for those who are writing entries, and they for it."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm.attributes import set_committed_value

from cartera.db.session import WriteTx
from cartera.db.tables.organizations import Organization

_WRITES = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('periods:' || :org, 0))")
_CLOSES = text("SELECT pg_advisory_xact_lock(hashtextextended('periods:' || :org, 0))")


async def hold_periods(tx: WriteTx) -> None:
    """Read which periods are closed, and let none be closed or opened before the transaction ends.

    Whoever writes entries calls this first: a period that closes meanwhile would get them after its end.
    """
    await tx.session.execute(_WRITES, {"org": str(tx.organization_id)})
    await _read(tx)


async def move_periods(tx: WriteTx) -> None:
    """Wait until nobody writes entries, and let nobody begin to before the transaction ends."""
    await tx.session.execute(_CLOSES, {"org": str(tx.organization_id)})
    await _read(tx)


async def _read(tx: WriteTx) -> None:
    closed = await tx.session.scalar(select(Organization.closed_through))
    # As read, not as changed: nothing is to be written back.
    set_committed_value(tx.organization, "closed_through", closed)
