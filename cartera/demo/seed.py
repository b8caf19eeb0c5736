"""A demo organization into the database: all of it in one transaction, or none."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_DNS, UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import insert, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cartera.actors import system
from cartera.db.due_balances import recompute
from cartera.db.queries.accounts import CHUNK, refresh_accounts, refresh_segments
from cartera.db.session import TenantSession, WriteTx, make_engine
from cartera.db.tables.directory import LoginDirectory, OrganizationDirectory
from cartera.db.tables.organizations import Member, Organization
from cartera.demo.agreements import agree
from cartera.demo.load import Loader
from cartera.demo.logins import DEMO_DOMAIN, DEMO_NAME, DEMO_PASSWORD
from cartera.demo.names import slug
from cartera.demo.portfolio import Plan, generate
from cartera.demo.rows import Rows
from cartera.demo.world import GRACE_BANKING_DAYS, HOLIDAY_POLICY, HOME_COUNTRY
from cartera.errors import UserFacingError
from cartera.rules.customers import Language
from cartera.rules.permissions import CollectorScope
from cartera.servers import DatabaseUrl
from cartera.services.passwords import hash_password

TIME_ZONE = "America/Mexico_City"


@dataclass(frozen=True)
class Login:
    """A member of the demo organization; all have the same password."""

    role: str
    email: str
    name: str


@dataclass(frozen=True)
class Seeded:
    """What was added. ``logins`` begin with one of each role, at addresses that name the role."""

    organization_id: UUID
    name: str
    customers: int
    receivables: int
    logins: list[Login]


@dataclass(frozen=True)
class Size:
    """How large a portfolio to generate."""

    customers: int = 300
    receivables: int = 6_000


def domain_of(name: str) -> str:
    """The reserved e-mail domain of a demo organization."""
    return DEMO_DOMAIN if name == DEMO_NAME else f"{slug(name)}.example"


def organization_id_of(name: str) -> UUID:
    """One name, one organization: so a second seed of it finds the first."""
    return uuid5(NAMESPACE_DNS, domain_of(name))


async def seed_demo(owner: DatabaseUrl, now: datetime) -> Seeded | None:
    """The demo organization for ``cartera up``; None where it is there already."""
    if await _exists(owner, organization_id_of(DEMO_NAME)):
        return None
    return await seed(owner, now)


async def seed(
    owner: DatabaseUrl,
    now: datetime,
    *,
    name: str = DEMO_NAME,
    size: Size | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Seeded:
    """Generate an organization as of the business day of ``now`` and write it as the tables' owner.

    ``tell`` hears of the progress. Raises UserFacingError where an organization of that name has been seeded
    before.
    """
    size = size or Size()
    today = now.astimezone(ZoneInfo(TIME_ZONE)).date()
    plan = Plan(today, size.customers, size.receivables, domain=domain_of(name))
    organization_id = organization_id_of(name)
    if await _exists(owner, organization_id):
        raise _already_there(name)
    try:
        async with _transaction(owner, organization_id) as session:
            return await _Seeding(session, organization_id, name, plan, now, tell).run()
    except IntegrityError as error:
        if "pk_organization_directory" in str(error.orig):
            raise _already_there(name) from error
        raise


def _already_there(name: str) -> UserFacingError:
    return UserFacingError(
        f"{name} has its data already; seed another organization with --organization NAME."
    )


class _Seeding:
    def __init__(
        self,
        session: AsyncSession,
        organization_id: UUID,
        name: str,
        plan: Plan,
        now: datetime,
        tell: Callable[[str], None],
    ) -> None:
        self._session = session
        self._organization_id = organization_id
        self._name = name
        self._plan = plan
        self._now = now
        self._tell = tell
        self._customers: list[UUID] = []
        self._logins: list[Login] = []

    async def run(self) -> Seeded:
        organization = await self._organization()
        await self._load()
        await self._refresh(organization)
        return Seeded(
            self._organization_id, self._name, self._plan.customers, self._plan.receivables, self._logins
        )

    async def _organization(self) -> Organization:
        organization = Organization(
            organization_id=self._organization_id,
            name=self._name,
            country=HOME_COUNTRY,
            time_zone=TIME_ZONE,
            base_currency="MXN",
            language=Language.ES,
            business_day=self._plan.today,
            holiday_policy=HOLIDAY_POLICY,
            collector_scope=CollectorScope.TEAM,
            grace_banking_days=GRACE_BANKING_DAYS,
            snapshot_guard_percent=40,
            accent="oklch(0.5 0.13 250)",
            contact_name="Área de crédito y cobranza",
            contact_email=f"cobranza@{self._plan.domain}",
            contact_phone="+525500000100",
            is_demo=True,
            created_at=self._now,
        )
        self._session.add(OrganizationDirectory(organization_id=self._organization_id, database="main"))
        self._session.add(organization)
        await self._session.flush()
        return organization

    async def _load(self) -> None:
        raw = await (await self._session.connection()).get_raw_connection()
        loader = Loader(raw.driver_connection, self._organization_id)
        done = 0
        async with aclosing(_ahead(generate(self._plan))) as batches:
            async for rows in batches:
                await loader.load(rows)
                await self._let_in(rows)
                self._customers += [customer.id for customer in rows.customer]
                done += len(rows.receivable)
                self._tell(f"{done:,} of {self._plan.receivables:,} receivables")
        await recompute(self._session, self._organization_id)
        await loader.analyze()

    async def _let_in(self, rows: Rows) -> None:
        """Logins for the members of this batch, all with the demo's password."""
        if not rows.member:
            return
        self._logins += [Login(member.role, member.email, member.name) for member in rows.member]
        directory = [
            {"email": login.email, "organization_id": self._organization_id} for login in self._logins
        ]
        await self._session.execute(insert(LoginDirectory), directory)
        await self._session.execute(update(Member).values(password_hash=hash_password(DEMO_PASSWORD)))

    async def _refresh(self, organization: Organization) -> None:
        actor = system(self._organization_id, "seed")
        tx = WriteTx(self._session, actor, self._now, organization)
        await refresh_segments(tx)
        for first in range(0, len(self._customers), CHUNK):
            await refresh_accounts(tx, self._customers[first : first + CHUNK])
            self._tell(f"accounts of {min(first + CHUNK, len(self._customers)):,} customers")
        await agree(tx)


