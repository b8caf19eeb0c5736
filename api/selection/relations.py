"""What other rows a field is read from, as SQL: those of a key at hand, and those that refer to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, select

from api.selection.kinds import Attribute, Kind
from api.selection.levels import Frame, Level
from api.selection.statement import Build
from api.selection.tree import Selected
from api.selection.writing import list_of, one_of, written


@dataclass(frozen=True, eq=False)
class Source:
    """The rows of a noun: the tables whose columns are at hand in it, and which of them an actor sees."""

    tables: Sequence[Any]
    seen: Callable[..., Select[Any]]

    @classmethod
    def of(cls, table: Any) -> Source:
        """All rows of a table: for members, and what belongs to the customer of a row in sight."""
        return cls([table], lambda frame, *columns: select(*columns))

    def level(self, build: Build, narrow: Callable[[Select[Any]], Select[Any]]) -> Level:
        return Level(lambda columns: narrow(self.seen(build.frame, *columns)), self.tables, build.name())


@dataclass(frozen=True)
class One(Kind):
    """The row whose ``on`` is the ``key`` at hand; null without one."""

    source: Source
    on: Attribute
    key: Attribute

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        return build.one(self.level(at, build), asked.children)

    def level(self, at: Level, build: Build) -> Level:
        return self.source.level(build, lambda rows: rows.where(self.on == at[self.key]).correlate(at.rows))


@dataclass(frozen=True)
class Of(One):
    """What ``kind`` reads of such a row; null without one."""

    kind: Kind
    is_whole = True

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        level = self.level(at, build)
        return one_of(level.rows, self.kind.sql(level, asked, build))


@dataclass(frozen=True)
class Many(Kind):
    """The rows whose ``on`` is the ``key`` at hand, of those that are ``kept``, in an order."""

    source: Source
    on: Attribute
    key: Attribute
    order: Sequence[Any]
    kept: Callable[[Frame], Sequence[ColumnElement[bool]]] = lambda frame: ()
    # What else they are chosen by, where that takes the key.
    chosen: Callable[[ColumnElement[Any]], Sequence[ColumnElement[bool]]] = lambda key: ()
    # At most so many.
    most: int | None = None

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        return build.many(self.level(at, build), asked.children)

    def level(self, at: Level, build: Build) -> Level:
        def narrow(rows: Select[Any]) -> Select[Any]:
            key = at[self.key]
            found = rows.where(self.on == key, *self.kept(build.frame), *self.chosen(key))
            found = found.order_by(*self.order).correlate(at.rows)
            return found if self.most is None else found.limit(literal_column(str(self.most)))

        return self.source.level(build, narrow)


@dataclass(frozen=True)
class First(Many):
    """The first of such rows; null where there is none."""

    most: int | None = 1

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        return build.one(self.level(at, build), asked.children)


@dataclass(frozen=True)
class Scalars(Kind):
    """One column of such rows, sorted."""

    column: Attribute
    on: Attribute
    key: Attribute

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        found = select(self.column).where(self.on == at[self.key]).order_by(self.column).correlate(at.rows)
        rows = found.subquery(build.name())
        return list_of(rows, written(rows.c[0]))
