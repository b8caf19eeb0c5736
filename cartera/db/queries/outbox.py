"""What the relay asks of the outbox, as its own role: it sees every organization's rows and nothing else.

A claim over all organizations is refused by Citus, so the relay first reads which of them have something
due, then claims organization by organization (SCALE.md). Leases run on the database's own clock: they tell
how long a worker has been silent, which has nothing to do with the clock that a demonstration may move.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Executable,
    Select,
    Uuid,
    and_,
    any_,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.functions import Function

from cartera.db.tables.outbox import Outbox
from cartera.rules.outbox import MAX_ATTEMPTS, Lane

# Rows deleted or given up in one statement.
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Claimed:
    """An outbox row that the relay holds the lease of."""

    organization_id: UUID
    id: UUID
    key: str
    kind: str
    payload: dict[str, Any]
    attempts: int


def _is_free() -> ColumnElement[bool]:
    """Nobody holds a lease of the row, or whoever held one has been silent for too long."""
    return and_(Outbox.done_at.is_(None), or_(Outbox.lease_until.is_(None), Outbox.lease_until <= func.now()))


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(_is_free(), Outbox.run_at <= now, Outbox.attempts < MAX_ATTEMPTS)


async def due(connection: AsyncConnection, now: datetime) -> dict[Lane, list[UUID]]:
    """Which organizations have something due, lane by lane; the longest waiting first."""
    rows = await connection.execute(
        select(Outbox.organization_id, Outbox.lane)
        .where(_is_due(now))
        .group_by(Outbox.organization_id, Outbox.lane)
        .order_by(func.min(Outbox.run_at), Outbox.organization_id)
    )
    found: dict[Lane, list[UUID]] = {lane: [] for lane in Lane}
    for organization_id, lane in rows:
        found[Lane(lane)].append(organization_id)
    return found


async def claim(
    connection: AsyncConnection,
    organization_id: UUID,
    lane: Lane,
    now: datetime,
    limit: int,
    lease: timedelta,
) -> list[Claimed]:
    """Lease due rows of one organization and lane, oldest first; each begins a new attempt."""
    oldest = (
        select(Outbox.id)
        .where(Outbox.organization_id == organization_id, Outbox.lane == lane.value, _is_due(now))
        .order_by(Outbox.run_at, Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await connection.execute(
        update(Outbox)
        .where(Outbox.organization_id == organization_id, Outbox.id == any_(once(oldest)))
        .values(attempts=Outbox.attempts + 1, lease_until=func.now() + lease)
        .returning(
            Outbox.run_at,
            Outbox.organization_id,
            Outbox.id,
            Outbox.key,
            Outbox.kind,
            Outbox.payload,
            Outbox.attempts,
        )
    )
    return [Claimed(*row[1:]) for row in sorted(rows, key=lambda row: (row.run_at, row.id))]


def once(ids: Select[UUID]) -> Function[list[UUID]]:
    """The ids as an array, which is computed once.

    ``IN (SELECT … LIMIT … FOR UPDATE SKIP LOCKED)`` may be run again for every row that it is joined with,
    each time skipping what it has just locked: then it claims all there is, whatever its limit.
    """
    return func.array(ids.scalar_subquery(), type_=ARRAY(Uuid()))


async def release(connection: AsyncConnection, rows: Collection[Claimed]) -> None:
    """Take back claims that could not be handed on, as if they had not been made."""
    for row in rows:
        await connection.execute(
            update(Outbox)
            .where(
                Outbox.organization_id == row.organization_id,
                Outbox.id == row.id,
                Outbox.attempts == row.attempts,
                Outbox.done_at.is_(None),
            )
            .values(attempts=Outbox.attempts - 1, lease_until=None)
        )


async def drop(connection: AsyncConnection, organization_id: UUID, ids: Collection[UUID]) -> None:
    """Delete rows whose effect leaves nothing to remember."""
    await connection.execute(
        delete(Outbox).where(Outbox.organization_id == organization_id, Outbox.id.in_(ids))
    )


async def cut_leases(connection: AsyncConnection, to: timedelta) -> int:
    """Let no lease run longer than ``to``; how many were cut.

    Running jobs renew theirs in time; what only Redis remembered comes free.
    """
    cut = 0
    longer = Outbox.lease_until > func.now() + to
    for organization_id in await _organizations(connection, and_(Outbox.done_at.is_(None), longer)):
        cut += await _count(
            connection,
            update(Outbox)
            .where(Outbox.organization_id == organization_id, Outbox.done_at.is_(None), longer)
            .values(lease_until=func.now() + to),
        )
    return cut


async def give_up(connection: AsyncConnection, now: datetime) -> int:
    """Close rows whose every attempt ended in silence, as when a job kills its worker; how many."""
    given_up = 0
    spent = and_(_is_free(), Outbox.attempts >= MAX_ATTEMPTS)
    for organization_id in await _organizations(connection, spent):
        given_up += await _count(
            connection,
            update(Outbox)
            .where(Outbox.organization_id == organization_id, spent)
            .values(
                done_at=now,
                lease_until=None,
                failure=func.coalesce(Outbox.failure, "every attempt ended without an answer"),
            ),
        )
    return given_up


async def shed(connection: AsyncConnection, done_before: datetime, failed_before: datetime) -> int:
    """Delete a batch of done rows per organization, failures much later; how many."""
    shed_rows = 0
    old = or_(
        and_(Outbox.done_at < done_before, Outbox.failure.is_(None)),
        and_(Outbox.done_at < failed_before, Outbox.failure.is_not(None)),
    )
    for organization_id in await _organizations(connection, old):
        mine = select(Outbox.id).where(Outbox.organization_id == organization_id, old).limit(BATCH)
        shed_rows += await _count(
            connection,
            delete(Outbox).where(Outbox.organization_id == organization_id, Outbox.id == any_(once(mine))),
        )
    return shed_rows


async def _organizations(connection: AsyncConnection, condition: ColumnElement[bool]) -> list[UUID]:
    rows = await connection.execute(
        select(Outbox.organization_id).where(condition).group_by(Outbox.organization_id)
    )
    return [organization_id for (organization_id,) in rows]


async def _count(connection: AsyncConnection, statement: Executable) -> int:
    result = await connection.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount
