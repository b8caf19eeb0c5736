"""What a visitor sees: exact figures, their own only, and no more than the link shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
from sqlalchemy import select, update

from api.schema.ids import encode
from cartera.actors import system
from cartera.db.base import new_id
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.organizations import Organization
from cartera.db.tables.outbox import AuditEntry
from cartera.db.tables.receivables import Receivable
from cartera.rules.disputes import DisputeReason
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.services.disputes import NewDispute, open_dispute
from cartera.services.payments import NewPayment, record_payment
from tests.api.paying.conftest import Site
from tests.factories import TODAY
from tests.portals import make_link

PAGE = """
{
  portal {
    organization { name contactName contactEmail contactPhone accent }
    customer { name language }
    receivables {
      id number issuedOn dueOn daysOverdue isOverdue isPromised isDisputed promisedUntil
      amount { amount currencyCode } balance { amount currencyCode } payable { amount currencyCode }
    }
    totals { currencyCode balance { amount } overdue { amount } }
    payments { amount { amount currencyCode } receivedOn reference allocations { number amount { amount } } }
    promises { id amount { amount } dueOn }
    today
  }
}
"""
PROMISE = """
mutation ($input: PromiseMakeInput!) {
  promiseMake(input: $input) {
    ... on PromiseMakeSuccess {
      replayed pausedUntil promise { id dueOn amount { amount currencyCode } }
    }
    ... on UserErrors { errors { __typename code message path } }
  }
}
"""


async def page(site: Site, client: httpx2.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await site.ask(client, PAGE))["portal"]
    return found


async def pay(site: Site, customer: Customer, amount: str, *lines: tuple[Receivable, str]) -> None:
    async with site.factory.write(system(site.factory.organization_id, "test")) as tx:
        await record_payment(
            tx,
            NewPayment(
                customer.id,
                PaymentMethod.TRANSFER,
                Money.parse(amount, "MXN"),
                TODAY,
                reference=f"SPEI {amount}",
                lines=[(row.id, Money.parse(part, "MXN").minor) for row, part in lines],
            ),
        )


async def test_the_page_says_what_is_owed(site: Site) -> None:
    factory = site.factory
    customer = await factory.customer("Ferretería El Clavo", language="pt")
    late = await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=10))
    today = await factory.receivable(customer, "7.50", due_on=TODAY)
    later = await factory.receivable(customer, "1000", currency="CLP", due_on=TODAY + timedelta(days=5))
    await factory.receivable(customer, settled_minor=10000, balance_minor=0, state="paid")
    await factory.receivable(await factory.customer())
    await pay(site, customer, "30.00", (late, "25.00"))
    async with factory.write() as tx:
        tx.session.add(
            Dispute(
                organization_id=factory.organization_id,
                id=new_id(),
                receivable_id=today.id,
                customer_id=customer.id,
                reason="price",
                amount_minor=100,
                currency="MXN",
                state="open",
                opened_on=TODAY,
                deadline_on=TODAY,
                created_at=factory.now,
            )
        )
    found = await page(site, await site.enter(await make_link(factory, customer)))
    assert found["organization"] == {
        "name": "Distribuidora del Valle",
        "contactName": "Ana Torres",
        "contactEmail": "cobranza@delvalle.example",
        "contactPhone": "+525555550100",
        "accent": "oklch(0.5 0.13 250)",
    }
    assert found["customer"] == {"name": "Ferretería El Clavo", "language": "PT"}
    assert found["today"] == "2026-11-16"
    assert [row["number"] for row in found["receivables"]] == [late.number, today.number, later.number]
    assert found["receivables"][0] == {
        "id": encode("Receivable", late.id),
        "number": late.number,
        "issuedOn": "2026-10-07",
        "dueOn": "2026-11-06",
        "daysOverdue": 10,
        "isOverdue": True,
        "isPromised": False,
        "isDisputed": False,
        "payable": {"amount": "75.00", "currencyCode": "MXN"},
        "promisedUntil": None,
        "amount": {"amount": "100.00", "currencyCode": "MXN"},
        "balance": {"amount": "75.00", "currencyCode": "MXN"},
    }
    assert [(row["daysOverdue"], row["isOverdue"]) for row in found["receivables"][1:]] == [(0, False)] * 2
    # What is contested in part is payable for the rest.
    assert [(row["isDisputed"], row["payable"]["amount"]) for row in found["receivables"]] == [
        (False, "75.00"),
        (False, "6.50"),
        (False, "1000"),
    ]
    assert found["receivables"][2]["balance"] == {"amount": "1000", "currencyCode": "CLP"}
    assert found["totals"] == [
        {"currencyCode": "CLP", "balance": {"amount": "1000"}, "overdue": {"amount": "0"}},
        {"currencyCode": "MXN", "balance": {"amount": "82.50"}, "overdue": {"amount": "75.00"}},
    ]
    assert found["payments"] == [
        {
            "amount": {"amount": "30.00", "currencyCode": "MXN"},
            "receivedOn": "2026-11-16",
            "reference": "SPEI 30.00",
            "allocations": [{"number": late.number, "amount": {"amount": "25.00"}}],
        }
    ]
    assert found["promises"] == []


async def test_a_due_date_on_a_holiday_is_not_yet_overdue(site: Site) -> None:
    """``overdue_from`` decides, by the organization's policy; the days then count from the due date."""
    customer = await site.factory.customer()
    await site.factory.receivable(
        customer, due_on=TODAY - timedelta(days=3), overdue_from=TODAY + timedelta(days=1)
    )
    client = await site.enter(await make_link(site.factory, customer))
    first = (await page(site, client))["receivables"][0]
    assert (first["isOverdue"], first["daysOverdue"]) == (False, 0)
    async with site.factory.write() as tx:
        await tx.session.execute(update(Organization).values(business_day=TODAY + timedelta(days=1)))
    first = (await page(site, client))["receivables"][0]
    assert (first["isOverdue"], first["daysOverdue"]) == (True, 4)


