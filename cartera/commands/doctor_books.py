"""`cartera doctor --books`: every total of every organization, recomputed from the rows behind it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from cartera.actors import system
from cartera.db.queries.accounts import CHUNK
from cartera.db.queries.drift import ACCOUNT_RULE, PROMISE_RULE, RULES, Drift, account_drift, drift
from cartera.db.queries.drift_promises import promise_drift
from cartera.db.session import Database, WriteTx
from cartera.db.tables.customers import Customer
from cartera.db.tables.directory import OrganizationDirectory
from cartera.servers import DatabaseUrl

# How many rows of a rule are listed.
LISTED = 20
# A million entries take a minute; a machine may be slow, or busy.
_PATIENCE = timedelta(minutes=10)


async def check_books(where: DatabaseUrl, now: datetime) -> AsyncIterator[tuple[str, list[Drift]]]:
    """Each organization's name with the rows that break a rule; nothing is changed.

    Up to LISTED rows for each rule of the ledger; of promises, all that money does not prove; of account
    rows, all that their refresh would change.
    """
    db = Database(where, pool_size=2)
    try:
        async with db.directory() as session:
            known = list(await session.scalars(select(OrganizationDirectory.organization_id)))
        for organization_id in sorted(known):
            ledger, accounts = await asyncio.gather(
                _ledger(db, organization_id, now), _accounts(db, organization_id, now)
            )
            async with _look(db, organization_id, now) as tx:
                name = tx.organization.name
            yield name, ledger + accounts
    finally:
        await db.close()


def lines(name: str, found: Sequence[Drift]) -> Iterator[str]:
    """What is printed of an organization: one line a rule, and under it the rows that break it."""
    yield name
    for rule in (*RULES, PROMISE_RULE, ACCOUNT_RULE):
        broken = [each for each in found if each.rule == rule]
        yield f"  {'DRIFT' if broken else 'ok':<6} {rule}{f': {len(broken)} rows' if broken else ''}"
        for each in broken[:LISTED]:
            yield f"           {each.noun} {each.id}: {each.kept}, should be {each.recomputed}"


class _Looked(Exception):
    """Ends a transaction that was only for looking."""


@asynccontextmanager
async def _look(db: Database, organization_id: UUID, now: datetime) -> AsyncIterator[WriteTx]:
    """A transaction that may write whatever it likes: it is rolled back."""
    try:
        async with db.write(system(organization_id, "doctor"), now) as tx:
            await tx.take_time(_PATIENCE)
            yield tx
            raise _Looked
    except _Looked:
        pass


async def _ledger(db: Database, organization_id: UUID, now: datetime) -> list[Drift]:
    found: list[Drift] = []
    async with _look(db, organization_id, now) as tx:
        found += await drift(tx, LISTED)
    return found


async def _accounts(db: Database, organization_id: UUID, now: datetime) -> list[Drift]:
    found: list[Drift] = []
    last: UUID | None = None
    while True:
        async with _look(db, organization_id, now) as tx:
            customers = await _next(tx, last)
            if customers:
                found += await promise_drift(tx, customers)
                found += await account_drift(tx, customers)
        if not customers:
            return found
        last = customers[-1]


async def _next(tx: WriteTx, after: UUID | None) -> list[UUID]:
    query = select(Customer.id).order_by(Customer.id).limit(CHUNK)
    if after is not None:
        query = query.where(Customer.id > after)
    return list(await tx.session.scalars(query))
