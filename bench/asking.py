"""Who asks and what: a manager's session, and what Cartera's statements are for what is asked."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from api.app import state_from
from api.context import AppState, CollectorContext
from api.resolvers.collector.schema import schema
from bench.floor import Prepared
from bench.portfolio import PASSWORD, Books
from cartera.db.session import Database
from cartera.servers import Servers
from cartera.services.access import Visitor, session_of, sign_in
from cartera.settings import Settings


@dataclass(frozen=True)
class Asked:
    query: str
    variables: Mapping[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        return {"query": self.query, "variables": self.variables}


class _Heard(Database):
    """Remembers what is asked of the database by compiled statements."""

    statements_heard: list[tuple[str, tuple[Any, ...]]]

    @asynccontextmanager
    async def statements(self, actor: Any) -> AsyncIterator[Any]:
        async with super().statements(actor) as connection:
            yield _Hearing(connection, self.statements_heard)


class _Hearing:
    def __init__(self, connection: Any, heard: list[tuple[str, tuple[Any, ...]]]) -> None:
        self._connection, self._heard = connection, heard

    async def fetch(self, text: str, *arguments: Any) -> Any:
        self._heard.append((text, arguments))
        return await self._connection.fetch(text, *arguments)

    async def fetchrow(self, text: str, *arguments: Any) -> Any:
        self._heard.append((text, arguments))
        return await self._connection.fetchrow(text, *arguments)


class Caller:
    """A member of an organization: answers in this process, or the headers to ask another one."""

    def __init__(self, servers: Servers, books: Books, role: str = "manager") -> None:
        self._servers = servers
        self._email = books.email(role)
        self.secret = ""

    @property
    def headers(self) -> dict[str, str]:
        """A browser's: the session's cookie, and what no other site's page could send."""
        return {"Cookie": f"cartera={self.secret}", "X-Requested-With": "bench"}

    def ask(self, *asked: Asked) -> list[tuple[bytes, list[tuple[str, tuple[Any, ...]]]]]:
        """The answers, each with the statements that were run for it."""
        return asyncio.run(self._ask(asked))

    async def _ask(self, asked: Any) -> list[tuple[bytes, list[tuple[str, tuple[Any, ...]]]]]:
        state = state_from(_settings(self._servers))
        heard = _Heard(self._servers.app)
        state = replace(state, db=heard)
        try:
            context = await self._context(state)
            found = []
            for each in asked:
                heard.statements_heard = []
                result = await schema.execute(
                    each.query, variable_values=dict(each.variables), context_value=context
                )
                assert not result.errors, result.errors
                found.append((orjson.dumps({"data": result.data}), heard.statements_heard))
            return found
        finally:
            await heard.close()
            await state.live.close()
            await state.redis.aclose()
            state.passwords.close()

    async def _context(self, state: AppState) -> CollectorContext:
        now = datetime.now(UTC)
        if not self.secret:
            opened = await sign_in(state.db, state.passwords, self._email, PASSWORD, now, Visitor())
            assert opened is not None
            self.secret = opened.secret
        admission = await session_of(state.db, self.secret, now, Visitor())
        assert admission is not None
        return CollectorContext.of(state, admission)


def page_of_floor(answer: bytes, statement: tuple[str, tuple[Any, ...]], size: int) -> Prepared:
    """What sends the same answer to a list of customers."""
    begin, end = b'{"data":{"customers":{"edges":[', b"]}}}"
    assert answer.startswith(begin)
    assert answer.endswith(end)
    return Prepared(*statement, begin=begin, end=end, size=size)


def node_of_floor(keys: tuple[str, ...], statement: tuple[str, tuple[Any, ...]]) -> Prepared:
    """What sends the same answer to a node, with the facts that code would turn into sentences."""
    return Prepared(*statement, begin=b'{"data":{"node":{', end=b"}}}", keys=keys)


def _settings(servers: Servers) -> Settings:
    return Settings.from_environment(
        {
            **servers.environment(),
            "SECRET_KEY": secrets.token_urlsafe(48),
            "LOG_LEVEL": "error",
        }
    )
