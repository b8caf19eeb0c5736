"""What every channel takes and promises: an envelope goes out once, or the caller is told what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Envelope:
    """One e-mail to one person. ``key`` makes its Message-ID: the same key, the same id."""

    key: str
    sender_name: str
    reply_to: str | None
    to_name: str
    to_address: str
    language: str
    written_at: datetime
    subject: str
    text: str
    html: str


class Channel(Protocol):
    async def send(self, envelope: Envelope) -> str:
        """Hand the envelope over; the provider's id of it.

        Raises NotSent where it certainly did not leave. After any other exception nobody can tell whether
        it left: it must not be sent again without a look.
        """


class NotSent(Exception):
    """The envelope certainly did not leave; it may be tried again later."""


class Unreachable(NotSent):
    """The provider cannot be reached or does not let us in: no other envelope would leave either."""


class NotAccepted(NotSent):
    """The provider refused this envelope for good. ``wrong_address``: because nobody is there."""

    def __init__(self, reason: str, *, wrong_address: bool = False) -> None:
        super().__init__(reason)
        self.wrong_address = wrong_address
