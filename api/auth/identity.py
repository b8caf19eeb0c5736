"""Who sends a request: a member by session cookie, or a script by bearer token."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from api.auth.origin import from_our_pages
from api.context import AppState, CollectorContext
from api.errors import BadRequest
from cartera.db.session import Turn
from cartera.services.access import Admission, Visitor, session_of, token_entry
from cartera.settings import Settings

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def cookie_name(settings: Settings) -> str:
    """``__Host-`` binds the cookie to this very host, and needs https."""
    return "__Host-cartera" if settings.secure else "cartera"


def visitor(connection: HTTPConnection) -> Visitor:
    return Visitor(
        address=connection.client.host if connection.client else None,
        user_agent=connection.headers.get("user-agent"),
        request_id=getattr(connection.state, "request_id", None),
    )


async def identify(
    state: AppState, connection: HTTPConnection, turn: Turn | None = None, *, touch: bool = True
) -> CollectorContext | None:
    """The caller, or None where nobody is logged in. A bearer token goes before a cookie.

    ``turn``: the reading of a request that goes on with it, and ends it.
    ``touch``: the request counts as somebody's doing, and keeps a session from lying idle.
    Raises BadRequest (403) for a cookie that another site's page may have sent.
    """
    if turn is not None:
        return await _identify(state, connection, turn, touch=touch)
    async with Turn(state.db) as turn:
        return await _identify(state, connection, turn, touch=touch)


async def _identify(
    state: AppState, connection: HTTPConnection, turn: Turn, *, touch: bool
) -> CollectorContext | None:
    authorization = connection.headers.get("authorization")
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        admission = await token_entry(state.db, turn, secret.strip(), state.clock.now(), visitor(connection))
        return CollectorContext.of(state, admission, turn) if admission else None
    admission = await session_from_cookie(state, connection, turn, touch=touch)
    if admission is None:
        return None
    if connection.scope.get("method") not in _SAFE and not from_our_pages(state.settings, connection):
        raise BadRequest("This request does not come from a page of ours.", 403)
    return CollectorContext.of(state, admission, turn)


async def session_from_cookie(
    state: AppState, connection: HTTPConnection, turn: Turn, *, touch: bool = True
) -> Admission | None:
    secret = connection.cookies.get(cookie_name(state.settings))
    if not secret:
        return None
    return await session_of(state.db, turn, secret, state.clock.now(), visitor(connection), touch=touch)
