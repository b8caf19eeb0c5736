"""What must hold of the books after every step (DOMAIN §2), told from the rows alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from cartera.db.base import Base
from cartera.db.queries.drift import account_drift, drift
from cartera.db.queries.drift_promises import promise_drift
from cartera.db.queries.metrics import Only, aging
from cartera.db.session import Tx, WriteTx
from cartera.rules.aging import AgingBucket, bucket_of
from cartera.services.books import settle_up

_TABLES = sorted(set(Base.metadata.tables) - {"alembic_version", "organization_directory"})
_DIGEST = text(
    "SELECT md5(concat_ws('|', "
    + ", ".join(
        f"(SELECT concat(count(*), sum(hashtextextended(t::text, 0))) FROM {table} t)" for table in _TABLES
    )
    + "))"
)

# By currency, each bucket's sum and count; buckets in which nothing is open are left out.
Aged = dict[str, dict[AgingBucket, tuple[int, int]]]


@dataclass(frozen=True)
class Known:
    """What an aging report said: as of a day, as known at an instant (None: whatever is known now)."""

    as_of: date
    at: datetime | None
    said: Aged


async def digest(tx: Tx) -> str:
    """One word for every row of every table that a service of the books writes."""
    return str(await tx.session.scalar(_DIGEST))


async def reported(tx: Tx, as_of: date, at: datetime | None = None) -> Aged:
    """What the report says."""
    return {
        found.currency: {
            bucket: (sums.amount, sums.count) for bucket, sums in found.buckets.items() if sums.count
        }
        for found in await aging(tx, as_of, Only(known_at=at))
    }


async def entries(tx: Tx) -> list[Any]:
    """Every entry beside what its receivable says of itself."""
    found = await tx.session.execute(
        text(
            """
            SELECT e.receivable_id, e.amount_minor, e.effective_on, e.recorded_at,
                r.currency, r.due_on, r.overdue_from, r.balance_minor
            FROM entry e JOIN receivable r ON r.organization_id = e.organization_id AND r.id = e.receivable_id
            WHERE e.organization_id = :org
            """
        ),
        {"org": tx.organization_id},
    )
    return list(found)


def recomputed(rows: Iterable[Any], as_of: date, at: datetime | None = None) -> Aged:
    """The same by the plain definition: entries in effect by then, and recorded by then."""
    balances: dict[Any, int] = defaultdict(int)
    for row in rows:
        if row.effective_on <= as_of and (at is None or row.recorded_at <= at):
            balances[row.receivable_id, row.currency, row.due_on, row.overdue_from] += row.amount_minor
    aged: Aged = defaultdict(dict)
    for (_, currency, due_on, overdue_from), balance in balances.items():
        # Money booked back into a time in which nothing was owed makes no negative debt of it.
        if balance > 0:
            bucket = bucket_of(due_on, overdue_from, as_of)
            amount, count = aged[currency].get(bucket, (0, 0))
            aged[currency][bucket] = (amount + balance, count + 1)
    return dict(aged)


async def hold(tx: Tx, past: date, known: Iterable[Known]) -> None:
    """Everything that can be told by reading. Reports of what is ``known`` are asked for in turns."""
    assert await drift(tx) == []
    rows = await entries(tx)
    open_now = {row.receivable_id: (row.currency, row.balance_minor) for row in rows}
    today = await reported(tx, tx.today)
    for currency in {currency for currency, _ in open_now.values()}:
        owed = sum(balance for cur, balance in open_now.values() if cur == currency)
        assert sum(amount for amount, _ in today.get(currency, {}).values()) == owed, currency
    assert today == recomputed(rows, tx.today)
    assert await _account_sums(tx) == {
        currency: {bucket: amount for bucket, (amount, _) in buckets.items()}
        for currency, buckets in today.items()
    }
    known = list(known)
    for then in known:
        assert recomputed(rows, then.as_of, then.at) == then.said, "what was known has changed"
    if not known or past.day % 2:
        assert await reported(tx, past) == recomputed(rows, past)
    else:
        then = known[past.day // 2 % len(known)]
        assert await reported(tx, then.as_of, then.at) == then.said


async def _account_sums(tx: Tx) -> dict[str, dict[AgingBucket, int]]:
    """What the account rows say of each bucket, all customers together."""
    columns = ", ".join(f"sum({bucket}_minor)" for bucket in AgingBucket)
    rows = await tx.session.execute(
        text(
            f"SELECT currency, {columns} FROM account_balance"
            " WHERE organization_id = :org AND balance_minor > 0 GROUP BY currency"
        ),
        {"org": tx.organization_id},
    )
    return {
        currency: {bucket: int(amount) for bucket, amount in zip(AgingBucket, sums, strict=True) if amount}
        for currency, *sums in rows
    }


async def nothing_left_to_do(tx: WriteTx, customers: Iterable[UUID]) -> None:
    """Account rows and promises are what proving and refreshing them again would make of them."""
    customers = list(customers)
    before = await _promises(tx)
    assert await promise_drift(tx, customers) == []
    assert await account_drift(tx, customers, columns=None) == []
    # Proving again what was just proven costs as much as the step itself: every third time.
    if before and len(before) % 3 == 0:
        await settle_up(tx, customers)
        await tx.session.flush()
        assert await _promises(tx) == before


async def _promises(tx: Tx) -> list[Any]:
    rows = await tx.session.execute(
        text(
            "SELECT id, state, received_minor, resolved_on FROM promise"
            " WHERE organization_id = :org ORDER BY id"
        ),
        {"org": tx.organization_id},
    )
    return [tuple(row) for row in rows]
