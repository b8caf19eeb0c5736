"""The portfolio that reading and writing are measured on: one large organization among several small ones.

Made by SQL over whole sets, since a million receivables are wanted within minutes; the account rows are the
application's own refresh. It stands as it would after two years of use, but without the ledger entries,
allocations and audit behind each settled receivable: nothing that is measured on it reads those.

``opened`` starts one server for all sections of a run and keeps the portfolio in the database that the
application uses; who writes takes a copy (``copied``). With CARTERA_BENCH_HOME set, the server's folder and
the portfolio in it are kept for the next run.
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import md5
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import asyncpg
from sqlalchemy import select

from bench.harness import stopwatch
from cartera.actors import system
from cartera.db.migrate import upgrade
from cartera.db.queries.accounts import CHUNK, refresh_accounts, refresh_segments
from cartera.db.session import Database
from cartera.db.tables.customers import Customer
from cartera.local import embedded
from cartera.local.postgres import DATABASE
from cartera.servers import DatabaseUrl, Servers
from cartera.services.passwords import hash_password

NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
# The business day of every organization here: the day of NOW in Mexico City.
TODAY = NOW.date()
PASSWORD = "cobranza-bench"

_ROWS = (Path(__file__).parent / "portfolio.sql").read_text("utf-8")
_INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
WHERE indrelid = 'receivable'::regclass AND NOT indisunique
"""
# All others refer to one of these.
_TABLES = "organization, organization_directory, login_directory, token_directory"

KEPT_HOME = "CARTERA_BENCH_HOME"
_RECEIVABLES_EACH = 50
_PROMISES_EACH = 5
_REFRESHERS = 2


@dataclass(frozen=True)
class Books:
    """One organization, with 50 receivables and 5 promises a customer. ``place`` is part of all its ids."""

    place: int
    customers: int
    collectors: int = 40

    @property
    def receivables(self) -> int:
        return self.customers * _RECEIVABLES_EACH

    @property
    def promises(self) -> int:
        return self.customers * _PROMISES_EACH

    @property
    def id(self) -> UUID:
        return UUID(f"00000000-0000-7000-8000-{self.place:012x}")

    @property
    def domain(self) -> str:
        return f"bench{self.place}.example"

    def customer(self, number: int) -> UUID:
        return self._row(2, number)

    def collector(self, number: int) -> UUID:
        """From 1."""
        return self._row(1, number - 1)

    def _row(self, kind: int, number: int) -> UUID:
        """As ``id_of`` in portfolio.sql makes it."""
        tail = md5(str(number).encode(), usedforsecurity=False).hexdigest()[:12]
        return UUID(f"{1_730_000_000_000 + number:012x}7{kind:03x}8{self.place:03x}{tail}")

    def email(self, role: str = "manager") -> str:
        """Of a member with this role; collectors are ``collector1`` and so on."""
        return f"{role}@{self.domain}"


LARGE = Books(1, customers=20_000)
# A hundredth of it, with the same spread of customers, for what must not depend on size.
SMALL = Books(2, customers=200)
OTHERS = (Books(3, customers=100, collectors=4), Books(4, customers=40, collectors=2), Books(5, customers=20))
ALL = (LARGE, SMALL, *OTHERS)

_run = ExitStack()


def close() -> None:
    """Stop the server of this run."""
    opened.cache_clear()
    _run.close()


@cache
def opened() -> Servers:
    """The servers with the portfolio in place, for reading. Call it from the main thread, outside a loop."""
    kept = os.environ.get(KEPT_HOME)
    home = Path(kept) if kept else Path(_run.enter_context(TemporaryDirectory(prefix="cartera-portfolio-")))
    servers = _run.enter_context(embedded(home))
    asyncio.run(upgrade(servers.owner))
    if not asyncio.run(_is_made(servers)):
        with stopwatch() as seconds:
            asyncio.run(_make(servers))
        print(f"    portfolio of {LARGE.receivables:,} receivables made in {seconds[0]:.0f} s", flush=True)
    return servers


def settle(servers: Servers) -> None:
    """Let the server write down what other sections have left to be written."""
    asyncio.run(_run_outside(servers, "CHECKPOINT"))


