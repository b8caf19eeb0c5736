"""Every table, key, foreign key, constraint name and policy keeps SCALE's rules.

The named exceptions are here and nowhere else; whoever needs another writes it down with its reason.
"""

from __future__ import annotations

import re

import asyncpg
import pytest
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

from cartera.db.tables import metadata
from cartera.servers import Servers

DIRECTORY = {"organization_directory", "login_directory", "token_directory", "gateway_directory"}
APPEND_ONLY = {
    "entry",
    "allocation",
    "activity",
    "assignment",
    "audit_entry",
    "payment_reversal",
    "exchange_difference",
    "substitution_entry",
    "dispute_comment",
}
# What the relay and the clock may read of every organization; "*" is the whole row.
RELAY_SEES = {
    "outbox": "*",
    "organization": {"organization_id", "time_zone", "business_day"},
    "message": {"organization_id", "state", "planned_for"},
    "promise": {"organization_id", "state", "last_day"},
    "task": {"organization_id", "state", "due_at"},
}
TENANT_TABLES = [table for table in metadata.sorted_tables if table.name not in DIRECTORY]
NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
# Operators on these types are leakproof, so they reach an index under row-level security.
LEAKPROOF = {"uuid", "text", "bigint", "boolean", "date", "timestamp with time zone", "bytea"}
BESIDES = {"jsonb", "numeric(24, 10)", "numeric(38, 0)", 'text collate "c"'}


def named(table: Table) -> str:
    return table.name


@pytest.mark.parametrize("table", TENANT_TABLES, ids=named)
def test_key_begins_with_the_organization(table: Table) -> None:
    columns = [column.name for column in table.primary_key.columns]
    assert columns[0] == "organization_id"
    if "id" in table.columns:
        assert columns == ["organization_id", "id"]


@pytest.mark.parametrize("table", TENANT_TABLES, ids=named)
def test_foreign_keys_carry_the_organization(table: Table) -> None:
    for key in table.constraints:
        if isinstance(key, ForeignKeyConstraint):
            assert key.column_keys[0] == "organization_id", key.name
            assert key.elements[0].target_fullname.endswith(".organization_id"), key.name
            assert key.ondelete is None, key.name
            assert not key.deferrable, key.name
            assert key.referred_table.name not in DIRECTORY, key.name


@pytest.mark.parametrize("table", TENANT_TABLES, ids=named)
def test_unique_constraints_and_indexes_begin_with_the_organization(table: Table) -> None:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            assert constraint.columns[0].name == "organization_id", constraint.name
    for index in table.indexes:
        assert index.columns[0].name == "organization_id", index.name


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=named)
def test_everything_has_a_short_name(table: Table) -> None:
    assert NAME.fullmatch(table.name)
    for part in (*table.constraints, *table.indexes):
        assert part.name, table.name
        assert NAME.fullmatch(str(part.name)), part.name


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=named)
def test_columns_are_plain(table: Table) -> None:
    for column in table.columns:
        kind = str(column.type.compile(postgresql.dialect())).lower()
        assert kind in LEAKPROOF | BESIDES, f"{column}: {kind}"
        assert column.server_default is None, column
        assert column.identity is None, column
        assert column.autoincrement in (False, "auto"), column
        if column.name.endswith("_minor"):
            assert kind == "bigint", column


@pytest.mark.parametrize("name", sorted(DIRECTORY))
def test_directory_tables_stand_alone(name: str) -> None:
    table = metadata.tables[name]
    assert len(table.primary_key.columns) == 1
    assert not any(isinstance(each, ForeignKeyConstraint | UniqueConstraint) for each in table.constraints)
    allowed = {"organization_id", "database", "email", "token_hash", "kind", "expires_at", "account"}
    assert {column.name for column in table.columns} <= allowed


