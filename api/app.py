"""The one place where HTTP is put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from api.auth import login, portal
from api.auth.identity import identify
from api.context import AppState
from api.http import agreements, attachments, health, mailbox, sandbox_checkout, static, uploads, webhooks
from api.http.graphql import GraphQLEndpoint
from api.http.middleware import RequestLog, SecurityHeaders
from api.http.sockets import SocketEndpoint
from api.live import Live
from api.resolvers.collector.schema import schema
from api.resolvers.portal.schema import schema as portal_schema
from cartera.clock import clock_from
from cartera.db.doorbell import Doorbell
from cartera.db.session import Database
from cartera.logs import configure
from cartera.servers import Servers
from cartera.services.passwords import Passwords
from cartera.settings import Settings


def create_app(settings: Settings) -> Starlette:
    """The web process's application. Raises UserFacingError where no servers have been named."""
    configure(settings.log_level)
    return assemble(state_from(settings))


def state_from(settings: Settings) -> AppState:
    """The parts of a process; nothing is connected to before its first use."""
    servers = Servers.of(settings)
    redis = Redis.from_url(servers.redis)
    return AppState(
        settings=settings,
        db=Database(servers.app, ring=Doorbell(redis).ring),
        clock=clock_from(settings),
        redis=redis,
        live=Live(redis),
        passwords=Passwords(),
    )


def assemble(state: AppState) -> Starlette:
    """The application around these parts, which it closes when it ends."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await state.live.close()
        await state.redis.aclose()
        await state.db.close()
        state.passwords.close()

    return Starlette(
        routes=_routes(state),
        middleware=[
            Middleware(RequestLog),
            Middleware(SecurityHeaders, settings=state.settings),
            # Six times faster than the default, for a fifth more: as much time as all else that a page takes.
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=3),
        ],
        lifespan=lifespan,
    )


def _routes(state: AppState) -> list[BaseRoute]:
    graphql = GraphQLEndpoint(state, schema, identify)
    portal_graphql = GraphQLEndpoint(state, portal_schema, portal.identify)
    return [
        Route("/graphql", graphql.answer, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", SocketEndpoint(state, schema).answer),
        Route("/portal/graphql", portal_graphql.answer, methods=["GET", "POST"]),
        *login.routes(state),
        *portal.routes(state),
        *webhooks.routes(state),
        *sandbox_checkout.routes(state),
        *health.routes(state),
        *mailbox.routes(state),
        *uploads.routes(state),
        *agreements.routes(state),
        *attachments.routes(state),
        *static.routes(state),
    ]
