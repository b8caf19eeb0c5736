"""Pages by keyset: a page begins after the sort values of a row, so that it costs the same at any depth.

All columns of an order run in one direction and end in a unique one, which lets a row comparison reach the
index. Where the first column may be null its nulls sort last in ascending order and first in descending
order, as PostgreSQL's indexes have them; that part of the order is a statement of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Row, Select, and_, bindparam, func, select, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from cartera.db.session import Tx

LARGEST_PAGE = 100
DEFAULT_PAGE = 50

# The sort values of one row, in the order's columns.
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Order:
    """``name`` marks cursors, so that one of another order is told apart."""

    name: str
    columns: tuple[InstrumentedAttribute[Any], ...]
    descending: bool = False
    nullable: bool = False

    def reversed(self) -> Order:
        return replace(self, descending=not self.descending)


@dataclass(frozen=True)
class Page:
    """At most ``size`` rows after (``backwards``: before) the row with the sort values ``start``."""

    size: int = 50
    start: Key | None = None
    backwards: bool = False


@dataclass
class Slice:
    """Rows of a page in the order's direction, and the sort values of each."""

    rows: list[Row[*tuple[Any, ...]]] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    has_next: bool = False
    has_previous: bool = False


async def fetch(tx: Tx, statement: Select[Any], order: Order, page: Page) -> Slice:
    """Read one page of a statement that has no order of its own; one row more tells what lies beyond."""
    direction = order.reversed() if page.backwards else order
    found: list[Row[*tuple[Any, ...]]] = []
    for part in parts(direction, page.start):
        missing = page.size + 1 - len(found)
        if missing > 0:
            query = statement.add_columns(*order.columns).where(part)
            found += await tx.session.execute(query.order_by(*sorting(direction)).limit(missing))
    return cut(found, order, page)


async def fetch_each(
    tx: Tx, noun: Any, parent: InstrumentedAttribute[UUID], seen: Select[Any], order: Order, page: Page
) -> dict[UUID, Slice]:
    """The same page of every parent at once. ``seen`` selects the noun's ids; the order has no nulls."""
    direction = order.reversed() if page.backwards else order
    here = func.row_number().over(partition_by=parent, order_by=sorting(direction)).label("here")
    ranked = seen.add_columns(here).where(*parts(direction, page.start)).subquery()
    found = await tx.session.execute(
        select(noun, *order.columns)
        .join(ranked, ranked.c.id == noun.id)
        .where(ranked.c.here <= page.size + 1)
        .order_by(parent, *sorting(direction))
    )
    grouped: dict[UUID, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in found:
        grouped[getattr(row[0], parent.key)].append(row)
    return {owner: cut(rows, order, page) for owner, rows in grouped.items()}


def parts(order: Order, start: Key | None) -> Sequence[ColumnElement[bool]]:
    """Conditions whose rows, one after the other, are the order from ``start`` on."""
    first = order.columns[0]
    if not order.nullable:
        return [_beyond(order, order.columns, start)]
    rest = order.columns[1:]
    in_nulls = start is not None and start[0] is None
    nulls = and_(first.is_(None), _beyond(order, rest, start[1:] if start is not None and in_nulls else None))
    values = and_(first.is_not(None), _beyond(order, order.columns, None if in_nulls else start))
    if order.descending:
        return [values] if start is not None and not in_nulls else [nulls, values]
    return [nulls] if in_nulls else [values, nulls]


def _beyond(
    order: Order, columns: tuple[InstrumentedAttribute[Any], ...], start: Key | None
) -> ColumnElement[bool]:
    if start is None:
        return true()
    here = tuple_(*columns)
    there = tuple_(*(_bound(c, v) for c, v in zip(columns, start, strict=True)))
    return here < there if order.descending else here > there


def _bound(column: InstrumentedAttribute[Any], value: Any) -> BindParameter[Any]:
    # A statement that is compiled once for many pages is told its values later.
    return value if isinstance(value, BindParameter) else bindparam(None, value, type_=column.type)


def sorting(order: Order) -> list[ColumnElement[Any]]:
    return [column.desc() if order.descending else column.asc() for column in order.columns]


def cut(found: Sequence[Any], order: Order, page: Page) -> Slice:
    """The page out of the rows that were found for it, each with the order's columns at its end."""
    more = len(found) > page.size
    rows = list(found[: page.size])
    if page.backwards:
        rows.reverse()
    width = len(order.columns)
    return Slice(
        rows,
        [tuple(row)[-width:] for row in rows],
        has_next=page.start is not None if page.backwards else more,
        has_previous=more if page.backwards else page.start is not None,
    )
