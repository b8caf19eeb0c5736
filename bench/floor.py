"""The floor: a bare endpoint under the same uvicorn, which sends a statement's rows as JSON and does no more.

Nobody logs in, nothing is parsed, and the connection is the superuser's, whom row-level security does not
bind, without a transaction around the one prepared statement.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

POOL_SIZE = 10


@dataclass(frozen=True)
class Prepared:
    """A statement with its arguments, and what stands around and between the texts of its rows.

    ``size``: rows to send, since the statement reads one beyond. ``within``: an organization whose row-level
    security is to hold, in a transaction as Cartera's.
    """

    text: str
    arguments: tuple[Any, ...]
    begin: bytes
    end: bytes
    size: int | None = None
    keys: tuple[str, ...] = ()
    within: UUID | None = None

    def body(self, rows: list[Any]) -> bytes:
        if self.keys:
            told = ",".join(
                f'"{key}":{text or "null"}' for key, text in zip(self.keys, tuple(rows[0]), strict=True)
            )
        else:
            told = ",".join([row[0] for row in rows[: self.size]])
        return self.begin + told.encode() + self.end


def create_app(prepared: list[Prepared]) -> Starlette:
    pools: dict[bool, asyncpg.Pool] = {}
    # However long a statement is, it is prepared once.
    options = {"min_size": 0, "max_size": POOL_SIZE, "reset": _keep, "max_cacheable_statement_size": 0}

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        for bound, name in ((False, "BENCH_SUPERUSER"), (True, "DATABASE_URL")):
            pools[bound] = await asyncpg.create_pool(os.environ[name], **options)
        yield
        for pool in pools.values():
            await pool.close()

    async def answer(request: Request) -> Response:
        asked = prepared[int(request.path_params["number"])]
        async with pools[asked.within is not None].acquire() as connection:
            if asked.within is None:
                rows = await connection.fetch(asked.text, *asked.arguments)
            else:
                async with connection.transaction(readonly=True):
                    await connection.execute(f"SET LOCAL app.organization = '{asked.within}'")
                    rows = await connection.fetch(asked.text, *asked.arguments)
        return Response(asked.body(rows), media_type="application/json")

    return Starlette(routes=[Route("/{number:int}", answer, methods=["POST"])], lifespan=lifespan)


async def _keep(_: Any) -> None:
    """Nothing in a connection is changed that would have to be set back."""


if __name__ == "__main__":
    uvicorn.run(
        create_app(pickle.loads(Path(sys.argv[1]).read_bytes())),
        port=int(os.environ["PORT"]),
        log_config=None,
        access_log=False,
        server_header=False,
    )
