"""The demo in real PostgreSQL: columns, books by SQL, promises and accounts as the services see them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import Field, fields
from datetime import datetime
from typing import Any, get_args, get_type_hints
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from cartera.actors import system
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.drift import drift
from cartera.db.session import Database, make_engine
from cartera.db.tables import metadata
from cartera.db.tables.accounts import Account, AccountBalance
from cartera.db.tables.customers import Customer
from cartera.db.tables.organizations import Member, Organization
from cartera.db.tables.promises import Promise
from cartera.demo.load import Loader
from cartera.demo.logins import DEMO_NAME, DEMO_PASSWORD
from cartera.demo.rows import Rows
from cartera.demo.seed import Size, organization_id_of, seed, seed_demo
from cartera.errors import UserFacingError
from cartera.rules.permissions import Role
from cartera.servers import DatabaseUrl, Servers
from cartera.services.passwords import password_matches
from cartera.services.proof import prove_promises
from tests.factories import Factory

SMALL = Size(customers=40, receivables=800)
COUNTED = (
    "member",
    "customer",
    "contact",
    "receivable",
    "entry",
    "payment",
    "allocation",
    "promise",
    "account",
)


@pytest.fixture
async def owner(database: Servers) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(database.owner, pool_size=1)
    yield engine
    await engine.dispose()


async def count(engine: AsyncEngine, organization_id: UUID) -> dict[str, int]:
    async with engine.begin() as connection:
        await connection.execute(text(f"SET LOCAL app.organization = '{organization_id}'"))
        return {
            table: (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()
            for table in COUNTED
        }


@pytest.mark.parametrize("field", fields(Rows), ids=lambda field: field.name)
def test_rows_have_the_columns_of_their_table(field: Field[Any]) -> None:
    (row_type,) = get_args(get_type_hints(Rows)[field.name])
    table = metadata.tables[field.name]
    columns = {column.name: column for column in table.columns}
    assert set(row_type._fields) <= set(columns)
    left_out = set(columns) - set(row_type._fields) - {"organization_id"}
    assert all(columns[name].nullable for name in left_out)


async def test_the_books_agree_by_sql(database: Servers, owner: AsyncEngine, now: datetime) -> None:
    seeded = await seed(database.owner, now, size=SMALL)
    rows = await count(owner, seeded.organization_id)
    assert (rows["customer"], rows["account"], rows["receivable"]) == (40, 40, 800)
    broken = {
        "balance is the sum of entries": """
            SELECT r.id FROM receivable r LEFT JOIN entry e ON e.receivable_id = r.id
            GROUP BY r.organization_id, r.id HAVING sum(e.amount_minor) <> r.balance_minor
                OR sum(e.amount_minor) IS NULL""",
        "payments are accounted for": """
            SELECT p.id FROM payment p LEFT JOIN allocation a ON a.payment_id = p.id
            GROUP BY p.organization_id, p.id
            HAVING coalesce(sum(a.source_minor), 0)
                <> p.amount_minor - p.unapplied_minor - p.reversed_minor""",
        "credit notes are accounted for": """
            SELECT n.id FROM credit_note n LEFT JOIN allocation a ON a.credit_note_id = n.id
            GROUP BY n.organization_id, n.id
            HAVING coalesce(sum(a.source_minor), 0) + n.unapplied_minor <> n.amount_minor""",
        "buckets are the open balances": """
            SELECT b.customer_id FROM account_balance b
            WHERE b.balance_minor <> (SELECT coalesce(sum(r.balance_minor), 0) FROM receivable r
                WHERE r.customer_id = b.customer_id AND r.currency = b.currency)""",
    }
    async with owner.begin() as connection:
        await connection.execute(text(f"SET LOCAL app.organization = '{seeded.organization_id}'"))
        for name, statement in broken.items():
            assert (await connection.execute(text(statement))).all() == [], name
        paying = await connection.execute(text("SELECT sum(matured_count) FROM segment_history"))
        assert paying.scalar_one() > 600
        loaded = await connection.execute(text("SELECT reltuples FROM pg_class WHERE relname = 'receivable'"))
        assert loaded.scalar_one() == 800


async def test_nothing_changes_when_the_services_look_again(
    database: Servers, db: Database, now: datetime
) -> None:
    """Promises proven again and accounts recomputed by the application's role give the same rows."""
    seeded = await seed(database.owner, now, size=SMALL)
    actor = system(seeded.organization_id, "test")

    async with db.read(actor, now) as tx:
        customers = list(await tx.session.scalars(select(Customer.id)))
        before = await snapshot(tx.session)
    async with db.write(actor, now) as tx:
        await prove_promises(tx, customers)
        await refresh_accounts(tx, customers)
    async with db.read(actor, now) as tx:
        assert await snapshot(tx.session) == before


