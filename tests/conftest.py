"""Real servers for every test: PostgreSQL built by the migrations, without a row, and Redis.

The servers start once per session, in a throw-away folder. A test that asks for ``db`` gets a clone of the
migrated database that the tests before it have left empty.
"""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import pytest
import structlog
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from cartera.actors import Actor
from cartera.db.migrate import upgrade
from cartera.db.session import STATEMENT_TIMEOUT, Database, make_engine, make_pool
from cartera.local import embedded
from cartera.servers import DatabaseUrl, Servers
from cartera.settings import Settings
from tests.factories import Factory
from tests.mail_server import Inbox, mail_server
from tests.office import Office

# What makes PostgreSQL safe against a power cut is no use to a database of one test; nor are plans that are
# made anew for each value, on tables of a few rows and connections of a few statements.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "plan_cache_mode": "force_generic_plan",
}


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    # Not pytest's own folder, which is closed to the account that PostgreSQL runs as under root.
    with (
        TemporaryDirectory(prefix="cartera-test-") as home,
        embedded(Path(home), postgres_settings=FAST) as started,
    ):
        asyncio.run(upgrade(started.owner))
        yield started


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program; without one the test skips, except in CI, where it must not be missing."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if not found and not os.environ.get("CI"):
        pytest.skip("Chromium is not installed")
    assert found, "Chromium is not installed: scripts/test installs it where it may"
    return found


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """As ``tmp_path``, for servers: every pytest that starts closes its folder again to their account."""
    with TemporaryDirectory(prefix="cartera-test-") as folder:
        yield Path(folder)


class Kept(Database):
    """The application's pool, which outlives tests: its connections know tables and statements by now."""

    NAME = "cartera-kept"

    def __init__(self, where: DatabaseUrl) -> None:
        super().__init__(where)
        self.engine = make_engine(where, application=self.NAME, statement_timeout=STATEMENT_TIMEOUT)
        self._sessions.configure(bind=self.engine)

    async def _open_pool(self) -> asyncpg.Pool:
        return await make_pool(self._where, size=self._pool_size, application=self.NAME)

    async def end(self) -> None:
        await super().close()

    async def close(self) -> None:
        """What a test gives it to closes it, and the next test goes on with it."""
        if self.engine.pool.checkedout():  # type: ignore[attr-defined]  # of the pool that an engine has
            await self.engine.dispose()


