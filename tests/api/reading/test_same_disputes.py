from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from api.schema import ids
from cartera.db.base import new_id
from cartera.db.tables.attachments import Attachment
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.receivables import Receivable
from cartera.rules.permissions import Scope
from tests.api.bad_input_world import Books
from tests.api.conftest import Client, Visitors, node_id
from tests.api.reading.conftest import Compared, declared
from tests.api.test_disputes import change, opened, resolved
from tests.factories import TODAY, Factory

DISPUTE = """
  __typename id reason amount { amount currencyCode } state openedOn deadlineOn resolvedOn note resolution
  accepted { amount } cycleDays isPastDeadline
  receivable { number balance { amount } isDisputed disputes { id state } }
  customer { name account { balance { amount } } }
  owner { id name }
  creditNote { id number amount { amount } }
  attachments { __typename id fileName mediaType sizeBytes createdAt url }
"""
WIDE = f"""
query ($first: Int, $after: String, $last: Int, $before: String, $filter: DisputeFilter) {{
  disputes(first: $first, after: $after, last: $last, before: $before, filter: $filter) {{
    __typename
    edges {{ cursor node {{ {DISPUTE} }} }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
    totalCount
    totals {{ amount currencyCode }}
  }}
}}
"""
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on Dispute {{ {DISPUTE} }} }} }}"


async def attach(factory: Factory, dispute: Dispute, name: str, **values: Any) -> Attachment:
    made = Attachment(
        organization_id=factory.organization_id,
        id=new_id(),
        noun="dispute",
        noun_id=dispute.id,
        customer_id=dispute.customer_id,
        file_name=name,
        media_type="application/pdf",
        size_bytes=2_000_000_000,
        sha256=b"",
        actor="system:test",
        created_at=factory.now,
        **values,
    )
    async with factory.write() as tx:
        tx.session.add(made)
    return made


async def contested(factory: Factory, **values: Any) -> Receivable:
    return await factory.receivable(await factory.customer(**values), "100.00")


@pytest.fixture
async def disputes(anna: Client, factory: Factory, books: Books) -> dict[str, str]:
    """Node ids: one in each state, with files and without, early, late and on the very day."""
    invoice = await contested(factory, name='Ñandú "S.A."')
    yen = await factory.receivable(await factory.customer("Yen"), "1000", currency="JPY")
    made = {
        "open": await opened(anna, invoice, "10.00", note='«Falta»\n"1"', deadlineOn="2026-12-01"),
        "rejected": await opened(anna, invoice, "20.50", ownerId=books["member"]),
        "accepted": await opened(anna, invoice, "30.00"),
        "late": node_id("Dispute", await resolved(factory, yen, TODAY - timedelta(days=6), None)),
        "today": node_id("Dispute", await resolved(factory, yen, TODAY - timedelta(days=5), None)),
        "slow": node_id("Dispute", await resolved(factory, yen, TODAY - timedelta(days=40), 33)),
    }
    await change(anna, "disputeReject", made["rejected"], reason="Está bien")
    accept = "mutation ($input: DisputeAcceptInput!) { disputeAccept(input: $input) { __typename } }"
    given = {"disputeId": made["accepted"], "idempotencyKey": "a", "creditNoteNumber": "NC-77"}
    data = await anna.ask(accept, input=given | {"amount": "12.34", "currencyCode": "MXN"})
    assert data["disputeAccept"]["__typename"] == "DisputeSuccess"
    async with factory.read() as tx:
        row = await tx.session.get(Dispute, (factory.organization_id, _key(made["open"])))
        assert row is not None
    for name in ("uno.pdf", "dos ñ.pdf"):
        await attach(factory, row, name)
    await attach(factory, row, "quitado.pdf", removed_at=factory.now)
    return made


def _key(text: str) -> Any:
    return ids.decode(text, "Dispute")


