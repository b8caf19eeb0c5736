"""Logging in and out: ``/session``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api.auth.identity import cookie_name, session_from_cookie, visitor
from api.auth.origin import from_our_pages
from api.auth.throttle import Window, forget, take_back, wait_for
from api.context import AppState
from api.errors import BadRequest
from api.http.body import object_of
from api.schema import ids
from cartera.db.queries import members
from cartera.db.session import Turn
from cartera.services.access import SESSION_LIFETIME, sign_in, sign_out
from cartera.services.passwords import LONGEST

# A person mistypes a few times; an office behind one address has more people.
BY_LOGIN = Window("login", limit=10, seconds=900)
BY_ADDRESS = Window("address", limit=100, seconds=900)

LARGEST_LOGIN = 4_000


def ended_channel(key: UUID | str) -> str:
    """Where open sockets of a session, or of a token, hear that it has ended."""
    return f"cartera:ended:{key}"


def routes(state: AppState) -> list[BaseRoute]:
    login = Login(state)
    return [
        Route("/session", login.open, methods=["POST"]),
        Route("/session", login.show, methods=["GET"]),
        Route("/session", login.end, methods=["DELETE"]),
    ]


class Login:
    def __init__(self, state: AppState) -> None:
        self._state = state

    async def open(self, request: Request) -> Response:
        """204 and a cookie; 401 for whatever does not match, alike; 429 after too many tries."""
        if not from_our_pages(self._state.settings, request):
            return _error("not_from_our_pages", 403)
        try:
            email, password = _credentials(await object_of(request, LARGEST_LOGIN))
        except BadRequest as error:
            return _error("bad_request", error.status)
        who = visitor(request)
        if wait := await self._wait(email, who.address):
            return _error("too_many_attempts", 429, {"Retry-After": str(wait)})
        state = self._state
        opened = await sign_in(state.db, state.passwords, email, password, state.clock.now(), who)
        if opened is None:
            return _error("wrong_credentials", 401)
        await forget(state.redis, BY_LOGIN, email, who.address)
        await take_back(state.redis, BY_ADDRESS, who.address)
        response = Response(status_code=204)
        self._set_cookie(response, opened.secret, int(SESSION_LIFETIME.total_seconds()))
        return response

    async def show(self, request: Request) -> Response:
        async with Turn(self._state.db) as turn:
            admission = await session_from_cookie(self._state, request, turn)
        if admission is None or admission.actor.member_id is None:
            return _error("not_logged_in", 401)
        async with self._state.db.read(admission.actor, self._state.clock.now()) as tx:
            found = (await members.by_ids(tx, [admission.actor.member_id]))[admission.actor.member_id]
        told = {
            "id": ids.encode("Member", found.id),
            "name": found.name,
            "email": found.email,
            "role": found.role.upper(),
            "language": found.language.upper(),
        }
        return JSONResponse({"member": told})

    async def end(self, request: Request) -> Response:
        """204 with or without a session, so that logging out cannot fail."""
        if not from_our_pages(self._state.settings, request):
            return _error("not_from_our_pages", 403)
        async with Turn(self._state.db) as turn:
            admission = await session_from_cookie(self._state, request, turn, touch=False)
        if admission is not None and admission.session_id is not None:
            async with self._state.db.write(admission.actor, self._state.clock.now()) as tx:
                await sign_out(tx, admission.session_id)
            await self._state.live.tell(ended_channel(admission.session_id), {})
        response = Response(status_code=204)
        self._set_cookie(response, "", 0)
        return response

    async def _wait(self, email: str, address: str | None) -> int:
        redis = self._state.redis
        return await wait_for(redis, BY_ADDRESS, address) or await wait_for(redis, BY_LOGIN, email, address)

    def _set_cookie(self, response: Response, secret: str, max_age: int) -> None:
        response.set_cookie(
            cookie_name(self._state.settings),
            secret,
            max_age=max_age,
            path="/",
            secure=self._state.settings.secure,
            httponly=True,
            samesite="lax",
        )


def _credentials(given: dict[str, Any]) -> tuple[str, str]:
    """E-mail in lower case and password. Raises BadRequest."""
    email, password = given.get("email"), given.get("password")
    if not isinstance(email, str) or not isinstance(password, str) or "\0" in email:
        raise BadRequest("E-mail and password are needed.")
    return email.strip().lower(), password[: LONGEST + 1]


def _error(code: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": code}, status, headers)