async def test_every_tab_of_the_books_is_in_use(database: Servers, db: Database, now: datetime) -> None:
    seeded = await seed(database.owner, now, size=SMALL)
    async with db.read(system(seeded.organization_id, "test"), now) as tx:
        kept = await tx.session.execute(
            text(
                """
                SELECT (SELECT count(*) FROM plan WHERE state = 'active') > 0
                    AND (SELECT count(*) FROM plan WHERE state = 'proposed') > 0 AS plans,
                    (SELECT count(DISTINCT role) FROM instrument) = 2 AS instruments,
                    (SELECT count(*) FROM charge WHERE balance_minor > 0) > 0 AS charges,
                    (SELECT count(*) FROM dispute WHERE state = 'open') > 0 AS disputes
                """
            )
        )
        assert kept.one()._asdict() == dict.fromkeys(("plans", "instruments", "charges", "disputes"), True)
        assert await drift(tx) == []


async def snapshot(session: AsyncSession) -> list[list[dict[str, Any]]]:
    found = []
    for noun in (Promise, Account, AccountBalance):
        rows = (
            await session.execute(select(noun.__table__).order_by(*noun.__table__.primary_key))
        ).mappings()
        found.append([dict(row) for row in rows])
    return found


async def test_everybody_may_log_in_with_the_printed_password(
    database: Servers, db: Database, now: datetime
) -> None:
    seeded = await seed(database.owner, now, size=SMALL)
    assert {login.role for login in seeded.logins} == set(Role)
    async with db.read(system(seeded.organization_id, "test"), now) as tx:
        members = {row.email: row for row in await tx.session.scalars(select(Member))}
        organization = await tx.session.get(Organization, seeded.organization_id)
    assert set(members) == {login.email for login in seeded.logins}
    assert password_matches(members["collector@altiplano.example"].password_hash, DEMO_PASSWORD)
    assert organization
    assert (organization.name, organization.is_demo) == (DEMO_NAME, True)
    assert organization.business_day == now.date()
    async with db.directory() as directory:
        listed = await directory.execute(text("SELECT organization_id FROM login_directory"))
        assert set(listed.scalars()) == {seeded.organization_id}


async def test_a_second_seed_of_the_name_is_refused_and_changes_nothing(
    database: Servers, owner: AsyncEngine, now: datetime
) -> None:
    seeded = await seed(database.owner, now, size=SMALL)
    before = await count(owner, seeded.organization_id)
    with pytest.raises(UserFacingError, match="has its data already; seed another organization"):
        await seed(database.owner, now, size=Size(10, 10))
    assert await count(owner, seeded.organization_id) == before


async def test_of_two_seeds_at_once_the_second_is_refused(
    database: Servers, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has looked before the first committed."""
    await seed(database.owner, now, size=SMALL)

    async def not_yet(owner: DatabaseUrl, organization_id: UUID) -> bool:
        return False

    monkeypatch.setattr("cartera.demo.seed._exists", not_yet)
    with pytest.raises(UserFacingError, match="has its data already"):
        await seed(database.owner, now, size=SMALL)


async def test_up_seeds_once(database: Servers, owner: AsyncEngine, now: datetime) -> None:
    first = await seed_demo(database.owner, now)
    assert first
    assert (first.customers, first.receivables) == (300, 6_000)
    before = await count(owner, first.organization_id)
    assert await seed_demo(database.owner, now) is None
    assert await count(owner, first.organization_id) == before


async def test_organizations_stay_apart(
    database: Servers, owner: AsyncEngine, factory: Factory, now: datetime
) -> None:
    await factory.customer()
    demo = await seed(database.owner, now, size=SMALL)
    other = await seed(database.owner, now, name="Norte Insumos", size=SMALL)
    assert other.logins[0].email == "admin@norte-insumos.example"
    assert (await count(owner, factory.organization_id))["customer"] == 1
    assert await count(owner, demo.organization_id) == await count(owner, other.organization_id)


async def test_a_seed_that_breaks_off_leaves_nothing(
    database: Servers, owner: AsyncEngine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Loader.load

    async def break_off(self: Loader, rows: Rows) -> None:
        await load(self, rows)
        raise ConnectionError("the plug was pulled")

    with monkeypatch.context() as patched:
        patched.setattr(Loader, "load", break_off)
        with pytest.raises(ConnectionError):
            await seed(database.owner, now, size=SMALL)
    assert set((await count(owner, organization_id_of(DEMO_NAME))).values()) == {0}
    async with owner.begin() as connection:
        for table in ("organization_directory", "login_directory"):
            assert (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0
    assert await seed(database.owner, now, size=SMALL)
