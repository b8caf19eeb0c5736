"""Fields declared once: what they are read from, for the compiled statement and the walked row alike.

Each function says both how the value is taken from a row at hand, for graphql-core to walk, and, by its kind,
what the same is in SQL; a test holds the two against each other. Objects made of rows keep them as ``row``.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable
from enum import Enum
from typing import Any

import strawberry

from api.schema.collector.nodes import Money
from api.schema.scalars import plain
from api.selection.kinds import Attribute, Column, Kind, MoneyOf
from api.selection.tree import READS


def reads(kind: Kind, walk: Callable[[Any], Any], description: str | None = None) -> Any:
    """A field whose value ``walk`` takes from a row at hand, and ``kind.sql`` from the statement's."""
    return strawberry.field(resolver=walk, description=description, metadata={READS: kind})


def column(attribute: Attribute, enum: type[Enum] | None = None, *, description: str | None = None) -> Any:
    """A column as it is; a decimal without idle zeros; of an enum, the member whose value it holds."""
    key = attribute.key

    def walk(root: Any) -> Any:
        value = getattr(root.row, key)
        if isinstance(value, decimal.Decimal):
            return plain(value)
        return value if enum is None or value is None else enum(value)

    return reads(Column(attribute, enum), walk, description)


def money(minor: Attribute, currency: Attribute | None = None, *, description: str | None = None) -> Any:
    """An amount; without an attribute for its currency, in the base currency that the root knows.

    The root knows it too where the attribute is of another table.
    """
    has_own = currency is not None and currency.class_ is minor.class_

    def walk(root: Any) -> Any:
        units = getattr(root.row, minor.key)
        told = getattr(root.row, currency.key) if currency is not None and has_own else None
        return None if units is None else Money.of(units, told or root.currency)

    return reads(MoneyOf(minor, currency), walk, description)
