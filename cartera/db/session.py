"""Units of work: one transaction, one organization, one actor.

The transaction's first statement, alone, is ``SET LOCAL app.organization``: row-level security does the
rest, and every ORM statement gets the organization bound on every table reference besides (SCALE.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from cartera.actors import Actor
from cartera.db import due_balances
from cartera.db.base import Tenant, new_id
from cartera.db.tables.organizations import Organization
from cartera.db.tables.outbox import AuditEntry, Outbox
from cartera.errors import UserFacingError
from cartera.kept import Kept
from cartera.rules.outbox import Lane
from cartera.servers import DatabaseUrl

STATEMENT_TIMEOUT = "15s"
LOCK_TIMEOUT = "5s"
_TOKENS = 10_000
# Compiled statements that a connection keeps prepared.
_STATEMENTS = 500
# A net for a server that no longer answers. It must outlast the longest statement_timeout, an import's.
COMMAND_SECONDS = 16 * 60
# lock_not_available (lock_timeout), deadlock_detected, query_canceled (statement_timeout).
_HELD_UP = frozenset(["55P03", "40P01", "57014"])


def _set_organization(organization_id: UUID) -> str:
    # A literal, since SET takes no parameters; UUID() has made sure of its form.
    return f"SET LOCAL app.organization = '{UUID(str(organization_id))}'"


class TenantSession(Session):
    """A session of one organization. ``info["organization_id"]`` is set before the first statement."""


@event.listens_for(TenantSession, "do_orm_execute")
def _bind_organization(state: ORMExecuteState) -> None:
    """Bind the organization on every reference to a tenant's table, at every level of the statement."""
    if state.is_select or state.is_update or state.is_delete:
        organization_id = state.session.info["organization_id"]
        state.statement = state.statement.options(
            with_loader_criteria(
                Tenant, lambda cls: cls.organization_id == organization_id, include_aliases=True
            )
        )


@event.listens_for(TenantSession, "before_flush")
def _gather_due_balances(session: Session, context: Any, instances: Any) -> None:
    due_balances.gather(session)


@event.listens_for(TenantSession, "before_commit")
def _write_due_balances(session: Session) -> None:
    due_balances.write(session)


@dataclass
class Tx:
    """What a service works with: the session, who acts, and what time it is."""

    session: AsyncSession
    actor: Actor
    now: datetime
    organization: Organization

    @property
    def organization_id(self) -> UUID:
        return self.actor.organization_id

    @property
    def today(self) -> date:
        """The organization's business day at ``now``."""
        return self.now.astimezone(ZoneInfo(self.organization.time_zone)).date()


class ReadTx(Tx):
    """A read-only transaction."""


