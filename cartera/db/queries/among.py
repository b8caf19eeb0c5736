"""One condition for many ids: an array is a single value, where ``IN`` binds and reads as many as it has."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute


def among(column: InstrumentedAttribute[UUID], ids: Collection[UUID]) -> ColumnElement[bool]:
    """Whether the column holds one of ``ids``."""
    return column == any_(bindparam(None, sorted(set(ids)), ARRAY(Uuid()), unique=True))
