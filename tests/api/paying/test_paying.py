"""From the link to the books: every step over HTTP, and everything that a provider can do wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from cartera.db.tables.accounts import Account
from cartera.db.tables.customers import Customer
from cartera.db.tables.directory import GatewayDirectory
from cartera.db.tables.outbox import Outbox
from cartera.db.tables.payments import Allocation, Payment, PaymentAttempt, PaymentReversal
from cartera.db.tables.receivables import Receivable
from cartera.gateways.sandbox import CHECKOUTS, api_key, http_client
from tests.api.paying.conftest import Site, eventually
from tests.factories import TODAY
from tests.portals import count, make_link
from tests.services.books import books_agree

START = """
mutation ($input: PaymentStartInput!) {
  paymentStart(input: $input) {
    ... on PaymentStartSuccess {
      replayed
      attempt { id state checkoutUrl amount { amount currencyCode } payment { id } }
    }
    ... on UserErrors { errors { __typename code message path } }
  }
}
"""
ATTEMPT = """
query ($id: ID!) {
  attempt(id: $id) {
    state
    payment { amount { amount currencyCode } receivedOn reference allocations { number amount { amount } } }
  }
}
"""
BALANCES = "{ portal { receivables { id number balance { amount } } totals { balance { amount } } } }"


async def owing(site: Site) -> tuple[Customer, list[Receivable], httpx2.AsyncClient]:
    """A customer who owes 100.00 and 60.00, in the portal."""
    customer = await site.factory.customer()
    bills = [
        await site.factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=20)),
        await site.factory.receivable(customer, "60.00", due_on=TODAY - timedelta(days=10)),
    ]
    return customer, bills, await site.enter(await make_link(site.factory, customer))


async def start(site: Site, client: httpx2.AsyncClient, *amounts: str, key: str = "key-1") -> dict[str, Any]:
    """Start to pay these amounts of the receivables shown, in their order."""
    shown = (await site.ask(client, BALANCES))["portal"]["receivables"]
    lines = [
        {"receivableId": row["id"], "amount": amount} for row, amount in zip(shown, amounts, strict=False)
    ]
    data = await site.ask(client, START, input={"idempotencyKey": key, "lines": lines})
    result: dict[str, Any] = data["paymentStart"]
    return result


async def checkout(site: Site, client: httpx2.AsyncClient) -> dict[str, Any]:
    """An attempt to pay 100.00 and 20.00, with the customer on the gateway's page."""
    started = await start(site, client, "100.00", "20.00")
    attempt: dict[str, Any] = started["attempt"]
    return attempt


async def choose(url: str, choice: str, *faults: str) -> httpx2.Response:
    """Press a button of the gateway's page. The gateway is another site: no cookie goes there."""
    async with http_client() as stranger:
        return await stranger.post(url, data={"choice": choice, **dict.fromkeys(faults, "1")})


async def require_booked(site: Site, customer: Customer, attempt: dict[str, Any]) -> None:
    """120.00 are in the books, once, where the customer wanted them."""
    async with site.factory.read() as tx:
        payment = (await tx.session.scalars(select(Payment))).one()
        shares = (
            await tx.session.scalars(select(Allocation.amount_minor).order_by(Allocation.amount_minor))
        ).all()
        balances = (
            await tx.session.scalars(select(Receivable.balance_minor).order_by(Receivable.due_on))
        ).all()
        account = (await tx.session.scalars(select(Account).where(Account.customer_id == customer.id))).one()
        row = (await tx.session.scalars(select(PaymentAttempt))).one()
    reference = attempt["checkoutUrl"].rpartition("/")[2]
    assert payment.external_id == f"sandbox:{reference}"
    assert (payment.amount_minor, payment.allocated_minor, payment.unapplied_minor) == (12000, 12000, 0)
    assert (payment.payment_attempt_id, payment.customer_id) == (row.id, customer.id)
    assert list(shares) == [2000, 10000]
    assert list(balances) == [0, 4000]
    assert (account.balance_minor, account.overdue_minor, account.unapplied_minor) == (4000, 4000, 0)
    assert row.state == "succeeded"


async def test_from_the_link_to_the_books(site: Site) -> None:
    customer, bills, client = await owing(site)
    attempt = await checkout(site, client)
    assert attempt["state"] == "CREATED"
    assert attempt["amount"] == {"amount": "120.00", "currencyCode": "MXN"}
    assert attempt["payment"] is None

    page = await client.get(attempt["checkoutUrl"])
    assert page.status_code == 200
    assert "Pasarela de prueba" in page.text
    assert "120.00 <small>MXN</small>" in page.text
    assert f"{bills[0].number}, {bills[1].number}" in page.text
    assert "Distribuidora del Valle" in page.text

    answer = await choose(attempt["checkoutUrl"], "approve")
    assert answer.status_code == 303
    back = httpx2.URL(answer.headers["location"])
    assert f"{back.scheme}://{back.host}:{back.port}{back.path}" == f"{site.url}/p/pago"
    assert back.params["attempt"] == attempt["id"]

    await site.heard(2)
    assert await count(site.factory, Payment) == 0
    assert await site.work() == ["process_inbox", "process_inbox"]
    await require_booked(site, customer, attempt)

    told = (await site.ask(client, ATTEMPT, id=back.params["attempt"]))["attempt"]
    assert told == {
        "state": "SUCCEEDED",
        "payment": {
            "amount": {"amount": "120.00", "currencyCode": "MXN"},
            "receivedOn": "2026-11-16",
            "reference": attempt["checkoutUrl"].rpartition("/")[2],
            "allocations": [
                {"number": bills[0].number, "amount": {"amount": "100.00"}},
                {"number": bills[1].number, "amount": {"amount": "20.00"}},
            ],
        },
    }
    left = (await site.ask(client, BALANCES))["portal"]
    assert [(row["number"], row["balance"]["amount"]) for row in left["receivables"]] == [
        (bills[1].number, "40.00")
    ]
    assert left["totals"] == [{"balance": {"amount": "40.00"}}]


