"""What happens to every request: an id, a line in the log, security headers, a last net for errors."""

from __future__ import annotations

import re
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cartera.db.base import new_id
from cartera.logs import redact
from cartera.settings import Settings

log = structlog.get_logger()

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)


class RequestLog:
    """Gives each request an id, under which everything that it causes is logged, and says how it went."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = _given(scope) or str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        watched = _Watched(send, request_id)
        started = perf_counter()
        try:
            await self._app(scope, receive, watched)
        except Exception:
            log.exception("http.failed", path=redact(scope["path"]))
            if scope["type"] == "websocket" or watched.status is not None:
                raise
            await _apology(request_id)(scope, receive, watched)
        finally:
            log.info(
                scope["type"],
                method=scope.get("method"),
                path=redact(scope["path"]),
                status=watched.status,
                milliseconds=round((perf_counter() - started) * 1000, 1),
            )


class _Watched:
    """Sends on, adds the request's id, and remembers the status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self._request_id.encode())]
        elif message["type"] == "websocket.close":
            self.status = message.get("code", 1000)
        await self._send(message)


def _given(scope: Scope) -> str | None:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else None


def _apology(request_id: str) -> JSONResponse:
    return JSONResponse({"error": "internal", "requestId": request_id}, 500)


class SecurityHeaders:
    """Headers that every answer carries, unless a route has set its own."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        # As ASGI has them, in small letters.
        self._headers = [
            (name.lower().encode(), value.encode()) for name, value in _headers(settings).items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                own = (header for header in self._headers if header[0] not in given)
                message["headers"] = [*message["headers"], *own]
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


def _headers(settings: Settings) -> dict[str, str]:
    # Some browsers do not count a web socket of the same host as 'self'.
    socket = urlsplit(settings.public_url)._replace(scheme="wss" if settings.secure else "ws").geturl()
    policy: dict[str, Any] = {
        "default-src": "'self'",
        "connect-src": f"'self' {socket}",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    if settings.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers
