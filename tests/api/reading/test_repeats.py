"""What the same caller asks again is answered by the statements of before, and by them alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from strawberry import Schema

from api.resolvers.collector.schema import schema
from api.selection import repeats
from api.selection.planning import Planned
from cartera.db.base import new_id
from cartera.db.tables.customers import Customer
from cartera.db.tables.organizations import Member
from tests.api.bad_input_world import Books
from tests.api.conftest import Client, Visitors, node_id
from tests.api.reading.conftest import forget
from tests.api.rows import set_policy
from tests.factories import Factory

NAMES = """
query Names($first: Int, $filter: CustomerFilter) {
  customers(first: $first, filter: $filter) {
    __typename totalCount pageInfo { hasNextPage endCursor __typename } edges { cursor node { id name } }
  }
}
"""
CUSTOMER = "query Customer($id: ID!) { node(id: $id) { id ... on Customer { name tags } } }"


@contextmanager
def executions() -> Iterator[list[str]]:
    """The queries that are executed in full meanwhile; nothing has been asked before."""
    executed: list[str] = []
    execute = Schema.execute

    async def watched(self: Schema, query: Any, *arguments: Any, **options: Any) -> Any:
        executed.append(query)
        return await execute(self, query, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        forget(patch)
        patch.setattr(type(schema), "execute", watched)
        yield executed


def names(data: dict[str, Any]) -> list[str]:
    return [edge["node"]["name"] for edge in data["customers"]["edges"]]


async def test_the_second_time_only_statements_are_run(anna: Client, books: Books) -> None:
    with executions() as executed:
        first = await anna.http.post("/graphql", json={"query": NAMES, "variables": {"first": 2}})
        again = await anna.http.post("/graphql", json={"query": NAMES, "variables": {"first": 2}})
        assert len(executed) == 1
        assert again.content == first.content
        assert first.json()["extensions"] == {"cost": 1 + 2 * 11}
        wider = await anna.ask(NAMES, first=3)
    assert len(executed) == 2
    assert len(names(wider)) == 3


async def test_rows_are_read_anew(anna: Client, books: Books, factory: Factory) -> None:
    with executions() as executed:
        before = await anna.ask(CUSTOMER, id=books["customer"])
        async with factory.write() as tx:
            await tx.session.execute(update(Customer).values(name="Otra"))
        after = await anna.ask(CUSTOMER, id=books["customer"])
    assert len(executed) == 1
    assert before["node"]["name"] == "Papelería El Sol"
    assert after["node"] == before["node"] | {"name": "Otra"}


async def test_a_node_that_was_not_there_may_come(anna: Client, factory: Factory, books: Books) -> None:
    new = new_id()
    with executions() as executed:
        before = await anna.ask(CUSTOMER, id=node_id("Customer", new))
        await factory.customer("Nueva", id=new)
        after = await anna.ask(CUSTOMER, id=node_id("Customer", new))
    assert len(executed) == 1
    assert (before["node"], after["node"]["name"]) == (None, "Nueva")


async def test_each_caller_has_answers_of_its_own(
    anna: Client, books: Books, factory: Factory, visitors: Visitors
) -> None:
    await set_policy(factory, "own")
    other = await factory.other()
    await other.customer("Ajena")
    stranger, _ = await Visitors(visitors.app, other, visitors.stack).member("manager")
    bruno, member = await visitors.member("collector")
    carla, _ = await visitors.member("collector")
    await factory.customer("De Bruno", collector_id=member.id)
    every = names(await anna.ask(NAMES, first=50))
    with executions() as executed:
        for _ in range(2):
            assert names(await anna.ask(NAMES, first=50)) == every
            assert names(await bruno.ask(NAMES, first=50)) == ["De Bruno"]
            assert names(await carla.ask(NAMES, first=50)) == []
            assert names(await stranger.ask(NAMES, first=50)) == ["Ajena"]
    assert len(executed) == 4
    assert "De Bruno" in every
    assert "Ajena" not in every


async def test_who_may_less_than_before_is_asked_anew(
    factory: Factory, books: Books, visitors: Visitors
) -> None:
    await set_policy(factory, "own")
    client, member = await visitors.member("manager")
    with executions() as executed:
        for _ in range(2):
            assert len(names(await client.ask(NAMES, first=50))) > 1
        async with factory.write() as tx:
            await tx.session.execute(update(Member).where(Member.id == member.id).values(role="collector"))
        for _ in range(2):
            assert names(await client.ask(NAMES, first=50)) == []
    assert len(executed) == 2


async def test_the_organization_as_it_is_now_counts(anna: Client, books: Books, factory: Factory) -> None:
    """Overdue is reckoned from the business day, which is written into statements."""
    query = "query Late($id: ID!) { node(id: $id) { ... on Receivable { daysOverdue } } }"
    with executions() as executed:
        before = [await anna.ask(query, id=books["open"]) for _ in range(2)]
        async with factory.write() as tx:
            tx.organization.business_day += timedelta(days=3)
        after = [await anna.ask(query, id=books["open"]) for _ in range(2)]
    assert len(executed) == 2
    assert before[0] == before[1]
    assert after[0] == after[1]
    assert after[0]["node"]["daysOverdue"] == before[0]["node"]["daysOverdue"] + 3


@pytest.mark.parametrize(
    ("query", "data"), [(NAMES, None), (CUSTOMER, {"node": None})], ids=["not null", "null"]
)
async def test_a_failure_is_told_as_the_first_time(anna: Client, books: Books, query: str, data: Any) -> None:
    """Here the database stops a statement; who knows the query has to hear of it as who does not."""
    asked = {"query": query, "variables": {"id": books["customer"]} if query is CUSTOMER else {}}
    with executions() as executed:
        assert "errors" not in (await anna.http.post("/graphql", json=asked)).json()
        with failing():
            known = (await anna.http.post("/graphql", json=asked)).json()
        assert len(executed) == 1
    with executions() as executed, failing():
        unknown = (await anna.http.post("/graphql", json=asked)).json()
        assert len(executed) == 1
    for answer in (known, unknown):
        del answer["errors"][0]["extensions"]["requestId"]
    assert known == unknown
    assert known["data"] == data
    assert known["errors"][0]["extensions"]["code"] == "INTERNAL"
    # Nothing of the failure stays with the connections.
    assert "errors" not in (await anna.http.post("/graphql", json=asked)).json()


@contextmanager
def failing() -> Iterator[None]:
    """PostgreSQL stops every compiled statement."""

    def arguments(self: Planned, context: Any) -> Iterator[tuple[str, list[Any]]]:
        yield "SELECT 1 / 0 WHERE $1 > 0", [1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Planned, "arguments", arguments)
        yield


@pytest.mark.parametrize(
    "query",
    [
        "{ a: customers { totalCount } b: customers { totalCount } }",
        "{ customers { totalCount } __typename }",
        "{ customers { totalCount } viewer { id } }",
        "{ customers(first: -1) { totalCount } }",
        "{ metrics { openDisputes { disputes { totalCount } } } }",
        "{ customers { edges { node { timeline { edges { cursor } } } } } }",
        '{ node(id: "nothing") { id } }',
        f'{{ customers(filter: {{ search: "{"x" * 50}" }}) {{ totalCount }} nothing }}',
    ],
)
async def test_all_else_is_executed_each_time(anna: Client, books: Books, query: str) -> None:
    with executions() as executed:
        answers = [await anna.answer(query) for _ in range(2)]
        assert len(repeats._repeats) == 0
    assert len(executed) == 2
    for answer in answers:
        for error in answer.get("errors", ()):
            error["extensions"].pop("requestId", None)
    assert answers[0] == answers[1]


async def test_a_change_is_made_each_time(anna: Client, books: Books) -> None:
    note = """
    mutation Note($input: CustomerAssignInput!) {
      customerAssign(input: $input) { ... on CustomerAssignSuccess { replayed customers { id } } }
    }
    """
    told = {"customerIds": [books["customer"]], "collectorId": books["member"], "idempotencyKey": "k" * 20}
    with executions() as executed:
        answers = [(await anna.ask(note, input=told))["customerAssign"]["replayed"] for _ in range(2)]
    assert (len(executed), answers) == (2, [False, True])


async def test_variables_of_any_depth_are_answered(anna: Client, books: Books) -> None:
    """The library reads 1024 levels and writes 254."""
    for depth in (200, 300):
        nested: Any = 1
        for _ in range(depth):
            nested = [nested]
        answer = await anna.answer(NAMES, {"first": 1, "not": nested})
        assert len(names(answer["data"])) == 1


async def test_a_long_statement_takes_no_place(
    anna: Client, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "_LONGEST_SQL", 500)
    with executions() as executed:
        for _ in range(2):
            await anna.ask(NAMES, first=1)
    assert len(executed) == 2


async def test_what_is_long_takes_no_place(anna: Client, books: Books) -> None:
    with executions() as executed:
        for length in (7_000, 7_000, 8_000, 8_000):
            await anna.ask(NAMES, filter={"segment": "x" * length})
    assert len(executed) == 3
