"""Statements compiled once and run bare on asyncpg, without what SQLAlchemy does for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnClause, ColumnElement, Select, Text, Uuid, bindparam, literal_column
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.orm import with_loader_criteria

from cartera.db.base import Tenant

_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]  # not annotated in SQLAlchemy
_ORGANIZATION = bindparam("organization", type_=Uuid())


@dataclass(frozen=True)
class Statement:
    """SQL with numbered parameters: by place a name to be told, or a value that never changes.

    Among the names is ``organization`` wherever a tenant's table is read.
    """

    text: str
    names: tuple[str, ...]
    values: Mapping[str, Any]

    @classmethod
    def of(cls, statement: Select[Any]) -> Statement:
        compiled = of_organization(statement).compile(dialect=_DIALECT)
        return cls(str(compiled), tuple(compiled.positiontup or ()), compiled.params)

    def arguments(self, told: Mapping[str, Any]) -> list[Any]:
        return [told[name] if name in told else self.values[name] for name in self.names]


class Known(int):
    """A number that the planner is to know: a plan of its own is kept for each (``constant``)."""


def constant(value: str | int) -> ColumnElement[Any]:
    """A value of our own, written into the statement.

    A partial index serves a plan for all values only where its condition is no value to be told.
    """
    if isinstance(value, int):
        return literal_column(str(value), BigInteger())
    escaped = value.replace("'", "''").replace("%", "%%")
    assert "\\" not in escaped, value
    return literal_column(f"'{escaped}'", Text())


def is_constant(value: ColumnElement[Any]) -> bool:
    """Whether it is a text of ``constant``."""
    return isinstance(value, ColumnClause) and value.is_literal and isinstance(value.type, Text)


def merged(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[str]:
    """Two texts of ``constant`` as one."""
    texts = [str(each.name) for each in (one, other) if isinstance(each, ColumnClause)]
    return literal_column(texts[0][:-1] + texts[1][1:], Text())


def of_organization(statement: Select[Any]) -> Select[Any]:
    """Bind the organization on every reference to a tenant's table, at every level (SCALE.md)."""
    return statement.options(
        with_loader_criteria(Tenant, lambda cls: cls.organization_id == _ORGANIZATION, include_aliases=True)
    )
