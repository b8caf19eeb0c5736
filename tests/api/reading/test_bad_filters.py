"""Whatever a list is filtered by: rows, an empty page or one typed error, never a failure of ours.

The values are tried on every field of every list's filter, as the schema has them now.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from api.resolvers.collector.schema import schema
from tests.api.bad_input_world import Books
from tests.api.conftest import Client, Visitors, node_id
from tests.factories import Factory

LONG = "x" * 900_000
STRANGE: dict[str, list[Any]] = {
    "String": ["%", "_", "\\", "'; --", "\u202e\u0301", "😀", " ", LONG],
    "ID": ["", "garbage", "%", node_id("Customer", UUID(int=1)), node_id("Task", UUID(int=1)), LONG],
    "Decimal": ["-1.00", "0.001", "92233720368547758.07", "99999999999999999999", "1e5", "NaN", "x"],
    "CurrencyCode": ["XXX", "mxn", "%"],
    "Date": ["0001-01-01", "9999-12-31", "2026-02-30", ""],
    "DateTime": [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-11-16T15:00:00",
        "2026-11-16",
        "",
    ],
    "Boolean": [True, False],
}
_ROOT: Any = schema._schema.query_type


def fields(kind: GraphQLInputObjectType) -> Iterator[tuple[str, list[Any]]]:
    """Each field of a filter, and what it is tried with."""
    for name, field in kind.fields.items():
        named = get_named_type(field.type)
        yield name, list(named.values) if isinstance(named, GraphQLEnumType) else STRANGE[named.name]


LISTS: dict[str, GraphQLInputObjectType] = {
    name: get_named_type(field.args["filter"].type)
    for name, field in _ROOT.fields.items()
    if {"first", "filter"} <= field.args.keys()
}


def test_every_list_is_tried() -> None:
    assert LISTS.keys() == {"customers", "receivables", "promises", "disputes", "instruments"}


@pytest.mark.parametrize("name", LISTS)
async def test_a_strange_value_is_answered_or_refused(anna: Client, books: Books, name: str) -> None:
    kind = LISTS[name]
    query = f"query ($filter: {kind.name}) {{ {name}(filter: $filter) {{ totalCount edges {{ cursor }} }} }}"
    for field, values in fields(kind):
        for value in values:
            found = await anna.answer(query, {"filter": {field: value}})
            if "errors" in found:
                (error,) = found["errors"]
                assert error["extensions"]["code"] != "INTERNAL", (field, value, error)
                assert len(error["message"]) < 500
            else:
                assert len(found["data"][name]["edges"]) == min(found["data"][name]["totalCount"], 50)


@pytest.mark.parametrize("text", [b"a\\u0000b", b"\\ud800", b"\xed\xa0\x80"])
async def test_text_that_is_none_is_refused_before_anything_runs(anna: Client, text: bytes) -> None:
    body = b'{"query":"query ($f: CustomerFilter) { customers(filter: $f) { totalCount } }","variables":'
    response = await anna.http.post(
        "/graphql",
        content=body + b'{"f":{"search":"' + text + b'"}}}',
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


CONTRADICTIONS: list[dict[str, Any]] = [
    {"balanceFrom": "10.00", "balanceTo": "5.00"},
    {"oldestDueFrom": "2026-11-16", "oldestDueTo": "2026-11-01"},
    {"lastContactFrom": "2026-11-16T00:00:00Z", "lastContactTo": "2026-11-01T00:00:00Z"},
    {"agingBucket": "OVER_90", "oldestDueFrom": "2026-11-01"},
    {"promiseState": "PENDING", "tag": "nobody has it"},
]


async def test_what_contradicts_itself_finds_nobody(anna: Client, books: Books) -> None:
    query = """
    query ($filter: CustomerFilter) {
      customers(filter: $filter) { totalCount edges { cursor } pageInfo { hasNextPage endCursor } }
    }
    """
    ends = {"hasNextPage": False, "endCursor": None}
    for contradiction in CONTRADICTIONS:
        found = (await anna.ask(query, filter=contradiction))["customers"]
        assert found == {"totalCount": 0, "edges": [], "pageInfo": ends}, contradiction


async def test_what_is_a_pattern_elsewhere_is_a_letter_here(anna: Client, factory: Factory) -> None:
    await factory.customer("100% Algodón")
    await factory.customer("1000 Telas")
    await factory.customer("_Bajo")
    query = "query ($text: String) { customers(filter: {search: $text}) { edges { node { name } } } }"
    for text, names in (
        ("100%", ["100% Algodón"]),
        ("100", ["100% Algodón", "1000 Telas"]),
        ("%", []),
        ("_", ["_Bajo"]),
    ):
        edges = (await anna.ask(query, text=text))["customers"]["edges"]
        assert sorted(edge["node"]["name"] for edge in edges) == names


async def test_a_cursor_of_another_organization_is_but_a_place(
    anna: Client, factory: Factory, visitors: Visitors
) -> None:
    """It holds sort values and no row: who sends one sees own rows beyond it."""
    await factory.customer("Zapata")
    other = await factory.other()
    for name in ("Ajena", "Beta"):
        await other.customer(name)
    stranger, _ = await Visitors(visitors.app, other, visitors.stack).member("manager")
    query = """
    query ($after: String) {
      customers(first: 1, after: $after, orderBy: {field: NAME, direction: ASC}) {
        totalCount edges { cursor node { name } }
      }
    }
    """
    (foreign,) = (await stranger.ask(query))["customers"]["edges"]
    assert foreign["node"]["name"] == "Ajena"
    found = (await anna.ask(query, after=foreign["cursor"]))["customers"]
    assert [edge["node"]["name"] for edge in found["edges"]] == ["Zapata"]
    assert found["totalCount"] == 1
