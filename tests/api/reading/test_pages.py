"""Connections that no statement says: their pages run in both directions all the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.bad_input_world import Books
from tests.api.conftest import Client

_PAGED = "(first: $first, after: $after, last: $last, before: $before)"
_SAID = "{ edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
_HEAD = "query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String)"
_CUSTOMER = f"{_HEAD} {{ node(id: $id) {{ ... on Customer {{ found: %s{_PAGED} {_SAID} }} }} }}"
_METRICS = f"{_HEAD} {{ node(id: $id) {{ id }} metrics {{ found: %s }} }}"

CONNECTIONS = {
    "timeline": (_CUSTOMER % "timeline", ("node", "found")),
    "audit": (_CUSTOMER % "audit", ("node", "found")),
    "behind aging": (
        _METRICS % f"totalOverdue {{ found: receivables{_PAGED} {_SAID} }}",
        ("metrics", "found", 0, "found"),
    ),
}


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_pages_back_are_the_pages_forth(anna: Client, books: Books, name: str) -> None:
    query, path = CONNECTIONS[name]

    async def page(**asked: Any) -> dict[str, Any]:
        found: Any = await anna.ask(query, id=books["customer"], **asked)
        for step in path:
            found = found[step]
        assert isinstance(found, dict)
        return found

    async def walk(size: str, start: str, end: str, more: str) -> list[list[str]]:
        pages, asked = [], {size: 2}
        while True:
            found = await page(**asked)
            pages.append([edge["cursor"] for edge in found["edges"]])
            if not found["pageInfo"][more]:
                return pages
            asked = {size: 2, start: found["pageInfo"][end]}

    forth = [edge for part in await walk("first", "after", "endCursor", "hasNextPage") for edge in part]
    back = await walk("last", "before", "startCursor", "hasPreviousPage")
    assert len(forth) > 2
    assert [edge for part in reversed(back) for edge in part] == forth
    for refused in ({"first": 1, "last": 1}, {"last": 0}, {"before": forth[0], "after": forth[0]}):
        (error,) = (await anna.answer(query, {"id": books["customer"], **refused}))["errors"]
        assert error["extensions"]["code"] == "BAD_PAGE"
