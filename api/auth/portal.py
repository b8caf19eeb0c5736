"""The portal's session: a payment link's token is exchanged for a cookie.

Opening the link itself (GET) serves a static page and changes nothing, so that mail scanners may look at it;
the page's script then posts the token here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import strawberry
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api.auth.identity import visitor
from api.auth.origin import from_our_pages
from api.auth.throttle import Window, forget, wait_for
from api.context import AppState, Context
from api.errors import BadRequest
from api.http.body import object_of
from cartera.db.session import Turn
from cartera.db.tables.organizations import Organization
from cartera.rules.customers import Language
from cartera.services.portal import enter, leave, visit
from cartera.settings import Settings

LARGEST_TOKEN = 4_000
# Many telephones share one address, so what counts is tries without a success in between.
BY_ADDRESS = Window("portal", limit=60, seconds=600)


@dataclass
class PortalContext(Context):
    """A caller of the portal's schema: one customer, come in through a link."""

    organization: Organization
    expires_at: datetime


Info = strawberry.Info[PortalContext, None]


async def identify(state: AppState, connection: HTTPConnection, turn: Turn) -> PortalContext | None:
    """The visitor, by the session's cookie; None for nobody.

    Raises BadRequest (403) for a cookie that another site's page may have sent.
    """
    secret = connection.cookies.get(_cookie(state.settings).name)
    if not secret:
        return None
    found = await visit(state.db, secret, state.clock.now(), visitor(connection))
    if found is None:
        return None
    if not from_our_pages(state.settings, connection):
        raise BadRequest("This request does not come from a page of ours.", 403)
    language = _language(connection)
    actor = replace(found.actor, language=language) if language else found.actor
    return PortalContext(state, actor, turn, found.organization, found.expires_at)


def routes(state: AppState) -> list[BaseRoute]:
    door = Door(state)
    return [
        Route("/portal/session", door.open, methods=["POST"]),
        Route("/portal/session", door.close, methods=["DELETE"]),
    ]


class Door:
    def __init__(self, state: AppState) -> None:
        self._state = state

    async def open(self, request: Request) -> Response:
        """204 and a cookie; 404 for every token that opens nothing, alike; 429 after too many tries."""
        state = self._state
        if not from_our_pages(state.settings, request):
            return _error("not_from_our_pages", 403)
        try:
            token = _token(await object_of(request, LARGEST_TOKEN))
        except BadRequest as error:
            return _error("bad_request", error.status)
        who = visitor(request)
        if wait := await wait_for(state.redis, BY_ADDRESS, who.address):
            return _error("too_many_attempts", 429, {"Retry-After": str(wait)})
        opened = await enter(state.db, token, state.clock.now(), who)
        if opened is None:
            return _error("link_unusable", 404)
        await forget(state.redis, BY_ADDRESS, who.address)
        response = Response(status_code=204)
        lifetime = opened.expires_at - state.clock.now()
        self._set_cookie(response, opened.secret, int(lifetime.total_seconds()))
        return response

    async def close(self, request: Request) -> Response:
        """204 with or without a session, so that leaving cannot fail."""
        state = self._state
        if not from_our_pages(state.settings, request):
            return _error("not_from_our_pages", 403)
        if secret := request.cookies.get(_cookie(state.settings).name):
            await leave(state.db, secret, state.clock.now())
        response = Response(status_code=204)
        self._set_cookie(response, "", 0)
        return response

    def _set_cookie(self, response: Response, secret: str, max_age: int) -> None:
        cookie = _cookie(self._state.settings)
        response.set_cookie(
            cookie.name,
            secret,
            max_age=max_age,
            path=cookie.path,
            secure=self._state.settings.secure,
            httponly=True,
            samesite="lax",
        )


@dataclass(frozen=True, slots=True)
class _Cookie:
    name: str
    path: str


def _cookie(settings: Settings) -> _Cookie:
    # Browsers take a __Host- cookie on https only, and with no other path than /.
    return _Cookie("__Host-cartera-portal", "/") if settings.secure else _Cookie("cartera-portal", "/portal")


def _language(connection: HTTPConnection) -> str | None:
    """The language that the page is shown in, where it says so; the page sends it and nothing else."""
    first = connection.headers.get("accept-language", "")[:2].lower()
    return first if first in set(Language) else None


def _token(given: dict[str, Any]) -> str:
    """Raises BadRequest."""
    token = given.get("token")
    if not isinstance(token, str):
        raise BadRequest("A token is needed.")
    return token


def _error(code: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": code}, status, headers)
