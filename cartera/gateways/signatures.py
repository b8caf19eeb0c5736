"""Signed webhooks as standardwebhooks.com describes them: id, time stamp and body under HMAC-SHA256."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from cartera.gateways.base import BadSignature

TOLERANCE = timedelta(minutes=5)


def sign(secret: bytes, event_id: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The three headers that prove who sent ``body``, and when."""
    timestamp = str(int(sent_at.timestamp()))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{_digest(secret, event_id, timestamp, body)}",
    }


def verified_id(secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The event's id, once signature and age are found good. Raises BadSignature.

    The header may hold several signatures, as it does while a provider changes its secret.
    """
    event_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not 0 < len(event_id) <= 255:
        raise BadSignature("webhook-id is missing or too long")
    # Ten digits reach the year 2286; int() alone would accept spaces and digits of any script.
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 10):
        raise BadSignature("webhook-timestamp is not a number of seconds")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise BadSignature("webhook-timestamp is too far from now")
    expected = f"v1,{_digest(secret, event_id, timestamp, body)}".encode()
    offered = headers.get("webhook-signature", "").split(" ")[:10]
    if not any(hmac.compare_digest(expected, one.encode("utf-8", "replace")) for one in offered):
        raise BadSignature("no signature fits")
    return event_id


def _digest(secret: bytes, event_id: str, timestamp: str, body: bytes) -> str:
    # Headers reach us as Latin-1 text, so any id can be written back as the bytes that came.
    signed = b".".join([event_id.encode("latin-1", "replace"), timestamp.encode("ascii"), body])
    return b64encode(hmac.new(secret, signed, sha256).digest()).decode("ascii")
