"""Keeps ``due_balance``: what is open by due date moves in the transaction that moves a receivable.

A session notices what its flushes change of receivables; whoever writes them in sets says what it moved
(``tell``). All of it is written in the last moment before the commit, in the order of the key. Many writers
meet on the rows of one day, so these locks are the last that a transaction takes and are held no longer than
its commit; as everybody takes them in one order, nobody deadlocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CursorResult, Date, Text, bindparam, inspect, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from cartera.db.queries import due_balances_sql as sql
from cartera.db.tables.receivables import Receivable

# Currency, due date, first day overdue.
Key = tuple[str, date, date]

_MOVES = "due_balance_moves"
_COLUMNS = ("currency", "due_on", "overdue_from", "balance_minor")

_BOUND = (
    bindparam("currencies", type_=ARRAY(Text())),
    bindparam("due", type_=ARRAY(Date())),
    bindparam("overdue", type_=ARRAY(Date())),
)
_AMOUNTS = (
    bindparam("minors", type_=ARRAY(BigInteger())),
    bindparam("counts", type_=ARRAY(BigInteger())),
)
_ADD = text(sql.ADD).bindparams(*_BOUND)
_MOVE = text(sql.MOVE).bindparams(*_BOUND, *_AMOUNTS)


def tell(session: Session | AsyncSession, key: Key, minor: int, count: int) -> None:
    """What of a due date opened (negative: closed), in minor units and receivables, is written at commit."""
    moves: dict[Key, tuple[int, int]] = session.info.setdefault(_MOVES, {})
    before = moves.get(key, (0, 0))
    moves[key] = before[0] + minor, before[1] + count


def gather(session: Session) -> None:
    """Before a flush: tell what it changes of receivables."""
    for row in session.new:
        if isinstance(row, Receivable):
            _tell(session, {name: getattr(row, name) for name in _COLUMNS}, 1)
    for row in session.dirty:
        if isinstance(row, Receivable) and (before := _before(row)):
            now = {name: getattr(row, name) for name in _COLUMNS}
            _tell(session, now | before, -1)
            _tell(session, now, 1)


def _before(row: Receivable) -> dict[str, Any]:
    """What the columns that matter said when the row was read, where they say something else now."""
    attributes = inspect(row).attrs
    histories = ((name, attributes[name].history) for name in _COLUMNS)
    return {name: history.deleted[0] for name, history in histories if history.deleted}


def _tell(session: Session, row: Mapping[str, Any], sign: int) -> None:
    if row["balance_minor"] > 0:
        key = (row["currency"], row["due_on"], row["overdue_from"])
        tell(session, key, sign * row["balance_minor"], sign)


def write(session: Session) -> None:
    """Write all that was told. Raises RuntimeError where something closes that was never opened."""
    session.flush()
    told: dict[Key, tuple[int, int]] = session.info.pop(_MOVES, {})
    moves = sorted((*key, *moved) for key, moved in told.items() if any(moved))
    if not moves:
        return
    currencies, due, overdue, minors, counts = map(list, zip(*moves, strict=True))
    parameters = {
        "org": session.info["organization_id"],
        "currencies": currencies,
        "due": due,
        "overdue": overdue,
    }
    if any(minor > 0 for minor in minors):
        session.execute(_ADD, parameters)
    written = session.execute(_MOVE, {**parameters, "minors": minors, "counts": counts})
    assert isinstance(written, CursorResult)
    if written.rowcount != len(moves):
        raise RuntimeError(
            "Something closed on a due date on which nothing was open: run cartera doctor --books."
        )


async def recompute(session: AsyncSession, organization_id: UUID) -> None:
    """Bring the rows to receivables that no session noticed, as the seed's; nobody else may write any."""
    await session.execute(text(sql.RECOMPUTE), {"org": organization_id})
