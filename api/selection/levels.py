"""Rows that a statement has at hand, and what it knows of the request that it is compiled for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Join, Select, TableClause, Uuid, bindparam, inspect, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.visitors import iterate

from cartera.actors import Actor
from cartera.db.queries.keyset import Order
from cartera.db.tables.organizations import Organization


class NotCompilable(Exception):
    """Something that is left to the ordinary resolvers; the message says what."""


@dataclass(frozen=True)
class Frame:
    """Stands in for a reading transaction while a statement is compiled.

    What differs from caller to caller is bound by name: ``organization``, ``member``, ``customer`` and
    ``receivables`` of a visitor, and ``now``. All else that it tells is part of the plan's key.
    """

    actor: Actor
    organization: Organization
    now: Any

    @classmethod
    def of(cls, actor: Actor, organization: Organization) -> Frame:
        later: dict[str, Any] = {}
        if actor.member_id:
            later["member_id"] = bindparam("member", type_=Uuid())
        if actor.customer_id:
            later["customer_id"] = bindparam("customer", type_=Uuid())
        if actor.receivable_ids:
            later["receivable_ids"] = bindparam("receivables", type_=ARRAY(Uuid()))
        return cls(
            replace(actor, **later),
            organization,
            bindparam("now", type_=DateTime(timezone=True)),
        )


class Level:
    """The rows of a statement under a name of their own, and their columns by the table's attributes."""

    def __init__(
        self,
        rows: Callable[[Sequence[Any]], Select[Any]],
        tables: Sequence[Any],
        name: str,
        order: Order | None = None,
    ) -> None:
        """``rows`` makes the statement that selects the columns it is given, of these tables.

        ``order``: where the rows are a page of a list, its order.
        """
        found = [each.class_attribute for table in tables for each in inspect(table).column_attrs]
        selected = rows([each.label(_label(each)) for each in found])
        self.rows: Any = selected.subquery(name)
        self._optional = frozenset(
            table for found in selected.get_final_froms() for table in _joined_if_there(found)
        )
        self.order = order

    def __getitem__(self, attribute: Any) -> ColumnElement[Any]:
        found: ColumnElement[Any] = self.rows.c[_label(attribute)]
        return found

    def lacks(self, attribute: Any) -> bool:
        """Whether some rows may have no value in it."""
        (column,) = attribute.property.columns
        return column.nullable or column.table in self._optional

    def sorted(self, order: Order, name: str) -> Level:
        """The same rows in another order."""
        keys = [self[column].desc() if order.descending else self[column].asc() for column in order.columns]
        made = copy(self)
        made.rows = select(*self.rows.c).order_by(*keys).subquery(name)
        return made


def _joined_if_there(found: Any) -> Iterator[Any]:
    """Tables that have no row for some of what is joined."""
    if isinstance(found, Join):
        if found.isouter or found.full:
            yield from _tables(found.right)
        if found.full:
            yield from _tables(found.left)
        yield from _joined_if_there(found.left)
        yield from _joined_if_there(found.right)


def _tables(joined: Any) -> Iterator[Any]:
    return (each for each in iterate(joined) if isinstance(each, TableClause))


def _label(attribute: InstrumentedAttribute[Any] | Any) -> str:
    return f"{attribute.parent.class_.__tablename__}_{attribute.key}"


class Names:
    """Names for the levels of one statement."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self) -> str:
        return f"t{next(self._numbers)}"
