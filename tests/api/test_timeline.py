"""The timeline over GraphQL: steps of plans and papers, what else was done, and who may read of it."""

from __future__ import annotations

from typing import Any

import pytest

from cartera.actors import member
from cartera.db.tables.customers import Customer
from cartera.rules.permissions import Role, Scope
from tests.api.conftest import Client, Visitors, node_id
from tests.factories import Factory
from tests.services.doings import ana_torres, everything_done

STORY = """query ($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Customer {
  timeline(first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node { __typename
    ... on AuditEntry { id action sentence address subjectId actor { name }
      before { name value } after { name value } } } } } } } }"""

READ = (Scope.CUSTOMERS_READ, Scope.ACTIVITIES_READ)


async def timeline(client: Client, customer: Customer, **page: Any) -> Any:
    found = await client.ask(STORY, id=node_id("Customer", customer.id), **page)
    return found["node"]["timeline"]


async def acts(client: Client, customer: Customer) -> list[Any]:
    edges = (await timeline(client, customer))["edges"]
    return [edge["node"] for edge in edges if edge["node"]["__typename"] == "AuditEntry"]


STEPS = [
    "Ana Torres registró el rechazo del cheque 0001234 de 90.00 MXN.",
    "Ana Torres depositó el cheque 0001234 de 90.00 MXN.",
    "Ana Torres registró el cheque 0001234 de 90.00 MXN, con fecha 17 de noviembre de 2026.",
    "Ana Torres canceló el convenio de 90.00 MXN.",
    "Ana Torres puso en marcha el convenio de 90.00 MXN.",
    "Ana Torres propuso un convenio de pago de 90.00 MXN.",
]
DONE = [
    "Ana Torres asignó el cliente a Luis Vega.",
    "Ana Torres puso una pausa hasta el 17 de noviembre de 2026: duelo",
    "Ana Torres castigó como incobrable el documento {number}: cerró el negocio",
    "Ana Torres condonó 2.00 MXN de un cargo del documento {number}: cliente de años",
    "Ana Torres agregó un cargo de 5.00 MXN al documento {number}: mensajería",
]


async def test_steps_and_acts_stand_on_the_timeline(visitors: Visitors, factory: Factory) -> None:
    client, _ = await visitors.member("manager")
    collector = await factory.actor("collector", name="Luis Vega")
    customer = await factory.customer()
    number = await everything_done(factory, customer, await ana_torres(factory), collector)

    found = await acts(client, customer)

    told = [each["sentence"] for each in found]
    assert told[:5] == [sentence.format(number=number) for sentence in DONE]
    # Bouncing gives the money back: that is told of the payment.
    assert [each for each in told[5:] if "un pago" not in each] == STEPS
    assert {each["address"] for each in found} == {"203.0.113.7"}
    waived = next(each for each in found if each["action"] == "charge.waive")
    assert {"name": "balance", "value": "5.00 MXN"} in waived["before"]
    assert {"name": "balance", "value": "3.00 MXN"} in waived["after"]
    assigned = found[0]
    assert (assigned["before"], assigned["after"], assigned["subjectId"]) == (
        *([], [{"name": "collector", "value": "Luis Vega"}]),
        None,
    )
    plan = found[-1]["subjectId"]
    assert (await client.ask("query ($id: ID!) { node(id: $id) { __typename } }", id=plan))["node"] == {
        "__typename": "Plan"
    }


async def test_collectors_read_the_steps_and_not_the_log(visitors: Visitors, factory: Factory) -> None:
    client, rosa = await visitors.member("collector")
    customer = await factory.customer()
    collector = member(factory.organization_id, rosa.id, Role.COLLECTOR)
    await everything_done(factory, customer, await ana_torres(factory), collector)
    found = await acts(client, customer)
    assert [each["sentence"] for each in found] == STEPS
    assert {each["address"] for each in found} == {None}
    stranger, _ = await visitors.member("collector")
    assert (await stranger.ask(STORY, id=node_id("Customer", customer.id)))["node"] is None


@pytest.mark.parametrize(
    ("scopes", "nouns"),
    [
        ((), set()),
        ((Scope.PLANS_READ,), {"plan"}),
        ((Scope.INSTRUMENTS_READ,), {"instrument"}),
        # The log alone: of the nouns that the token may read.
        ((Scope.AUDIT_READ,), {"customer", "hold"}),
        ((Scope.AUDIT_READ, Scope.RECEIVABLES_READ), {"customer", "hold", "charge", "receivable"}),
        ((Scope.AUDIT_READ, Scope.PAYMENTS_READ), {"customer", "hold", "payment"}),
    ],
)
async def test_without_its_scope_a_noun_is_not_there(
    scopes: tuple[Scope, ...], nouns: set[str], visitors: Visitors, factory: Factory
) -> None:
    customer = await factory.customer()
    await everything_done(factory, customer, await ana_torres(factory), await factory.actor("collector"))
    script = await visitors.script(*READ, *scopes)
    assert {each["action"].partition(".")[0] for each in await acts(script, customer)} == nouns


async def test_pages_follow_each_other_across_nouns(visitors: Visitors, factory: Factory) -> None:
    client, _ = await visitors.member("manager")
    customer = await factory.customer()
    await everything_done(factory, customer, await ana_torres(factory), await factory.actor("collector"))
    whole = [edge["node"] for edge in (await timeline(client, customer, first=100))["edges"]]
    assert len(whole) > 11
    seen, after, more = [], None, True
    while more:
        page = await timeline(client, customer, first=4, after=after)
        seen += [edge["node"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == whole


@pytest.mark.parametrize(
    ("language", "first", "last"),
    [
        ("en", "Ana Torres assigned the customer to", "Ana Torres proposed a payment plan of 90.00 MXN."),
        ("pt", "Ana Torres atribuiu o cliente a", "Ana Torres propôs um acordo de pagamento de 90,00 MXN."),
    ],
)
async def test_in_the_readers_language(
    language: str, first: str, last: str, visitors: Visitors, factory: Factory
) -> None:
    client, _ = await visitors.member("manager", language=language)
    customer = await factory.customer()
    await everything_done(factory, customer, await ana_torres(factory), await factory.actor("collector"))
    told = [each["sentence"] for each in await acts(client, customer)]
    assert told[0].startswith(first)
    assert told[-1] == last
    assert "…" not in "".join(told)
    assert "{" not in "".join(told)
