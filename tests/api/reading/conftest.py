"""Each query is answered three times, and the answers compared: by statements compiled for it, by the same
statements when it is asked again, and by graphql-core walking the rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from api.resolvers.collector.schema import schema
from api.selection import planning, reading, repeats
from api.selection.tree import READS
from cartera.db.statements import Statement
from cartera.kept import Kept
from cartera.rules.money import Money
from tests.api import bad_input_world
from tests.api.bad_input_world import Books
from tests.api.conftest import Client
from tests.factories import TODAY, Factory
from tests.services.test_reversals import pay


@contextmanager
def walking() -> Iterator[None]:
    """Whatever is asked here, no statement is compiled for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "plan", lambda *arguments: None)
        forget(patch)
        yield


def forget(patch: pytest.MonkeyPatch) -> None:
    """As if nothing had been asked before."""
    patch.setattr(repeats, "_repeats", Kept(100))


@contextmanager
def compiling() -> Iterator[list[Statement]]:
    """The statements that are compiled meanwhile; none of before is at hand."""
    made: list[Statement] = []

    class Watched(Statement):
        @classmethod
        def of(cls, statement: Any) -> Statement:
            made.append(Statement.of(statement))
            return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "Statement", Watched)
        patch.setattr(planning, "_trees", Kept(10))
        forget(patch)
        yield made


@dataclass
class Planned:
    """How often ``plan`` found statements, and how often it did not; how often it was not asked again."""

    said: int = 0
    walked: int = 0
    repeated: int = 0


@contextmanager
def watching() -> Iterator[Planned]:
    planned = Planned()

    def watched(*arguments: Any) -> Any:
        found = planning.plan(*arguments)
        planned.said += found is not None
        planned.walked += found is None
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "plan", watched)
        forget(patch)
        run = repeats.Repeat.run

        async def rerun(self: repeats.Repeat, context: Any) -> Any:
            planned.repeated += 1
            return await run(self, context)

        patch.setattr(repeats.Repeat, "run", rerun)
        yield planned


@dataclass
class Compared:
    """Somebody who asks everything three times."""

    client: Client
    # Of what was asked last.
    planned: Planned = field(default_factory=Planned)

    async def same(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a query that statements can say, and that graphql-core answers alike."""
        with watching() as planned:
            self.planned = planned
            found = await self.either(query, **variables)
        assert planned.said > 0 == planned.walked, planned
        assert "errors" not in found, found["errors"]
        data: dict[str, Any] = found["data"]
        return data

    async def either(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, the same all ways, be it compiled or not."""
        compiled = await self._asked(query, variables)
        again = await self._asked(query, variables)
        with walking():
            walked = await self._asked(query, variables)
        assert json.dumps(compiled) == json.dumps(again) == json.dumps(walked)
        return compiled

    async def _asked(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await self.client.answer(query, variables)
        for error in answer.get("errors", ()):
            # Each request has its own.
            error.get("extensions", {}).pop("requestId", None)
        return answer

    async def edges(self, query: str, field: str, size: int = 2, **variables: Any) -> list[dict[str, Any]]:
        """All edges of a root list, from its first page to its last; back from there they are the same."""
        there: list[dict[str, Any]] = []
        page: dict[str, Any] = {"first": size}
        while page:
            found = (await self.same(query, **variables, **page))[field]
            there += found["edges"]
            info = found["pageInfo"]
            page = {"first": size, "after": info["endCursor"]} if info["hasNextPage"] else {}
        back: list[dict[str, Any]] = []
        page = {"last": size}
        while page:
            found = (await self.same(query, **variables, **page))[field]
            back = found["edges"] + back
            info = found["pageInfo"]
            page = {"last": size, "before": info["startCursor"]} if info["hasPreviousPage"] else {}
        assert back == there
        return there


def declared(type_name: str) -> set[str]:
    """The fields of a type that say what they are read from."""
    kind: Any = schema._schema.type_map[type_name]
    told = {name: field.extensions["strawberry-definition"] for name, field in kind.fields.items()}
    return {name for name, field in told.items() if READS in field.metadata}


@pytest.fixture
async def books(factory: Factory) -> Books:
    """Rows of every kind, and customers whose names, currencies and dates are hard to print."""
    books = await bad_input_world.build(factory)
    for number, name in enumerate(['Ñandú "S.A." \\ 100 %', "Abarrotes\tLuz\x7f", "Zeta/€ 😀"]):
        currency = (None, "MXN", "CLP")[number]
        customer = await factory.customer(
            name, credit_limit_minor=1234567 if currency else None, credit_currency=currency
        )
        await factory.contact(customer)
        for place in range(number + 1):
            await factory.receivable(customer, "1000.50", due_on=TODAY - timedelta(days=20 * place - 10))
        if number:
            await pay(factory, customer, Money(100_00, "MXN"))
    return books


@pytest.fixture
def compared(anna: Client, books: Books) -> Compared:
    """A manager among these books."""
    return Compared(anna)