async def test_a_wide_list_page_after_page_in_both_directions(
    compared: Compared, disputes: dict[str, str]
) -> None:
    edges = await compared.edges(WIDE, "disputes")
    # That of the books besides.
    assert {edge["node"]["id"] for edge in edges} > set(disputes.values())
    assert len(edges) == len(disputes) + 1
    assert declared("Dispute") == edges[0]["node"].keys() - {"__typename"}
    days = [edge["node"]["deadlineOn"] for edge in edges]
    assert days == sorted(days)


async def test_each_state_tells_what_it_has(compared: Compared, disputes: dict[str, str]) -> None:
    told = {name: (await compared.same(NODE, id=key))["node"] for name, key in disputes.items()}
    assert [told[name]["isPastDeadline"] for name in ("late", "today", "slow")] == [True, False, False]
    assert [told[name]["cycleDays"] for name in ("open", "rejected", "slow")] == [None, 0, 33]
    assert told["accepted"]["accepted"] == {"amount": "12.34"}
    assert told["rejected"]["accepted"] is None
    assert told["late"]["amount"] == {"amount": "1000", "currencyCode": "JPY"}
    assert [each["fileName"] for each in told["open"]["attachments"]] == ["uno.pdf", "dos ñ.pdf"]
    assert declared("Attachment") == told["open"]["attachments"][0].keys() - {"__typename"}
    assert told["late"]["owner"] is None


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        ({"state": "OPEN"}, 4),
        ({"state": "ACCEPTED"}, 1),
        ({"pastDeadline": True}, 1),
        ({"reason": "QUANTITY"}, 0),
        ({"customerId": "customer", "ownerId": "member"}, 1),
        (None, 7),
    ],
)
async def test_lists_are_narrowed(
    compared: Compared, books: Books, disputes: dict[str, str], narrowed: dict[str, Any] | None, count: int
) -> None:
    names = {"customerId", "ownerId"}
    given = {name: books[value] if name in names else value for name, value in (narrowed or {}).items()}
    found = (await compared.same(WIDE, filter=given or None))["disputes"]
    assert len(found["edges"]) == found["totalCount"] == count


async def test_what_hangs_on_a_row_of_a_list_of_receivables(
    compared: Compared, disputes: dict[str, str]
) -> None:
    query = """{ customers(first: 20) { edges { node { receivables(first: 10) { edges { node {
        number disputes { id reason isPastDeadline owner { name } attachments { url } } } } } } } } }"""
    customers = (await compared.same(query))["customers"]["edges"]
    edges = [edge for each in customers for edge in each["node"]["receivables"]["edges"]]
    assert sorted(len(edge["node"]["disputes"]) for edge in edges if edge["node"]["disputes"]) == [1, 3, 3]


async def test_thread_and_history_stand_beside(compared: Compared, disputes: dict[str, str]) -> None:
    query = """query ($id: ID!) { node(id: $id) { ... on Dispute {
        id thread { __typename id kind at text actor { name } } state history { action } resolution
        creditNote { id number amount { amount } } } } }"""
    found = (await compared.same(query, id=disputes["accepted"]))["node"]
    assert found["thread"]
    assert found["creditNote"]["number"] == "NC-77"


async def test_an_attachment_is_a_node_until_it_is_removed(
    compared: Compared, disputes: dict[str, str], factory: Factory
) -> None:
    shown = (await compared.same(NODE, id=disputes["open"]))["node"]["attachments"][0]
    query = """query ($id: ID!) { node(id: $id) { __typename ... on Attachment {
        id fileName mediaType sizeBytes createdAt url } } }"""
    assert (await compared.same(query, id=shown["id"]))["node"] == shown
    async with factory.write() as tx:
        await tx.session.execute(update(Attachment).values(removed_at=factory.now))
    assert (await compared.same(query, id=shown["id"])) == {"node": None}


