"""Dated values of the organization, each with its day and its source."""

from __future__ import annotations

import datetime

import strawberry

from api.schema import cursors, ids
from api.schema.collector.nodes import PageInfo
from api.schema.scalars import Decimal, plain
from cartera.db.queries.keyset import Order, Slice
from cartera.rules.rates import RateKind


@strawberry.type(description="A later value for the same day replaces it; what was computed stays.")
class Rate:
    id: strawberry.ID
    kind: RateKind
    code: str = strawberry.field(description="A currency, or a code such as `cl.uf`.")
    date: datetime.date = strawberry.field(description="When it was quoted, or from when it is in force.")
    value: Decimal = strawberry.field(
        description="Of the base currency for one unit; percent a year; or minor units, by its kind."
    )
    source: str


@strawberry.type
class RateEdge:
    cursor: str
    node: Rate


@strawberry.type
class RateConnection:
    kind: strawberry.Private[RateKind]
    found: strawberry.Private[Slice]
    order: strawberry.Private[Order]

    @strawberry.field
    def edges(self) -> list[RateEdge]:
        return [
            RateEdge(
                cursor=cursors.encode(self.order, at),
                node=Rate(
                    id=ids.encode("Rate", row.id),
                    kind=self.kind,
                    code=row.code,
                    date=row.day,
                    value=plain(row.value),
                    source=row.source,
                ),
            )
            for row, at in zip(self.found.rows, self.found.keys, strict=True)
        ]

    @strawberry.field
    def page_info(self) -> PageInfo:
        return PageInfo.of(self.found, self.order)
