"""Giving customers another collector over GraphQL, and what the old one then sees."""

from __future__ import annotations

from typing import Any

import pytest

from cartera.rules.permissions import Scope
from tests.api.conftest import Client, Visitors, node_id
from tests.factories import TODAY, Factory
from tests.services.books import everything

ASSIGN = """mutation ($input: CustomerAssignInput!) { customerAssign(input: $input) { __typename
  ... on CustomerAssignSuccess { replayed customers { id collector { name } } }
  ... on UserErrors { errors { __typename code message path } } } }"""
OWED = """query ($asOf: Date, $collector: ID) {
  metrics(asOf: $asOf, filter: { collectorId: $collector }) { aging { total { amount } } } }"""


async def assign(client: Client, **given: Any) -> Any:
    return (await client.ask(ASSIGN, input={"idempotencyKey": "k"} | given))["customerAssign"]


async def owed(client: Client, as_of: str, collector: str) -> list[str]:
    found = await client.ask(OWED, asOf=as_of, collector=collector)
    return [each["total"]["amount"] for each in found["metrics"]["aging"]]


async def test_a_customer_moves_and_last_months_figures_stay(
    anna: Client, visitors: Visitors, factory: Factory
) -> None:
    rosa, her = await visitors.member("collector", name="Rosa")
    luis, him = await visitors.member("collector", name="Luis")
    customer = await factory.customer(collector_id=her.id)
    await factory.receivable(customer, "100", issued_on=TODAY.replace(month=9), due_on=TODAY)
    hers, his = node_id("Member", her.id), node_id("Member", him.id)
    node = node_id("Customer", customer.id)

    done = await assign(anna, customerIds=[node], collectorId=his)
    again = await assign(anna, customerIds=[node], collectorId=his)

    assert done == {
        "__typename": "CustomerAssignSuccess",
        "replayed": False,
        "customers": [{"id": node, "collector": {"name": "Luis"}}],
    }
    assert again == done | {"replayed": True}
    assert [await owed(anna, "2026-10-31", each) for each in (hers, his)] == [["100.00"], []]
    assert [await owed(anna, TODAY.isoformat(), each) for each in (hers, his)] == [[], ["100.00"]]
    seen = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await rosa.ask(seen, id=node))["node"] is None
    assert (await luis.ask(seen, id=node))["node"] == {"id": node}


@pytest.mark.parametrize("role", ["collector", "salesperson", "viewer"])
async def test_nobody_assigns_but_who_may_change_the_books(
    role: str, visitors: Visitors, factory: Factory
) -> None:
    client, who = await visitors.member(role)
    customer = await factory.customer(collector_id=who.id, salesperson_id=who.id)
    async with factory.read() as tx:
        before = await everything(tx)
    refused = await assign(client, customerIds=[node_id("Customer", customer.id)], collectorId=None)
    assert [(each["__typename"], each["code"]) for each in refused["errors"]] == [
        ("PermissionError", "NOT_PERMITTED")
    ]
    async with factory.read() as tx:
        assert await everything(tx) == before


async def test_a_script_needs_both_scopes(visitors: Visitors, factory: Factory) -> None:
    customer = await factory.customer(collector_id=(await factory.member()).id)
    given = {"customerIds": [node_id("Customer", customer.id)], "collectorId": None}
    for scopes in ((Scope.CUSTOMERS_WRITE,), (Scope.BOOKS_WRITE,)):
        refused = await assign(await visitors.script(Scope.CUSTOMERS_READ, *scopes), **given)
        assert [each["code"] for each in refused["errors"]] == ["NOT_PERMITTED"]
    both = await visitors.script(Scope.CUSTOMERS_READ, Scope.CUSTOMERS_WRITE, Scope.BOOKS_WRITE)
    assert [each["collector"] for each in (await assign(both, **given))["customers"]] == [None]