async def fetch(url: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def test_migrations_build_what_the_tables_say(servers: Servers) -> None:
    columns = await fetch(
        servers.owner.url,
        "SELECT table_name, column_name, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name <> 'alembic_version'",
    )
    built = {(row["table_name"], row["column_name"], row["is_nullable"] == "YES") for row in columns}
    declared = {
        (table.name, column.name, bool(column.nullable))
        for table in metadata.sorted_tables
        for column in table.columns
    }
    assert built == declared


async def test_migrations_build_every_constraint_and_index(servers: Servers) -> None:
    constraints = await fetch(
        servers.owner.url,
        "SELECT conrelid::regclass::text AS table, conname AS name FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'u', 'p')",
    )
    indexes = await fetch(
        servers.owner.url,
        "SELECT tablename AS table, indexname AS name FROM pg_indexes i WHERE schemaname = 'public'"
        " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname)",
    )
    built = {(row["table"], row["name"]) for row in (*constraints, *indexes)}
    declared = {
        (table.name, str(part.name))
        for table in metadata.sorted_tables
        for part in (*table.constraints, *table.indexes)
    }
    assert {each for each in built if each[0] != "alembic_version"} == declared


async def test_check_constraints_say_the_same(servers: Servers) -> None:
    """A CHECK built from an enum must be migrated when the enum grows."""
    rows = await fetch(
        servers.owner.url,
        "SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype = 'c'",
    )
    built = {row["name"]: set(re.findall(r"'([^']*)'", row["definition"])) for row in rows}
    for table in metadata.sorted_tables:
        for check in table.constraints:
            if isinstance(check, CheckConstraint):
                assert built[str(check.name)] == set(re.findall(r"'([^']*)'", str(check.sqltext))), check.name


async def test_row_level_security_is_forced_everywhere_else(servers: Servers) -> None:
    rows = await fetch(
        servers.owner.url,
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
    )
    open_tables = {row["relname"] for row in rows if not row["forced"]}
    assert open_tables == DIRECTORY | {"alembic_version"}


async def test_policies_are_the_tenants_and_the_relays(servers: Servers) -> None:
    rows = await fetch(
        servers.owner.url,
        "SELECT tablename, policyname, roles::text[] AS roles, qual, with_check FROM pg_policies",
    )
    tenant = "(organization_id = (NULLIF(current_setting('app.organization'::text, true), ''::text))::uuid)"
    seen = {(row["tablename"], row["policyname"]) for row in rows}
    wanted = {(table.name, "tenant") for table in TENANT_TABLES} | {(name, "relay") for name in RELAY_SEES}
    assert seen == wanted
    for row in rows:
        if row["policyname"] == "tenant":
            assert (row["qual"], row["with_check"], row["roles"]) == (tenant, tenant, ["public"])
        else:
            assert row["roles"] == ["cartera_relay"]


async def test_the_relay_sees_only_what_is_due(servers: Servers) -> None:
    rows = await fetch(
        servers.owner.url,
        "SELECT table_name, column_name FROM information_schema.column_privileges"
        " WHERE grantee = 'cartera_relay' AND privilege_type = 'SELECT'",
    )
    seen: dict[str, set[str]] = {}
    for row in rows:
        seen.setdefault(row["table_name"], set()).add(row["column_name"])
    whole = {column.name for column in metadata.tables["outbox"].columns}
    assert seen == {name: whole if what == "*" else what for name, what in RELAY_SEES.items()}


async def test_the_application_cannot_rewrite_what_is_append_only(servers: Servers) -> None:
    rows = await fetch(
        servers.owner.url,
        "SELECT table_name FROM information_schema.table_privileges"
        " WHERE grantee = 'cartera_app' AND privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')",
    )
    assert not APPEND_ONLY & {row["table_name"] for row in rows}


async def test_no_role_passes_by_row_level_security(servers: Servers) -> None:
    rows = await fetch(
        servers.owner.url,
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'cartera%' AND (rolsuper OR rolbypassrls)",
    )
    assert rows == []
    owners = await fetch(
        servers.owner.url, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    )
    assert [row["tableowner"] for row in owners] == ["cartera_owner"]


async def test_no_triggers_and_no_functions(servers: Servers) -> None:
    triggers = await fetch(servers.owner.url, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    functions = await fetch(
        servers.owner.url, "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    )
    assert (triggers, functions) == ([], [])
