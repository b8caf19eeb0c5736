"""Disputes over GraphQL: their verbs, threads and lists, and the measures with what is behind them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from cartera.db.base import new_id
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.receivables import Receivable
from tests.api.conftest import Client, Visitors, node_id
from tests.factories import TODAY, Factory

OPEN = """mutation ($input: DisputeOpenInput!) { disputeOpen(input: $input) { __typename
  ... on DisputeSuccess { replayed customer { name } dispute { id state reason amount { amount currencyCode }
    openedOn deadlineOn isPastDeadline cycleDays note owner { name } receivable { number disputes { id } } } }
  ... on UserErrors { errors { __typename code path message } } } }"""

CHANGE = """mutation ($input: %sInput!) { %s(input: $input) { __typename
  ... on DisputeSuccess { replayed dispute { state resolution cycleDays deadlineOn owner { name }
    thread { kind text actor { kind name } } history { action actor { name } } } }
  ... on UserErrors { errors { __typename code path message } } } }"""

LIST = """query ($first: Int, $after: String, $filter: DisputeFilter) {
  disputes(first: $first, after: $after, filter: $filter) {
    totalCount totals { amount currencyCode } pageInfo { hasNextPage endCursor }
    edges { node { id amount { amount } customer { name } } } } }"""

FIGURES = """query ($asOf: Date, $filter: MetricFilter, $period: PeriodInput) {
  metrics(asOf: $asOf, filter: $filter, period: $period) { disputes {
    open { currencyCode count amount { amount } formula disputes { totalCount totals { amount } } }
    cycle { reason resolved meanDays medianDays formula disputes { totalCount } }
    cycleByReason { reason resolved meanDays medianDays disputes { totalCount edges { node { id } } } }
  } } }"""


def asked(invoice: Receivable, amount: str = "30.00", **more: Any) -> dict[str, Any]:
    about = {"receivableId": node_id("Receivable", invoice.id), "reason": "PRICE", "currencyCode": "MXN"}
    return about | {"amount": amount, "idempotencyKey": str(new_id())} | more


async def opened(client: Client, invoice: Receivable, amount: str = "30.00", **more: Any) -> str:
    data = await client.ask(OPEN, input=asked(invoice, amount, **more))
    found: str = data["disputeOpen"]["dispute"]["id"]
    return found


async def change(client: Client, verb: str, dispute: str, **more: Any) -> Any:
    query = CHANGE % (verb[0].upper() + verb[1:], verb)
    given = {"disputeId": dispute, "idempotencyKey": str(new_id())} | more
    return (await client.ask(query, input=given))[verb]


async def resolved(
    factory: Factory, invoice: Receivable, opened_on: date, days: int | None, **values: Any
) -> UUID:
    """A dispute as it stands in the books; open without ``days``."""
    made = Dispute(
        **{
            "organization_id": factory.organization_id,
            "id": new_id(),
            "receivable_id": invoice.id,
            "customer_id": invoice.customer_id,
            "reason": "price",
            "amount_minor": 10_00,
            "currency": invoice.currency,
            "state": "open" if days is None else "rejected",
            "opened_on": opened_on,
            "deadline_on": opened_on + timedelta(days=5),
            "resolved_on": None if days is None else opened_on + timedelta(days=days),
            "created_at": factory.now,
        }
        | values
    )
    async with factory.write() as tx:
        tx.session.add(made)
    return made.id


@pytest.fixture
async def invoice(factory: Factory) -> Receivable:
    rosa = await factory.member("collector", name="Rosa Díaz")
    return await factory.receivable(
        await factory.customer("Colegio Cervantes", collector_id=rosa.id), "100.00"
    )


async def test_a_dispute_is_opened_once(anna: Client, invoice: Receivable) -> None:
    given = asked(invoice, note="Cobran de más")
    first = (await anna.ask(OPEN, input=given))["disputeOpen"]
    again = (await anna.ask(OPEN, input=given))["disputeOpen"]
    assert first == {
        "__typename": "DisputeSuccess",
        "replayed": False,
        "customer": {"name": "Colegio Cervantes"},
        "dispute": {
            "id": first["dispute"]["id"],
            "state": "OPEN",
            "reason": "PRICE",
            "amount": {"amount": "30.00", "currencyCode": "MXN"},
            "openedOn": "2026-11-16",
            "deadlineOn": "2026-11-23",
            "isPastDeadline": False,
            "cycleDays": None,
            "note": "Cobran de más",
            "owner": {"name": "Rosa Díaz"},
            "receivable": {"number": invoice.number, "disputes": [{"id": first["dispute"]["id"]}]},
        },
    }
    assert again == first | {"replayed": True}


@pytest.mark.parametrize(
    ("more", "code", "path", "kind"),
    [
        ({"amount": "100.01"}, "DISPUTE_ABOVE_BALANCE", ["amount"], "ValidationError"),
        ({"amount": "0.001"}, "TOO_PRECISE", ["amount"], "ValidationError"),
        ({"amount": "99999999999999999999"}, "TOO_LARGE", ["amount"], "ValidationError"),
        ({"amount": "0"}, "AMOUNT_NOT_POSITIVE", ["amount"], "ValidationError"),
        ({"receivableId": node_id("Receivable", new_id())}, "NOT_FOUND", ["receivableId"], "NotFoundError"),
        ({"receivableId": "x"}, "NOT_FOUND", ["receivableId"], "NotFoundError"),
        ({"ownerId": node_id("Member", new_id())}, "NOT_FOUND", ["ownerId"], "NotFoundError"),
        ({"note": "x" * 2001}, "TOO_LONG", ["note"], "ValidationError"),
        ({"deadlineOn": "2026-11-15"}, "DEADLINE_IN_PAST", ["deadlineOn"], "ValidationError"),
        ({"deadlineOn": "2126-11-15"}, "DEADLINE_TOO_FAR", ["deadlineOn"], "ValidationError"),
    ],
)
async def test_what_is_wrong_is_told_by_field(
    more: dict[str, Any], code: str, path: list[str], kind: str, anna: Client, invoice: Receivable
) -> None:
    found = (await anna.ask(OPEN, input=asked(invoice) | more))["disputeOpen"]
    (error,) = found["errors"]
    assert (error["code"], error["path"], error["__typename"]) == (code, path, kind)
    assert "{" not in error["message"]
    assert (await anna.ask(LIST))["disputes"]["totalCount"] == 0


async def test_the_thread_tells_what_was_said_and_done(
    visitors: Visitors, factory: Factory, invoice: Receivable
) -> None:
    ana, _ = await visitors.member("manager", name="Ana Torres")
    luis = await factory.member("manager", name="Luis Mena")
    dispute = await opened(ana, invoice)
    await change(ana, "disputeComment", dispute, text="Pedí la orden de compra")
    await change(ana, "disputeAssign", dispute, ownerId=node_id("Member", luis.id))
    await change(ana, "disputeDeadlineSet", dispute, deadlineOn="2026-12-01")
    found = (await change(ana, "disputeReject", dispute, reason="Es el precio pactado."))["dispute"]

    assert (found["state"], found["resolution"], found["cycleDays"]) == (
        *("REJECTED", "Es el precio pactado."),
        0,
    )
    assert (found["deadlineOn"], found["owner"]) == ("2026-12-01", {"name": "Luis Mena"})
    assert [(item["kind"], item["text"]) for item in found["thread"]] == [
        ("EVENT", f"Ana Torres abrió un reclamo por 30.00 MXN del documento {invoice.number}."),
        ("COMMENT", "Pedí la orden de compra"),
        ("EVENT", "Ana Torres asignó el reclamo a Luis Mena."),
        ("EVENT", "Ana Torres fijó el plazo del reclamo para el 1 de diciembre de 2026."),
        ("EVENT", "Ana Torres rechazó el reclamo: Es el precio pactado."),
    ]
    assert {(item["actor"]["kind"], item["actor"]["name"]) for item in found["thread"]} == {
        ("MEMBER", "Ana Torres")
    }
    assert [item["action"] for item in found["history"]] == [
        *("dispute.open", "dispute.comment", "dispute.assign", "dispute.deadline"),
        "dispute.rejected",
    ]
    again = await change(ana, "disputeWithdraw", dispute)
    assert [(error["__typename"], error["code"]) for error in again["errors"]] == [
        ("ConflictError", "DISPUTE_NOT_OPEN")
    ]


async def test_a_manager_accepts_and_the_credit_note_shows(
    visitors: Visitors, factory: Factory, invoice: Receivable
) -> None:
    ana, _ = await visitors.member("manager", name="Ana Torres")
    dispute = await opened(ana, invoice)
    part = {"amount": "10.00", "creditNoteNumber": "NC-7"}
    missing = await change(ana, "disputeAccept", dispute, **part)
    assert [(error["code"], error["path"]) for error in missing["errors"]] == [
        ("CURRENCY_MISSING", ["currencyCode"])
    ]
    rosa, _ = await visitors.member("collector")
    denied = await change(rosa, "disputeAccept", dispute, **part, currencyCode="MXN")
    assert [error["code"] for error in denied["errors"]] == ["NOT_PERMITTED"]
    found = (await change(ana, "disputeAccept", dispute, **part, currencyCode="MXN"))["dispute"]
    assert found["state"] == "ACCEPTED"
    assert (
        found["thread"][-1]["text"]
        == "Ana Torres aceptó el reclamo por 10.00 MXN, con la nota de crédito NC-7."
    )
    query = """query ($id: ID!) { node(id: $id) { ... on Dispute { accepted { amount } receivable {
      balance { amount } } creditNote { number amount { amount } unapplied { amount }
      history { sentence } } } } }"""
    assert (await ana.ask(query, id=dispute))["node"] == {
        "accepted": {"amount": "10.00"},
        "receivable": {"balance": {"amount": "90.00"}},
        "creditNote": {
            "number": "NC-7",
            "amount": {"amount": "10.00"},
            "unapplied": {"amount": "0.00"},
            "history": [{"sentence": "Ana Torres registró la nota de crédito NC-7 por 10.00 MXN."}],
        },
    }


async def test_a_dispute_out_of_sight_is_as_if_it_were_not(
    anna: Client, visitors: Visitors, factory: Factory, invoice: Receivable
) -> None:
    dispute = await opened(anna, invoice)
    stranger, _ = await visitors.member("collector")
    for verb, more in (
        ("disputeComment", {"text": "Hola"}),
        ("disputeReject", {"reason": "No"}),
        ("disputeWithdraw", {}),
        ("disputeDeadlineSet", {"deadlineOn": "2026-12-01"}),
    ):
        seen = await change(stranger, verb, dispute, **more)
        missing = await change(stranger, verb, node_id("Dispute", new_id()), **more)
        assert seen == missing
        assert [(error["code"], error["path"]) for error in seen["errors"]] == [("NOT_FOUND", ["disputeId"])]
    assert (await stranger.ask(LIST))["disputes"]["totalCount"] == 0
    viewer, _ = await visitors.member("viewer")
    denied = await change(viewer, "disputeComment", dispute, text="Hola")
    assert [error["code"] for error in denied["errors"]] == ["NOT_PERMITTED"]
    (event,) = (await change(anna, "disputeWithdraw", dispute))["dispute"]["thread"][1:]
    assert event["kind"] == "EVENT"


async def test_lists_are_walked_by_deadline_and_narrowed(
    anna: Client, factory: Factory, invoice: Receivable
) -> None:
    dollars = await factory.receivable(await factory.customer(), "50", currency="USD")
    rosa = await factory.member()
    late = await resolved(factory, invoice, TODAY - timedelta(days=9), None, owner_id=rosa.id)
    soon = await resolved(factory, dollars, TODAY, None, reason="quality")
    done = await resolved(factory, invoice, TODAY - timedelta(days=4), 2)

    seen, after, more = [], None, True
    while more:
        page = (await anna.ask(LIST, first=1, after=after))["disputes"]
        assert page["totalCount"] == 3
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == [node_id("Dispute", each) for each in (late, done, soon)]
    for filter, expected in (
        ({"state": "OPEN"}, [late, soon]),
        ({"state": "OPEN", "pastDeadline": True}, [late]),
        ({"reason": "QUALITY"}, [soon]),
        ({"ownerId": node_id("Member", rosa.id)}, [late]),
        ({"customerId": node_id("Customer", dollars.customer_id)}, [soon]),
        ({"customerId": node_id("Customer", new_id())}, []),
    ):
        found = (await anna.ask(LIST, filter=filter))["disputes"]
        assert [edge["node"]["id"] for edge in found["edges"]] == [node_id("Dispute", e) for e in expected]
        assert found["totalCount"] == len(expected)
    whole = (await anna.ask(LIST, filter={"state": "OPEN"}))["disputes"]
    assert whole["totals"] == [
        {"amount": "10.00", "currencyCode": "MXN"},
        {"amount": "10.00", "currencyCode": "USD"},
    ]


async def test_cycle_times_and_what_is_open(anna: Client, factory: Factory, invoice: Receivable) -> None:
    for days in (1, 2, 9):
        await resolved(factory, invoice, TODAY - timedelta(days=20), days)
    quality = await resolved(factory, invoice, TODAY - timedelta(days=4), 4, reason="quality")
    await resolved(factory, invoice, TODAY, None)
    await resolved(
        factory, await factory.receivable(await factory.customer(), "9", currency="USD"), TODAY, None
    )

    found = (await anna.ask(FIGURES))["metrics"]["disputes"]

    assert found["cycle"] == {
        "reason": None,
        "resolved": 4,
        "meanDays": "4.0",
        "medianDays": "3.0",
        "formula": "Reclamos resueltos del 17 de noviembre de 2025 al 16 de noviembre de 2026, hasta el"
        " 16 de noviembre de 2026: 16 días entre apertura y resolución ÷ 4 reclamos = 4.0 días en promedio."
        " Mediana: 3.0 días.",
        "disputes": {"totalCount": 4},
    }
    price, of_quality = found["cycleByReason"]
    assert (price["reason"], price["resolved"], price["meanDays"], price["medianDays"]) == (
        *("PRICE", 3, "4.0"),
        "2.0",
    )
    assert (of_quality["reason"], of_quality["meanDays"]) == ("QUALITY", "4.0")
    assert of_quality["disputes"] == {
        "totalCount": 1,
        "edges": [{"node": {"id": node_id("Dispute", quality)}}],
    }
    assert found["open"][0] == {
        "currencyCode": "MXN",
        "count": 1,
        "amount": {"amount": "10.00"},
        "formula": "Reclamos abiertos al 16 de noviembre de 2026: 1, por 10.00 MXN en total.",
        "disputes": {"totalCount": 1, "totals": [{"amount": "10.00"}]},
    }
    assert [one["currencyCode"] for one in found["open"]] == ["MXN", "USD"]

    # Ten days ago three were resolved or about to be; one of them was still open.
    then = (await anna.ask(FIGURES, asOf="2026-11-04"))["metrics"]["disputes"]
    assert (then["cycle"]["resolved"], then["cycle"]["meanDays"]) == (2, "1.5")
    assert [(one["currencyCode"], one["count"], one["disputes"]["totalCount"]) for one in then["open"]] == [
        ("MXN", 1, 1)
    ]
    none = (await anna.ask(FIGURES, filter={"segment": "otro"}))["metrics"]["disputes"]
    assert (none["cycle"]["meanDays"], none["cycleByReason"], none["open"]) == (None, [], [])
    assert none["cycle"]["formula"] == (
        "Ningún reclamo se resolvió del 17 de noviembre de 2025 al 16 de noviembre de 2026, hasta el"
        " 16 de noviembre de 2026."
    )