async def test_a_link_for_chosen_receivables_shows_no_others(site: Site) -> None:
    factory = site.factory
    customer = await factory.customer()
    shown, hidden = await factory.receivable(customer), await factory.receivable(customer, "900.00")
    await pay(site, customer, "10.00", (shown, "10.00"))
    await pay(site, customer, "20.00", (hidden, "20.00"))
    await pay(site, customer, "30.00", (shown, "5.00"), (hidden, "25.00"))
    await pay(site, customer, "40.00")
    wide = await site.enter(await make_link(factory, customer))
    both = [encode("Receivable", row.id) for row in (shown, hidden)]
    later = str(TODAY + timedelta(days=3))
    for number, named in enumerate(([both[0]], [both[1]], both)):
        made = await promise(site, wide, named, later, key=f"k{number}")
        assert "promise" in made, made
    narrow = await page(site, await site.enter(await make_link(factory, customer, shown)))
    assert [row["number"] for row in narrow["receivables"]] == [shown.number]
    assert narrow["totals"] == [
        {"currencyCode": "MXN", "balance": {"amount": "85.00"}, "overdue": {"amount": "85.00"}}
    ]
    assert [row["amount"]["amount"] for row in narrow["payments"]] == ["10.00"]
    # The third promise names both and took the place of the other two.
    assert narrow["promises"] == []
    assert [row["isPromised"] for row in narrow["receivables"]] == [True]
    everything = await page(site, wide)
    assert [row["amount"]["amount"] for row in everything["payments"]] == ["40.00", "30.00", "20.00", "10.00"]
    assert [row["amount"]["amount"] for row in everything["promises"]] == ["940.00"]


async def promise(
    site: Site, client: httpx2.AsyncClient, named: list[str], due_on: str, key: str = "key-1"
) -> dict[str, Any]:
    given = {"idempotencyKey": key, "receivableIds": named, "dueOn": due_on}
    result: dict[str, Any] = (await site.ask(client, PROMISE, input=given))["promiseMake"]
    return result


