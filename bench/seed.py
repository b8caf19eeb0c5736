"""`cartera seed` at full size, beside generating the rows and copying them into bare tables."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from bench.harness import Report, peak_memory_mb, stopwatch
from cartera.db.migrate import upgrade
from cartera.demo.portfolio import Plan, generate
from cartera.demo.seed import Size, seed
from cartera.local import embedded
from cartera.servers import DatabaseUrl

SIZE = Size(customers=20_000, receivables=1_000_000)
NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
GOAL_SECONDS = 300
# The reference is measured on this share of the rows, and counted as many times.
SHARE = 10


def run(report: Report) -> None:
    with TemporaryDirectory(prefix="cartera-bench-") as home, embedded(Path(home)) as servers:
        asyncio.run(upgrade(servers.owner))
        part = Plan(NOW.date(), SIZE.customers // SHARE, SIZE.receivables // SHARE)
        with stopwatch() as bare:
            asyncio.run(_bare_copy(servers.owner, part))
        with stopwatch() as seconds:
            asyncio.run(seed(servers.owner, NOW, size=SIZE, tell=_tell))
        print()
    reference = bare[0] * SHARE
    report.add(
        f"seed of {SIZE.receivables:,} receivables",
        measured=f"{seconds[0]:.0f} s, {peak_memory_mb():.0f} MB",
        reference=f"generated and copied bare: {reference:.0f} s",
        ratio=f"{seconds[0] / reference:.1f} ×",
        goal=f"under {GOAL_SECONDS} s on two cores",
        holds=seconds[0] < GOAL_SECONDS,
    )


async def _bare_copy(owner: DatabaseUrl, plan: Plan) -> None:
    connection = await asyncpg.connect(owner.url, server_settings=owner.server_settings)
    made = set()
    for rows in generate(plan):
        for table, columns, records in rows.tables():
            if table not in made:
                made.add(table)
                listed = ", ".join(columns)
                await connection.execute(
                    f"CREATE TEMPORARY TABLE bare_{table} AS SELECT {listed} FROM {table} WHERE false"
                )
            await connection.copy_records_to_table(f"bare_{table}", records=records, columns=columns)
    await connection.close()


def _tell(line: str) -> None:
    print(f"    {line}", end="\r", flush=True)
