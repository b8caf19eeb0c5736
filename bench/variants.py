"""Cartera's web process with one thing left out, to say what that thing costs. Never for use."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import uvicorn

from api import app, limits
from api.auth import identity
from api.context import CollectorContext
from api.selection import reading, repeats
from cartera.db import session
from cartera.servers import DatabaseUrl
from cartera.settings import Settings


def without_login() -> None:
    """The first caller is let in by the session; all others are taken for the same."""
    known: list[CollectorContext] = []

    async def identify(state: Any, connection: Any, turn: Any) -> CollectorContext | None:
        if not known:
            found = await identity.identify(state, connection)
            if found is None:
                return None
            known.append(found)
        first = known[0]
        return CollectorContext(first.state, first.actor, turn, first.organization, first.session_id)

    setattr(app, "identify", identify)  # noqa: B010 - a part of ours in the place of the application's


def without_row_security() -> None:
    """Statements run as the superuser, who needs no transaction to set an organization in."""

    async def open_pool(self: session.Database) -> Any:
        return await session.make_pool(DatabaseUrl(os.environ["BENCH_SUPERUSER"]), size=10)

    async def begin_reading(self: session.Database, organization_id: UUID) -> Any:
        return await (await self._pool()).acquire()

    async def end_reading(self: session.Database, connection: Any, *, is_sound: bool = True) -> None:
        await (await self._pool()).release(connection)

    for replacement, name in (
        (open_pool, "_open_pool"),
        (begin_reading, "begin_reading"),
        (end_reading, "end_reading"),
    ):
        setattr(session.Database, name, replacement)


def without_limits() -> None:
    """Nothing is measured or told; documents are parsed and validated once as ever. To be compared with
    ``asked_anew``, since what is asked again is measured no more.
    """
    asked_anew()
    setattr(limits, "excess", lambda size: [])  # noqa: B010 - as above
    setattr(limits.Limits, "_cost_of", lambda self, prepared: 0)  # noqa: B010 - as above


def asked_anew() -> None:
    """Each query as if its caller had not asked it before; documents and plans are known as ever."""
    setattr(repeats, "_key", lambda *arguments: None)  # noqa: B010 - as above


def walked() -> None:
    """The usual way: rows by the ORM, relations by loaders, and graphql-core walks them all."""
    setattr(reading, "plan", lambda *arguments: None)  # noqa: B010 - as above


VARIANTS: Mapping[str, Callable[[], None]] = {
    "without login": without_login,
    "without row-level security": without_row_security,
    "without limits": without_limits,
    "asked anew": asked_anew,
    "walked": walked,
}


def main(name: str) -> None:
    VARIANTS[name]()
    settings = Settings.from_environment(os.environ)
    uvicorn.run(
        app.create_app(settings), port=settings.port, log_config=None, access_log=False, server_header=False
    )


if __name__ == "__main__":
    main(sys.argv[1])