async def test_a_promise_made_here_counts_and_pauses(site: Site) -> None:
    customer = await site.factory.customer()
    first, second = await site.factory.receivable(customer), await site.factory.receivable(customer, "50.00")
    client = await site.enter(await make_link(site.factory, customer))
    friday = TODAY + timedelta(days=4)
    made = await promise(site, client, [encode("Receivable", first.id)], str(friday))
    # One banking day of grace after a Friday is the Monday.
    assert made | {"promise": None} == {
        "promise": None,
        "pausedUntil": str(friday + timedelta(days=3)),
        "replayed": False,
    }
    assert made["promise"]["amount"] == {"amount": "100.00", "currencyCode": "MXN"}
    found = await page(site, client)
    assert found["promises"] == [
        {"id": made["promise"]["id"], "amount": {"amount": "100.00"}, "dueOn": str(friday)}
    ]
    promised = {row["number"]: (row["isPromised"], row["promisedUntil"]) for row in found["receivables"]}
    assert promised == {first.number: (True, str(friday)), second.number: (False, None)}


async def test_of_what_is_contested_the_rest_is_payable_and_promised(site: Site) -> None:
    factory = site.factory
    customer = await factory.customer()
    partly, wholly = [await factory.receivable(customer, "100.00") for _ in range(2)]
    for row, amount in ((partly, 20_00), (partly, 10_00), (wholly, 100_00)):
        async with factory.write() as tx:
            await open_dispute(tx, NewDispute(row.id, DisputeReason.QUALITY, Money(amount, "MXN")))
    client = await site.enter(await make_link(factory, customer))
    found = {row["number"]: row for row in (await page(site, client))["receivables"]}
    assert [
        (found[row.number]["isDisputed"], found[row.number]["payable"]["amount"]) for row in (partly, wholly)
    ] == [(False, "70.00"), (True, "100.00")]
    friday = str(TODAY + timedelta(days=4))
    made = await promise(site, client, [encode("Receivable", partly.id)], friday)
    assert made["promise"]["amount"] == {"amount": "70.00", "currencyCode": "MXN"}


DISPUTE = """
mutation ($input: DisputeOpenInput!) {
  disputeOpen(input: $input) {
    ... on DisputeOpenSuccess {
      replayed dispute { id reason state deadlineOn amount { amount currencyCode } }
    }
    ... on UserErrors { errors { __typename code path } }
  }
}
"""


async def contest(site: Site, client: httpx2.AsyncClient, bill: Receivable, **more: Any) -> dict[str, Any]:
    given = {"receivableId": encode("Receivable", bill.id), "reason": "QUALITY", "note": "Llegó roto"}
    given |= {"amount": "30.00", "currencyCode": "MXN", "idempotencyKey": "key-1"} | more
    result: dict[str, Any] = (await site.ask(client, DISPUTE, input=given))["disputeOpen"]
    return result


async def test_a_customer_says_what_is_wrong_with_a_document(site: Site) -> None:
    factory = site.factory
    rosa = await factory.member()
    customer = await factory.customer(collector_id=rosa.id)
    bill, hidden = [await factory.receivable(customer, "100.00") for _ in range(2)]
    foreign = await factory.receivable(await factory.customer(), "100.00")
    client = await site.enter(await make_link(factory, customer, bill))
    made = await contest(site, client, bill)
    assert made == {
        "replayed": False,
        "dispute": {
            "id": made["dispute"]["id"],
            "reason": "QUALITY",
            "state": "OPEN",
            "deadlineOn": "2026-11-30",
            "amount": {"amount": "30.00", "currencyCode": "MXN"},
        },
    }
    assert await contest(site, client, bill) == made | {"replayed": True}
    (shown,) = (await page(site, client))["receivables"]
    assert shown["payable"] == {"amount": "70.00", "currencyCode": "MXN"}
    async with factory.read() as tx:
        (row,) = await tx.session.scalars(select(Dispute))
        assert (row.owner_id, row.note, row.customer_id) == (rosa.id, "Llegó roto", customer.id)
        entry = (
            await tx.session.scalars(select(AuditEntry).where(AuditEntry.action == "dispute.open"))
        ).one()
        assert entry.actor.startswith("portal:")
    for other, more, code, path in (
        (hidden, {}, "NOT_FOUND", "receivableId"),
        (foreign, {}, "NOT_FOUND", "receivableId"),
        (bill, {"note": " "}, "WORDS_MISSING", "note"),
        (bill, {"amount": "70.01"}, "DISPUTE_ABOVE_BALANCE", "amount"),
        (bill, {"amount": "0.001"}, "TOO_PRECISE", "amount"),
    ):
        refused = await contest(site, client, other, **more, idempotencyKey="key-2")
        assert [(error["code"], error["path"]) for error in refused["errors"]] == [(code, [path])]
    async with factory.read() as tx:
        assert len((await tx.session.scalars(select(Dispute))).all()) == 1


