"""Who sees what: roles, policies, other organizations, ids that are none."""

from __future__ import annotations

import pytest

from cartera.db.base import new_id
from cartera.rules.permissions import Scope
from tests.api.conftest import Client, Visitors, node_id
from tests.api.rows import join_team, names, owing, promise, set_policy
from tests.factories import Factory


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("own", ["Suyo"]), ("team", ["De su equipo", "Suyo"]), ("all", ["De otra", "De su equipo", "Suyo"])],
)
async def test_a_collector_sees_what_the_policy_lets_her(
    policy: str, expected: list[str], visitors: Visitors, factory: Factory
) -> None:
    await set_policy(factory, policy)
    client, rosa = await visitors.member("collector")
    mate, other = await factory.member("collector"), await factory.member("collector")
    await join_team(factory, rosa.id, mate.id)
    owners = {"Suyo": rosa, "De su equipo": mate, "De otra": other}
    made = {name: await owing(factory, name, "10.00", collector_id=row.id) for name, row in owners.items()}

    order = {"field": "NAME", "direction": "ASC"}
    assert await names(client, orderBy=order) == expected
    data = await client.ask(
        """{ customers { totalCount totals { balance { amount } } }
             receivables { totalCount } promises { totalCount } }"""
    )
    assert data["customers"]["totalCount"] == data["receivables"]["totalCount"] == len(expected)
    assert data["customers"]["totals"]["balance"] == [{"amount": f"{len(expected)}0.00"}]
    for name, customer in made.items():
        node = await client.ask(
            "query ($id: ID!) { node(id: $id) { id } }", id=node_id("Customer", customer.id)
        )
        assert (node["node"] is not None) is (name in expected)


async def test_a_salesperson_sees_own_customers_only(visitors: Visitors, factory: Factory) -> None:
    client, sam = await visitors.member("salesperson")
    await owing(factory, "Suyo", "10.00", salesperson_id=sam.id)
    await owing(factory, "Ajeno", "10.00")

    assert await names(client) == ["Suyo"]
    denied = await client.answer("{ members { name } }")
    assert denied["errors"][0]["extensions"]["code"] == "NOT_PERMITTED"


async def test_another_organizations_rows_are_as_if_they_were_not(anna: Client, factory: Factory) -> None:
    other = await factory.other()
    theirs = await owing(other, "Ajeno", "10.00")
    mine = await owing(factory, "Propio", "10.00")

    assert await names(anna) == ["Propio"]
    query = """query ($a: ID!, $b: ID!, $c: ID!, $f: ReceivableFilter) {
      a: node(id: $a) { id } b: node(id: $b) { id } c: node(id: $c) { id }
      receivables(filter: $f) { totalCount edges { node { number } } } }"""
    data = await anna.ask(
        query,
        a=node_id("Customer", theirs.id),
        b=node_id("Customer", new_id()),
        c=node_id("Receivable", mine.id),
        f={"customerId": node_id("Customer", theirs.id)},
    )
    assert data == {"a": None, "b": None, "c": None, "receivables": {"totalCount": 0, "edges": []}}


@pytest.mark.parametrize(
    "text", ["", "x", "Q3VzdG9tZXI6", "Q3VzdG9tZXI6MTIz", "ñ", "QQ==", "Og==", "A" * 5000]
)
async def test_what_is_no_id_names_nothing(text: str, anna: Client) -> None:
    assert await anna.ask("query ($id: ID!) { node(id: $id) { id } }", id=text) == {"node": None}
    refused = await anna.answer(
        "query ($id: ID) { customers(filter: {collectorId: $id}) { totalCount } }", {"id": text or "-"}
    )
    assert refused["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_timeline_leaves_out_what_a_script_has_no_scope_for(
    visitors: Visitors, factory: Factory
) -> None:
    customer = await owing(factory, "Uno", "10.00")
    await promise(factory, customer, 500)
    query = """query ($id: ID!) { node(id: $id) { ... on Customer {
        timeline { edges { node { __typename } } } } } }"""
    seen = {}
    for scope in (Scope.PROMISES_READ, Scope.PAYMENTS_READ, Scope.ACTIVITIES_READ):
        script = await visitors.script(Scope.CUSTOMERS_READ, Scope.ACTIVITIES_READ, scope)
        data = await script.ask(query, id=node_id("Customer", customer.id))
        seen[scope] = data["node"]["timeline"]["edges"]

    assert seen == {
        Scope.PROMISES_READ: [{"node": {"__typename": "Promise"}}],
        Scope.PAYMENTS_READ: [],
        Scope.ACTIVITIES_READ: [],
    }