async def _ahead(batches: Iterator[Rows]) -> AsyncGenerator[Rows, None]:
    """The batches, each generated in a thread while the database works on the one before."""
    with _no_cycle_collector():
        coming = asyncio.create_task(asyncio.to_thread(next, batches, None))
        try:
            while rows := await coming:
                coming = asyncio.create_task(asyncio.to_thread(next, batches, None))
                yield rows
        finally:
            await coming


@contextmanager
def _no_cycle_collector() -> Iterator[None]:
    """Rows make no cycles, and looking for some among millions of tuples takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@asynccontextmanager
async def _transaction(owner: DatabaseUrl, organization_id: UUID) -> AsyncIterator[AsyncSession]:
    """One transaction of the tables' owner within the organization, without a time limit."""
    async with _session(owner) as session, session.begin():
        session.info["organization_id"] = organization_id
        await session.execute(text(f"SET LOCAL app.organization = '{organization_id}'"))
        await session.execute(text("SET LOCAL statement_timeout = 0"))
        yield session


async def _exists(owner: DatabaseUrl, organization_id: UUID) -> bool:
    async with _session(owner) as session:
        return await session.get(OrganizationDirectory, organization_id) is not None


@asynccontextmanager
async def _session(owner: DatabaseUrl) -> AsyncIterator[AsyncSession]:
    engine = make_engine(owner, pool_size=1, application="cartera-seed")
    try:
        async with AsyncSession(engine, sync_session_class=TenantSession, expire_on_commit=False) as session:
            session.info["organization_id"] = None
            yield session
    finally:
        await engine.dispose()
