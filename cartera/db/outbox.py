"""The outbox as the application writes it, and as a worker settles it once the effect has come about.

``WriteTx.later`` puts an effect in; the relay (``jobs/relay.py``, with a role of its own) claims what is due
and hands it to a worker; the worker settles the row here. Every row has a run of *attempts*: a worker acts
only while the attempt that it was handed is still the row's, so that a copy that comes late does nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert

from cartera.db.base import new_id
from cartera.db.session import WriteTx
from cartera.db.tables.outbox import Outbox
from cartera.rules.outbox import MAX_ATTEMPTS, ChangeKind, Lane, wait_after

# What is kept of an exception, for whoever looks into a failure.
_FAILURE_CHARACTERS = 500


def tell_screens(tx: WriteTx, kind: ChangeKind, node_id: UUID, customer_id: UUID | None) -> None:
    """Tell every open screen of the organization, after commit, that something changed.

    ``node_id`` is the changed row's; ``customer_id`` the customer it belongs to, None where it has none.
    """
    tx.later(
        Lane.SCREENS,
        "changed",
        key=str(new_id()),
        change=kind.value,
        node_id=str(node_id),
        customer_id=str(customer_id) if customer_id else None,
    )


async def later_once(
    tx: WriteTx, lane: Lane, kind: str, key: str, *, run_at: datetime | None = None, **payload: Any
) -> None:
    """``tx.later``, or nothing where the outbox still knows the key: for what several callers notice."""
    tx.has_effects = True
    await tx.session.execute(
        insert(Outbox)
        .values(
            organization_id=tx.organization_id,
            id=new_id(),
            key=f"{kind}:{key}",
            lane=lane.value,
            kind=kind,
            payload=payload,
            run_at=run_at or tx.now,
            attempts=0,
            request_id=tx.actor.request_id,
        )
        .on_conflict_do_nothing(index_elements=["organization_id", "key"])
    )


async def begin(tx: WriteTx, outbox_id: UUID, attempt: int, lease: timedelta) -> Outbox | None:
    """The row that a worker was handed, leased to it; None where its attempt is over or another's turn."""
    row = (await tx.session.scalars(_current(attempt).where(Outbox.id == outbox_id))).one_or_none()
    if row:
        row.lease_until = await tx.session.scalar(select(func.now() + lease))
    return row


async def renew(tx: WriteTx, outbox_id: UUID, attempt: int, lease: timedelta) -> None:
    """Prolong a running job's lease. A row that its job holds for itself just now needs none."""
    free = _current(attempt).where(Outbox.id == outbox_id).with_for_update(skip_locked=True, key_share=True)
    await tx.session.execute(
        update(Outbox)
        .where(Outbox.id.in_(free.with_only_columns(Outbox.id)))
        .values(lease_until=func.now() + lease)
        .execution_options(synchronize_session=False)
    )


async def hold_current(tx: WriteTx, key: str, attempt: int, *, shared: bool = False) -> bool:
    """Lock the row for the rest of the transaction; False where this attempt is no longer the row's.

    ``shared``: other transactions of the attempt may hold it as well, without an end, and its lease is
    prolonged meanwhile; nobody else can claim it.
    """
    row = _current(attempt).where(Outbox.key == key).with_for_update(read=shared, key_share=shared)
    return (await tx.session.scalars(row)).one_or_none() is not None


async def finish(tx: WriteTx, key: str, attempt: int) -> bool:
    """Mark the effect as brought about: in its own transaction where the effect is in the database."""
    result = await tx.session.execute(
        update(Outbox)
        .where(Outbox.key == key, Outbox.attempts == attempt, Outbox.done_at.is_(None))
        .values(done_at=tx.now, lease_until=None, failure=None)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


async def fail(tx: WriteTx, key: str, attempt: int, failure: str, *, final: bool = False) -> bool:
    """Note a failed attempt and when to try again; True where the row is given up, for a person to look at.

    That is after the last attempt, or where ``final`` says that another would fail alike.
    """
    row = (await tx.session.scalars(_current(attempt).where(Outbox.key == key))).one_or_none()
    if row is None:
        return False
    row.failure = failure[:_FAILURE_CHARACTERS]
    row.lease_until = None
    if final or attempt >= MAX_ATTEMPTS:
        row.done_at = tx.now
        return True
    row.run_at = tx.now + wait_after(attempt)
    return False


def _current(attempt: int) -> Select[Outbox]:
    return (
        select(Outbox)
        .where(Outbox.attempts == attempt, Outbox.done_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
