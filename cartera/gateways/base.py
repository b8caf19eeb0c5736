"""What every payment gateway does for us, whoever runs it.

A provider's event is a hint: it says that something happened to a checkout. What happened is asked of the
provider itself with ``fetch``, so that forged, repeated, late or reordered events cannot change the books.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cartera.rules.money import Money
from cartera.rules.payments import AttemptState, PaymentMethod, ReversalKind


class GatewayError(Exception):
    """The gateway did not do what was asked of it."""


class GatewayUnavailable(GatewayError):
    """No answer, or one that says to come back later. What was asked may have happened all the same."""


class GatewayRefused(GatewayError):
    """The provider understood and said no; asking again would not help."""


class UnknownCheckout(GatewayRefused):
    """The provider has no such checkout."""


class BadSignature(GatewayError):
    """An event that the provider did not sign, or signed too long ago."""


@dataclass(frozen=True, slots=True)
class CheckoutOrder:
    """What the customer is about to pay. ``attempt_id`` is our idempotency key at the provider."""

    attempt_id: UUID
    money: Money
    seller: str
    # What is paid for, in words for the checkout page: the documents' numbers.
    description: str
    language: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Checkout:
    """The provider's own id of a checkout, and the page to which the customer goes."""

    reference: str
    url: str


@dataclass(frozen=True, slots=True)
class Event:
    """A verified hint that something happened to the checkout ``reference``."""

    id: str
    reference: str


@dataclass(frozen=True, slots=True)
class Returned:
    """Money of a checkout that went back, by a refund or a chargeback that has the provider's own id."""

    reference: str
    kind: ReversalKind
    money: Money
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class AttemptReport:
    """How a checkout stands, as the provider says when asked. ``money`` is what was really paid.

    ``returned`` is all that went back so far, not just the latest: so reports may come in any order.
    """

    reference: str
    # Our own id, handed back; an event may come before we have learned the provider's reference.
    attempt_id: UUID
    state: AttemptState
    money: Money
    method: PaymentMethod
    happened_at: datetime
    returned: tuple[Returned, ...] = ()


class Gateway(Protocol):
    """One account at one provider."""

    name: str
    # The status by which the provider takes an event as delivered (each documents its own).
    acknowledgement: int

    async def start_checkout(self, order: CheckoutOrder, return_url: str) -> Checkout:
        """Open a checkout, or find the one already opened for this attempt.

        Raises GatewayUnavailable and GatewayRefused. Never call it inside a transaction.
        """

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Event:
        """The event in a raw request body. ``headers`` have lower-case names. Raises BadSignature."""

    async def fetch(self, reference: str) -> AttemptReport:
        """Ask how a checkout stands. Raises GatewayUnavailable and UnknownCheckout."""
