"""Today's aging of a million receivables from the roll-up by due date, beside the scan of them; what the
roll-up costs whoever writes, and how many writers it bears who all meet on one due date.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from uuid import UUID

import asyncpg
from sqlalchemy import select

from bench import imports
from bench.harness import Report, stopwatch
from bench.portfolio import LARGE, NOW, TODAY, copied
from cartera.actors import Actor, member, system
from cartera.db import due_balances
from cartera.db.base import new_id
from cartera.db.due_balances import recompute
from cartera.db.queries import due_balances_sql
from cartera.db.queries.metrics import Only, aging, aging_by_scan
from cartera.db.session import Database
from cartera.db.tables.organizations import Member
from cartera.db.tables.receivables import Receivable
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.rules.permissions import Role
from cartera.servers import DatabaseUrl, Servers
from cartera.services.payments import NewPayment, record_payment

SCANS, READS_EACH = 15, 10
LEAST_TIMES = 40
PAYMENTS = 300
MOST_OF_A_PAYMENT = 1.15
MOST_OF_AN_IMPORT = 1.1
WRITERS, SECONDS = 8, 5.0
LEAST_A_SECOND = 200


def run(report: Report) -> None:
    with copied("bench_aging") as servers:
        print(f"    load {os.getloadavg()[0]:.1f}", flush=True)
        added = asyncio.run(add_due_balances(servers))
        _reading(report, asyncio.run(_read(servers)))
        _payments(report, asyncio.run(_pay(servers)))
        _writers(report, asyncio.run(_meet(servers.app)))
        _imports(report, servers, added)


def _reading(report: Report, times: tuple[list[float], list[float]]) -> None:
    scan, rolled_up = map(median, times)
    report.add(
        f"aging of today, {LARGE.receivables:,} receivables, from the roll-up",
        measured=f"{rolled_up * 1000:.2f} ms",
        reference=f"from the receivables {scan * 1000:.0f} ms",
        ratio=f"{scan / rolled_up:.0f} times faster",
        goal=f"at least {LEAST_TIMES} times",
        holds=scan / rolled_up >= LEAST_TIMES,
    )


def _payments(report: Report, times: tuple[list[float], list[float]]) -> None:
    kept, bare = map(median, times)
    report.add(
        f"one payment that keeps the roll-up, median of {PAYMENTS}",
        measured=f"{kept * 1000:.1f} ms",
        reference=f"without the roll-up {bare * 1000:.1f} ms",
        ratio=f"{kept / bare:.2f} ×",
        goal=f"at most {MOST_OF_A_PAYMENT} times",
        holds=kept <= MOST_OF_A_PAYMENT * bare,
    )


def _writers(report: Report, paces: tuple[float, float]) -> None:
    same, apart = paces
    report.add(
        f"{WRITERS} bare writers on one due date, each move committed",
        measured=f"{same:.0f} a second",
        reference=f"on due dates of their own {apart:.0f} a second",
        ratio=f"{same / apart:.2f} of that",
        goal=f"at least {LEAST_A_SECOND} a second",
        holds=same >= LEAST_A_SECOND,
    )


def _imports(report: Report, servers: Servers, added: float) -> None:
    with TemporaryDirectory(prefix="cartera-bench-") as folder:
        path = Path(folder, "invoices.csv")
        imports.write_invoices(path)
        kept, bare = asyncio.run(_import(servers.app, path))
    report.add(
        f"import of {imports.INVOICES:,} invoices that keeps the roll-up",
        measured=f"{kept:.1f} s; as a seed adds it up for {LARGE.receivables:,}: {added:.1f} s",
        reference=f"without the roll-up {bare:.1f} s",
        ratio=f"{kept / bare:.2f} ×",
        goal=f"at most {MOST_OF_AN_IMPORT} times",
        holds=kept <= MOST_OF_AN_IMPORT * bare,
    )


async def add_due_balances(servers: Servers) -> float:
    """Make the roll-up of receivables that SQL has written; returns the seconds it took."""
    db = Database(servers.owner, pool_size=1)
    try:
        with stopwatch() as seconds:
            async with db.write(system(LARGE.id, "bench"), NOW) as tx:
                await recompute(tx.session, LARGE.id)
    finally:
        await db.close()
    return seconds[0]


@contextmanager
def _without_upkeep() -> Iterator[None]:
    def nothing(_session: Any) -> None:
        pass

    with patch.object(due_balances, "gather", nothing), patch.object(due_balances, "write", nothing):
        yield


async def manager(db: Database) -> Actor:
    async with db.read(system(LARGE.id, "bench"), NOW) as tx:
        found = (await tx.session.scalars(select(Member.id).where(Member.role == Role.MANAGER))).first()
        assert found is not None
        return member(LARGE.id, found, Role.MANAGER)


async def _read(servers: Servers) -> tuple[list[float], list[float]]:
    """Seconds of each scan and of each reading of the roll-up, in turns."""
    db = Database(servers.app, pool_size=1)
    scans, reads = list[float](), list[float]()
    try:
        async with db.read(await manager(db), NOW) as tx:
            assert await aging(tx, TODAY, Only()) == await aging_by_scan(tx, TODAY, Only())
            for _ in range(SCANS):
                scans.append(await _seconds(lambda: aging_by_scan(tx, TODAY, Only())))
                reads += [await _seconds(lambda: aging(tx, TODAY, Only())) for _ in range(READS_EACH)]
    finally:
        await db.close()
    return scans, reads


async def _seconds(act: Callable[[], Awaitable[Any]]) -> float:
    with stopwatch() as seconds:
        await act()
    return seconds[0]


async def _pay(servers: Servers) -> tuple[list[float], list[float]]:
    """Seconds of payments with the roll-up and without, in turns, each of a customer of its own."""
    db = Database(servers.app, pool_size=1)
    kept, bare = list[float](), list[float]()
    try:
        actor = await manager(db)
        async with db.read(actor, NOW) as tx:
            owed = list(
                await tx.session.execute(
                    select(Receivable.customer_id, Receivable.currency)
                    .where(Receivable.balance_minor > 0)
                    .order_by(Receivable.customer_id)
                    .distinct()
                    .limit(2 * PAYMENTS + 20)
                )
            )
        for place, row in enumerate(owed):
            with _without_upkeep() if place % 2 else nullcontext(), stopwatch() as seconds:
                await record(db, actor, row.customer_id, Money(1_000, row.currency))
            (bare if place % 2 else kept).append(seconds[0])
    finally:
        await db.close()
    # The first few meet a cold cache.
    return kept[10:], bare[10:]


async def record(db: Database, actor: Actor, customer_id: UUID, amount: Money) -> None:
    """A payment by the service, oldest first."""
    async with db.write(actor, NOW) as tx:
        await record_payment(
            tx,
            NewPayment(customer_id, PaymentMethod.TRANSFER, amount, tx.today, idempotency_key=str(new_id())),
        )


async def _meet(app: DatabaseUrl) -> tuple[float, float]:
    """Moves a second by bare connections that all want one row, and by such that want one each."""
    days = [TODAY + timedelta(days=3650 + each) for each in range(WRITERS)]
    db = Database(app, pool_size=1)
    async with db.write(system(LARGE.id, "bench"), NOW) as tx:
        for day in days:
            due_balances.tell(tx.session, ("MXN", day, day), 1_000_000_000, 1)
    await db.close()
    return await _pace(app, [days[0]] * WRITERS), await _pace(app, days)


async def _pace(app: DatabaseUrl, days: list[date]) -> float:
    done = count()
    connections = [await asyncpg.connect(app.url, server_settings=app.server_settings) for _ in days]
    until = time.perf_counter() + SECONDS
    await asyncio.gather(
        *(_move(each, day, until, done) for each, day in zip(connections, days, strict=True))
    )
    for connection in connections:
        await connection.close()
    return next(done) / SECONDS


async def _move(connection: asyncpg.Connection, day: date, until: float, done: Iterator[int]) -> None:
    """What a write does at its end: the roll-up's statement, then the commit."""
    statement = _positional()
    while time.perf_counter() < until:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL app.organization = '{LARGE.id}'")
            await connection.execute(statement, LARGE.id, ["MXN"], [day], [day], [-1], [0])
        next(done)


def _positional() -> str:
    statement = due_balances_sql.MOVE
    for place, name in enumerate(("org", "currencies", "due", "overdue", "minors", "counts"), 1):
        kind = ("uuid", "text[]", "date[]", "date[]", "bigint[]", "bigint[]")[place - 1]
        statement = statement.replace(f":{name}", f"${place}::{kind}")
    return statement


async def _import(app: DatabaseUrl, path: Path) -> tuple[float, float]:
    """Median seconds of imports that keep the roll-up and of others, each an organization's first."""
    db = Database(app, pool_size=2)
    kept, bare = list[float](), list[float]()
    try:
        for _ in range(imports.ROUNDS):
            ours, theirs = await imports.add_organization(db), await imports.add_organization(db)
            with stopwatch() as seconds:
                await imports.apply(db, ours, path)
            kept.append(seconds[0])
            with _without_upkeep(), stopwatch() as seconds:
                await imports.apply(db, theirs, path)
            bare.append(seconds[0])
    finally:
        await db.close()
    return median(kept), median(bare)
