"""What every node and every list has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry
from orjson import Fragment

from api.schema import ids
from api.schema.permissions import reads_from
from api.schema.scalars import CurrencyCode, Decimal
from api.selection.kinds import Id
from api.selection.lists import CursorOf, PageEnds, ends_of
from api.selection.reading import Reading
from api.selection.tree import READS
from cartera.db.queries.keyset import Order, Slice
from cartera.rules.money import Money as Amount
from cartera.rules.money import format_amount


@strawberry.interface(description="Anything that has an id; `node(id:)` reads it again.")
class Node:
    key: strawberry.Private[UUID]

    @reads_from(Id())
    def id(self) -> strawberry.ID:
        return ids.encode(type(self).__name__, self.key)


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None

    @classmethod
    def of(cls, found: Slice, order: Order) -> PageInfo:
        return cls(**ends_of(found, order))


@strawberry.type
class Connection:
    """What all lists have in common; each says beside it what its edges are, and what may be summed."""

    reading: strawberry.Private[Reading]
    # Edges that are JSON already, by response key.
    ready: strawberry.Private[Mapping[str, Fragment] | None] = None

    @reads_from(PageEnds())
    def page_info(self) -> PageInfo:
        return PageInfo.of(self.reading.found, self.reading.asked.order)

    @property
    def narrowed(self) -> Any:
        """The noun's filter."""
        return self.reading.asked.narrowed


@strawberry.type
class Edge:
    cursor: str = strawberry.field(metadata={READS: CursorOf()})


@strawberry.type(description="An exact amount, with its currency's digits.")
class Money:
    amount: Decimal
    currency_code: CurrencyCode

    @classmethod
    def of(cls, minor: int, currency: str) -> Money:
        return cls(amount=Decimal(format_amount(minor, currency)), currency_code=CurrencyCode(currency))

    @classmethod
    def each(cls, amounts: tuple[Amount, ...] | list[Amount]) -> list[Money]:
        return [cls.of(amount.minor, amount.currency) for amount in amounts]
