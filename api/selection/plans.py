"""Statements compiled once for a query's text and whatever else shapes them, and told their values later."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, bindparam
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

from api.selection.levels import tenants
from api.selection.lists import Asked
from cartera.db.queries.keyset import Key as Start
from cartera.db.queries.keyset import Order, Page

_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]  # not annotated in SQLAlchemy

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """The values last asked for, at most ``size`` of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = self._kept[key] = make()
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return made


@dataclass(frozen=True)
class Statement:
    """SQL with numbered parameters: by place a name to be told, or a value that never changes."""

    text: str
    names: tuple[str, ...]
    values: Mapping[str, Any]

    @classmethod
    def of(cls, statement: Select[Any]) -> Statement:
        compiled = tenants(statement).compile(dialect=_DIALECT)
        return cls(str(compiled), tuple(compiled.positiontup or ()), compiled.params)

    def arguments(self, told: Mapping[str, Any]) -> list[Any]:
        return [told[name] if name in told else self.values[name] for name in self.names]


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


def _is_shape(value: Any) -> bool:
    return value is None or isinstance(value, bool | Enum)


def _shape_of(given: Any, prefix: str, told: dict[str, Any]) -> Hashable:
    """Which parts of a filter narrow, of those that are not values to be ``told``."""
    shape: list[Any] = [type(given)]
    for each in fields(given):
        name, value = f"{prefix}{each.name}", getattr(given, each.name)
        if is_dataclass(value):
            shape.append(_shape_of(value, f"{name}_", told))
        elif _is_shape(value):
            shape.append(value)
        else:
            shape.append(name)
            told[name] = value
    return tuple(shape)


def _placed(given: Any, prefix: str) -> Any:
    """As ``_shape_of`` tells them apart."""
    made: dict[str, Any] = {}
    for each in fields(given):
        name, value = f"{prefix}{each.name}", getattr(given, each.name)
        if is_dataclass(value):
            made[each.name] = _placed(value, f"{name}_")
        elif not _is_shape(value):
            made[each.name] = bindparam(name, value)
    return replace(given, **made)


def _start(order: Order, start: Start, prefix: str) -> Start:
    return tuple(
        None if value is None else bindparam(f"{prefix}_start{n}", value, type_=column.type)
        for n, (value, column) in enumerate(zip(start, order.columns, strict=True))
    )