@dataclass
class WriteTx(Tx):
    """A transaction that may change the books; commits when its block ends without an exception."""

    # Whether there is something in the outbox for the relay to hear of after commit.
    has_effects: bool = False

    async def take_time(self, wait: timedelta) -> None:
        """Let each statement from here on wait so long for a lock, and take half as long again in all."""
        for setting, limit in (("lock_timeout", wait), ("statement_timeout", wait * 1.5)):
            milliseconds = limit // timedelta(milliseconds=1)
            await self.session.execute(text(f"SET LOCAL {setting} = '{milliseconds}ms'"))

    def later(
        self,
        lane: Lane,
        kind: str,
        key: str,
        *,
        run_at: datetime | None = None,
        **payload: Any,
    ) -> None:
        """Put an effect in the outbox: it happens after commit, once. ``payload`` holds ids only."""
        self.has_effects = True
        self.session.add(
            Outbox(
                organization_id=self.organization_id,
                id=new_id(),
                key=f"{kind}:{key}",
                lane=lane,
                kind=kind,
                payload=payload,
                run_at=run_at or self.now,
                lease_until=None,
                attempts=0,
                done_at=None,
                failure=None,
                request_id=self.actor.request_id,
            )
        )

    def audit(
        self,
        action: str,
        noun: str,
        noun_id: UUID,
        *,
        customer_id: UUID | None = None,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        self.session.add(
            AuditEntry(
                organization_id=self.organization_id,
                id=new_id(),
                happened_at=self.now,
                actor=str(self.actor),
                action=action,
                noun=noun,
                noun_id=noun_id,
                customer_id=customer_id,
                before=before,
                after=after,
                address=self.actor.address,
                request_id=self.actor.request_id,
            )
        )


def make_engine(
    where: DatabaseUrl,
    *,
    pool_size: int = 10,
    application: str = "cartera",
    statement_timeout: str = "0",
) -> AsyncEngine:
    """A pool that connects as ``where.role``. The URL may be postgres://, postgresql:// or +asyncpg."""
    server_settings = {"application_name": application, "statement_timeout": statement_timeout}
    if where.role:
        server_settings["role"] = where.role
    return create_async_engine(
        asyncpg_url(where.url),
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        # An exception is logged with its statement; names, addresses and hashes have no business in a log.
        hide_parameters=True,
        connect_args={"server_settings": server_settings, "command_timeout": COMMAND_SECONDS},
    )


async def make_pool(where: DatabaseUrl, *, size: int, application: str = "cartera") -> asyncpg.Pool:
    """Connections for compiled statements (``db.statements``), without what SQLAlchemy does for each."""
    settings = {
        "application_name": application,
        "statement_timeout": STATEMENT_TIMEOUT,
        # Dates are written as JSON in SQL.
        "datestyle": "ISO, YMD",
    }
    if where.role:
        settings["role"] = where.role
    return await asyncpg.create_pool(
        asyncpg_url(where.url).replace("+asyncpg", ""),
        min_size=0,
        max_size=size,
        server_settings=settings,
        command_timeout=COMMAND_SECONDS,
        # Whatever its length: one that is not kept is planned anew by each request.
        statement_cache_size=_STATEMENTS,
        max_cacheable_statement_size=0,
        # Each transaction ends before its connection goes back, and nothing outlives it: see ``statements``.
        reset=_nothing,
    )


async def _nothing(_: Any) -> None:
    pass


def held_up(error: BaseException) -> bool:
    """Whether others, or the server's load, kept a transaction from its end: it may be tried again."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(original, TimeoutError) or getattr(original, "sqlstate", None) in _HELD_UP


def asyncpg_url(url: str) -> str:
    """SQLAlchemy's form of a PostgreSQL URL; its default driver is another. Raises UserFacingError."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise UserFacingError("DATABASE_URL must begin with postgresql://; correct it and start again.")
    return f"postgresql+asyncpg://{rest}"


class Database:
    """The application's pool. Open one per process, in its lifespan; ``close()`` at its end."""

    def __init__(
        self, where: DatabaseUrl, *, pool_size: int = 10, ring: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """``ring`` is called after each commit that left effects in the outbox; it must not raise."""
        self.engine = make_engine(where, pool_size=pool_size, statement_timeout=STATEMENT_TIMEOUT)
        self._where = where
        self._pool_size = pool_size
        self._readers: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()
        # Whose a token is never changes; whether it still lets in is asked each time.
        self.organizations: Kept[tuple[str, bytes], UUID] = Kept(_TOKENS)
        self._ring = ring
        self._sessions = async_sessionmaker(
            self.engine, sync_session_class=TenantSession, expire_on_commit=False, autoflush=True
        )

    async def close(self) -> None:
        await self.engine.dispose()
        if self._readers is not None:
            await self._readers.close()

    @asynccontextmanager
    async def statements(self, organization_id: UUID) -> AsyncIterator[Any]:
        """A bare connection in a read-only transaction, for ``db.statements``."""
        async with Turn(self) as turn, turn.statements(organization_id) as connection:
            yield connection

    async def begin_reading(self, organization_id: UUID) -> Any:
        """As ``statements``, for who ends it: a ``Turn``."""
        connection = await (await self._pool()).acquire()
        try:
            # One message for both, since each costs a way to the server and back.
            await connection.execute(f"BEGIN READ ONLY; {_set_organization(organization_id)}")
        except BaseException:
            await self.end_reading(connection, is_sound=False)
            raise
        return connection

    async def end_reading(self, connection: Any, *, is_sound: bool = True) -> None:
        """Whatever went wrong, in the middle of a statement even, no other request inherits it."""
        try:
            if is_sound:
                await connection.execute("COMMIT")
        except BaseException:
            is_sound = False
            raise
        finally:
            if not is_sound:
                connection.terminate()
            await (await self._pool()).release(connection)

    @asynccontextmanager
    async def looking_up(self) -> AsyncIterator[Any]:
        """A bare connection for a statement on the directory alone, which sees no tenant's row."""
        async with (await self._pool()).acquire() as connection:
            yield connection

    async def _pool(self) -> asyncpg.Pool:
        if self._readers is None:
            async with self._opening:
                if self._readers is None:
                    self._readers = await self._open_pool()
        return self._readers

    async def _open_pool(self) -> asyncpg.Pool:
        return await make_pool(self._where, size=self._pool_size)

    @asynccontextmanager
    async def directory(self) -> AsyncIterator[AsyncSession]:
        """A transaction on the directory alone, before the organization is known: it sees no tenant's row."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def read(self, actor: Actor, now: datetime) -> AsyncIterator[ReadTx]:
        async with self._begin(actor) as session:
            await session.execute(text("SET TRANSACTION READ ONLY"))
            yield ReadTx(session, actor, now, await _organization(session, actor))

    @asynccontextmanager
    async def write(self, actor: Actor, now: datetime) -> AsyncIterator[WriteTx]:
        async with self._begin(actor) as session:
            await session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
            tx = WriteTx(session, actor, now, await _organization(session, actor))
            yield tx
        if tx.has_effects and self._ring:
            await self._ring()

    @asynccontextmanager
    async def found(self, actor: Actor, organization: Organization, now: datetime) -> AsyncIterator[WriteTx]:
        """The first transaction of an organization, which begins with its own row."""
        async with self._begin(actor) as session:
            session.add(organization)
            await session.flush()
            yield WriteTx(session, actor, now, organization)

    @asynccontextmanager
    async def _begin(self, actor: Actor) -> AsyncIterator[AsyncSession]:
        async with self._sessions() as session, session.begin():
            session.info["organization_id"] = actor.organization_id
            await session.execute(text(_set_organization(actor.organization_id)))
            yield session


class Turn:
    """One request's reading: a single transaction for all its statements, one after the other.

    A second connection beside the first would let requests that each hold one wait for ever for each
    other's. Whoever wants a statement after the end gets a transaction of its own.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._connection: Any = None
        self._is_over = False
        self._in_use = asyncio.Lock()

    @asynccontextmanager
    async def statements(self, organization_id: UUID) -> AsyncIterator[Any]:
        """As ``Database.statements``. Not within a block of its own, which would wait for itself."""
        async with self._in_use:
            if not self._is_over:
                try:
                    if self._connection is None:
                        self._connection = await self._db.begin_reading(organization_id)
                    yield self._connection
                except BaseException:
                    await self._end(is_sound=False)
                    raise
                return
        async with self._db.statements(organization_id) as connection:
            yield connection

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    async def end(self) -> None:
        """Waits for a statement under way: a field whose sibling failed runs on."""
        async with self._in_use:
            await self._end()

    async def _end(self, *, is_sound: bool = True) -> None:
        self._is_over = True
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._db.end_reading(connection, is_sound=is_sound)


async def _organization(session: AsyncSession, actor: Actor) -> Organization:
    return (
        await session.execute(
            select(Organization).where(Organization.organization_id == actor.organization_id)
        )
    ).scalar_one()
