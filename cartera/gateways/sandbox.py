"""The sandbox gateway: a provider of our own that moves no money, spoken to over HTTP like any other.

Its server side is in ``api/http/sandbox_checkout.py``. What the two share is on this page: where the provider
answers, how its keys come from the installation's secret, and how its states read in ours.
"""

from __future__ import annotations

import hmac
import ssl
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx2
import orjson

from cartera.gateways.base import (
    AttemptReport,
    BadSignature,
    Checkout,
    CheckoutOrder,
    Event,
    GatewayRefused,
    GatewayUnavailable,
    Returned,
    UnknownCheckout,
)
from cartera.gateways.signatures import verified_id
from cartera.rules.money import Money
from cartera.rules.payments import AttemptState, PaymentMethod, ReversalKind

CHECKOUTS = "/sandbox/v1/checkouts"
PAGE = "/sandbox/checkout"

# The provider's own words for how a checkout stands, and ours.
STATES = {
    "open": AttemptState.CREATED,
    "processing": AttemptState.PENDING,
    "succeeded": AttemptState.SUCCEEDED,
    "declined": AttemptState.FAILED,
    "cancelled": AttemptState.CANCELLED,
    "expired": AttemptState.CANCELLED,
    "refunded": AttemptState.REFUNDED,
    "charged_back": AttemptState.CHARGED_BACK,
}

_TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def webhook_secret(secret_key: str, account: str) -> bytes:
    """The secret under which the provider signs an account's events."""
    return _derive(secret_key, "webhook", account)


def api_key(secret_key: str, account: str) -> str:
    """What an account shows when it calls the provider."""
    return f"sk_sandbox_{_derive(secret_key, 'api', account).hex()}"


def _derive(secret_key: str, purpose: str, account: str) -> bytes:
    return hmac.new(secret_key.encode(), f"sandbox/{purpose}/{account}".encode(), sha256).digest()


def http_client(transport: httpx2.AsyncBaseTransport | None = None) -> httpx2.AsyncClient:
    """For calls of this installation to itself, in plain HTTP: no proxy comes in between, and no
    certificates are loaded, which would take longer than the call."""
    return httpx2.AsyncClient(timeout=10, trust_env=False, verify=_TRUSTS_NOBODY, transport=transport)


class Sandbox:
    """An account's client. ``transport`` replaces the network in tests of what the network can do."""

    name = "sandbox"
    acknowledgement = 200

    def __init__(
        self,
        account: str,
        *,
        public_url: str,
        secret_key: str,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._account = account
        self._public_url = public_url
        self._secret_key = secret_key
        self._transport = transport

    async def start_checkout(self, order: CheckoutOrder, return_url: str) -> Checkout:
        answer = await self._call(
            "POST",
            CHECKOUTS,
            {
                "client_reference": str(order.attempt_id),
                "amount_minor": order.money.minor,
                "currency": order.money.currency,
                "seller": order.seller,
                "description": order.description,
                "language": order.language,
                "return_url": return_url,
                "expires_at": order.expires_at.isoformat(),
            },
            {"idempotency-key": str(order.attempt_id)},
        )
        return Checkout(answer["reference"], f"{self._public_url}{PAGE}/{answer['reference']}")

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Event:
        event_id = verified_id(webhook_secret(self._secret_key, self._account), headers, body, now)
        try:
            return Event(event_id, str(orjson.loads(body)["data"]["reference"]))
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise BadSignature("signed, but not an event") from error

    async def fetch(self, reference: str) -> AttemptReport:
        answer = await self._call("GET", f"{CHECKOUTS}/{quote(reference, safe='')}")
        return AttemptReport(
            reference=answer["reference"],
            attempt_id=UUID(answer["client_reference"]),
            state=STATES[answer["state"]],
            money=Money(answer["amount_minor"], answer["currency"]),
            method=PaymentMethod.CARD,
            happened_at=datetime.fromisoformat(answer["paid_at"] or answer["updated_at"]),
            returned=tuple(
                Returned(
                    reference=each["id"],
                    kind=ReversalKind(each["kind"]),
                    money=Money(each["amount_minor"], answer["currency"]),
                    happened_at=datetime.fromisoformat(each["created_at"]),
                )
                for each in answer["returned"]
            ),
        )

    async def _call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        key = api_key(self._secret_key, self._account)
        shown = {"authorization": f"Bearer {key}", "sandbox-account": self._account}
        try:
            async with http_client(self._transport) as client:
                response = await client.request(
                    method, f"{self._public_url}{path}", json=body, headers={**shown, **(headers or {})}
                )
        except httpx2.TransportError as error:
            raise GatewayUnavailable(type(error).__name__) from error
        if response.status_code == 404:
            raise UnknownCheckout(path)
        if response.status_code == 429 or response.status_code >= 500:
            raise GatewayUnavailable(f"status {response.status_code}")
        if response.status_code >= 400:
            raise GatewayRefused(f"status {response.status_code}")
        try:
            answer: dict[str, Any] = response.json()
        except ValueError as error:
            # A page of some server in between, which knows nothing of checkouts.
            raise GatewayUnavailable("not JSON") from error
        return answer
