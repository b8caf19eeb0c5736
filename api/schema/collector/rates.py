"""Dated values of the organization, each with its day and its source."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import strawberry

from api.schema import ids
from api.schema.collector.nodes import Connection, Edge
from api.schema.permissions import reads_from
from api.schema.scalars import Decimal, plain
from api.selection.kinds import Here, Told, id_text
from api.selection.levels import Level
from api.selection.lists import Edges
from api.selection.tree import READS
from cartera.db.queries import rates as queries
from cartera.db.statements import constant
from cartera.rules.rates import RateKind


def _kind_of(at: Level) -> RateKind:
    """Of the values at hand: each kind has a table and an order of its own."""
    assert at.order is not None
    name = at.order.name
    return next(kind for kind, order in queries.LATEST_FIRST.items() if order.name == name)


def _held(column: Callable[[queries.Columns], Any], description: str | None = None) -> Any:
    """A field that each kind keeps in a column of its own."""
    told = Told(lambda at, build: at[column(queries.COLUMNS[_kind_of(at)])])
    return strawberry.field(description=description, metadata={READS: told})


@strawberry.type(description="A later value for the same day replaces it; what was computed stays.")
class Rate:
    id: strawberry.ID = strawberry.field(
        metadata={READS: Told(lambda at, build: id_text("Rate", at[queries.COLUMNS[_kind_of(at)].table.id]))}
    )
    kind: RateKind = strawberry.field(metadata={READS: Told(lambda at, build: constant(_kind_of(at).name))})
    code: str = _held(lambda of: of.code, "A currency, or a code such as `cl.uf`.")
    date: datetime.date = _held(lambda of: of.day, "When it was quoted, or from when it is in force.")
    value: Decimal = _held(
        lambda of: of.value,
        "Of the base currency for one unit; percent a year; or minor units, by its kind.",
    )
    source: str = _held(lambda of: of.table.source)

    @classmethod
    def of(cls, row: Any, kind: RateKind) -> Rate:
        of = queries.COLUMNS[kind]
        return cls(
            id=ids.encode("Rate", row.id),
            kind=kind,
            code=getattr(row, of.code.key),
            date=getattr(row, of.day.key),
            value=plain(getattr(row, of.value.key)),
            source=row.source,
        )


@strawberry.type
class RateEdge(Edge):
    node: Rate = strawberry.field(metadata={READS: Here()})


@strawberry.type
class RateConnection(Connection):
    @reads_from(Edges())
    def edges(self) -> list[RateEdge]:
        return [
            RateEdge(cursor=cursor, node=Rate.of(row[0], self.narrowed.kind))
            for cursor, row in self.reading.walked()
        ]
