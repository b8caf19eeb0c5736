"""Mutations: what they do, typed refusals, replays, and denial that changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from api.schema import ids
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from tests.api.conftest import Client, Visitors
from tests.factories import TODAY, Factory

ERRORS = "... on UserErrors { errors { __typename code message path } }"
PROMISE = f"""
mutation ($input: PromiseMakeInput!) {{
  promiseMake(input: $input) {{
    __typename
    ... on PromiseMakeSuccess {{
      replayed
      promise {{
        id state channel amount {{ amount currencyCode }} dueOn receivables {{ number isPromised }}
      }}
    }}
    {ERRORS}
  }}
}}
"""
PAYMENT = f"""
mutation ($input: PaymentRecordInput!) {{
  paymentRecord(input: $input) {{
    __typename
    ... on PaymentRecordSuccess {{
      replayed
      payment {{ id amount {{ amount }} allocated {{ amount }} unapplied {{ amount }}
                allocations {{ amount {{ amount }} receivable {{ number balance {{ amount }} }} }} }}
      customer {{ account {{ balance {{ amount }} overdue {{ amount }} }} }}
    }}
    {ERRORS}
  }}
}}
"""
ACTIVITY = f"""
mutation ($input: ActivityLogInput!) {{
  activityLog(input: $input) {{
    __typename
    ... on ActivityLogSuccess {{
      replayed activity {{ kind outcome note member {{ name }} }} task {{ kind state }}
      customer {{ account {{ lastContactKind nextActionKind }} nextTask {{ kind }} }}
    }}
    {ERRORS}
  }}
}}
"""
REMINDER = f"""
mutation ($input: ReminderSendInput!) {{
  reminderSend(input: $input) {{
    __typename
    ... on ReminderSendSuccess {{ replayed message {{ state template channel heldReason }} }}
    {ERRORS}
  }}
}}
"""
WRITTEN = (
    "promise",
    "payment",
    "allocation",
    "entry",
    "activity",
    "task",
    "message",
    "outbox",
    "audit_entry",
)


@pytest.fixture
async def customer(factory: Factory) -> Customer:
    return await factory.customer("Papelería El Sol")


@pytest.fixture
async def debt(factory: Factory, customer: Customer) -> Receivable:
    return await factory.receivable(customer, "100.00")


async def counts(factory: Factory) -> dict[str, int]:
    async with factory.read() as tx:
        return {
            table: int(await tx.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
            for table in WRITTEN
        }


def promise_of(customer: Customer, debt: Receivable, **given: Any) -> dict[str, Any]:
    return {
        "idempotencyKey": "k1",
        "customerId": ids.encode("Customer", customer.id),
        "receivableIds": [ids.encode("Receivable", debt.id)],
        "amount": "80.00",
        "currencyCode": "MXN",
        "dueOn": (TODAY + timedelta(days=3)).isoformat(),
    } | given


def payment_of(customer: Customer, **given: Any) -> dict[str, Any]:
    return {
        "idempotencyKey": "k1",
        "customerId": ids.encode("Customer", customer.id),
        "method": "TRANSFER",
        "amount": "120.00",
        "currencyCode": "MXN",
        "receivedOn": TODAY.isoformat(),
    } | given


async def collector_of(visitors: Visitors, factory: Factory, customer: Customer) -> Client:
    """The customer's own collector, logged in."""
    client, row = await visitors.member("collector")
    async with factory.write() as tx:
        await tx.session.execute(
            update(Customer).where(Customer.id == customer.id).values(collector_id=row.id)
        )
    return client


async def do(client: Client, mutation: str, given: dict[str, Any]) -> dict[str, Any]:
    (answer,) = (await client.ask(mutation, input=given)).values()
    found: dict[str, Any] = answer
    return found


async def test_a_promise_is_made_once(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable
) -> None:
    client = await collector_of(visitors, factory, customer)
    made = await do(client, PROMISE, promise_of(customer, debt))
    assert made["__typename"] == "PromiseMakeSuccess"
    assert made["promise"]["amount"] == {"amount": "80.00", "currencyCode": "MXN"}
    assert (made["promise"]["state"], made["promise"]["channel"], made["replayed"]) == (
        "PENDING",
        "PHONE",
        False,
    )
    assert made["promise"]["receivables"] == [{"number": debt.number, "isPromised": True}]
    again = await do(client, PROMISE, promise_of(customer, debt))
    assert (again["promise"]["id"], again["replayed"]) == (made["promise"]["id"], True)
    before = await counts(factory)
    other = await do(client, PROMISE, promise_of(customer, debt, amount="81.00"))
    assert [(error["__typename"], error["code"]) for error in other["errors"]] == [
        ("ConflictError", "IDEMPOTENCY_KEY_REUSED")
    ]
    assert await counts(factory) == before


