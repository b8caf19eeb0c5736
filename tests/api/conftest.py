"""The web application around real servers, and clients that speak to it through ASGI."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from redis.asyncio import Redis
from starlette.applications import Starlette

from api.app import assemble
from api.context import AppState
from api.live import Live
from api.schema import ids
from cartera.db.session import Database
from cartera.db.tables.organizations import Member
from cartera.rules.permissions import Role, Scope
from cartera.services.access import issue_token
from cartera.services.passwords import Passwords
from cartera.settings import Settings
from tests.conftest import MovableClock
from tests.factories import HASHED, PASSWORD, Factory

ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment(
        {"CARTERA_HOME": str(tmp_path), "SECRET_KEY": "k" * 40, "CARTERA_DEVELOPMENT": "no"}
    )


@pytest.fixture
async def state(
    settings: Settings, db: Database, clock: MovableClock, redis_url: str, tmp_path: Path
) -> AppState:
    redis = Redis.from_url(redis_url)
    return AppState(settings, db, clock, redis, Live(redis), Passwords(), bundle=tmp_path / "dist")


@pytest.fixture
async def app(state: AppState) -> AsyncIterator[Starlette]:
    made = assemble(state)
    async with made.router.lifespan_context(made):
        yield made


class Client:
    """Somebody's browser or script."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def answer(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The whole answer to a GraphQL request."""
        response = await self.http.post("/graphql", json={"query": query, "variables": variables or {}})
        found: dict[str, Any] = response.json()
        return found

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        found = await self.answer(query, variables)
        assert "errors" not in found, found["errors"]
        data: dict[str, Any] = found["data"]
        return data


@dataclass
class Visitors:
    """Lets people in."""

    app: Starlette
    factory: Factory
    stack: AsyncExitStack

    async def stranger(self, **headers: str) -> Client:
        http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app),
            base_url=ORIGIN,
            headers={"Origin": ORIGIN} | headers,
        )
        return Client(await self.stack.enter_async_context(http))

    async def member(self, role: str = "manager", **values: Any) -> tuple[Client, Member]:
        """Somebody of the organization, logged in."""
        row = await self.factory.member(role, password_hash=HASHED, **values)
        client = await self.stranger()
        response = await client.http.post("/session", json={"email": row.email, "password": PASSWORD})
        assert response.status_code == 204, response.text
        return client, row

    async def script(self, *scopes: Scope, role: Role | None = None) -> Client:
        async with self.factory.write() as tx:
            opened = await issue_token(tx, "a script", role=role, scopes=scopes)
        client = await self.stranger(Authorization=f"Bearer {opened.secret}")
        del client.http.headers["Origin"]
        return client


@pytest.fixture
async def visitors(app: Starlette, factory: Factory) -> AsyncIterator[Visitors]:
    async with AsyncExitStack() as stack:
        yield Visitors(app, factory, stack)


@pytest.fixture
async def anna(visitors: Visitors) -> Client:
    """A manager, logged in."""
    client, _ = await visitors.member("manager")
    return client


def node_id(type_name: str, key: UUID) -> str:
    return str(ids.encode(type_name, key))
