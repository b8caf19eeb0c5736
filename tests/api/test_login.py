from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from api.auth import login
from api.context import AppState
from cartera.db.tables.access import ApiToken, MemberSession
from cartera.db.tables.directory import TokenDirectory
from cartera.rules.permissions import Role, Scope
from cartera.services.access import SESSION_IDLE, SESSION_LIFETIME, TOKEN_LIFETIME
from tests.api.conftest import HASHED, ORIGIN, PASSWORD, Visitors, node_id
from tests.conftest import MovableClock
from tests.factories import Factory

VIEWER = "{ viewer { member { name role } organization { name } role today scopes } }"


async def test_a_member_logs_in_and_is_known_then(visitors: Visitors) -> None:
    client, row = await visitors.member("collector", name="Rosa Díaz")

    told = await client.http.get("/session")
    data = await client.ask(VIEWER)

    assert told.json() == {
        "member": {
            "id": node_id("Member", row.id),
            "name": "Rosa Díaz",
            "email": row.email,
            "role": "COLLECTOR",
            "language": "ES",
        }
    }
    assert data["viewer"]["member"] == {"name": "Rosa Díaz", "role": "COLLECTOR"}
    assert data["viewer"]["organization"] == {"name": "Distribuidora del Valle"}
    assert data["viewer"]["today"] == "2026-11-16"
    assert "payments:write" in data["viewer"]["scopes"]


async def test_the_cookie_is_closed_to_scripts_and_other_sites(visitors: Visitors, factory: Factory) -> None:
    row = await factory.member(password_hash=HASHED)
    client = await visitors.stranger()

    response = await client.http.post("/session", json={"email": row.email, "password": PASSWORD})

    cookie = response.headers["set-cookie"].lower()
    assert cookie.startswith("cartera=")
    for part in ("httponly", "samesite=lax", "path=/", f"max-age={int(SESSION_LIFETIME.total_seconds())}"):
        assert part in cookie


@pytest.mark.parametrize("case", ["wrong password", "unknown e-mail", "left", "no password"])
async def test_whatever_does_not_match_is_answered_alike(
    case: str, visitors: Visitors, factory: Factory
) -> None:
    row = await factory.member(
        password_hash=None if case == "no password" else HASHED, is_active=case != "left"
    )
    email = "nobody@delvalle.example" if case == "unknown e-mail" else row.email
    password = "wrong password" if case == "wrong password" else PASSWORD
    client = await visitors.stranger()

    response = await client.http.post("/session", json={"email": email, "password": password})

    assert (response.status_code, response.json()) == (401, {"error": "wrong_credentials"})
    assert "set-cookie" not in response.headers
    async with factory.read() as tx:
        assert await tx.session.scalar(select(func.count()).select_from(MemberSession)) == 0


async def test_the_email_is_taken_in_any_case(visitors: Visitors, factory: Factory) -> None:
    row = await factory.member(password_hash=HASHED)
    client = await visitors.stranger()

    response = await client.http.post(
        "/session", json={"email": f"  {row.email.upper()} ", "password": PASSWORD}
    )

    assert response.status_code == 204


async def test_after_ten_wrong_tries_the_right_password_has_to_wait_too(
    visitors: Visitors, factory: Factory
) -> None:
    row = await factory.member(password_hash=HASHED)
    client = await visitors.stranger()
    for _ in range(10):
        wrong = await client.http.post("/session", json={"email": row.email, "password": "wrong password"})
        assert wrong.status_code == 401

    response = await client.http.post("/session", json={"email": row.email, "password": PASSWORD})

    assert (response.status_code, response.json()) == (429, {"error": "too_many_attempts"})
    assert 0 < int(response.headers["retry-after"]) <= 900
    other = await factory.member(password_hash=HASHED)
    entered = await client.http.post("/session", json={"email": other.email, "password": PASSWORD})
    assert entered.status_code == 204


async def test_who_comes_in_does_not_use_up_the_tries_of_a_shared_address(
    visitors: Visitors, factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "BY_ADDRESS", replace(login.BY_ADDRESS, limit=3))
    row = await factory.member(password_hash=HASHED)
    client = await visitors.stranger()
    right = {"email": row.email, "password": PASSWORD}

    async def statuses(*given: dict[str, str]) -> list[int]:
        return [(await client.http.post("/session", json=each)).status_code for each in given]

    assert await statuses(*[right] * 5) == [204] * 5
    wrong = [{"email": f"nadie{number}@example.com", "password": "wrong"} for number in range(4)]
    assert await statuses(*wrong) == [401, 401, 401, 429]


async def test_logging_out_ends_the_session_at_the_server(visitors: Visitors, factory: Factory) -> None:
    client, _ = await visitors.member()
    cookie = client.http.cookies["cartera"]

    response = await client.http.delete("/session")

    assert response.status_code == 204
    assert "cartera" not in client.http.cookies
    thief = await visitors.stranger(Cookie=f"cartera={cookie}")
    assert (await thief.http.get("/session")).status_code == 401
    assert (await thief.http.post("/graphql", json={"query": VIEWER})).status_code == 401
    async with factory.db.directory() as directory:
        assert await directory.scalar(select(func.count()).select_from(TokenDirectory)) == 0