@pytest.mark.parametrize("faults", [("duplicate",), ("reorder",), ("duplicate", "reorder")])
async def test_repeated_and_reordered_events_book_once(site: Site, faults: tuple[str, ...]) -> None:
    customer, _, client = await owing(site)
    attempt = await checkout(site, client)
    await choose(attempt["checkoutUrl"], "approve", *faults)
    await site.heard(2)
    await site.work()
    await require_booked(site, customer, attempt)
    assert await site.events() == 2


@pytest.mark.parametrize("faults", [("drop",), ("timeout", "drop"), ("wrong_signature",)])
async def test_a_payment_whose_events_never_come_is_found_by_asking(
    site: Site, faults: tuple[str, ...]
) -> None:
    customer, _, client = await owing(site)
    attempt = await checkout(site, client)
    answer = await choose(attempt["checkoutUrl"], "approve", *faults)
    assert answer.status_code == (504 if "timeout" in faults else 303)
    assert await site.work() == []
    assert await site.events() == 0
    site.clock.move(timedelta(minutes=2))
    assert await site.work() == ["reconcile_attempt"]
    await require_booked(site, customer, attempt)
    site.clock.move(timedelta(days=40))
    assert await site.work() == []


async def test_a_provider_that_dies_after_success_still_tells(site: Site) -> None:
    customer, _, client = await owing(site)
    attempt = await checkout(site, client)
    assert (await choose(attempt["checkoutUrl"], "approve", "timeout")).status_code == 504
    await site.heard(2)
    await site.work()
    await require_booked(site, customer, attempt)


async def test_a_declined_payment_books_nothing_and_can_be_tried_again(site: Site) -> None:
    _, _, client = await owing(site)
    attempt = await checkout(site, client)
    await choose(attempt["checkoutUrl"], "decline")
    await site.heard(2)
    await site.work()
    assert (await site.ask(client, ATTEMPT, id=attempt["id"]))["attempt"] == {
        "state": "FAILED",
        "payment": None,
    }
    assert await count(site.factory, Payment) == 0
    again = await start(site, client, "100.00", key="key-2")
    assert again["attempt"]["checkoutUrl"] != attempt["checkoutUrl"]


async def test_money_on_its_way_is_pending_until_the_provider_says_more(site: Site) -> None:
    _, _, client = await owing(site)
    attempt = await checkout(site, client)
    await choose(attempt["checkoutUrl"], "pending")
    await site.heard(1)
    await site.work()
    assert (await site.ask(client, ATTEMPT, id=attempt["id"]))["attempt"]["state"] == "PENDING"
    # Long after the checkout's hour it is still awaited: asked about once a day.
    site.clock.move(timedelta(days=3))
    assert await site.work() == ["reconcile_attempt"]
    assert (await pending_checks(site)) == 1
    await choose(attempt["checkoutUrl"], "approve", "drop")
    site.clock.move(timedelta(days=1))
    assert await site.work() == ["reconcile_attempt"]
    async with site.factory.read() as tx:
        payment = (await tx.session.scalars(select(Payment))).one()
    assert payment.amount_minor == 12000
    assert payment.received_on == TODAY + timedelta(days=3)


async def pending_checks(site: Site) -> int:
    async with site.factory.read() as tx:
        rows = await tx.session.scalars(
            select(Outbox).where(Outbox.kind == "reconcile_attempt", Outbox.done_at.is_(None))
        )
        return len(rows.all())


async def test_an_abandoned_checkout_is_cancelled_when_its_hour_is_over(site: Site) -> None:
    _, _, client = await owing(site)
    attempt = await checkout(site, client)
    for minutes, state in ((59, "CREATED"), (6, "CANCELLED")):
        site.clock.move(timedelta(minutes=minutes))
        assert await site.work() == ["reconcile_attempt"]
        assert (await site.ask(client, ATTEMPT, id=attempt["id"]))["attempt"]["state"] == state
    assert await pending_checks(site) == 0
    page = await client.get(attempt["checkoutUrl"])
    assert "El tiempo para pagar terminó." in page.text
    assert "Aprobar" not in page.text
    await choose(attempt["checkoutUrl"], "approve")
    assert await site.events() == 0


