"""Connections: which rows a list holds, said once, and its SQL at the root of a query or inside of a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    FromClause,
    Select,
    String,
    Text,
    cast,
    false,
    func,
    literal_column,
    select,
    true,
)

from api.schema import cursors
from api.selection.kinds import Attribute, Kind, money, parts_of
from api.selection.levels import Level, NotCompilable
from api.selection.relations import Source
from api.selection.statement import Build
from api.selection.tree import Selected
from api.selection.writing import Piece, anything, gathered, instant, joined, quoted, written
from cartera.db.queries import keyset
from cartera.db.queries.keyset import Order, Page, Slice
from cartera.db.statements import constant


@dataclass(frozen=True)
class Asked:
    """What the arguments of a list ask for; ``narrowed`` is the noun's filter."""

    narrowed: Any
    order: Order
    page: Page

    @property
    def direction(self) -> Order:
        """In which the rows are read, so that the page's come first."""
        return self.order.reversed() if self.page.backwards else self.order


@dataclass(frozen=True, eq=False)
class Listing:
    """The rows of a noun that an actor sees, and the conditions of its filter."""

    source: Source
    conditions: Callable[[Any, Any], Iterable[ColumnElement[bool]]]

    def rows(self, frame: Any, asked: Asked, *columns: Any) -> Select[Any]:
        """All rows of the list. ``frame`` may be a transaction as well."""
        return self.source.seen(frame, *columns).where(*self.conditions(frame, asked.narrowed))

    def page(
        self, build: Build, asked: Asked, part: ColumnElement[bool], size: int, owner: Owner | None = None
    ) -> Level:
        """``size`` rows of one part of the order (``keyset.parts``), in the direction of the page."""

        def rows(columns: Any) -> Select[Any]:
            found = self.rows(build.frame, asked, *columns).where(part)
            found = owner.narrow(found) if owner else found
            return found.order_by(*keyset.sorting(asked.direction)).limit(literal_column(str(size)))

        return Level(rows, self.source.tables, build.name(), asked.order)


@dataclass(frozen=True)
class Owner:
    """The row that a list hangs on."""

    on: Attribute
    key: Attribute
    at: Level

    def narrow(self, rows: Select[Any]) -> Select[Any]:
        return rows.where(self.on == self.at[self.key]).correlate(self.at.rows)


@dataclass(frozen=True)
class Inside:
    """A connection that hangs on the row at hand.

    ``asked`` tells what the field's arguments ask for. Raises Refused.
    """

    listing: Listing
    on: Attribute
    key: Attribute
    asked: Callable[..., Asked]
    is_whole = False

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        part = Part.read(self.listing, build.site(asked), Owner(self.on, self.key, at), build)
        return build.object(part, asked.children)


@dataclass(frozen=True)
class Part:
    """The page of a connection inside of a row; its own fields (``Edges`` and the like) are read from it."""

    listing: Listing
    asked: Asked
    owner: Owner
    where: ColumnElement[bool]
    level: Level

    @classmethod
    def read(cls, listing: Listing, asked: Asked, owner: Owner, build: Build) -> Part:
        parts = keyset.parts(asked.direction, asked.page.start)
        if len(parts) > 1:
            raise NotCompilable("a page whose order has nulls, inside of a row")
        level = listing.page(build, asked, parts[0], asked.page.size, owner)
        return cls(listing, asked, owner, parts[0], level)

    def all(self, build: Build, *columns: Any) -> Select[Any]:
        """All rows of the list, not just the page's."""
        return self.owner.narrow(self.listing.rows(build.frame, self.asked, *columns))

    def forward(self, name: str) -> Level:
        """The page's rows in the order's direction."""
        if not self.asked.page.backwards:
            return self.level
        return self.level.sorted(self.asked.order, name)


class Edges(Kind):
    def sql(self, at: Part, asked: Selected, build: Build) -> ColumnElement[Any]:
        return build.many(at.forward(build.name()), asked.children)


class CursorOf(Kind):
    """Where a row stands in the order of its list (``schema.cursors``)."""

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[str]:
        return quoted(cursor_sql(at), lacks=False)


