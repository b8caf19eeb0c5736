"""Whether a page of ours sent a request: what stands between a cookie and other people's pages."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from cartera.settings import Settings, is_loopback


def from_our_pages(settings: Settings, connection: HTTPConnection) -> bool:
    """Whether a request that may change something comes from our own origin.

    A browser says from which origin it posts; a program that says nothing must send ``X-Requested-With``,
    which no other site's form can.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return bool(connection.headers.get("x-requested-with"))
    return is_ours(settings, origin)


def is_ours(settings: Settings, origin: str) -> bool:
    """Whether an Origin is the installation's public one; on loopback, by any of its names."""
    ours, theirs = _place(settings.public_url), _place(origin)
    if theirs is None or ours is None:
        return False
    if ours == theirs:
        return True
    return is_loopback(ours[1]) and is_loopback(theirs[1]) and (ours[0], ours[2]) == (theirs[0], theirs[2])


@lru_cache(maxsize=256)
def _place(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        return parts.scheme, parts.hostname or "", port
    except (ValueError, KeyError):
        return None
