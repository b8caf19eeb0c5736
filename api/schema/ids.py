"""Relay ids: opaque text that names a type and a row, checked when it comes back."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from uuid import UUID

from strawberry import ID

from cartera.errors import NotFound


def encode(type_name: str, key: UUID) -> ID:
    return ID(b64encode(f"{type_name}:{key}".encode()).decode())


def split(text: str) -> tuple[str, UUID]:
    """Type and row of an id. Raises NotFound: an id that we never made names nothing."""
    try:
        type_name, _, key = b64decode(text.encode(), validate=True).decode().partition(":")
        # The canonical form only, so that one row has one id.
        if str(UUID(key)) != key:
            raise ValueError(key)
        return type_name, UUID(key)
    except (NotBase64, ValueError):
        raise NotFound("node") from None


def decode(text: str, type_name: str, *path: str) -> UUID:
    """The row's id. Raises NotFound at ``path`` for an id of another type, or of none."""
    try:
        found, key = split(text)
    except NotFound:
        raise NotFound(type_name, *path) from None
    if found != type_name:
        raise NotFound(type_name, *path)
    return key
