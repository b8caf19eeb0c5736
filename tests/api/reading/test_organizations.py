"""No statement reads another organization's rows: each guard holds by itself."""

from __future__ import annotations

import re
from uuid import UUID

from cartera.db.base import new_id
from cartera.db.session import Database
from cartera.db.tables import metadata
from tests.api.bad_input_world import Books
from tests.api.conftest import Client, Visitors
from tests.api.reading.conftest import compiling
from tests.api.reading.test_same_answers import PAGES_INSIDE, WIDE
from tests.api.rows import set_policy
from tests.factories import Factory

TENANTS = {table.name for table in metadata.sorted_tables if "organization_id" in table.primary_key.columns}


def unbound(text: str) -> set[str]:
    """Names under which a tenant's table is read in a statement more often than its organization is bound."""
    found = set()
    for table, _, alias in re.findall(r"(?:FROM|JOIN|,) (\w+)( AS (\w+))?", text):
        name = alias or table
        if table in TENANTS:
            read = len(re.findall(rf"(?:FROM|JOIN|,) (?:\w+ AS )?{name}\b(?! AS)(?!\.)", text))
            if read > len(re.findall(rf"\b{name}\.organization_id = \$\d+", text)):
                found.add(name)
    return found


def test_a_reference_without_its_organization_is_noticed() -> None:
    bound = "SELECT 1 FROM customer JOIN account AS a ON true WHERE customer.organization_id = $1"
    assert unbound(bound) == {"a"}
    assert unbound(f"{bound} AND a.organization_id = $2::UUID") == set()
    assert unbound("SELECT (SELECT 2 FROM customer) FROM customer WHERE customer.organization_id = $1") == {
        "customer"
    }


async def test_every_reference_to_a_table_binds_the_organization(
    anna: Client, books: Books, visitors: Visitors, factory: Factory
) -> None:
    await set_policy(factory, "team")
    collector, _ = await visitors.member("collector")
    with compiling() as statements:
        for client in (anna, collector):
            await client.ask(WIDE, first=2, order={"field": "OLDEST_DUE", "direction": "ASC"})
            await client.ask(PAGES_INSIDE, id=books["customer"], first=2)
    assert len(statements) >= 4
    for statement in statements:
        assert "organization_id" in statement.text
        assert unbound(statement.text) == set(), statement.text


async def test_either_guard_alone_keeps_other_organizations_out(
    anna: Client, books: Books, db: Database, factory: Factory
) -> None:
    with compiling() as statements:
        await anna.ask("{ customers(first: 2) { edges { node { promises { edges { cursor } } } } } }")
    (statement,) = statements
    own, other = factory.organization_id, new_id()
    told = {"now": factory.now, "member": None}

    async def rows(setting: UUID, bound: UUID) -> int:
        arguments = statement.arguments(told | {"organization": bound})
        async with db.statements(setting) as connection:
            return len(await connection.fetch(statement.text, *arguments))

    assert await rows(own, own) == 3
    assert await rows(own, other) == 0
    assert await rows(other, own) == 0
