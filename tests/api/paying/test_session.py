"""Coming in through a payment link, and what a visit may last for."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select

from cartera.db.tables.access import PortalSession
from cartera.db.tables.directory import TokenDirectory, TokenKind
from cartera.db.tables.outbox import AuditEntry
from cartera.db.tables.payments import PaymentLink
from cartera.services.access import secret_hash
from tests.api.paying.conftest import Site
from tests.portals import count, make_link

COOKIE = "cartera-portal"
TODAY_QUERY = "{ portal { today expiresAt acceptsPayments } }"


async def post(site: Site, body: object, **headers: str) -> httpx2.Response:
    return await site.browser().post("/portal/session", json=body, headers=headers)


async def the_link(site: Site) -> PaymentLink:
    async with site.factory.read() as tx:
        return (await tx.session.scalars(select(PaymentLink))).one()


async def test_a_token_opens_a_session_and_the_link_counts_as_opened(site: Site) -> None:
    token = await make_link(site.factory, await site.factory.customer())
    client = site.browser()
    response = await client.post("/portal/session", json={"token": token})
    assert (response.status_code, response.content) == (204, b"")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("cartera-portal=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {
        "HttpOnly",
        "Max-Age=7200",
        "Path=/portal",
        "SameSite=lax",
    }
    secret = client.cookies["cartera-portal"]
    link = await the_link(site)
    assert (link.opened_at, link.state) == (site.factory.now, "active")
    async with site.factory.read() as tx:
        session = (await tx.session.scalars(select(PortalSession))).one()
        audit = (await tx.session.scalars(select(AuditEntry))).one()
    assert session.token_hash == secret_hash(secret)
    assert session.expires_at == site.factory.now + timedelta(hours=2)
    assert (audit.action, audit.noun_id) == ("payment_link.open", link.id)
    assert audit.actor == f"portal:{session.id}"
    assert await site.ask(client, TODAY_QUERY) == {
        "portal": {"today": "2026-11-16", "expiresAt": "2026-11-16T17:00:00Z", "acceptsPayments": True}
    }


async def test_opening_again_is_another_visit_and_the_first_opening_stays(site: Site) -> None:
    token = await make_link(site.factory, await site.factory.customer())
    await site.enter(token)
    site.clock.move(timedelta(minutes=5))
    await site.enter(token)
    assert (await the_link(site)).opened_at == site.factory.now
    assert await count(site.factory, PortalSession) == 2


async def test_every_token_that_opens_nothing_gets_the_same_answer(site: Site) -> None:
    now, customer = site.factory.now, await site.factory.customer()
    expired = await make_link(site.factory, customer, expires_at=now)
    revoked = await make_link(site.factory, customer, state="revoked")
    over = await make_link(site.factory, customer, state="expired")
    visited = await site.enter(await make_link(site.factory, customer))
    secret = visited.cookies["cartera-portal"]
    before = await count(site.factory, PortalSession)
    answers = [
        await post(site, {"token": token})
        for token in ("", "x", "\0", "ñ" * 100, "x" * 32, expired, revoked, over, secret)
    ]
    told = {(answer.status_code, answer.content, answer.headers["content-type"]) for answer in answers}
    assert told == {(404, b'{"error":"link_unusable"}', "application/json")}
    assert not any("set-cookie" in answer.headers for answer in answers)
    assert await count(site.factory, PortalSession) == before


async def test_a_used_link_still_shows_the_receipt(site: Site) -> None:
    token = await make_link(site.factory, await site.factory.customer(), state="used")
    await site.enter(token)


@pytest.mark.parametrize("body", [None, 1, "token", [], {}, {"token": None}, {"token": 7}, {"token": ["x"]}])
async def test_a_malformed_body_is_said_to_be_one(site: Site, body: object) -> None:
    response = await post(site, body)
    assert (response.status_code, response.json()) == (400, {"error": "bad_request"})


async def test_bytes_that_are_no_json_and_bodies_without_end_are_refused(site: Site) -> None:
    client = site.browser()
    for content, status in ((b"\xff\xfe", 400), (b"[" * 4000, 400), (b'{"token":"' + b"x" * 5000, 413)):
        response = await client.post("/portal/session", content=content)
        assert response.status_code == status


async def test_another_sites_page_opens_and_ends_nothing(site: Site) -> None:
    token = await make_link(site.factory, await site.factory.customer())
    assert (await post(site, {"token": token}, origin="https://evil.example")).status_code == 403
    assert (await the_link(site)).opened_at is None
    client = await site.enter(token)
    response = await client.delete("/portal/session", headers={"origin": "https://evil.example"})
    assert response.status_code == 403
    await site.ask(client, TODAY_QUERY)
    answer = await client.post(
        "/portal/graphql", json={"query": TODAY_QUERY}, headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_at_links_changes_nothing(site: Site, method: str) -> None:
    token = await make_link(site.factory, await site.factory.customer())
    client = site.browser()
    for path in (f"/p/l/{token}", "/p/pago?attempt=x", "/portal/session", "/portal/graphql"):
        await client.request(method, path)
    assert (await the_link(site)).opened_at is None
    assert await count(site.factory, PortalSession) == 0
    assert await count(site.factory, AuditEntry) == 0


async def test_leaving_ends_the_session_for_good(site: Site) -> None:
    client = await site.enter(await make_link(site.factory, await site.factory.customer()))
    secret = client.cookies["cartera-portal"]
    response = await client.delete("/portal/session")
    assert response.status_code == 204
    assert "Max-Age=0" in response.headers["set-cookie"]
    again = await client.post(
        "/portal/graphql", json={"query": TODAY_QUERY}, headers={"cookie": f"cartera-portal={secret}"}
    )
    assert again.status_code == 401
    assert (await client.delete("/portal/session")).status_code == 204
    async with site.factory.read() as tx:
        session = (await tx.session.scalars(select(PortalSession))).one()
        assert session.ended_at == site.factory.now
    async with site.db.directory() as directory:
        left = await directory.scalars(
            select(TokenDirectory.token_hash).where(TokenDirectory.kind == TokenKind.PORTAL_SESSION)
        )
        assert list(left) == []


async def test_a_session_ends_with_its_time_and_with_its_link(site: Site) -> None:
    customer, now = await site.factory.customer(), site.factory.now
    short = await site.enter(await make_link(site.factory, customer, expires_at=now + timedelta(minutes=30)))
    token = await make_link(site.factory, customer)
    client, closed = await site.enter(token), await site.enter(token)
    revoked = await site.enter(await make_link(site.factory, customer, created_at=now - timedelta(days=1)))
    async with site.factory.write() as tx:
        link = (await tx.session.scalars(select(PaymentLink).where(PaymentLink.created_at < now))).one()
        link.state = "revoked"
        ended = (
            await tx.session.scalars(
                select(PortalSession).where(PortalSession.token_hash == secret_hash(closed.cookies[COOKIE]))
            )
        ).one()
        ended.ended_at = now
    assert (await status(revoked), await status(closed)) == (401, 401)
    site.clock.move(timedelta(minutes=30))
    assert (await status(short), await status(client)) == (401, 200)
    site.clock.move(timedelta(minutes=90))
    assert await status(client) == 401


async def status(client: httpx2.AsyncClient) -> int:
    return (await client.post("/portal/graphql", json={"query": TODAY_QUERY})).status_code


async def test_without_a_session_the_portal_says_nothing(site: Site) -> None:
    client = site.browser()
    for cookie in ("", "cartera-portal=x", "cartera-portal=", "cartera=x"):
        response = await client.post(
            "/portal/graphql", json={"query": TODAY_QUERY}, headers={"cookie": cookie}
        )
        assert response.status_code == 401
        assert "portal" not in response.json().get("data", {})


async def test_guessing_is_slowed_down_and_a_success_starts_anew(site: Site) -> None:
    token = await make_link(site.factory, await site.factory.customer())
    for _ in range(59):
        assert (await post(site, {"token": "x"})).status_code == 404
    await site.enter(token)
    answers = [await post(site, {"token": "x"}) for _ in range(61)]
    assert [answer.status_code for answer in answers] == [404] * 60 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 600
    assert (await post(site, {"token": token})).status_code == 429