def cursor_sql(at: Level) -> ColumnElement[str]:
    assert at.order is not None
    pieces: list[Piece] = [cursors.opening(at.order)]
    for column in at.order.columns:
        pieces += [",", _told(at[column], lacks=at.lacks(column))]
    text = joined([*pieces, "]"])
    encoded = func.encode(func.convert_to(text, constant("UTF8")), constant("base64"))
    return func.translate(encoded, constant("+/=") + func.chr(constant(10)), constant("-_"))


def _told(column: ColumnElement[Any], *, lacks: bool) -> ColumnElement[str]:
    if isinstance(column.type, String):
        return anything(column, lacks=lacks)
    told = instant(column) + constant("+00:00") if isinstance(column.type, DateTime) else cast(column, Text)
    return quoted(told, lacks=lacks)


class PageEnds(Kind):
    """``PageInfo``."""

    is_whole = True

    def sql(self, at: Part, asked: Selected, build: Build) -> ColumnElement[Any]:
        page = at.asked.page
        more = at.listing.page(build, at.asked, at.where, page.size + 1, at.owner)
        beyond = select(func.count() > page.size).select_from(more.rows).scalar_subquery()
        behind = true() if page.start is not None else false()
        ends = [self._end(at, build, last=False), self._end(at, build, last=True)]
        made = {
            "has_next_page": written(behind if page.backwards else beyond),
            "has_previous_page": written(beyond if page.backwards else behind),
            "start_cursor": quoted(ends[page.backwards]),
            "end_cursor": quoted(ends[not page.backwards]),
        }
        return parts_of(asked, made)

    def tell(self, asked: Selected, found: Slice, order: Order) -> dict[str, Any]:
        """The same of a page that has been read."""
        ends = ends_of(found, order)
        return {
            child.key: ends[child.name] if child.definition else child.parent.name for child in asked.children
        }

    def _end(self, at: Part, build: Build, *, last: bool) -> ColumnElement[Any]:
        """The cursor of the first or the last row as they are read."""
        place = func.row_number().over()
        numbered = select(cursor_sql(at.level).label("cursor"), place.label("place")).subquery(build.name())
        order = numbered.c.place.desc() if last else numbered.c.place
        return select(numbered.c.cursor).order_by(order).limit(literal_column("1")).scalar_subquery()


def ends_of(found: Slice, order: Order) -> dict[str, Any]:
    """The fields of a page's ``PageInfo``."""
    return {
        "has_next_page": found.has_next,
        "has_previous_page": found.has_previous,
        "start_cursor": cursors.encode(order, found.keys[0]) if found.keys else None,
        "end_cursor": cursors.encode(order, found.keys[-1]) if found.keys else None,
    }


@dataclass(frozen=True)
class Whole:
    """A list at the root of a query, of which its counts and sums are told."""

    listing: Listing
    asked: Asked

    def all(self, build: Build, *columns: Any) -> Select[Any]:
        return self.listing.rows(build.frame, self.asked, *columns)


class CountOf(Kind):
    def sql(self, at: Part | Whole, asked: Selected, build: Build) -> ColumnElement[str]:
        return written(at.all(build, func.count()).scalar_subquery(), lacks=False)


@dataclass(frozen=True)
class Sums(Kind):
    """Sums over the whole list, one ``Money`` per currency; of an object, by the names of its fields."""

    currency: Attribute
    minor: Attribute | None = None
    fields: Mapping[str, Attribute] | None = None
    is_whole = True

    def sql(self, at: Part | Whole, asked: Selected, build: Build) -> ColumnElement[Any]:
        minors = {"": self.minor} if self.fields is None else self.fields
        columns = [cast(func.sum(minor), BigInteger).label(f"sum_{name}") for name, minor in minors.items()]
        sums = at.all(build, self.currency.label("currency"), *columns)
        rows = sums.group_by(self.currency).order_by(self.currency).subquery(build.name())
        return sums_of(asked, rows)


def sums_of(asked: Selected, rows: FromClause) -> ColumnElement[str]:
    """Sums by currency, read once: a list of ``Money``, or an object with one for each of its fields.

    ``rows`` are currencies in their order, with minor units as ``sum_`` or ``sum_`` and the field's name.
    """

    def each(of: Selected, name: str) -> ColumnElement[str]:
        return gathered(money(of, rows.c[f"sum_{name}"], rows.c.currency))

    if "sum_" in rows.c:
        told = each(asked, "")
    else:
        told = parts_of(asked, {of.name: each(of, of.name) for of in asked.children if of.definition})
    return select(told).select_from(rows).scalar_subquery()
