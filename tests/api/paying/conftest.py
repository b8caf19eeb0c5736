"""The web side of paying, served over real HTTP, since the sandbox's webhooks leave by it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from redis.asyncio import Redis
from sqlalchemy import func, select

from api.app import assemble
from api.context import AppState
from api.live import Live
from cartera.db.session import Database
from cartera.db.tables.outbox import Inbox, Outbox
from cartera.gateways.sandbox import http_client
from cartera.services.passwords import Passwords
from cartera.settings import Settings
from jobs.payment_attempts import reconcile_attempt
from jobs.runner import Runner
from jobs.webhooks import process_inbox
from tests.conftest import MovableClock
from tests.factories import Factory

JOBS = {"process_inbox": process_inbox, "reconcile_attempt": reconcile_attempt}


@dataclass
class Site:
    """A web process with its settings, and what the worker would do for it."""

    settings: Settings
    db: Database
    clock: MovableClock
    factory: Factory
    redis: Redis
    _clients: list[httpx2.AsyncClient] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.settings.public_url

    def browser(self) -> httpx2.AsyncClient:
        """Somebody's browser on a page of ours: cookies of its own, redirects left alone."""
        client = http_client()
        client.base_url, client.headers["origin"] = httpx2.URL(self.url), self.url
        self._clients.append(client)
        return client

    async def enter(self, token: str) -> httpx2.AsyncClient:
        """A browser that came in through a payment link."""
        client = self.browser()
        response = await client.post("/portal/session", json={"token": token})
        assert response.status_code == 204, response.text
        return client

    async def ask(self, client: httpx2.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a portal query that must not fail."""
        response = await client.post("/portal/graphql", json={"query": query, "variables": variables})
        body = response.json()
        assert response.status_code == 200, body
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data

    async def work(self) -> list[str]:
        """Run the jobs that are due, as a worker does, until none is; the kinds in their order."""
        runner, done = Runner(self.db, self.clock, self.settings, JOBS), []
        while True:
            async with self.db.write(self.factory.system, self.clock.now()) as tx:
                row = await tx.session.scalar(
                    select(Outbox)
                    .where(Outbox.kind.in_(JOBS), Outbox.done_at.is_(None), Outbox.run_at <= tx.now)
                    .order_by(Outbox.id)
                    .limit(1)
                )
                if row is None:
                    return done
                row.attempts += 1
            await runner.run(self.factory.organization_id, row.id, row.attempts)
            done.append(row.kind)

    async def events(self) -> int:
        """How many events have come in."""
        async with self.factory.read() as tx:
            return int(await tx.session.scalar(select(func.count()).select_from(Inbox)) or 0)

    async def heard(self, events: int) -> None:
        """Wait until this many events have come in."""
        await eventually(lambda: self.events(), lambda seen: seen >= events)


async def eventually(read: Callable[[], Awaitable[Any]], is_enough: Callable[[Any], bool]) -> None:
    async with asyncio.timeout(10):
        # What is awaited happens behind HTTP, where no event can be waited for.
        while not is_enough(await read()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.fixture
async def site(
    db: Database, factory: Factory, clock: MovableClock, redis_url: str, tmp_path: Path
) -> AsyncIterator[Site]:
    door = socket.create_server(("127.0.0.1", 0))
    settings = Settings.from_environment(
        {"CARTERA_HOME": str(tmp_path), "PORT": str(door.getsockname()[1]), "SECRET_KEY": "k" * 40}
    )
    redis = Redis.from_url(redis_url)
    app = assemble(AppState(settings, db, clock, redis, Live(redis), Passwords()))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", ws="none"))
    serving = asyncio.create_task(server.serve(sockets=[door]))
    await eventually(lambda: asyncio.sleep(0, server.started), bool)
    made = Site(settings, db, clock, factory, redis)
    yield made
    for client in made._clients:
        await client.aclose()
    server.should_exit = True
    await serving
