"""A customer with all that hangs on it, and how many statements a page of them takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from cartera.db.session import Database
from cartera.db.tables.customers import CustomerTag
from tests.api.conftest import Client, node_id
from tests.api.rows import owing, promise, task
from tests.factories import TODAY, Factory


async def test_sums_are_per_currency_over_the_whole_list(anna: Client, factory: Factory) -> None:
    one = await owing(factory, "Uno", "100.00")
    await factory.receivable(one, "5000", currency="CLP", due_on=TODAY + timedelta(days=5))
    await owing(factory, "Dos", "0.55")
    await factory.customer("Nada")

    data = await anna.ask(
        """{ customers(first: 1) { totalCount totals {
            balance { amount currencyCode } overdue { amount currencyCode } } } }"""
    )

    assert data["customers"] == {
        "totalCount": 3,
        "totals": {
            "balance": [
                {"amount": "5000", "currencyCode": "CLP"},
                {"amount": "100.55", "currencyCode": "MXN"},
            ],
            "overdue": [{"amount": "0", "currencyCode": "CLP"}, {"amount": "100.55", "currencyCode": "MXN"}],
        },
    }


async def test_a_customer_with_all_that_hangs_on_it(anna: Client, factory: Factory) -> None:
    rosa = await factory.member("collector", name="Rosa")
    customer = await factory.customer(
        "Colegio Cervantes",
        collector_id=rosa.id,
        tax_id="CCE010101AB1",
        customer_group="Colegios",
        credit_limit_minor=500_000,
        credit_currency="USD",
    )
    contact = await factory.contact(customer, name="Inés Soto")
    receivable = await factory.receivable(customer, "120.50")
    made = await promise(factory, customer, 12_050)
    await task(factory, customer, 5)
    async with factory.write() as tx:
        tx.session.add(CustomerTag(organization_id=factory.organization_id, customer_id=customer.id, tag="b"))
        tx.session.add(CustomerTag(organization_id=factory.organization_id, customer_id=customer.id, tag="a"))

    data = await anna.ask(
        """query ($id: ID!) { node(id: $id) { id ... on Customer {
          name taxId group tags creditLimit { amount currencyCode } collector { name } salesperson { name }
          contacts { id name role email emailState isPrimary }
          account { balance { amount } overdue { amount } openCount overdueCount oldestDueOn lacksRate
            priority { amount currencyCode } reasons { code points sentence amount { amount } }
            latestPromise { id state dueOn } nextActionKind nextActionAt
            balances { currencyCode balance { amount } aging { bucket amount { amount } } } }
          receivables { totalCount totals { balance { amount } } edges { node {
            number isOverdue daysOverdue agingBucket isPromised isDisputed isOnHold customer { name }
            entries { kind amount { amount } effectiveOn } } } }
          promises { totals { amount } edges { node { receivables { number } customer { name } } } }
          nextTask { kind dueAt customer { name } assignee { name } } } } }""",
        id=node_id("Customer", customer.id),
    )

    node = data["node"]
    assert node["id"] == node_id("Customer", customer.id)
    assert (node["name"], node["taxId"], node["group"]) == ("Colegio Cervantes", "CCE010101AB1", "Colegios")
    assert node["tags"] == ["a", "b"]
    assert node["creditLimit"] == {"amount": "5000.00", "currencyCode": "USD"}
    assert (node["collector"], node["salesperson"]) == ({"name": "Rosa"}, None)
    assert node["contacts"] == [
        {
            "id": node_id("Contact", contact.id),
            "name": "Inés Soto",
            "role": "BILLING",
            "email": contact.email,
            "emailState": "VERIFIED",
            "isPrimary": True,
        }
    ]
    account = node["account"]
    assert account["balance"] == account["overdue"] == {"amount": "120.50"}
    assert account["priority"] == {"amount": "0.00", "currencyCode": "MXN"}
    assert (account["openCount"], account["overdueCount"], account["lacksRate"]) == (1, 1, False)
    assert account["oldestDueOn"] == "2026-11-06"
    assert {reason["code"] for reason in account["reasons"]} == {"OVERDUE_AMOUNT", "LATE_PAYER", "PROMISED"}
    promised = next(reason for reason in account["reasons"] if reason["code"] == "PROMISED")
    assert promised["sentence"] == "Prometió 120.50 MXN para el 19 de noviembre de 2026."
    assert promised["amount"] == {"amount": "120.50"}
    assert account["latestPromise"] == {
        "id": node_id("Promise", made.id),
        "state": "PENDING",
        "dueOn": "2026-11-19",
    }
    assert (account["nextActionKind"], account["nextActionAt"]) == ("CALL", "2026-11-16T20:00:00Z")
    assert account["balances"][0]["aging"] == [
        {"bucket": "CURRENT", "amount": {"amount": "0.00"}},
        {"bucket": "DAYS_1_30", "amount": {"amount": "120.50"}},
        {"bucket": "DAYS_31_60", "amount": {"amount": "0.00"}},
        {"bucket": "DAYS_61_90", "amount": {"amount": "0.00"}},
        {"bucket": "OVER_90", "amount": {"amount": "0.00"}},
    ]
    assert node["receivables"] == {
        "totalCount": 1,
        "totals": {"balance": [{"amount": "120.50"}]},
        "edges": [
            {
                "node": {
                    "number": receivable.number,
                    "isOverdue": True,
                    "daysOverdue": 10,
                    "agingBucket": "DAYS_1_30",
                    "isPromised": True,
                    "isDisputed": False,
                    "isOnHold": False,
                    "customer": {"name": "Colegio Cervantes"},
                    "entries": [
                        {"kind": "ISSUE", "amount": {"amount": "120.50"}, "effectiveOn": "2026-10-07"}
                    ],
                }
            }
        ],
    }
    assert node["promises"] == {
        "totals": [{"amount": "120.50"}],
        "edges": [
            {
                "node": {
                    "receivables": [{"number": receivable.number}],
                    "customer": {"name": "Colegio Cervantes"},
                }
            }
        ],
    }
    assert node["nextTask"] == {
        "kind": "CALL",
        "dueAt": "2026-11-16T20:00:00Z",
        "customer": {"name": "Colegio Cervantes"},
        "assignee": None,
    }


WORKLIST = """
{ customers(first: 50, filter: {dueNow: true}) {
    edges { node {
      name tags collector { name } contacts { email } nextTask { kind }
      account { priority { amount } reasons { code sentence } latestPromise { state }
                balances { currencyCode aging { amount { amount } } } }
      receivables(first: 5, filter: {openOnly: true}) {
        totalCount edges { node { number isPromised isDisputed entries { kind } customer { name } } } }
      promises(first: 1) { edges { node { state receivables { number } member { name } } } }
      timeline(first: 3) { edges { node { __typename } } }
    } }
    totalCount totals { balance { amount } } } }
"""


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        statement = arguments[2]
        if "FROM" in statement and " organization " not in statement.replace("\n", " "):
            seen.append(statement)

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)


async def test_the_worklist_takes_as_many_statements_for_many_customers_as_for_few(
    anna: Client, factory: Factory
) -> None:
    async def one_more() -> None:
        rosa = await factory.member("collector")
        customer = await owing(factory, "Cliente", "100.00", collector_id=rosa.id)
        await factory.contact(customer)
        await promise(factory, customer, 5_000)
        await factory.receivable(customer, "10.00")

    for _ in range(2):
        await one_more()
    with statements(factory.db) as few:
        await anna.ask(WORKLIST)
    for _ in range(10):
        await one_more()
    with statements(factory.db) as many:
        data = await anna.ask(WORKLIST)

    assert len(data["customers"]["edges"]) == 12
    assert len(many) == len(few) <= 30