async def test_a_payment_pays_what_was_due_first_and_leaves_credit(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable
) -> None:
    client, _ = await visitors.member("manager")
    done = await do(client, PAYMENT, payment_of(customer))
    assert done["payment"]["allocated"] == {"amount": "100.00"}
    assert done["payment"]["unapplied"] == {"amount": "20.00"}
    assert done["payment"]["allocations"] == [
        {"amount": {"amount": "100.00"}, "receivable": {"number": debt.number, "balance": {"amount": "0.00"}}}
    ]
    assert done["customer"]["account"] == {"balance": {"amount": "0.00"}, "overdue": {"amount": "0.00"}}
    assert (await do(client, PAYMENT, payment_of(customer)))["replayed"] is True


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"amount": "0"}, "AMOUNT_NOT_POSITIVE", ["amount"]),
        ({"amount": "-1.00"}, "AMOUNT_NOT_POSITIVE", ["amount"]),
        ({"amount": "0.001"}, "TOO_PRECISE", ["amount"]),
        ({"amount": "9" * 30}, "TOO_LARGE", ["amount"]),
        ({"receivedOn": "2126-01-01"}, "RECEIVED_IN_FUTURE", ["receivedOn"]),
        ({"customerId": "Q3VzdG9tZXI6eA=="}, "NOT_FOUND", ["customerId"]),
        ({"idempotencyKey": ""}, "IDEMPOTENCY_KEY_LENGTH", ["idempotencyKey"]),
    ],
)
async def test_bad_input_is_said_by_field_and_changes_nothing(
    visitors: Visitors,
    factory: Factory,
    customer: Customer,
    debt: Receivable,
    given: dict[str, Any],
    code: str,
    path: list[str],
) -> None:
    client, _ = await visitors.member("manager")
    before = await counts(factory)
    refused = await do(client, PAYMENT, payment_of(customer, **given))
    assert [(error["code"], error["path"]) for error in refused["errors"]] == [(code, path)]
    assert refused["errors"][0]["message"]
    assert await counts(factory) == before


async def test_foreign_ids_answer_like_missing_ones(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable
) -> None:
    other = await factory.other()
    theirs = await other.customer()
    client, _ = await visitors.member("manager")
    elsewhere = await factory.receivable(await factory.customer(), "5.00")
    before = await counts(factory)
    foreign = await do(client, PAYMENT, payment_of(theirs))
    assert [error["code"] for error in foreign["errors"]] == ["NOT_FOUND"]
    mixed = await do(client, PROMISE, promise_of(customer, elsewhere))
    assert [error["code"] for error in mixed["errors"]] == ["NOT_FOUND"]
    assert await counts(factory) == before


async def test_a_call_is_logged_with_what_comes_next(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable
) -> None:
    client = await collector_of(visitors, factory, customer)
    later = (factory.now + timedelta(days=2)).isoformat()
    given = {
        "idempotencyKey": "k1",
        "customerId": ids.encode("Customer", customer.id),
        "kind": "CALL",
        "outcome": "CALL_BACK",
        "note": "Pide llamar el miércoles",
        "nextAction": {"kind": "CALL", "dueAt": later},
    }
    done = await do(client, ACTIVITY, given)
    assert done["activity"]["outcome"] == "CALL_BACK"
    assert done["task"] == {"kind": "CALL", "state": "OPEN"}
    assert done["customer"] == {
        "account": {"lastContactKind": "CALL", "nextActionKind": "CALL"},
        "nextTask": {"kind": "CALL"},
    }
    assert (await do(client, ACTIVITY, given))["replayed"] is True


async def test_the_timeline_shows_all_of_it_newest_first(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable
) -> None:
    client, _ = await visitors.member("manager")
    await do(client, PROMISE, promise_of(customer, debt))
    await do(client, PAYMENT, payment_of(customer, amount="10.00"))
    query = """
    query ($id: ID!, $after: String) { node(id: $id) { ... on Customer {
      timeline(first: 1, after: $after) {
        edges { cursor node { __typename } } pageInfo { hasNextPage endCursor }
      }
    } } }
    """
    key = ids.encode("Customer", customer.id)
    seen, after = [], None
    for _ in range(2):
        page = (await client.ask(query, id=key, after=after))["node"]["timeline"]
        seen += [edge["node"]["__typename"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert sorted(seen) == ["Payment", "Promise"]
    assert page["pageInfo"]["hasNextPage"] is False


async def test_a_reminder_by_hand(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable
) -> None:
    client, _ = await visitors.member("manager")
    given = {"idempotencyKey": "k1", "customerId": ids.encode("Customer", customer.id)}
    refused = await do(client, REMINDER, given)
    assert [error["code"] for error in refused["errors"]] == ["REMINDER_NO_ADDRESS"]
    await factory.contact(customer)
    sent = await do(client, REMINDER, given)
    # The third Monday of November is a holiday in Mexico.
    assert sent["message"] == {
        "state": "HELD",
        "template": "REMINDER",
        "channel": "EMAIL",
        "heldReason": "Fuera del horario permitido: sale en cuanto sea posible.",
    }


@pytest.mark.parametrize(
    ("role", "mutation"),
    [
        ("viewer", PROMISE),
        ("viewer", PAYMENT),
        ("viewer", ACTIVITY),
        ("viewer", REMINDER),
        ("salesperson", PROMISE),
        ("salesperson", PAYMENT),
        ("salesperson", REMINDER),
    ],
)
async def test_denial_is_typed_and_changes_nothing(
    visitors: Visitors, factory: Factory, customer: Customer, debt: Receivable, role: str, mutation: str
) -> None:
    client, _ = await visitors.member(role)
    given = {
        PROMISE: promise_of(customer, debt),
        PAYMENT: payment_of(customer),
        ACTIVITY: {
            "idempotencyKey": "k",
            "customerId": ids.encode("Customer", customer.id),
            "kind": "NOTE",
            "outcome": "NONE",
        },
        REMINDER: {"idempotencyKey": "k", "customerId": ids.encode("Customer", customer.id)},
    }[mutation]
    before = await counts(factory)
    refused = await do(client, mutation, given)
    assert [(error["__typename"], error["code"]) for error in refused["errors"]] == [
        ("PermissionError", "NOT_PERMITTED")
    ]
    assert await counts(factory) == before
