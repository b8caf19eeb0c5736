"""What reaches the inbox: events that the gateway signed, once each, and nothing else."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select

from cartera.db.queries.payment_attempts import add_account
from cartera.db.tables.outbox import Inbox, Outbox
from cartera.gateways.sandbox import webhook_secret
from cartera.gateways.signatures import sign
from tests.api.paying.conftest import Site
from tests.portals import count

BODY = b'{"id":"evt_1","type":"checkout.succeeded","data":{"reference":"chk_1"}}'


@pytest.fixture
async def account(site: Site) -> str:
    """The organization's account at the sandbox."""
    account = site.factory.organization_id.hex
    async with site.db.directory() as directory:
        await add_account(directory, f"sandbox:{account}", site.factory.organization_id)
    return account


def signed(site: Site, account: str, body: bytes = BODY, event_id: str = "evt_1") -> dict[str, str]:
    return sign(webhook_secret(site.settings.secret_key, account), event_id, site.clock.now(), body)


async def send(
    site: Site, account: str, headers: dict[str, str], body: bytes = BODY, gateway: str = "sandbox"
) -> httpx2.Response:
    client = site.browser()
    return await client.post(f"/webhooks/{gateway}/{account}", content=body, headers=headers)


async def test_an_event_is_kept_with_its_job_and_a_copy_is_ignored(site: Site, account: str) -> None:
    headers = signed(site, account)
    assert (await send(site, account, headers)).status_code == 200
    assert (await send(site, account, headers)).status_code == 200
    async with site.factory.read() as tx:
        event = (await tx.session.scalars(select(Inbox))).one()
        job = (await tx.session.scalars(select(Outbox))).one()
    assert (event.gateway, event.event_id, event.reference, event.body) == ("sandbox", "evt_1", "chk_1", BODY)
    assert event.processed_at is None
    assert (job.lane, job.kind, job.payload) == ("money", "process_inbox", {"inbox_id": str(event.id)})


async def test_copies_that_race_are_kept_once(site: Site, account: str) -> None:
    headers = signed(site, account)
    answers = await asyncio.gather(*(send(site, account, headers) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert (await count(site.factory, Inbox), await count(site.factory, Outbox)) == (1, 1)


async def test_what_is_not_signed_leaves_no_trace(site: Site, account: str) -> None:
    good = signed(site, account)
    late = sign(
        webhook_secret(site.settings.secret_key, account),
        "evt_1",
        site.clock.now() - timedelta(minutes=6),
        BODY,
    )
    other = signed(site, "another")
    no_event = b'{"hello":"world"}'
    for headers, body in (
        ({}, BODY),
        (good | {"webhook-signature": "v1,AAAA"}, BODY),
        (good | {"webhook-id": "evt_2"}, BODY),
        (good, BODY + b"\n"),
        (late, BODY),
        (other, BODY),
        (signed(site, account, no_event), no_event),
        (signed(site, account, b"\xff"), b"\xff"),
        (signed(site, account, b"[]"), b"[]"),
    ):
        response = await send(site, account, headers, body)
        assert (response.status_code, response.json()) == (401, {"error": "bad_signature"})
    assert (await count(site.factory, Inbox), await count(site.factory, Outbox)) == (0, 0)


async def test_unknown_accounts_gateways_and_endless_bodies_are_refused(site: Site, account: str) -> None:
    stranger = "f" * 32
    assert (await send(site, stranger, signed(site, stranger))).status_code == 404
    assert (await send(site, account, signed(site, account), gateway="stripe")).status_code == 404
    long = b"x" * 65_537
    assert (await send(site, account, signed(site, account, long), long)).status_code == 413
    for method in ("GET", "HEAD", "PUT"):
        await site.browser().request(method, f"/webhooks/sandbox/{account}", headers=signed(site, account))
    assert await count(site.factory, Inbox) == 0


async def test_an_event_about_a_checkout_that_is_not_there_is_set_aside(site: Site, account: str) -> None:
    await send(site, account, signed(site, account))
    assert await site.work() == ["process_inbox"]
    async with site.factory.read() as tx:
        event = (await tx.session.scalars(select(Inbox))).one()
    assert (event.outcome, event.processed_at) == ("unknown_checkout", site.clock.now())
