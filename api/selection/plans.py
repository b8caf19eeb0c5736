"""What shapes a statement, apart from the values that it is told each time."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import Any

from sqlalchemy import bindparam

from api.selection.lists import Asked
from cartera.db.queries.keyset import Key as Start
from cartera.db.queries.keyset import Order, Page
from cartera.db.statements import Known


@dataclass(frozen=True)
class Parted:
    """What a list's arguments ask for: ``shape`` is part of the plan's key, ``told`` are values by name."""

    asked: Asked
    prefix: str
    shape: Hashable
    told: Mapping[str, Any]

    @classmethod
    def of(cls, asked: Asked, prefix: str) -> Parted:
        told: dict[str, Any] = {}
        order, page = asked.order, asked.page
        start = None if page.start is None else tuple(value is None for value in page.start)
        shape = (
            *(order.name, order.descending, page.size, page.backwards, start),
            _shape_of(asked.narrowed, f"{prefix}_", told),
        )
        told |= {f"{prefix}_start{n}": value for n, value in enumerate(page.start or ()) if value is not None}
        return cls(asked, prefix, shape, told)

    def placed(self) -> Asked:
        """The same with named places for the values."""
        order, page = self.asked.order, self.asked.page
        start = page.start and _start(order, page.start, self.prefix)
        narrowed = _placed(self.asked.narrowed, f"{self.prefix}_")
        return Asked(narrowed, order, Page(page.size, start, page.backwards))


@lru_cache(maxsize=256)
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


class _Role(Enum):
    """What a part of a filter is to a plan."""

    SHAPE = "shape"
    FILTER = "filter"
    VALUE = "value"


@lru_cache(maxsize=256)
def _role(kind: Any) -> _Role:
    if kind is NoneType or issubclass(kind, bool | Enum | Known):
        return _Role.SHAPE
    return _Role.FILTER if is_dataclass(kind) else _Role.VALUE


def _shape_of(given: Any, prefix: str, told: dict[str, Any]) -> Hashable:
    """Which parts of a filter narrow, of those that are not values to be ``told``."""
    kind: Any = type(given)
    shape: list[Any] = [kind]
    for name in _names(kind):
        value: Any = getattr(given, name)
        role = _role(value.__class__)
        if role is _Role.SHAPE:
            shape.append(value)
        elif role is _Role.FILTER:
            shape.append(_shape_of(value, f"{prefix}{name}_", told))
        else:
            shape.append(name)
            told[f"{prefix}{name}"] = value
    return tuple(shape)


def _placed(given: Any, prefix: str) -> Any:
    """As ``_shape_of`` tells them apart."""
    made: dict[str, Any] = {}
    for name in _names(given.__class__):
        value: Any = getattr(given, name)
        role = _role(value.__class__)
        if role is _Role.FILTER:
            made[name] = _placed(value, f"{prefix}{name}_")
        elif role is _Role.VALUE:
            # Of the type of the column that it is compared with.
            made[name] = bindparam(f"{prefix}{name}")
    return replace(given, **made)


def _start(order: Order, start: Start, prefix: str) -> Start:
    return tuple(
        None if value is None else bindparam(f"{prefix}_start{n}", value, type_=column.type)
        for n, (value, column) in enumerate(zip(start, order.columns, strict=True))
    )