async def test_a_session_ends_when_nobody_uses_it(visitors: Visitors, clock: MovableClock) -> None:
    client, _ = await visitors.member()

    clock.move(SESSION_IDLE - timedelta(minutes=1))
    assert (await client.http.get("/session")).status_code == 200
    clock.move(SESSION_IDLE - timedelta(minutes=1))
    assert (await client.http.get("/session")).status_code == 200
    clock.move(SESSION_IDLE + timedelta(minutes=1))
    assert (await client.http.get("/session")).status_code == 401


async def test_a_session_ends_at_last_though_it_is_used(visitors: Visitors, clock: MovableClock) -> None:
    client, _ = await visitors.member()
    step = timedelta(hours=11)
    for _ in range(SESSION_LIFETIME // step):
        clock.move(step)
        assert (await client.http.get("/session")).status_code == 200

    clock.move(step)
    assert (await client.http.get("/session")).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9000"},
        {"Origin": ""},
        {},
    ],
)
async def test_a_request_of_another_sites_page_does_nothing(
    headers: dict[str, str], visitors: Visitors
) -> None:
    client, _ = await visitors.member()
    del client.http.headers["Origin"]

    query = await client.http.post("/graphql", json={"query": VIEWER}, headers=headers)
    logout = await client.http.delete("/session", headers=headers)

    assert (query.status_code, logout.status_code) == (403, 403)
    assert (await client.http.get("/session")).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": ORIGIN}, {"Origin": "http://localhost:8000"}, {"X-Requested-With": "curl"}]
)
async def test_a_request_of_our_page_goes_through(headers: dict[str, str], visitors: Visitors) -> None:
    client, _ = await visitors.member()
    del client.http.headers["Origin"]

    response = await client.http.post("/graphql", json={"query": VIEWER}, headers=headers)

    assert response.status_code == 200


async def test_a_script_with_a_role(visitors: Visitors) -> None:
    script = await visitors.script(role=Role.MANAGER)

    data = await script.ask(VIEWER)

    assert data["viewer"]["member"] is None
    assert data["viewer"]["role"] == "MANAGER"


async def test_a_script_has_its_scopes_and_no_more(visitors: Visitors) -> None:
    script = await visitors.script(Scope.CUSTOMERS_READ)

    allowed = await script.answer("{ customers { totalCount } }")
    denied = await script.answer("{ receivables { totalCount } }")

    assert allowed["data"] == {"customers": {"totalCount": 0}}
    assert denied["data"] is None
    assert denied["errors"][0]["extensions"]["code"] == "NOT_PERMITTED"
    assert denied["errors"][0]["message"] == "Su cuenta no tiene permiso para hacer esto."


async def test_a_token_runs_out(visitors: Visitors, clock: MovableClock) -> None:
    script = await visitors.script(role=Role.MANAGER)
    clock.move(TOKEN_LIFETIME + timedelta(seconds=1))

    response = await script.http.post("/graphql", json={"query": VIEWER})

    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_secrets_are_kept_as_hashes_only(visitors: Visitors, factory: Factory) -> None:
    script = await visitors.script(role=Role.MANAGER)
    secret = script.http.headers["authorization"].removeprefix("Bearer ")

    async with factory.read() as tx:
        row = await tx.session.scalar(select(ApiToken))
    assert row is not None
    assert len(row.token_hash) == 32
    assert secret.encode() not in row.token_hash


@pytest.mark.parametrize("authorization", ["Bearer ct_wrong", "Bearer", "Basic YTpi", "Bearer ct_\u00e9"])
async def test_a_wrong_token_is_not_replaced_by_a_cookie(authorization: str, visitors: Visitors) -> None:
    client, _ = await visitors.member()

    response = await client.http.post(
        "/graphql", json={"query": VIEWER}, headers={"Authorization": authorization.encode("latin-1")}
    )

    assert response.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"5",
        b"null",
        b"[]",
        b"{}",
        b'{"email":1,"password":2}',
        b"\xff",
        b"[" * 5000,
        b'{"email":"a\\u0000","password":"x"}',
    ],
)
async def test_a_malformed_login_is_refused(body: bytes, visitors: Visitors) -> None:
    client = await visitors.stranger()

    response = await client.http.post("/session", content=body)

    assert response.status_code in (400, 413)
    assert response.json() == {"error": "bad_request"}


async def test_login_without_redis_still_works(visitors: Visitors, state: AppState, factory: Factory) -> None:
    row = await factory.member(password_hash=HASHED)
    client = await visitors.stranger()
    state.redis.connection_pool.connection_kwargs["path"] = "/nowhere"
    await state.redis.connection_pool.disconnect()

    response = await client.http.post("/session", json={"email": row.email, "password": PASSWORD})

    assert response.status_code == 204
