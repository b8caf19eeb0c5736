"""A business day begins: all account rows of a million receivables are refreshed while payments are booked.

The reference adds up the same tables by customer, as the database's superuser, in one statement a table:
what is open by currency and bucket, how each customer pays, its latest promise, contact, task and payment.
It joins nothing, ranks nobody, takes no lock and writes no row. Both are measured alone, as the next day
begins, and beside the same writers as the day after that begins: on each something falls due, and something
leaves the history that counts. No promise falls due, since proving those is work of its own.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from statistics import median
from uuid import UUID

import asyncpg
from sqlalchemy import select

from bench import refresh_sql as sql
from bench.aging import add_due_balances, manager, record
from bench.harness import Report, stopwatch
from bench.portfolio import LARGE, NOW, copied, superuser
from cartera.actors import Actor, system
from cartera.db.queries.accounts import CHUNK
from cartera.db.queries.drift import account_drift, drift
from cartera.db.session import Database, WriteTx
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from cartera.rules.money import Money
from cartera.servers import Servers
from cartera.services.business_day import roll_business_day
from jobs.business_day import WALKERS, bring_up

WRITERS = 4
MOST_TIMES = 3
AGGREGATES = 3
NEXT_DAY, DAY_AFTER = NOW + timedelta(days=1), NOW + timedelta(days=2)


@dataclass
class Day:
    """Seconds of aggregates and chunks beside the writers, and of each of their payments."""

    aggregates: list[float] = field(default_factory=list)
    chunks: list[float] = field(default_factory=list)
    payments: list[float] = field(default_factory=list)
    refreshing: float = 0.0
    writing: float = 0.0
    failed: int = 0


def run(report: Report) -> None:
    with copied("bench_refresh") as servers:
        print(f"    load {os.getloadavg()[0]:.1f}", flush=True)
        asyncio.run(add_due_balances(servers))
        asyncio.run(_complete(servers))
        alone, day = asyncio.run(_begin_days(servers))
        deadlocks = asyncio.run(_deadlocks(servers))
        drifted = asyncio.run(_drift(servers))
    rows = f"{LARGE.customers:,} account rows, {LARGE.receivables:,} receivables"
    _refreshing(report, f"a business day's refresh of {rows}", alone)
    _refreshing(report, f"the same beside {WRITERS} writers", day)
    report.add(
        f"{WRITERS} writers of payments meanwhile",
        measured=f"{len(day.payments) / day.writing:.1f} payments a second, median"
        f" {median(day.payments) * 1000:.0f} ms, slowest {max(day.payments):.2f} s",
        reference=f"{deadlocks} deadlocks, {day.failed} failed, drift {drifted} afterwards",
        goal="no deadlock, none failed, drift 0",
        holds=not (deadlocks or day.failed or drifted),
    )


def _refreshing(report: Report, name: str, day: Day) -> None:
    bare = median(day.aggregates)
    report.add(
        name,
        measured=f"{day.refreshing:.1f} s, longest chunk {max(day.chunks):.2f} s",
        reference=f"the same tables added up bare: {bare:.2f} s",
        ratio=f"{day.refreshing / bare:.1f} ×",
        goal=f"within {MOST_TIMES} times",
        holds=day.refreshing <= MOST_TIMES * bare,
    )


async def _complete(servers: Servers) -> None:
    """Give the portfolio the entries behind its receivables, and of payments what is still unapplied."""
    connection = await asyncpg.connect(superuser(servers))
    try:
        await connection.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        for statement in sql.LEDGER:
            await connection.execute(statement.format(org=LARGE.id))
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _begin_days(servers: Servers) -> tuple[Day, Day]:
    """A day begins alone, the next one beside the writers."""
    alone, day, stop = Day(), Day(), asyncio.Event()
    plain = await asyncpg.connect(superuser(servers))
    db = Database(servers.app, pool_size=WALKERS)
    try:
        # The payments that are gone leave the rows stale.
        await plain.execute(
            "UPDATE account SET business_day = business_day - 1 WHERE organization_id = $1", LARGE.id
        )
        await _refresh(db, Day(), NOW)
        await plain.execute("VACUUM ANALYZE")
        await _between_aggregates(db, plain, alone, NEXT_DAY)
        await plain.execute("VACUUM ANALYZE")
        writers = [asyncio.create_task(_write(servers, place, day, stop)) for place in range(WRITERS)]
        with stopwatch() as writing:
            await _between_aggregates(db, plain, day, DAY_AFTER)
            stop.set()
            await asyncio.gather(*writers)
        day.writing = writing[0]
    finally:
        await db.close()
        await plain.close()
    return alone, day


async def _between_aggregates(db: Database, plain: asyncpg.Connection, day: Day, now: datetime) -> None:
    for _ in range(AGGREGATES):
        await _aggregate(plain, day)
    await _refresh(db, day, now)
    for _ in range(AGGREGATES):
        await _aggregate(plain, day)


async def _aggregate(plain: asyncpg.Connection, day: Day) -> None:
    with stopwatch() as seconds:
        for statement in sql.BARE:
            # Of `count(*)` PostgreSQL would leave out the sums, since nobody asks for them.
            await plain.fetchval(f"SELECT count(told) FROM ({statement.format(org=LARGE.id)}) told")
    day.aggregates.append(seconds[0])


async def _refresh(db: Database, day: Day, now: datetime) -> None:
    """What the clock does when a business day begins, chunk by chunk."""
    actor = system(LARGE.id, "business_day")

    @asynccontextmanager
    async def step() -> AsyncIterator[WriteTx]:
        with stopwatch() as seconds:
            async with db.write(actor, now) as tx:
                yield tx
        day.chunks.append(seconds[0])

    with stopwatch() as all_of_it:
        async with db.write(actor, now) as tx:
            await roll_business_day(tx)
        await bring_up(step)
    day.refreshing = all_of_it[0]


async def _write(servers: Servers, place: int, day: Day, stop: asyncio.Event) -> None:
    """Payments of one customer after another, drawn from all, each in a transaction of its own."""
    db = Database(servers.app, pool_size=1)
    try:
        actor = await manager(db)
        owing = await _owing(db, actor)
        random = Random(place)
        while not stop.is_set():
            customer_id, currency = random.choice(owing)
            start = time.perf_counter()
            try:
                await record(db, actor, customer_id, Money(random.randint(1_000, 90_000), currency))
            except Exception as error:
                print(f"    a payment failed: {error!r:.300}", flush=True)
                day.failed += 1
            day.payments.append(time.perf_counter() - start)
    finally:
        await db.close()


async def _owing(db: Database, actor: Actor) -> list[tuple[UUID, str]]:
    async with db.read(actor, NOW) as tx:
        rows = await tx.session.execute(
            select(Receivable.customer_id, Receivable.currency).where(Receivable.balance_minor > 0).distinct()
        )
        return [(row.customer_id, row.currency) for row in rows]


async def _deadlocks(servers: Servers) -> int:
    """Those that PostgreSQL has broken in the copy, whoever they were between."""
    connection = await asyncpg.connect(superuser(servers))
    try:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        return int(
            await connection.fetchval(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            )
        )
    finally:
        await connection.close()


async def _drift(servers: Servers) -> int:
    """Rows whose totals are not what is behind them. Promises are left out: no payments are behind these."""
    db = Database(servers.app, pool_size=1)
    actor = system(LARGE.id, "doctor")
    try:
        async with db.write(actor, DAY_AFTER) as tx:
            await tx.take_time(timedelta(minutes=10))
            found = await drift(tx)
            ids = sorted(await tx.session.scalars(select(Customer.id)))
        for first in range(0, len(ids), CHUNK):
            async with db.write(actor, DAY_AFTER) as tx:
                found += await account_drift(tx, ids[first : first + CHUNK])
    finally:
        await db.close()
    for each in found[:5]:
        print(f"    {each}", flush=True)
    return len(found)
