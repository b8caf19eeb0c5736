"""What every table is made of: the tenant's key, named constraints, plain types.

Only leakproof operators reach an index under row-level security, so money is bigint, states are text
with a CHECK and nothing that is filtered by is an enum, a numeric or an array.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKeyConstraint,
    MetaData,
    Text,
)
from sqlalchemy import Index as Index
from sqlalchemy import UniqueConstraint as UniqueConstraint
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh row id: UUIDv7, so that ids follow time and need no sequence."""
    return uuid7()


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})
    type_annotation_map: ClassVar = {
        str: Text,
        int: BigInteger,
        bool: Boolean,
        date: Date,
        datetime: DateTime(timezone=True),
        UUID: UuidType(),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class Tenant:
    """A table whose rows belong to one organization; row-level security holds them apart."""

    organization_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-2)


class Row(Tenant):
    """A tenant's table with an id of its own."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-1)


def one_of(table: str, column: str, values: type[StrEnum] | Iterable[str]) -> CheckConstraint:
    """CHECK that a text column holds one of an enum's values (or NULL where it may)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"ck_{table}_{column}")


def check(table: str, name: str, condition: str) -> CheckConstraint:
    return CheckConstraint(condition, name=f"ck_{table}_{name}")


def belongs_to(table: str, column: str, parent: str) -> ForeignKeyConstraint:
    """Foreign key to a parent row of the same organization; the parent's key is (organization_id, id)."""
    return ForeignKeyConstraint(
        ["organization_id", column],
        [f"{parent}.organization_id", f"{parent}.id"],
        name=f"fk_{table}_{column.removesuffix('_id')}",
    )


def in_organization(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["organization_id"], ["organization.organization_id"], name=f"fk_{table}_organization"
    )


def unique(table: str, *columns: str) -> UniqueConstraint:
    """UNIQUE within the organization."""
    return UniqueConstraint("organization_id", *columns, name=f"uq_{table}_{'_'.join(columns)}"[:50])


def index(
    table: str, *columns: str, where: Any = None, suffix: str = "", include: Iterable[str] = ()
) -> Index:
    """Index that begins with the organization, as every reading does. ``include``: read from it, no key."""
    name = f"ix_{table}_{suffix or '_'.join(columns)}"[:50]
    return Index(
        name, "organization_id", *columns, postgresql_where=where, postgresql_include=list(include) or None
    )
