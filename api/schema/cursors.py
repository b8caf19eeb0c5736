"""Cursors: the order's name and a row's sort values, as opaque text."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson

from cartera.db.queries.keyset import DEFAULT_PAGE, LARGEST_PAGE, Key, Order, Page
from cartera.errors import Refused, refuse


def _integer(text: str) -> int:
    value = int(text)
    if not -(2**63) <= value < 2**63:
        raise ValueError(text)
    return value


def _instant(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError(text)
    return value.astimezone(UTC)


_READ: dict[type, Callable[[str], Any]] = {
    date: date.fromisoformat,
    datetime: _instant,
    UUID: UUID,
    str: str,
    int: _integer,
}


def encode(order: Order, key: Key) -> str:
    texts = [None if value is None else _text(value) for value in key]
    return urlsafe_b64encode(orjson.dumps([_mark(order), *texts])).decode().rstrip("=")


def opening(order: Order) -> str:
    """How the JSON inside a cursor of this order begins; the sort values follow, each after a comma."""
    return orjson.dumps([_mark(order)]).decode().removesuffix("]")


def decode(text: str, order: Order, *path: str) -> Key:
    """The sort values of a cursor. Raises Refused (BAD_CURSOR): of another order, or not of our making."""
    try:
        found = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        mark, *texts = found
        if mark != _mark(order):
            raise refuse("BAD_CURSOR", *path)
        kinds = [column.type.python_type for column in order.columns]
        return tuple(_value(kind, item) for kind, item in zip(kinds, texts, strict=True))
    except (NotBase64, ValueError, TypeError, OverflowError):
        raise refuse("BAD_CURSOR", *path) from None


def page(
    order: Order,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page:
    """The page that a connection's arguments ask for. Raises Refused: BAD_PAGE, BAD_CURSOR."""
    backwards = last is not None or (before is not None and first is None)
    if (first is not None and last is not None) or (before if not backwards else after) is not None:
        raise _bad_page()
    size = last if backwards else first
    if size is None:
        size = DEFAULT_PAGE
    if not 1 <= size <= LARGEST_PAGE:
        raise _bad_page()
    name, start = ("before", before) if backwards else ("after", after)
    return Page(size, decode(start, order, name) if start is not None else None, backwards)


def _bad_page() -> Refused:
    return refuse("BAD_PAGE", "first", largest=LARGEST_PAGE)


def _mark(order: Order) -> str:
    return f"{order.name}-" if order.descending else order.name


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _value(kind: type, text: Any) -> Any:
    if text is None:
        return None
    if not isinstance(text, str) or "\0" in text:
        raise ValueError(text)
    return _READ[kind](text)
