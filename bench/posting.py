"""A day on which interest falls due for every late customer, beside the same rows inserted bare."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
from sqlalchemy import func, select

from bench.harness import Report, peak_memory_mb, stopwatch
from cartera.actors import system
from cartera.db.migrate import upgrade
from cartera.db.session import Database
from cartera.db.tables.charges import Charge
from cartera.db.tables.directory import OrganizationDirectory
from cartera.demo.seed import Size, seed
from cartera.local import embedded
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.servers import Servers
from cartera.services.charge_policies import NewPolicy, set_policy
from cartera.services.charges import post_automatically
from jobs.charges import CHUNK

SIZE = Size(customers=2_000, receivables=40_000)
NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
GOAL_TIMES = 30
# Whoever waits for a customer's lock gives up after five seconds.
GOAL_SECONDS = 5

# The rows of posting: charges, entries, receivables, account rows, audit and what screens are told.
_BARE = (
    "CREATE TABLE bare_charge (LIKE charge INCLUDING ALL)",
    "CREATE TABLE bare_entry (LIKE entry INCLUDING ALL)",
    "CREATE TABLE bare_audit (LIKE audit_entry INCLUDING ALL)",
    "CREATE TABLE bare_outbox (LIKE outbox INCLUDING ALL)",
    "INSERT INTO bare_charge SELECT * FROM charge",
    "INSERT INTO bare_entry SELECT * FROM entry WHERE charge_id IS NOT NULL",
    "INSERT INTO bare_audit SELECT * FROM audit_entry WHERE action = 'charge.post'",
    "INSERT INTO bare_outbox SELECT * FROM outbox WHERE kind = 'changed'",
    "UPDATE receivable SET charges_minor = charges_minor WHERE charges_minor > 0",
    "UPDATE account SET balance_minor = balance_minor",
)


def run(report: Report) -> None:
    with TemporaryDirectory(prefix="cartera-bench-") as home, embedded(Path(home)) as servers:
        asyncio.run(upgrade(servers.owner))
        asyncio.run(seed(servers.owner, NOW, size=SIZE, tell=lambda line: None))
        batches, customers, lines = asyncio.run(_post(servers))
        idle, _, _ = asyncio.run(_post(servers))
        bare = asyncio.run(_insert(servers))
    taken = sum(batches)
    report.add(
        f"interest posted for {customers:,} late customers, {lines:,} lines",
        measured=f"{taken:.1f} s, {taken / customers * 1000:.1f} ms a customer, {peak_memory_mb():.0f} MB",
        reference=f"the same rows bare: {bare:.2f} s",
        ratio=f"{taken / bare:.0f} ×",
        goal=f"at most {GOAL_TIMES} times the bare rows",
        holds=taken < GOAL_TIMES * bare,
    )
    report.add(
        f"the longest batch of {CHUNK} customers that holds locks",
        measured=f"{max(batches):.2f} s",
        goal=f"under {GOAL_SECONDS} s",
        holds=max(batches) < GOAL_SECONDS,
    )
    report.add(
        "the same day once more: nothing is due",
        measured=f"{sum(idle):.1f} s",
        reference=f"posting: {taken:.1f} s",
        ratio=f"{sum(idle) / taken:.2f} ×",
        goal="less than posting",
        holds=sum(idle) < taken,
    )


async def _post(servers: Servers) -> tuple[list[float], int, int]:
    """Seconds of each batch; how many customers have charges now, and how many lines."""
    db = Database(servers.app, pool_size=2)
    try:
        async with db.directory() as session:
            organization_id = (await session.scalars(select(OrganizationDirectory.organization_id))).first()
        assert organization_id is not None
        actor = system(organization_id, "post_charges")
        async with db.write(actor, NOW) as tx:
            await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), Posting.AUTOMATIC))
        batches, last = [], None
        while True:
            start = time.perf_counter()
            async with db.write(actor, NOW) as tx:
                last = await post_automatically(tx, last, CHUNK)
            batches.append(time.perf_counter() - start)
            if last is None:
                break
        async with db.read(actor, NOW) as tx:
            counted = (
                await tx.session.execute(
                    select(func.count(Charge.customer_id.distinct()), func.count(Charge.id)).where(
                        Charge.posted_on == NOW.date()
                    )
                )
            ).one()
        return batches, *counted
    finally:
        await db.close()


async def _insert(servers: Servers) -> float:
    plain = await asyncpg.connect(servers.owner.url.replace("cartera_owner", "postgres", 1))
    try:
        with stopwatch() as seconds:
            async with plain.transaction():
                for statement in _BARE:
                    await plain.execute(statement)
        return seconds[0]
    finally:
        await plain.close()