class Slate:
    """The database that the tests share. One connection, which knows its tables by now, wipes it after each.

    Deleting the rows of one test takes 3 ms, where a fresh clone of the database takes 200 and a fresh
    connection some 40. The connection has a loop of its own, since every test's ends with it.
    """

    def __init__(self, servers: Servers) -> None:
        self.servers = _named(servers, "slate")
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(_clone(servers, "slate"))
        self._admin = self._run(
            asyncpg.connect(_admin(servers, "slate"), server_settings={"session_replication_role": "replica"})
        )
        tables = self._run(
            self._admin.fetch(
                "SELECT tablename FROM pg_tables"
                " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            )
        )
        self._tables = [row["tablename"] for row in tables]
        # Whoever a test left behind may hold locks.
        self._wipe = ";".join(
            [
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                f" AND NOT (application_name = '{Kept.NAME}' AND state = 'idle')",
                *(f'DELETE FROM "{table}"' for table in self._tables),
            ]
        )

    def wipe(self) -> None:
        self.run(self._wipe)

    def keep(self, name: str) -> None:
        """Remember every row as it is now, for ``bring_back`` after a wipe: rows that take long to build."""
        tables = (f'CREATE TABLE "{name}"."{table}" AS TABLE public."{table}"' for table in self._tables)
        self.run(";".join([f'CREATE SCHEMA "{name}"', *tables]))

    def bring_back(self, name: str) -> None:
        tables = (f'INSERT INTO public."{table}" TABLE "{name}"."{table}"' for table in self._tables)
        self.run(";".join(tables))

    def forget(self, name: str) -> None:
        self.run(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')

    def run(self, statement: str) -> None:
        """As the superuser, past every lock, policy and CHECK."""
        self._run(self._admin.execute(statement))

    def close(self) -> None:
        self._run(self._admin.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


@pytest.fixture(scope="session")
def slate(servers: Servers) -> Iterator[Slate]:
    made = Slate(servers)
    yield made
    made.close()


@pytest.fixture
async def database(slate: Slate) -> AsyncIterator[Servers]:
    """The servers, with a database of the migrations that holds no row, and an empty Redis."""
    yield slate.servers
    slate.wipe()
    await _flush(slate.servers.redis)


@pytest.fixture
async def own_database(servers: Servers) -> AsyncIterator[Servers]:
    """As ``database``, for a test that changes the schema: a clone that nobody else sees."""
    await _clone(servers, "own")
    yield _named(servers, "own")
    admin = await asyncpg.connect(_admin(servers, "postgres"))
    await admin.execute("DROP DATABASE own WITH (FORCE)")
    await admin.close()
    await _flush(servers.redis)


@pytest.fixture(scope="session")
async def kept(slate: Slate) -> AsyncIterator[Kept]:
    opened = Kept(slate.servers.app)
    yield opened
    await opened.end()


@pytest.fixture
async def db(kept: Kept, database: Servers) -> AsyncIterator[Database]:
    """The application's pool, as the application's role."""
    yield kept
    await kept.close()


@pytest.fixture
async def relay_engine(database: Servers) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(database.relay, application="cartera-relay")
    yield engine
    await engine.dispose()


@pytest.fixture
def redis_url(database: Servers) -> str:
    return database.redis


@pytest.fixture(autouse=True, scope="session")
def plain_logs() -> None:
    """Logs without colours and local variables, which cost seconds where a test makes things fail."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ]
    )


class MovableClock:
    """A clock for one process; processes share time through ``cartera.clock.FileClock``."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by

    def set(self, to: datetime) -> None:
        self._now = to


@pytest.fixture
def now() -> datetime:
    """A Monday, 09:00 in Mexico City."""
    return datetime(2026, 11, 16, 15, 0, tzinfo=UTC)


@pytest.fixture
def clock(now: datetime) -> MovableClock:
    return MovableClock(now)


@pytest.fixture
async def factory(db: Database, now: datetime) -> Factory:
    """Makes an organization of its own, and rows in it."""
    made = Factory(db, now)
    await made.organization_row()
    return made


@pytest.fixture
def organization(factory: Factory) -> UUID:
    return factory.organization_id


@pytest.fixture
async def manager(factory: Factory) -> Actor:
    return await factory.actor("manager")


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """A mail server; what it got, and how it should misbehave."""
    async with mail_server() as opened:
        yield opened


@pytest.fixture
def settings(database: Servers, inbox: Inbox, tmp_path: Path) -> Settings:
    """An installation on the test's own servers, with the mail server of ``inbox``."""
    return Settings.from_environment(
        {
            **database.environment(),
            "CARTERA_HOME": str(tmp_path),
            "SECRET_KEY": "s" * 40,
            "SMTP_URL": inbox.url,
            "MAIL_FROM": "Cartera <avisos@cartera.example>",
        }
    )


@pytest.fixture
def office(db: Database, relay_engine: AsyncEngine, clock: MovableClock, settings: Settings) -> Office:
    """Works off the outbox by the test's own clock."""
    return Office(db, relay_engine, clock, settings)


@pytest.fixture(scope="session")
def real_files() -> Path:
    """The folder of real sample files beside the repository; the test skips where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real files is not here")
    return folder


async def _clone(servers: Servers, name: str) -> None:
    admin = await asyncpg.connect(_admin(servers, "postgres"))
    template = urlsplit(servers.owner.url).path.removeprefix("/")
    await admin.execute(
        f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER cartera_owner STRATEGY FILE_COPY'
    )
    await admin.close()


def _admin(servers: Servers, name: str) -> str:
    return _database(servers.owner.url, name, user="postgres")


def _named(servers: Servers, name: str) -> Servers:
    return Servers.at(
        owner_url=_database(servers.owner.url, name),
        app_url=_database(servers.app.url, name),
        relay_url=_database(servers.relay.url, name),
        redis_url=servers.redis,
    )


def _database(url: str, name: str, user: str | None = None) -> str:
    parts = urlsplit(url)
    location = f"{user}@" if user else parts.netloc
    return urlunsplit(parts._replace(netloc=location, path=f"/{name}"))


async def _flush(url: str) -> None:
    client = Redis.from_url(url)
    await client.flushall()
    await client.aclose()


# Files that take longest, longest first: handed out by files, they would else keep one worker busy at the end
# while the other has nothing left to do.
_LONGEST = (
    "tests/browser/test_screens.py",
    "tests/services/test_books_machine.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, since now and then each waits for a browser or for a process to end."""
    return min((os.cpu_count() or 1) + 1, 5)


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: collecting garbage looked through them all, again and again."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((at for at, name in enumerate(_LONGEST) if item.nodeid.startswith(name)), len(_LONGEST))

    items.sort(key=place)
