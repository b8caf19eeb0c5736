"""Cheques and notes over GraphQL: every step, lists by page, typed refusals, denial that changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from api.schema import ids
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from tests.api.conftest import Client, Visitors
from tests.factories import TODAY, Factory

ERRORS = "... on UserErrors { errors { __typename code message path } }"
FRIDAY = (TODAY - timedelta(days=3)).isoformat()
SUCCESS = """
    ... on InstrumentSuccess {
      replayed
      instrument {
        id state number amount { amount currencyCode } dueOn depositFrom pausesUntil bounceReason
        links { amount { amount } receivable { number balance { amount } state } }
        payment { amount { amount } allocated { amount } }
        substitute { kind amount { amount } state }
      }
      customer { account { balance { amount } } }
    }
"""


def mutation(field: str, input_type: str) -> str:
    return (
        f"mutation ($input: {input_type}!) {{ {field}(input: $input) {{ __typename {SUCCESS} {ERRORS} }} }}"
    )


REGISTER = mutation("instrumentRegister", "InstrumentRegisterInput")
DEPOSIT = mutation("instrumentDeposit", "InstrumentDepositInput")
CLEAR = mutation("instrumentClear", "InstrumentClearInput")
BOUNCE = mutation("instrumentBounce", "InstrumentBounceInput")
RETURN = mutation("instrumentReturn", "InstrumentNoteInput")
SUBSTITUTE = mutation("instrumentSubstitute", "InstrumentNoteInput")
UNDO = mutation("instrumentSubstitutionUndo", "InstrumentNoteInput")
POLICY = f"""
mutation ($input: InstrumentPolicySetInput!) {{
  instrumentPolicySet(input: $input) {{
    __typename
    ... on InstrumentPolicySetSuccess {{
      policy {{ bounceFee {{ amount currencyCode }} bouncePercent source }}
    }}
    {ERRORS}
  }}
}}
"""
PAGE = """
query ($first: Int, $after: String, $filter: InstrumentFilter) {
  instruments(first: $first, after: $after, filter: $filter) {
    edges { node { number customer { name } } }
    pageInfo { hasNextPage endCursor }
    totalCount
    totals { amount currencyCode }
  }
}
"""


@pytest.fixture
async def customer(factory: Factory) -> Customer:
    return await factory.customer("Papelería El Sol")


@pytest.fixture
async def debt(factory: Factory, customer: Customer) -> Receivable:
    return await factory.receivable(customer, "100.00")


def paper_of(customer: Customer, debt: Receivable | None = None, **given: Any) -> dict[str, Any]:
    lines = [{"receivableId": ids.encode("Receivable", debt.id), "amount": "100.00"}] if debt else None
    return {
        "idempotencyKey": "k1",
        "customerId": ids.encode("Customer", customer.id),
        "kind": "CHEQUE",
        "role": "PAYS",
        "number": "77",
        "bank": "BBVA",
        "amount": "100.00",
        "currencyCode": "MXN",
        "dueOn": FRIDAY,
        "receivedOn": FRIDAY,
        "lines": lines,
    } | given


async def do(client: Client, mutation: str, given: dict[str, Any]) -> dict[str, Any]:
    (answer,) = (await client.ask(mutation, input=given)).values()
    found: dict[str, Any] = answer
    return found


async def step(client: Client, mutation: str, paper: str, key: str, **given: Any) -> dict[str, Any]:
    answer = await do(client, mutation, {"idempotencyKey": key, "instrumentId": paper} | given)
    assert answer["__typename"] == "InstrumentSuccess", answer
    return answer


async def test_from_the_drawer_to_a_bounce_and_the_debt(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable
) -> None:
    client, _ = await visitors.member("manager")
    given = {"bouncePercent": "20", "source": "LGTOC, art. 193"}
    assert (await do(client, POLICY, given))["policy"] == {
        "bounceFee": None,
        "bouncePercent": "20",
        "source": "LGTOC, art. 193",
    }
    taken = await do(client, REGISTER, paper_of(customer, debt))
    paper = taken["instrument"]
    assert (paper["state"], paper["dueOn"], paper["depositFrom"], paper["pausesUntil"]) == (
        "RECEIVED",
        "2026-11-13",
        "2026-11-13",
        "2026-11-17",
    )
    assert paper["links"] == [
        {
            "amount": {"amount": "100.00"},
            "receivable": {"number": debt.number, "balance": {"amount": "100.00"}, "state": "OPEN"},
        }
    ]
    assert taken["customer"]["account"]["balance"]["amount"] == "100.00"
    again = await do(client, REGISTER, paper_of(customer, debt))
    assert (again["replayed"], again["instrument"]["id"]) == (True, paper["id"])

    deposited = await step(client, DEPOSIT, paper["id"], "d", depositedOn=FRIDAY)
    assert deposited["instrument"]["payment"] == {
        "amount": {"amount": "100.00"},
        "allocated": {"amount": "100.00"},
    }
    assert deposited["customer"]["account"]["balance"]["amount"] == "0.00"
    bounced = await step(client, BOUNCE, paper["id"], "b", reason="INSUFFICIENT_FUNDS")
    assert (bounced["instrument"]["state"], bounced["instrument"]["bounceReason"]) == (
        "BOUNCED",
        "INSUFFICIENT_FUNDS",
    )
    assert bounced["customer"]["account"]["balance"]["amount"] == "120.00"
    done = await step(client, SUBSTITUTE, paper["id"], "s")
    assert done["instrument"]["substitute"] == {
        "kind": "CHEQUE",
        "amount": {"amount": "100.00"},
        "state": "OPEN",
    }
    back = await step(client, UNDO, paper["id"], "u")
    assert (back["instrument"]["state"], back["instrument"]["substitute"]) == ("BOUNCED", None)
    returned = await step(client, RETURN, paper["id"], "r", note="Pagó por transferencia")
    assert returned["instrument"]["state"] == "RETURNED"


async def test_over_the_counter_and_cleared(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable
) -> None:
    client, _ = await visitors.member("manager")
    taken = await do(client, REGISTER, paper_of(customer, None, deposit=True))
    assert taken["instrument"]["state"] == "DEPOSITED"
    cleared = await step(client, CLEAR, taken["instrument"]["id"], "c")
    assert cleared["instrument"]["state"] == "CLEARED"
    wrong = paper_of(customer, debt, idempotencyKey="k2", kind="PROMISSORY_NOTE", deposit=True)
    refused = await do(client, REGISTER, wrong)
    assert [(error["code"], error["path"]) for error in refused["errors"]] == [
        ("DEPOSIT_NEEDS_CHEQUE", ["deposit"])
    ]


async def test_a_paper_hangs_on_its_customer_and_its_receivables(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable
) -> None:
    client, _ = await visitors.member("manager")
    paper = (await do(client, REGISTER, paper_of(customer, debt)))["instrument"]["id"]
    query = """
    query ($customer: ID!, $paper: ID!) {
      customer: node(id: $customer) { ... on Customer {
        instruments { totalCount totals { amount } edges { node { id number } } }
        receivables { edges { node { instruments { id state } } } }
      } }
      paper: node(id: $paper) { ... on Instrument { number customer { name } } }
    }
    """
    found = await client.ask(query, customer=ids.encode("Customer", customer.id), paper=paper)
    assert found["customer"] == {
        "instruments": {
            "totalCount": 1,
            "totals": [{"amount": "100.00"}],
            "edges": [{"node": {"id": paper, "number": "77"}}],
        },
        "receivables": {"edges": [{"node": {"instruments": [{"id": paper, "state": "RECEIVED"}]}}]},
    }
    assert found["paper"] == {"number": "77", "customer": {"name": "Papelería El Sol"}}


async def test_lists_by_page(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable
) -> None:
    client, _ = await visitors.member("manager")
    for number, days in (("1", 5), ("2", -3), ("3", 5), ("4", 1)):
        due_on = (TODAY + timedelta(days=days)).isoformat()
        key = {"idempotencyKey": number, "number": number, "dueOn": due_on, "amount": f"10{number}.00"}
        assert (await do(client, REGISTER, paper_of(customer, debt, **key)))["replayed"] is False
    seen, after = [], None
    for _ in range(4):
        page = (await client.ask(PAGE, first=1, after=after))["instruments"]
        seen += [edge["node"]["number"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert (seen, page["pageInfo"]["hasNextPage"]) == (["2", "4", "1", "3"], False)
    assert (page["totalCount"], page["totals"]) == (4, [{"amount": "410.00", "currencyCode": "MXN"}])

    async def numbers(**filter: Any) -> list[str]:
        found = (await client.ask(PAGE, filter=filter))["instruments"]
        assert found["totalCount"] == len(found["edges"])
        return [edge["node"]["number"] for edge in found["edges"]]

    assert await numbers(toDeposit=True) == ["2"]
    assert await numbers(dueFrom=TODAY.isoformat()) == ["4", "1", "3"]
    assert await numbers(dueTo=TODAY.isoformat()) == ["2"]
    assert await numbers(state="DEPOSITED") == []
    assert await numbers(kind="PROMISSORY_NOTE") == []
    assert await numbers(role="SECURES") == []
    assert await numbers(customerId=ids.encode("Customer", customer.id)) == ["2", "4", "1", "3"]
    assert await numbers(assignedToMe=True) == []


async def test_nobody_sees_the_papers_of_others(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable
) -> None:
    manager, _ = await visitors.member("manager")
    paper = (await do(manager, REGISTER, paper_of(customer, debt)))["instrument"]["id"]
    stranger, _ = await visitors.member("collector")
    assert (await stranger.ask(PAGE))["instruments"]["totalCount"] == 0
    assert (await stranger.ask("query ($id: ID!) { node(id: $id) { id } }", id=paper))["node"] is None
    refused = await do(stranger, RETURN, {"idempotencyKey": "k", "instrumentId": paper})
    assert [error["__typename"] for error in refused["errors"]] == ["NotFoundError"]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("es", "El cheque o pagaré no está depositado en este momento."),
        ("en", "The cheque or note is not on deposit at the moment."),
        ("pt", "O cheque ou a promissória não está depositado no momento."),
    ],
)
async def test_what_is_not_drawn_is_a_conflict_said_in_the_callers_language(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable, language: str, sentence: str
) -> None:
    client, _ = await visitors.member("manager", language=language)
    paper = (await do(client, REGISTER, paper_of(customer, debt)))["instrument"]["id"]
    refused = await do(client, CLEAR, {"idempotencyKey": "c", "instrumentId": paper})
    assert refused["errors"] == [
        {
            "__typename": "ConflictError",
            "code": "INSTRUMENT_NOT_DEPOSITED",
            "message": sentence,
            "path": ["instrumentId"],
        }
    ]


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"amount": "0.001"}, "TOO_PRECISE", ["amount"]),
        ({"amount": "99999999999999999999"}, "TOO_LARGE", ["amount"]),
        ({"amount": "0"}, "AMOUNT_NOT_POSITIVE", ["amount"]),
        (
            {"lines": [{"receivableId": "nonsense", "amount": "1"}]},
            "NOT_FOUND",
            ["lines", "0", "receivableId"],
        ),
        ({"dueOn": "2126-11-16"}, "INSTRUMENT_TOO_FAR", ["dueOn"]),
    ],
)
async def test_bad_input_is_told_by_field(
    visitors: Visitors,
    customer: Customer,
    debt: Receivable,
    given: dict[str, Any],
    code: str,
    path: list[str],
) -> None:
    client, _ = await visitors.member("manager")
    refused = await do(client, REGISTER, paper_of(customer, debt, **given))
    assert [(error["code"], error["path"]) for error in refused["errors"]] == [(code, path)]


@pytest.mark.parametrize("role", ["viewer", "salesperson"])
async def test_denial_is_typed_and_changes_nothing(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable, role: str
) -> None:
    client, _ = await visitors.member(role)
    paper = ids.encode("Instrument", debt.id)
    note = {"idempotencyKey": "k", "instrumentId": paper}
    for mutation, given in (
        (REGISTER, paper_of(customer, debt)),
        (DEPOSIT, note),
        (CLEAR, note),
        (BOUNCE, note | {"reason": "OTHER"}),
        (RETURN, note),
        (SUBSTITUTE, note),
        (UNDO, note),
        (POLICY, {"bouncePercent": "20", "source": "x"}),
    ):
        refused = await do(client, mutation, given)
        assert [(error["__typename"], error["code"]) for error in refused["errors"]] == [
            ("PermissionError", "NOT_PERMITTED")
        ]
    async with factory.read() as tx:
        for table in ("instrument", "instrument_policy", "outbox", "idempotency_key"):
            assert await tx.session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
