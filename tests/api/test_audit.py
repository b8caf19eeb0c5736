"""The audit log of a customer: who did what, when, from where, before and after."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cartera.actors import Actor, ActorKind
from cartera.db.base import new_id
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.rules.permissions import Scope
from cartera.rules.promises import PromiseChannel
from cartera.services.holds import NewHold, place_hold
from cartera.services.payments import NewPayment, record_payment
from cartera.services.promises import NewPromise, make_promise
from tests.api.conftest import Client, Visitors, node_id
from tests.factories import TODAY, Factory

LOG = """query ($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Customer {
  audit(first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node {
    id action noun happenedAt address sentence actor { kind name member { name } }
    before { name value } after { name value } } } }
  timeline { edges { node { __typename
    ... on Promise { history { sentence actor { name } } }
    ... on Payment { history { sentence actor { name } } } } } } } } }"""


async def log(client: Client, customer: UUID, **page: Any) -> Any:
    data = await client.ask(LOG, id=node_id("Customer", customer), **page)
    return data["node"]


async def entries(client: Client, customer: UUID) -> list[Any]:
    return [edge["node"] for edge in (await log(client, customer))["audit"]["edges"]]


async def promised(factory: Factory, actor: Actor | None, **customer: Any) -> UUID:
    owner = await factory.customer(**customer)
    invoice = await factory.receivable(owner, "100.00")
    async with factory.write(actor) as tx:
        new = NewPromise(owner.id, [invoice.id], Money(50_00, "MXN"), TODAY, PromiseChannel.PHONE)
        await make_promise(tx, new)
    return owner.id


async def test_who_did_what_when_and_from_where(visitors: Visitors, factory: Factory) -> None:
    client, ana = await visitors.member("manager", name="Ana Torres")
    customer = await promised(factory, _member(factory, ana.id, "203.0.113.7"))
    async with factory.write() as tx:
        money = Money(50_00, "MXN")
        await record_payment(tx, NewPayment(customer, PaymentMethod.CASH, money, TODAY))

    found = await log(client, customer)

    told = [edge["node"] for edge in found["audit"]["edges"]]
    assert [(entry["action"], entry["sentence"]) for entry in told][-1:] == [
        ("promise.make", "Ana Torres anotó una promesa de 50.00 MXN para el 16 de noviembre de 2026.")
    ]
    assert sorted(entry["sentence"] for entry in told[:-1]) == [
        "Cartera dio por cumplida la promesa.",
        "Cartera registró un pago de 50.00 MXN.",
    ]
    made = told[-1]
    assert (made["noun"], made["address"], made["actor"]) == (
        *("promise", "203.0.113.7"),
        {"kind": "MEMBER", "name": "Ana Torres", "member": {"name": "Ana Torres"}},
    )
    assert made["happenedAt"] == factory.now.isoformat().replace("+00:00", "Z")
    assert made["before"] == []
    facts = {fact["name"]: fact["value"] for fact in made["after"]}
    assert (facts["amount"], facts["due_on"], facts["channel"]) == (
        *("50.00 MXN", "16 de noviembre de 2026"),
        "phone",
    )
    kept = next(entry for entry in told if entry["action"] == "promise.kept")
    assert kept["before"] == [{"name": "state", "value": "pending"}]
    on_timeline = {edge["node"]["__typename"]: edge["node"]["history"] for edge in found["timeline"]["edges"]}
    assert on_timeline == {
        "Payment": [
            {"sentence": "Cartera registró un pago de 50.00 MXN.", "actor": {"name": "Cartera"}},
        ],
        "Promise": [
            {"sentence": made["sentence"], "actor": {"name": "Ana Torres"}},
            {"sentence": "Cartera dio por cumplida la promesa.", "actor": {"name": "Cartera"}},
        ],
    }


async def test_collectors_do_not_read_from_where_nor_what_they_may_not_see(
    visitors: Visitors, factory: Factory
) -> None:
    collector, rosa = await visitors.member("collector", language="en")
    _, mate = await visitors.member("collector", name="Luis")
    customer = await promised(factory, _member(factory, mate.id, "203.0.113.7"), collector_id=rosa.id)
    (made,) = await entries(collector, customer)
    assert (made["address"], made["sentence"]) == (
        None,
        "Luis noted a promise of 50.00 MXN for November 16, 2026.",
    )
    stranger, _ = await visitors.member("collector")
    assert await log(stranger, customer) is None
    script = await visitors.script(Scope.CUSTOMERS_READ, Scope.ACTIVITIES_READ)
    assert await entries(script, customer) == []
    blind = await visitors.script(Scope.CUSTOMERS_READ)
    denied = await blind.answer(LOG, {"id": node_id("Customer", customer)})
    assert denied["errors"][0]["extensions"]["code"] == "NOT_PERMITTED"


@pytest.mark.parametrize(
    ("language", "portal", "script"),
    [
        ("es", "El cliente, en el portal, anotó", "La integración «ERP» anotó"),
        ("en", "The customer, in the portal, noted", "The integration “ERP” noted"),
        ("pt", "O cliente, no portal, registrou", "A integração “ERP” registrou"),
    ],
)
async def test_portal_and_scripts_are_named(
    language: str, portal: str, script: str, visitors: Visitors, factory: Factory
) -> None:
    client, _ = await visitors.member("manager", language=language)
    scopes = frozenset({Scope.PROMISES_WRITE})
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "100.00")
    token = new_id()
    async with factory.write() as tx:
        await tx.session.execute(
            text("""INSERT INTO api_token
                    (organization_id, id, name, scopes, token_hash, created_at, expires_at)
                VALUES (:org, :id, 'ERP', '[]', '\\x00', now(), now())"""),
            {"org": factory.organization_id, "id": token},
        )
    for kind, name in ((ActorKind.PORTAL, new_id()), (ActorKind.TOKEN, token)):
        own = customer.id if kind is ActorKind.PORTAL else None
        actor = Actor(factory.organization_id, kind, str(name), scopes=scopes, customer_id=own)
        factory.now += timedelta(minutes=1)
        async with factory.write(actor) as tx:
            new = NewPromise(customer.id, [invoice.id], Money(10_00, "MXN"), TODAY, PromiseChannel.PORTAL)
            await make_promise(tx, new)
    sentences = [entry["sentence"] for entry in await entries(client, customer.id)]
    assert sentences[0].startswith(script)
    assert sentences[1].startswith(portal)


async def test_pages_follow_each_other_without_gap_or_repetition(anna: Client, factory: Factory) -> None:
    customer = await factory.customer()
    for number in range(5):
        factory.now += timedelta(minutes=number // 2)
        async with factory.write() as tx:
            await place_hold(tx, NewHold(customer.id, TODAY, f"Motivo {number}"))
    whole = [entry["id"] for entry in await entries(anna, customer.id)]
    assert len(whole) == len(set(whole)) == 5
    seen, after, more = [], None, True
    while more:
        page = (await log(anna, customer.id, first=2, after=after))["audit"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == whole


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entry SET actor = 'system:nobody'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"],
)
async def test_nobody_rewrites_the_log(statement: str, factory: Factory) -> None:
    await promised(factory, None)
    with pytest.raises(DBAPIError) as caught:
        async with factory.write() as tx:
            await tx.session.execute(text(statement))
    assert isinstance(caught.value.orig.__cause__, asyncpg.InsufficientPrivilegeError)
    async with factory.read() as tx:
        found = await tx.session.execute(text("SELECT actor, action FROM audit_entry"))
        assert [tuple(row) for row in found] == [("system:test", "promise.make")]


def _member(factory: Factory, member_id: UUID, address: str) -> Actor:
    return Actor(
        factory.organization_id,
        ActorKind.MEMBER,
        str(member_id),
        scopes=frozenset({Scope.PROMISES_WRITE}),
        member_id=member_id,
        address=address,
    )
