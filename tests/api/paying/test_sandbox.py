"""The sandbox provider by itself: its API, its page, its memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from api.http.sandbox_page import FAULTS, TEXTS
from api.http.sandbox_provider import Provider
from cartera.db.base import new_id
from cartera.gateways.base import CheckoutOrder, GatewayRefused, GatewayUnavailable, UnknownCheckout
from cartera.gateways.registry import Gateways, NoGateway
from cartera.gateways.sandbox import CHECKOUTS, Sandbox, api_key, http_client
from cartera.rules.money import Money
from cartera.rules.payments import AttemptState
from cartera.settings import Settings
from tests.api.paying.conftest import Site


def order(site: Site, attempt_id: UUID | None = None, **values: Any) -> CheckoutOrder:
    given = {
        "attempt_id": attempt_id or new_id(),
        "money": Money(123450, "MXN"),
        "seller": "Distribuidora <b>del Valle</b>",
        "description": "F-1, F-2",
        "language": "es",
        "expires_at": site.clock.now() + timedelta(hours=1),
    } | values
    return CheckoutOrder(**given)


def gateway(site: Site) -> Sandbox:
    found = Gateways(site.settings).of(site.factory.organization_id)
    assert isinstance(found, Sandbox)
    return found


def back(site: Site) -> str:
    return f"{site.url}/p/pago?attempt=x"


async def test_one_key_opens_one_checkout(site: Site) -> None:
    given = order(site)
    first = await gateway(site).start_checkout(given, back(site))
    assert await gateway(site).start_checkout(given, back(site)) == first
    assert first.url == f"{site.url}/sandbox/checkout/{first.reference}"
    report = await gateway(site).fetch(first.reference)
    assert (report.state, report.money) == (AttemptState.CREATED, Money(123450, "MXN"))
    assert report.attempt_id == given.attempt_id
    with pytest.raises(GatewayRefused):
        await gateway(site).start_checkout(order(site, given.attempt_id, money=Money(1, "MXN")), back(site))
    other = await gateway(site).start_checkout(order(site), back(site))
    assert other.reference != first.reference


class LosesTheAnswer(httpx2.AsyncBaseTransport):
    """A network that carries the call there, and nothing back."""

    def __init__(self) -> None:
        self._real = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._real.handle_async_request(request)
        await response.aread()
        await response.aclose()
        raise httpx2.ReadTimeout("the answer is lost", request=request)

    async def aclose(self) -> None:
        await self._real.aclose()


async def test_a_lost_answer_is_found_again_under_the_same_key(site: Site) -> None:
    given = order(site)
    lossy = Gateways(site.settings, LosesTheAnswer()).of(site.factory.organization_id)
    with pytest.raises(GatewayUnavailable):
        await lossy.start_checkout(given, back(site))
    made = sorted((site.settings.home / "sandbox").iterdir())
    found = await gateway(site).start_checkout(given, back(site))
    assert [path.stem for path in made] == [found.reference]


async def test_accounts_do_not_see_each_others_checkouts(site: Site) -> None:
    checkout = await gateway(site).start_checkout(order(site), back(site))
    with pytest.raises(UnknownCheckout):
        await Gateways(site.settings).of(new_id()).fetch(checkout.reference)
    for reference in ("chk_", "ñ", "x" * 400):
        with pytest.raises(UnknownCheckout):
            await gateway(site).fetch(reference)


async def test_an_answer_that_is_none_counts_as_no_answer(site: Site) -> None:
    page = httpx2.MockTransport(lambda _: httpx2.Response(200, html="<title>Something else</title>"))
    with pytest.raises(GatewayUnavailable):
        await Gateways(site.settings, page).of(site.factory.organization_id).fetch("chk_1")


def test_a_reference_leads_to_no_other_file(site: Site) -> None:
    (site.settings.home / "sandbox").mkdir()
    (site.settings.home / "other.json").write_text("{}")
    provider = Provider(site.settings, site.clock)
    assert [provider.find(name) for name in ("../other", "/other", "", ".", "..", "a\0")] == [None] * 6


async def test_an_order_must_be_one(site: Site) -> None:
    account = site.factory.organization_id.hex
    body = {
        "client_reference": str(new_id()),
        "amount_minor": 100,
        "currency": "MXN",
        "seller": "S",
        "description": "D",
        "language": "es",
        "return_url": back(site),
        "expires_at": "2026-11-16T16:00:00+00:00",
    }
    wrong: list[Any] = [
        body | {"return_url": "https://evil.example/"},
        body | {"return_url": "http://127.0.0.1"},
        body | {"amount_minor": 0},
        body | {"amount_minor": "100"},
        body | {"amount_minor": True},
        body | {"currency": "XXX"},
        body | {"expires_at": "tomorrow"},
        body | {"expires_at": "2026-11-16T15:00:00"},
        body | {"more": "x"},
        [],
        None,
    ]
    headers = {
        "authorization": f"Bearer {api_key(site.settings.secret_key, account)}",
        "sandbox-account": account,
        "idempotency-key": "key",
    }
    async with http_client() as client:
        for given in wrong:
            bad = await client.post(site.url + CHECKOUTS, json=given, headers=headers)
            assert (bad.status_code, bad.json()["error"]) == (400, "bad_request"), given
        for key in ("", "Bearer x", "Bearer ñ"):
            shown = httpx2.Headers(headers | {"authorization": key}, encoding="utf-8")
            told = await client.post(site.url + CHECKOUTS, json=body, headers=shown)
            assert told.status_code == 401
        good = await client.post(site.url + CHECKOUTS, json=body, headers=headers)
        assert good.status_code == 201


@pytest.mark.parametrize("language", ["es", "en", "pt"])
async def test_the_page_is_plain_html_in_the_customers_language(site: Site, language: str) -> None:
    checkout = await gateway(site).start_checkout(order(site, language=language), back(site))
    async with http_client() as client:
        page = await client.get(checkout.url)
        style = await client.get(f"{site.url}/sandbox/checkout.css")
    texts = TEXTS[language]
    assert f'<html lang="{language}">' in page.text
    assert all(texts[name] in page.text for name in ("title", "approve", "decline", "pending", *FAULTS))
    assert "Distribuidora &lt;b&gt;del Valle&lt;/b&gt;" in page.text
    assert ("1.234,50" if language == "pt" else "1,234.50") in page.text
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "noindex" in page.headers["x-robots-tag"]
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")


def test_every_language_says_everything() -> None:
    assert TEXTS["en"].keys() == TEXTS["es"].keys() == TEXTS["pt"].keys()


async def test_looking_at_the_page_decides_nothing(site: Site) -> None:
    checkout = await gateway(site).start_checkout(order(site), back(site))
    async with http_client() as client:
        for method in ("GET", "HEAD"):
            answer = await client.request(method, checkout.url, params={"choice": "approve"})
            assert answer.status_code == 200
        for form in ({}, {"choice": "steal"}, {"choice": ""}):
            assert (await client.post(checkout.url, data=form)).status_code == 400
        assert (await client.post(f"{checkout.url}x", data={"choice": "approve"})).status_code == 404
    assert (await gateway(site).fetch(checkout.reference)).state is AttemptState.CREATED


async def test_a_settled_checkout_stays_as_it_is(site: Site) -> None:
    checkout = await gateway(site).start_checkout(order(site), back(site))
    async with http_client() as client:
        for choice in ("decline", "approve", "cancel", "pending"):
            assert (await client.post(checkout.url, data={"choice": choice})).status_code == 303
        page = await client.get(checkout.url)
    assert (await gateway(site).fetch(checkout.reference)).state is AttemptState.FAILED
    assert TEXTS["es"]["declined"] in page.text
    assert "<form" not in page.text


@pytest.mark.parametrize(
    "given",
    [
        {"PUBLIC_URL": "https://cartera.example"},
        {"HOST": "0.0.0.0"},
        {"CARTERA_DEVELOPMENT": "no"},
        {"DATABASE_URL": "postgresql://db.example/cartera"},
    ],
)
def test_where_real_customers_come_there_is_no_sandbox(site: Site, given: dict[str, str]) -> None:
    environment = {"SECRET_KEY": "k" * 40, "CARTERA_HOME": str(site.settings.home)}
    settings = Settings.from_environment(environment | given)
    assert Gateways(site.settings).accepts(site.factory.organization_id)
    assert not Gateways(settings).accepts(site.factory.organization_id)
    with pytest.raises(NoGateway):
        Gateways(settings).of(site.factory.organization_id)
