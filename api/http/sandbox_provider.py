"""The sandbox provider's memory and its webhooks, faults on request included.

It lives as far from our books as a real provider would: files of its own under CARTERA_HOME, no table of
ours, and events that leave by HTTP. One process serves it, so a change between two awaits needs no lock.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import orjson
import structlog

from cartera.clock import Clock
from cartera.gateways.sandbox import http_client, webhook_secret
from cartera.gateways.signatures import sign
from cartera.settings import Settings

log = structlog.get_logger(__name__)

# Seconds before each try to deliver an event; after the last the provider gives up, as real ones do.
RETRIES = (0, 1, 5)
LATE_BY = 20
FINAL = frozenset({"succeeded", "declined", "cancelled", "expired", "refunded", "charged_back"})
# What a customer's choice makes of a checkout, state by state. Each step is an event of its own.
STEPS = {
    "approve": ("processing", "succeeded"),
    "decline": ("processing", "declined"),
    "pending": ("processing",),
    "cancel": ("cancelled",),
}


# How a checkout stands once money of it went back.
BACK = {"refund": "refunded", "chargeback": "charged_back"}


class TooMuch(Exception):
    """More is to go back than is left of what was paid."""


class NotTheSame(Exception):
    """An idempotency key came back with another order."""


@dataclass(frozen=True, slots=True)
class Checkout:
    reference: str
    account: str
    client_reference: str
    amount_minor: int
    currency: str
    seller: str
    description: str
    language: str
    return_url: str
    state: str
    expires_at: str
    updated_at: str
    paid_at: str | None = None
    # What went back, each with an id of its own.
    returned: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Faults:
    """What may go wrong with a provider, on request."""

    duplicate: bool = False
    reorder: bool = False
    delay: bool = False
    drop: bool = False
    wrong_signature: bool = False
    timeout: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    body: bytes


class Provider:
    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._folder = settings.home / "sandbox"
        # The loop itself keeps tasks by weak references only.
        self._telling: set[asyncio.Task[None]] = set()

    def open(self, account: str, idempotency_key: str, order: dict[str, Any]) -> Checkout:
        """A new checkout, or the one that this key has opened. Raises NotTheSame."""
        # The reference follows from the key, so a repeated call finds the same file. 128 bits, unguessable.
        name = hmac.new(webhook_secret(self._settings.secret_key, account), idempotency_key.encode(), sha256)
        fresh = Checkout(
            **order,
            reference=f"chk_{name.hexdigest()[:32]}",
            account=account,
            state="open",
            updated_at=self._now(),
        )
        known = self.find(fresh.reference)
        if known is None:
            self._keep(fresh)
            return fresh
        if replace(known, state="open", updated_at=fresh.updated_at) != fresh:
            raise NotTheSame
        return known

    def find(self, reference: str) -> Checkout | None:
        """The checkout as it stands now; one that nobody has used in time reads as expired."""
        if not (reference.isascii() and reference.replace("_", "").isalnum() and len(reference) < 64):
            return None
        try:
            kept = orjson.loads(self._path(reference).read_bytes())
        except FileNotFoundError:
            return None
        checkout = Checkout(**kept | {"returned": tuple(kept["returned"])})
        expires_at = datetime.fromisoformat(checkout.expires_at)
        if checkout.state == "open" and self._clock.now() >= expires_at:
            return replace(checkout, state="expired", updated_at=checkout.expires_at)
        return checkout

    def choose(self, checkout: Checkout, choice: str) -> tuple[Checkout, list[Event]]:
        """The checkout after the customer's choice, and the events that tell of it.

        A settled checkout stays as it is. Raises KeyError for a choice that does not exist.
        """
        steps = [state for state in STEPS[choice] if state != checkout.state]
        if checkout.state in FINAL or not steps:
            return checkout, []
        now = self._now()
        paid_at = now if steps[-1] == "succeeded" else None
        moved = replace(checkout, state=steps[-1], updated_at=now, paid_at=paid_at)
        self._keep(moved)
        return moved, [self._event(moved, state) for state in steps]

    def give_back(self, checkout: Checkout, kind: str, amount: int) -> tuple[Checkout, list[Event]]:
        """The checkout after a refund or a chargeback of so much of it, and the event that tells of it.

        Raises TooMuch: nothing was paid, or less than that is left.
        """
        left = checkout.amount_minor - sum(each["amount_minor"] for each in checkout.returned)
        if checkout.paid_at is None or not 0 < amount <= left:
            raise TooMuch
        now = self._now()
        back = {"id": f"re_{secrets.token_hex(12)}", "kind": kind, "amount_minor": amount, "created_at": now}
        moved = replace(checkout, state=BACK[kind], updated_at=now, returned=(*checkout.returned, back))
        self._keep(moved)
        return moved, [self._event(moved, moved.state)]

    def _event(self, checkout: Checkout, state: str) -> Event:
        event_id = f"evt_{secrets.token_hex(12)}"
        data = {"reference": checkout.reference, "client_reference": checkout.client_reference}
        event = {"id": event_id, "type": f"checkout.{state}", "created_at": self._now(), "data": data}
        return Event(event_id, orjson.dumps(event))

    def tell(self, account: str, events: list[Event], faults: Faults) -> None:
        """Send the events while others go on, in the way that the faults ask for.

        What has not left when the process ends never leaves, as it may be with any provider.
        """
        telling = asyncio.create_task(self._deliver(account, events, faults))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _deliver(self, account: str, events: list[Event], faults: Faults) -> None:
        if faults.delay:
            await asyncio.sleep(LATE_BY)
        for event in planned(events, faults):
            await asyncio.gather(*(self._send(account, event, faults) for _ in range(1 + faults.duplicate)))

    async def _send(self, account: str, event: Event, faults: Faults) -> None:
        url = f"{self._settings.public_url}/webhooks/sandbox/{account}"
        secret = webhook_secret(self._settings.secret_key, account)
        for pause in RETRIES:
            await asyncio.sleep(pause)
            headers = sign(secret, event.id, self._clock.now(), event.body)
            if faults.wrong_signature:
                headers["webhook-signature"] = sign(b"another", event.id, self._clock.now(), event.body)[
                    "webhook-signature"
                ]
            try:
                async with http_client() as client:
                    response = await client.post(url, content=event.body, headers=headers)
            except httpx2.TransportError as error:
                log.info("sandbox_webhook_failed", event_id=event.id, failure=type(error).__name__)
                continue
            if response.is_success or faults.wrong_signature:
                return
            log.info("sandbox_webhook_failed", event_id=event.id, status=response.status_code)

    def _keep(self, checkout: Checkout) -> None:
        path = self._path(checkout.reference)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(orjson.dumps(asdict(checkout)))
        draft.replace(path)

    def _path(self, reference: str) -> Path:
        return self._folder / f"{reference}.json"

    def _now(self) -> str:
        return self._clock.now().isoformat()


def planned(events: list[Event], faults: Faults) -> list[Event]:
    """Which events leave, and in what order."""
    if faults.drop:
        return []
    return list(reversed(events)) if faults.reorder else events
