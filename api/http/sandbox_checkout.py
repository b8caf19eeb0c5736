"""The sandbox provider as others see it: an API for its clients, a checkout page for their customers.

Mounted for development on loopback only: it takes anybody's word that money has moved.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.context import AppState
from api.errors import BadRequest
from api.http import sandbox_page
from api.http.body import body_of
from api.http.sandbox_provider import BACK, STEPS, Checkout, Faults, NotTheSame, Provider, TooMuch
from cartera.gateways.registry import has_sandbox
from cartera.gateways.sandbox import CHECKOUTS, PAGE, api_key
from cartera.rules.money import Money

LARGEST_BODY = 16_384

# What a client tells of a checkout, and what it is told.
ORDER = {
    "client_reference": str,
    "amount_minor": int,
    "currency": str,
    "seller": str,
    "description": str,
    "language": str,
    "return_url": str,
    "expires_at": str,
}
ANSWER = (
    *("reference", "client_reference", "state", "amount_minor", "currency", "updated_at", "paid_at"),
    "returned",
)

_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Robots-Tag": "noindex, nofollow",
}


def routes(state: AppState) -> list[BaseRoute]:
    """The provider's API, its page and the page's style; nothing where real customers could reach it."""
    if not has_sandbox(state.settings):
        return []
    provider = Provider(state.settings, state.clock)
    api, page = Api(state, provider), CheckoutPage(provider)
    return [
        Route(CHECKOUTS, api.open, methods=["POST"]),
        Route(CHECKOUTS + "/{reference}", api.fetch, methods=["GET"]),
        Route(CHECKOUTS + "/{reference}/{kind:str}", api.give_back, methods=["POST"]),
        Route(PAGE + ".css", page.style, methods=["GET"]),
        Route(PAGE + "/{reference}", page.show, methods=["GET"]),
        Route(PAGE + "/{reference}", page.choose, methods=["POST"]),
    ]


class Api:
    """What the provider offers to its clients."""

    def __init__(self, state: AppState, provider: Provider) -> None:
        self._settings = state.settings
        self._provider = provider

    async def open(self, request: Request) -> Response:
        account, key = self._account(request), request.headers.get("idempotency-key", "")
        if account is None:
            return JSONResponse({"error": "unauthorized"}, 401)
        try:
            order = self._order(await body_of(request, LARGEST_BODY))
            checkout = self._provider.open(account, key, order)
        except BadRequest as error:
            return JSONResponse({"error": "bad_request", "message": str(error)}, error.status)
        except NotTheSame:
            return JSONResponse({"error": "idempotency_key_reused"}, 409)
        return _told(checkout, 201)

    async def fetch(self, request: Request) -> Response:
        account = self._account(request)
        if account is None:
            return JSONResponse({"error": "unauthorized"}, 401)
        checkout = self._provider.find(request.path_params["reference"])
        if checkout is None or checkout.account != account:
            return JSONResponse({"error": "not_found"}, 404)
        return _told(checkout, 200)

    async def give_back(self, request: Request) -> Response:
        """POST …/refund or …/chargeback with ``amount_minor``: what the seller, or a bank, does."""
        account = self._account(request)
        if account is None:
            return JSONResponse({"error": "unauthorized"}, 401)
        checkout = self._provider.find(request.path_params["reference"])
        kind = request.path_params["kind"]
        if checkout is None or checkout.account != account or kind not in BACK:
            return JSONResponse({"error": "not_found"}, 404)
        try:
            amount = orjson.loads(await body_of(request, LARGEST_BODY))["amount_minor"]
            moved, events = self._provider.give_back(checkout, kind, int(amount))
        except (BadRequest, ValueError, KeyError, TypeError):
            return JSONResponse({"error": "bad_request", "message": "A body has amount_minor."}, 400)
        except TooMuch:
            return JSONResponse({"error": "too_much"}, 409)
        self._provider.tell(account, events, Faults())
        return _told(moved, 201)

    def _account(self, request: Request) -> str | None:
        """The account that calls, once its key is found good."""
        account = request.headers.get("sandbox-account", "")
        expected = f"Bearer {api_key(self._settings.secret_key, account)}"
        offered = request.headers.get("authorization", "")
        return account if hmac.compare_digest(expected.encode(), offered.encode()) else None

    def _order(self, body: bytes) -> dict[str, Any]:
        """Raises BadRequest."""
        try:
            order = orjson.loads(body)
            if not isinstance(order, dict) or {name: type(told) for name, told in order.items()} != ORDER:
                raise BadRequest(f"An order has {', '.join(ORDER)}.")
            if Money(order["amount_minor"], order["currency"]).minor <= 0:
                raise BadRequest("The amount must be positive.")
            if datetime.fromisoformat(order["expires_at"]).tzinfo is None:
                raise BadRequest("expires_at needs an offset.")
        except ValueError as error:
            raise BadRequest(str(error)) from None
        # Back to this installation only: the page must not send people elsewhere.
        if not order["return_url"].startswith(f"{self._settings.public_url}/"):
            raise BadRequest("return_url leads elsewhere.")
        return order


class CheckoutPage:
    """What the client's customer sees."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def style(self, _: Request) -> Response:
        return Response(sandbox_page.STYLE, media_type="text/css")

    async def show(self, request: Request) -> Response:
        checkout = self._provider.find(request.path_params["reference"])
        if checkout is None:
            return HTMLResponse(sandbox_page.missing(), 404, _PAGE_HEADERS)
        return HTMLResponse(sandbox_page.page(checkout), 200, _PAGE_HEADERS)

    async def choose(self, request: Request) -> Response:
        """The customer's choice; back to where the customer came from, while the events leave."""
        try:
            form = parse_qs((await body_of(request, LARGEST_BODY)).decode("ascii", "replace"))
        except BadRequest as error:
            return JSONResponse({"error": "bad_request"}, error.status)
        choice = form.get("choice", [""])[-1]
        checkout = self._provider.find(request.path_params["reference"])
        if checkout is None:
            return HTMLResponse(sandbox_page.missing(), 404, _PAGE_HEADERS)
        if choice not in STEPS:
            return HTMLResponse(sandbox_page.page(checkout), 400, _PAGE_HEADERS)
        faults = Faults(**{fault: fault in form for fault in sandbox_page.FAULTS})
        checkout, events = self._provider.choose(checkout, choice)
        self._provider.tell(checkout.account, events, faults)
        if faults.timeout:
            return HTMLResponse(sandbox_page.no_answer(checkout), 504, _PAGE_HEADERS)
        return RedirectResponse(checkout.return_url, 303, _PAGE_HEADERS)


def _told(checkout: Checkout, status: int) -> Response:
    return JSONResponse({name: getattr(checkout, name) for name in ANSWER}, status)