async def test_what_is_behind_a_figure(compared: Compared, disputes: dict[str, str], books: Books) -> None:
    page = "{ totalCount edges { cursor node { id customer { name } } } pageInfo { endCursor } }"
    query = f"""query ($asOf: Date, $filter: MetricFilter) {{
      metrics(asOf: $asOf, filter: $filter) {{ disputes {{
        open {{ currencyCode count disputes(first: 2) {page} }}
        cycle {{ resolved disputes {page} }}
        cycleByReason {{ reason disputes(last: 1) {page} }} }} }} }}"""
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    collector = {"segment": "general", "collectorId": books["member"]}
    for as_of, narrowed in ((None, None), (yesterday, None), (None, collector), (yesterday, collector)):
        found = (await compared.same(query, asOf=as_of, filter=narrowed))["metrics"]["disputes"]
        for figure in found["open"]:
            assert figure["disputes"]["totalCount"] == figure["count"]
        assert found["cycle"]["disputes"]["totalCount"] == found["cycle"]["resolved"]


async def test_a_collector_sees_what_is_contested_of_own_customers(
    compared: Compared, visitors: Visitors, anna: Client, factory: Factory
) -> None:
    client, rosa = await visitors.member("collector")
    own = await contested(factory, collector_id=rosa.id)
    await factory.receivable(await factory.customer("Ajeno"), "100.00")
    mine = await opened(anna, own)
    theirs = await opened(anna, await contested(factory))
    rosas = Compared(client)
    (edge,) = (await rosas.same(WIDE))["disputes"]["edges"]
    assert edge["node"]["id"] == mine
    assert (await rosas.same(NODE, id=mine))["node"]["id"] == mine
    assert (await rosas.same(NODE, id=theirs)) == {"node": None}


async def test_another_organizations_are_never_seen(
    compared: Compared, factory: Factory, disputes: dict[str, str]
) -> None:
    other = await factory.other()
    foreign = await resolved(other, await contested(other), TODAY, None)
    async with other.read() as tx:
        row = await tx.session.get(Dispute, (other.organization_id, foreign))
        assert row is not None
    attached = await attach(other, row, "ajeno.pdf")
    edges = (await compared.same(WIDE))["disputes"]["edges"]
    assert len(edges) == len(disputes) + 1
    for key in (node_id("Dispute", foreign), node_id("Attachment", attached.id)):
        assert (await compared.same("query ($id: ID!) { node(id: $id) { id } }", id=key)) == {"node": None}


async def test_who_lacks_a_scope_is_denied_as_ever(
    compared: Compared, visitors: Visitors, disputes: dict[str, str]
) -> None:
    script = Compared(await visitors.script(Scope.RECEIVABLES_READ))
    denied = await script.either("{ disputes(first: 2) { edges { node { id customer { name } } } } }")
    assert denied["errors"][0]["path"] == ["disputes", "edges", 0, "node", "customer"]
    query = "query ($id: ID!) { node(id: $id) { ... on Dispute { id creditNote { number } } } }"
    denied = await script.either(query, id=disputes["accepted"])
    assert denied["errors"][0]["extensions"]["code"] == "NOT_PERMITTED"
    await script.same("{ disputes { edges { node { id owner { name } receivable { number } } } } }")
    blind = Compared(await visitors.script(Scope.CUSTOMERS_READ))
    denied = await blind.either(WIDE)
    assert [error["extensions"]["code"] for error in denied["errors"]] == ["NOT_PERMITTED"]
    assert (await blind.either(NODE, id=disputes["open"]))["data"] == {"node": None}


@pytest.mark.parametrize(
    "page",
    [{"first": 0}, {"last": 101}, {"first": 1, "last": 1}, {"after": "W10"}, {"first": 1, "before": "x"}],
)
async def test_pages_that_are_none_are_refused(compared: Compared, page: dict[str, Any]) -> None:
    (error,) = (await compared.either(WIDE, **page))["errors"]
    assert error["path"] == ["disputes"]
    assert error["extensions"]["code"] in ("BAD_PAGE", "BAD_CURSOR")
