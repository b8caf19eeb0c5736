"""Whether this process lives (``/healthz``), and whether all that it needs works (``/readyz``)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api.context import AppState
from cartera.db.schema_state import SchemaState, state_of
from cartera.servers import WORKER_HEARTBEAT

log = structlog.get_logger()

PATIENCE_SECONDS = 5


def routes(state: AppState) -> list[BaseRoute]:
    async def ready(_: Request) -> Response:
        checks = {"database": _schema(state), "redis": _redis(state), "worker": _worker(state)}
        found = await asyncio.gather(*(_within(check) for check in checks.values()))
        answer = dict(zip(checks, found, strict=True))
        return JSONResponse(answer, 200 if set(found) == {"ok"} else 503)

    async def alive(_: Request) -> Response:
        return JSONResponse({"process": "ok"})

    return [Route("/healthz", alive), Route("/readyz", ready)]


async def _within(check: Awaitable[str]) -> str:
    try:
        return await asyncio.wait_for(check, PATIENCE_SECONDS)
    except (OSError, TimeoutError, SQLAlchemyError, RedisError) as error:
        log.warning("health.failed", error=str(error))
        return "down"


async def _schema(state: AppState) -> str:
    """ok, or how the schema stands to the code: empty, older or newer."""
    async with state.db.engine.connect() as connection:
        found = await state_of(connection)
    return "ok" if found is SchemaState.CURRENT else found.value


async def _redis(state: AppState) -> str:
    await state.redis.ping()
    return "ok"


async def _worker(state: AppState) -> str:
    return "ok" if await state.redis.exists(WORKER_HEARTBEAT) else "down"