async def test_the_customer_can_turn_back(site: Site) -> None:
    _, _, client = await owing(site)
    attempt = await checkout(site, client)
    assert (await choose(attempt["checkoutUrl"], "cancel")).status_code == 303
    await site.heard(1)
    await site.work()
    assert (await site.ask(client, ATTEMPT, id=attempt["id"]))["attempt"]["state"] == "CANCELLED"


async def test_the_same_key_pays_once(site: Site) -> None:
    _, _, client = await owing(site)
    first = await start(site, client, "100.00")
    again = await start(site, client, "100.00")
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["attempt"] == first["attempt"]
    other = await start(site, client, "99.00")
    assert other["errors"][0] | {"message": ""} == {
        "__typename": "ConflictError",
        "code": "IDEMPOTENCY_KEY_REUSED",
        "message": "",
        "path": ["idempotencyKey"],
    }
    assert await count(site.factory, PaymentAttempt) == 1


async def test_an_event_that_outruns_the_checkout_is_understood(site: Site) -> None:
    """The webhook may come before we have written down the provider's reference."""
    customer, _, client = await owing(site)
    attempt = await checkout(site, client)
    async with site.factory.write() as tx:
        row = (await tx.session.scalars(select(PaymentAttempt))).one()
        row.gateway_reference = None
    await choose(attempt["checkoutUrl"], "approve")
    await site.heard(2)
    await site.work()
    await require_booked(site, customer, attempt)


async def test_an_attempt_is_seen_only_where_all_that_it_pays_is_shown(site: Site) -> None:
    customer, bills, client = await owing(site)
    attempt = await checkout(site, client)
    for shown, state in ((bills, {"state": "CREATED", "payment": None}), (bills[:1], None)):
        narrow = await site.enter(await make_link(site.factory, customer, *shown))
        assert (await site.ask(narrow, ATTEMPT, id=attempt["id"]))["attempt"] == state
    neighbour = await site.enter(await make_link(site.factory, await site.factory.customer()))
    assert (await site.ask(neighbour, ATTEMPT, id=attempt["id"]))["attempt"] is None


async def test_a_late_event_after_the_expiry_still_books(site: Site) -> None:
    """Approved in the last minute, told a day later: the money is there, so it is booked."""
    customer, _, client = await owing(site)
    attempt = await checkout(site, client)
    async with site.factory.write() as tx:
        row = (await tx.session.scalars(select(PaymentAttempt))).one()
        row.state = "cancelled"
    await choose(attempt["checkoutUrl"], "approve")
    await eventually(site.events, lambda seen: seen == 2)
    await site.work()
    await require_booked(site, customer, attempt)


async def give_back(site: Site, attempt: dict[str, Any], kind: str, minor: int) -> httpx2.Response:
    """What the seller does at the provider, or a cardholder at the bank."""
    reference = attempt["checkoutUrl"].rpartition("/")[2]
    account = await gateway_account(site)
    headers = {
        "authorization": f"Bearer {api_key(site.settings.secret_key, account)}",
        "sandbox-account": account,
    }
    async with http_client() as provider:
        return await provider.post(
            f"{site.url}{CHECKOUTS}/{reference}/{kind}", json={"amount_minor": minor}, headers=headers
        )


async def gateway_account(site: Site) -> str:
    async with site.db.directory() as session:
        account = (await session.scalars(select(GatewayDirectory.account))).one()
        return account.removeprefix("sandbox:")


async def test_money_that_goes_back_at_the_provider_is_owed_again(site: Site) -> None:
    customer, _, client = await owing(site)
    attempt = await checkout(site, client)
    await choose(attempt["checkoutUrl"], "approve")
    await site.heard(2)
    await site.work()
    assert (await give_back(site, attempt, "refund", 3000)).status_code == 201
    assert (await give_back(site, attempt, "chargeback", 9001)).status_code == 409
    assert (await give_back(site, attempt, "chargeback", 9000)).status_code == 201
    await site.heard(4)
    await site.work()
    async with site.factory.read() as tx:
        payment = (await tx.session.scalars(select(Payment))).one()
        back = await tx.session.execute(
            select(PaymentReversal.kind, PaymentReversal.amount_minor).order_by(PaymentReversal.amount_minor)
        )
        balances = (
            await tx.session.scalars(select(Receivable.balance_minor).order_by(Receivable.due_on))
        ).all()
        account = (await tx.session.scalars(select(Account).where(Account.customer_id == customer.id))).one()
    assert [tuple(row) for row in back] == [("refund", 3000), ("chargeback", 9000)]
    assert (payment.allocated_minor, payment.reversed_minor, payment.unapplied_minor) == (0, 12000, 0)
    assert list(balances) == [10000, 6000]
    assert (account.balance_minor, account.next_action_kind) == (16000, "review_reversal")
    # The receipt says nothing of documents that the money no longer pays.
    told = (await site.ask(client, ATTEMPT, id=attempt["id"]))["attempt"]
    assert (told["state"], told["payment"]["allocations"]) == ("CHARGED_BACK", [])
    await books_agree(site.factory)
