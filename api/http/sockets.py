"""Subscriptions over graphql-transport-ws: for those who are logged in, for as long as they are."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import structlog
from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketState
from strawberry import Schema
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from api.auth.identity import identify
from api.auth.login import ended_channel
from api.context import AppState, CollectorContext
from api.errors import BadRequest
from api.http.graphql import checked
from api.limits import MAX_QUERY_BYTES
from api.live import Listener, Missed

log = structlog.get_logger()

MAX_SUBSCRIPTIONS = 10

# Seconds between two looks at whether somebody may still listen.
LOOK_AGAIN = 60

# Close codes: the first two tell a client to stay away, the last to connect again.
UNAUTHORIZED, FORBIDDEN, TRY_AGAIN = 4401, 4403, 1012


class _Handler(BaseGraphQLTransportWSHandler[CollectorContext, None]):
    """Strawberry's, which takes the shape of messages on trust."""

    async def handle_message(self, message: Any) -> None:
        if not isinstance(message, dict) or not isinstance(message.get("id", ""), str):
            await self.handle_invalid_message("A message is an object with a text as its id")
            return
        if message.get("type") == "subscribe":
            try:
                checked(message.get("payload"))
            except BadRequest as error:
                await self.handle_invalid_message(str(error)[:100])
                return
        await super().handle_message(message)  # type: ignore[arg-type]  # of the shape just checked


class _Sockets(GraphQL[CollectorContext, None]):
    graphql_transport_ws_handler_class = _Handler

    def decode_json(self, data: str | bytes) -> object:
        if len(data) > 2 * MAX_QUERY_BYTES:
            raise orjson.JSONDecodeError("too large", "", 0)
        return orjson.loads(data)

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        """Its own comparison goes by the Host header; ``identify`` has compared with our public address."""
        return True


class SocketEndpoint:
    """Runs the collectors' subscriptions."""

    def __init__(self, state: AppState, schema: Schema) -> None:
        self._state = state
        self._sockets = _Sockets(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            max_subscriptions_per_connection=MAX_SUBSCRIPTIONS,
        )

    async def answer(self, socket: WebSocket) -> None:
        try:
            context = await identify(self._state, socket)
        except BadRequest:
            # Before it is accepted: the other site's page gets a plain 403.
            await socket.close(FORBIDDEN)
            return
        if context is None:
            await socket.accept(GRAPHQL_TRANSPORT_WS_PROTOCOL)
            await socket.close(UNAUTHORIZED, "Log in first")
            return
        context.hang_up = lambda: _close(socket, TRY_AGAIN, "Connect again and read afresh")
        watch = asyncio.create_task(self._watch(socket, context))
        try:
            await self._sockets.run(socket, context=context)
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    async def _watch(self, socket: WebSocket, context: CollectorContext) -> None:
        """Close the socket as soon as its session has ended."""
        try:
            key = context.session_id or context.actor.name
            async with self._state.live.listen(ended_channel(key)) as listener:
                # The first look is at what happened before anybody listened.
                while await self._may_stay(socket, context):
                    if await _within(LOOK_AGAIN, listener):
                        break
            await _close(socket, UNAUTHORIZED, "The session has ended")
        except (Missed, RedisError, OSError):
            await _close(socket, TRY_AGAIN, "Connect again and read afresh")
        except Exception:
            # Whatever it is: nobody may go on listening without being looked at.
            log.exception("socket.watch_failed")
            await _close(socket, TRY_AGAIN, "Connect again and read afresh")

    async def _may_stay(self, socket: WebSocket, context: CollectorContext) -> bool:
        """Whether the caller is still let in, perhaps by now with another role."""
        found = await identify(self._state, socket, touch=False)
        if found is None:
            return False
        context.actor, context.organization = found.actor, found.organization
        return True


async def _within(seconds: float, listener: Listener) -> bool:
    """Whether something is told within so many seconds. Raises Missed."""
    try:
        async with asyncio.timeout(seconds):
            await listener.next()
    except TimeoutError:
        return False
    return True


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    if socket.application_state is WebSocketState.CONNECTED:
        await socket.close(code, reason)
