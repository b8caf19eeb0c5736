"""`cartera doctor --books` over a million entries, beside one bare sum of them by receivable."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from bench.harness import Report, peak_memory_mb, stopwatch
from cartera.commands.doctor_books import check_books
from cartera.db.migrate import upgrade
from cartera.demo.seed import Size, seed
from cartera.local import embedded
from cartera.servers import DatabaseUrl, Servers

# Issue, payment and what else happens: a little over two entries a receivable.
SIZE = Size(customers=9_500, receivables=475_000)
NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
GOAL_SECONDS = 60


def run(report: Report) -> None:
    with TemporaryDirectory(prefix="cartera-bench-") as home, embedded(Path(home)) as servers:
        asyncio.run(upgrade(servers.owner))
        asyncio.run(seed(servers.owner, NOW, size=SIZE, tell=_tell))
        print()
        count = asyncio.run(_fetch(servers.owner, "SELECT count(*) FROM entry"))
        with stopwatch() as bare:
            asyncio.run(
                _fetch(
                    servers.owner,
                    "SELECT count(*) FROM (SELECT sum(amount_minor) FROM entry GROUP BY receivable_id) sums",
                )
            )
        with stopwatch() as seconds:
            drifted = asyncio.run(_drift(servers))
    report.add(
        f"doctor --books over {count:,} entries of {SIZE.receivables:,} receivables",
        measured=f"{seconds[0]:.0f} s, {peak_memory_mb():.0f} MB, drift {drifted}",
        reference=f"their bare sum by receivable: {bare[0]:.2f} s",
        ratio=f"{seconds[0] / bare[0]:.0f} ×",
        goal=f"under {GOAL_SECONDS} s a million, drift 0",
        holds=drifted == 0 and seconds[0] * 1e6 < GOAL_SECONDS * count,
    )


async def _drift(servers: Servers) -> int:
    return sum([len(found) async for _, found in check_books(servers.app, NOW)])


async def _fetch(owner: DatabaseUrl, query: str) -> int:
    """As the superuser of the embedded server, whom row-level security does not slow down."""
    connection = await asyncpg.connect(owner.url.replace("cartera_owner", "postgres", 1))
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


def _tell(line: str) -> None:
    print(f"    {line}", end="\r", flush=True)
