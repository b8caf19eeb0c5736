"""The front end's files, the headers that everything carries, and the two health checks."""

from __future__ import annotations

import pytest

from api.context import AppState
from cartera.logs import redact
from cartera.servers import WORKER_HEARTBEAT
from tests.api.conftest import Client, Visitors


@pytest.fixture
async def browser(visitors: Visitors, state: AppState) -> Client:
    bundle = state.bundle
    (bundle / "assets").mkdir(parents=True)
    (bundle / "p").mkdir()
    (bundle / ".vite").mkdir()
    (bundle / ".vite" / "manifest.json").write_text("{}")
    (bundle / "index.html").write_text("<title>Cartera</title>")
    (bundle / "p" / "index.html").write_text("<title>Portal</title>")
    (bundle / "assets" / "app-1a2b.js").write_text("console.log(1)")
    (bundle / "favicon.svg").write_text("<svg/>")
    (bundle.parent / "secret.txt").write_text("secret")
    return await visitors.stranger()


@pytest.mark.parametrize("path", ["/", "/clientes/abc", "/promesas?tab=todo", "/cartera/"])
async def test_the_app_answers_for_its_own_paths(path: str, browser: Client) -> None:
    response = await browser.http.get(path)

    assert (response.status_code, response.text) == (200, "<title>Cartera</title>")
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/p", "/p/l/a-token", "/p/pago?attempt=x", "/p/l/a.b"])
async def test_the_portal_is_nobodys_search_result(path: str, browser: Client) -> None:
    response = await browser.http.get(path)

    assert (response.status_code, response.text) == (200, "<title>Portal</title>")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-robots-tag"] == "noindex, nofollow"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in response.headers


async def test_hashed_files_are_kept_forever_and_others_asked_for_again(browser: Client) -> None:
    script = await browser.http.get("/assets/app-1a2b.js")
    icon = await browser.http.get("/favicon.svg")

    assert script.text == "console.log(1)"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"].startswith("text/javascript")
    assert icon.headers["cache-control"] == "no-cache"
    again = await browser.http.get("/favicon.svg", headers={"If-None-Match": icon.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")


async def test_who_unpacks_brotli_gets_what_the_build_packed(browser: Client, state: AppState) -> None:
    (state.bundle / "assets" / "app-1a2b.js.br").write_bytes(b"packed")

    async with browser.http.stream(
        "GET", "/assets/app-1a2b.js", headers={"Accept-Encoding": "gzip, br"}
    ) as packed:
        raw = b"".join([part async for part in packed.aiter_raw()])
    plain = await browser.http.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "gzip"})

    assert raw == b"packed"
    assert packed.headers["content-encoding"] == "br"
    assert packed.headers["content-type"].startswith("text/javascript")
    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain.text == "console.log(1)"
    assert packed.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/p/index.html",
        "/index.html",
        "/.vite/manifest.json",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/a%00.txt",
        "/" + "a" * 3000 + ".txt",
        "/%5csecret.txt",
    ],
)
async def test_nothing_else_is_handed_out(path: str, browser: Client) -> None:
    response = await browser.http.get(path)

    assert "secret" not in response.text
    assert response.status_code == 404 or response.text == "<title>Portal</title>"


async def test_without_a_bundle_it_says_what_to_do(visitors: Visitors) -> None:
    client = await visitors.stranger()

    response = await client.http.get("/")

    assert response.status_code == 503
    assert "npm run build" in response.text


async def test_every_answer_carries_the_security_headers(browser: Client) -> None:
    for path in ("/", "/graphql", "/session", "/healthz", "/assets/app-1a2b.js"):
        headers = (await browser.http.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "ws://127.0.0.1:8000" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-request-id"]


async def test_ready_once_all_of_it_works(visitors: Visitors, state: AppState) -> None:
    client = await visitors.stranger()

    before = await client.http.get("/readyz")
    await state.redis.set(WORKER_HEARTBEAT, "now", ex=30)
    after = await client.http.get("/readyz")

    assert (before.status_code, before.json()) == (503, {"database": "ok", "redis": "ok", "worker": "down"})
    assert (after.status_code, after.json()) == (200, {"database": "ok", "redis": "ok", "worker": "ok"})


async def test_not_ready_without_redis_but_alive(visitors: Visitors, state: AppState) -> None:
    client = await visitors.stranger()
    state.redis.connection_pool.connection_kwargs["path"] = "/nowhere"
    await state.redis.connection_pool.disconnect()

    ready = await client.http.get("/readyz")
    alive = await client.http.get("/healthz")

    assert (ready.status_code, ready.json()) == (503, {"database": "ok", "redis": "down", "worker": "down"})
    assert alive.status_code == 200


def test_tokens_are_no_part_of_a_log_line() -> None:
    assert redact("/p/l/abc-DEF_123?x=1") == "/p/l/…?x=1"
    assert redact("sent ct_abcdefgh12345 to them") == "sent ct_… to them"
    assert redact("/p/pago") == "/p/pago"