@contextmanager
def copied(name: str) -> Iterator[Servers]:
    """The same servers with a copy of the portfolio that may be written to; dropped at the end."""
    servers = opened()
    asyncio.run(_run_outside(servers, f"CREATE DATABASE {name} TEMPLATE {DATABASE} STRATEGY file_copy"))
    try:
        yield _of_database(servers, name)
    finally:
        asyncio.run(_run_outside(servers, f"DROP DATABASE {name} WITH (FORCE)"))


def superuser(servers: Servers) -> str:
    """The address of the same database for the server's superuser, whom no row-level security binds."""
    return servers.owner.url.replace("cartera_owner@", "postgres@", 1)


async def postmaster(servers: Servers) -> int:
    """The process of PostgreSQL whose children serve the connections."""
    connection = await asyncpg.connect(superuser(servers))
    try:
        return _parent(connection.get_server_pid())
    finally:
        await connection.close()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[1])


def _of_database(servers: Servers, name: str) -> Servers:
    def there(where: DatabaseUrl) -> DatabaseUrl:
        return replace(where, url=where.url.replace(f"@/{DATABASE}?", f"@/{name}?", 1))

    return replace(servers, owner=there(servers.owner), app=there(servers.app), relay=there(servers.relay))


async def _run_outside(servers: Servers, statement: str) -> None:
    """From another database, since nobody may use the one that is copied."""
    connection = await asyncpg.connect(superuser(servers).replace(f"@/{DATABASE}?", "@/postgres?", 1))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _is_made(servers: Servers) -> bool:
    """The organizations' account rows come last."""
    connection = await asyncpg.connect(superuser(servers))
    try:
        return bool(
            await connection.fetchval("SELECT count(*) FROM account") == sum(b.customers for b in ALL)
        )
    finally:
        await connection.close()


async def _make(servers: Servers) -> None:
    connection = await asyncpg.connect(superuser(servers))
    try:
        await connection.execute(f"TRUNCATE {_TABLES} CASCADE")
        # Half the time would go to looking up parents that are there by construction.
        await connection.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        # In one go an index takes seconds; row by row, of customers in any order, minutes.
        indexes = await connection.fetch(_INDEXES)
        for index in indexes:
            await connection.execute(f"DROP INDEX {index['name']}")
        password = hash_password(PASSWORD)
        for books in ALL:
            async with connection.transaction():
                await _insert(connection, books, password)
        for index in indexes:
            await connection.execute(index["definition"])
        await connection.execute("VACUUM ANALYZE")
        for books in ALL:
            await _refresh(servers, books)
        await connection.execute("VACUUM ANALYZE")
        # What has just been written is on disk before anything is measured.
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _insert(connection: asyncpg.Connection, books: Books, password: str) -> None:
    told = {
        "org": f"'{books.id}'::uuid",
        "place": books.place,
        "customers": books.customers,
        # The spread of customers is the same in every block of receivables.
        "block": min(books.customers, SMALL.customers),
        "receivables": books.receivables,
        "promises": books.promises,
        "collectors": books.collectors,
        "domain": f"'{books.domain}'",
        "password": f"'{password}'",
        "today": f"date '{TODAY}'",
        "now": f"timestamptz '{NOW.isoformat()}'",
    }
    await connection.execute(_ROWS.format_map(told))


async def _refresh(servers: Servers, books: Books) -> None:
    """Segments and account rows, by what the application calls when a business day begins."""
    db = Database(servers.owner, pool_size=_REFRESHERS)
    actor = system(books.id, "bench")

    async def accounts(chunks: Iterator[list[UUID]]) -> None:
        for chunk in chunks:
            async with db.write(actor, NOW) as tx:
                await refresh_accounts(tx, chunk)

    try:
        async with db.write(actor, NOW) as tx:
            await refresh_segments(tx)
            ids = sorted((await tx.session.execute(select(Customer.id))).scalars())
        chunks = iter([ids[first : first + CHUNK] for first in range(0, len(ids), CHUNK)])
        await asyncio.gather(*(accounts(chunks) for _ in range(_REFRESHERS)))
    finally:
        await db.close()


def node_id(kind: str, key: UUID) -> str:
    """As the API names a row."""
    return b64encode(f"{kind}:{key}".encode()).decode()
