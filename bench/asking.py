"""Who asks and what: a member's session, and what Cartera's statements are for what is asked."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from api.app import state_from
from api.context import AppState, CollectorContext
from api.resolvers.collector.schema import schema
from bench.floor import Prepared
from bench.portfolio import PASSWORD, Books
from cartera.db.session import Turn
from cartera.servers import Servers
from cartera.services.access import Visitor, session_of, sign_in
from cartera.settings import Settings

# A statement's text and arguments.
Said = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Asked:
    query: str
    variables: Mapping[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        return {"query": self.query, "variables": self.variables}


@dataclass(frozen=True)
class Answered:
    """A web process's answer, and the statements that were run for it."""

    text: bytes
    statements: Sequence[Said]


@dataclass
class _Context(CollectorContext):
    """Remembers what is asked of the database by compiled statements."""

    heard: list[Said] = field(default_factory=list)

    @asynccontextmanager
    async def statements(self) -> AsyncIterator[Any]:
        async with super().statements() as connection:
            yield _Hearing(connection, self.heard)


class _Hearing:
    def __init__(self, connection: Any, heard: list[Said]) -> None:
        self._connection, self._heard = connection, heard

    async def fetch(self, text: str, *arguments: Any) -> Any:
        self._heard.append((text, arguments))
        return await self._connection.fetch(text, *arguments)

    async def fetchrow(self, text: str, *arguments: Any) -> Any:
        self._heard.append((text, arguments))
        return await self._connection.fetchrow(text, *arguments)


class Caller:
    """A member of an organization, who has logged in: asks in this process, or with ``headers`` another."""

    def __init__(self, servers: Servers, books: Books, role: str = "manager") -> None:
        self._servers = servers
        self._secret = asyncio.run(self._sign_in(books.email(role)))

    @property
    def headers(self) -> dict[str, str]:
        """A browser's: the session's cookie, and what no other site's page could send."""
        return {"Cookie": f"cartera={self._secret}", "X-Requested-With": "bench"}

    def ask(self, *asked: Asked) -> list[Answered]:
        return asyncio.run(self._ask(asked))

    async def _ask(self, asked: Sequence[Asked]) -> list[Answered]:
        async with _state(self._servers) as state, Turn(state.db) as turn:
            admission = await session_of(state.db, turn, self._secret, datetime.now(UTC), Visitor())
            assert admission is not None
            return [await _answer(_Context.of(state, admission, turn), each) for each in asked]

    async def _sign_in(self, email: str) -> str:
        async with _state(self._servers) as state:
            opened = await sign_in(state.db, state.passwords, email, PASSWORD, datetime.now(UTC), Visitor())
            assert opened is not None
            return opened.secret


async def _answer(context: CollectorContext, asked: Asked) -> Answered:
    assert isinstance(context, _Context)
    result = await schema.execute(asked.query, variable_values=dict(asked.variables), context_value=context)
    assert not result.errors, result.errors
    answer = {"data": result.data} | ({"extensions": result.extensions} if result.extensions else {})
    return Answered(orjson.dumps(answer), context.heard)


@asynccontextmanager
async def _state(servers: Servers) -> AsyncIterator[AppState]:
    """The parts of a web process that has these servers."""
    told = {"SECRET_KEY": secrets.token_urlsafe(48), "LOG_LEVEL": "error"}
    state = state_from(Settings.from_environment({**servers.environment(), **told}))
    try:
        yield state
    finally:
        await state.db.close()
        await state.live.close()
        await state.redis.aclose()
        state.passwords.close()


def page_of_floor(answered: Answered, size: int) -> Prepared:
    """What sends the same answer to a list of customers."""
    (statement,) = answered.statements
    begin = b'{"data":{"customers":{"edges":['
    assert answered.text.startswith(begin)
    _, _, end = answered.text.rpartition(b"]")
    return Prepared(*statement, begin=begin, end=b"]" + end, size=size)


def node_of_floor(answered: Answered) -> Prepared:
    """What sends the same answer to a node, with the facts that code would turn into sentences."""
    (statement,) = answered.statements
    keys = tuple(orjson.loads(answered.text)["data"]["node"])
    return Prepared(*statement, begin=b'{"data":{"node":{', end=b"}}}", keys=keys)