async def test_a_promise_is_made_once_whatever_is_paid_meanwhile(site: Site) -> None:
    customer = await site.factory.customer()
    bill = await site.factory.receivable(customer)
    client = await site.enter(await make_link(site.factory, customer))
    named, due_on = [encode("Receivable", bill.id)], str(TODAY + timedelta(days=4))
    made = await promise(site, client, named, due_on)
    await pay(site, customer, "30.00", (bill, "30.00"))
    assert await promise(site, client, named, due_on) == made | {"replayed": True}
    other = await promise(site, client, named, str(TODAY + timedelta(days=5)))
    assert [error["code"] for error in other["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]


async def test_promises_too_far_past_or_foreign_are_refused_with_their_reason(site: Site) -> None:
    customer, neighbour = await site.factory.customer(), await site.factory.customer()
    bill = await site.factory.receivable(customer)
    dollars = await site.factory.receivable(customer, currency="USD")
    foreign = await site.factory.receivable(neighbour)
    paid = await site.factory.receivable(customer, settled_minor=10000, balance_minor=0, state="paid")
    client = await site.enter(await make_link(site.factory, customer))
    mine, soon = encode("Receivable", bill.id), str(TODAY + timedelta(days=3))

    async def codes(named: list[str], due_on: str) -> list[tuple[str, str, list[str]]]:
        errors = (await promise(site, client, named, due_on))["errors"]
        assert all(error["message"] for error in errors)
        return [(error["__typename"], error["code"], error["path"]) for error in errors]

    assert await codes([mine], str(TODAY + timedelta(days=31))) == [
        ("ValidationError", "PROMISE_TOO_FAR", ["dueOn"])
    ]
    assert await codes([mine], str(TODAY - timedelta(days=1))) == [
        ("ValidationError", "PROMISE_IN_PAST", ["dueOn"])
    ]
    assert await codes([], soon) == [("ValidationError", "NO_RECEIVABLES", ["receivableIds"])]
    assert await codes([mine, encode("Receivable", dollars.id)], soon) == [
        ("ValidationError", "CURRENCIES_MIXED", ["receivableIds"])
    ]
    missing = [("NotFoundError", "NOT_FOUND", ["receivableIds", "1"])]
    for other in (encode("Receivable", foreign.id), encode("Receivable", new_id())):
        assert await codes([mine, other], soon) == missing
    for no_id in ("x", encode("Payment", bill.id), ""):
        assert await codes([mine, no_id], soon) == missing
    assert await codes([mine, encode("Receivable", paid.id)], soon) == [
        ("ConflictError", "RECEIVABLE_NOT_OPEN", ["receivableIds", "1"])
    ]
    assert (await page(site, client))["promises"] == []


async def test_messages_are_in_the_language_of_the_page_or_else_of_the_customer(site: Site) -> None:
    for language, page_in, said in (
        ("es", None, "Elija al menos un documento."),
        ("pt", None, "Escolha pelo menos um documento."),
        ("pt", "en", "Choose at least one document."),
        ("pt", "fr", "Escolha pelo menos um documento."),
    ):
        customer = await site.factory.customer(language=language)
        client = await site.enter(await make_link(site.factory, customer))
        if page_in:
            client.headers["accept-language"] = page_in
        made = await promise(site, client, [], str(TODAY))
        assert [error["message"] for error in made["errors"]] == [said]


async def test_an_attempt_of_another_customer_is_not_there(site: Site) -> None:
    client = await site.enter(await make_link(site.factory, await site.factory.customer()))
    for attempt_id in (encode("PaymentAttempt", new_id()), encode("Payment", new_id()), "x", ""):
        data = await site.ask(client, "query ($id: ID!) { attempt(id: $id) { state } }", id=attempt_id)
        assert data == {"attempt": None}
