"""A tree of selected fields as SQL: nested rows, so that PostgreSQL writes the JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from api.selection.levels import Frame, Level, Names
from api.selection.tree import Selected
from cartera.db.statements import constant


class Build:
    """One statement in the making. ``site`` says what the arguments of a nested list ask for."""

    def __init__(self, frame: Frame, site: Callable[[Selected], Any]) -> None:
        self.frame = frame
        self.site = site
        self.name = Names()

    def columns(self, at: Any, children: Iterable[Selected]) -> list[ColumnElement[Any]]:
        """The fields of an object whose rows are at hand, under their response keys."""
        return [self.column(at, child).label(child.key) for child in children]

    def column(self, at: Any, child: Selected) -> ColumnElement[Any]:
        if child.definition is None:
            return constant(child.parent.name)
        found: ColumnElement[Any] = child.kind.sql(at, child, self)
        return found

    def row(
        self, at: Level, columns: Sequence[ColumnElement[Any]], where: ColumnElement[bool] | None = None
    ) -> ColumnElement[Any]:
        """One object made of what is at hand; null where ``where`` does not hold."""
        inner = select(*columns).correlate(at.rows).subquery(self.name())
        outer: Select[Any] = select(inner.table_valued())
        if where is not None:
            outer = outer.where(where).correlate(at.rows)
        return outer.scalar_subquery()

    def one(self, level: Level, children: Iterable[Selected]) -> ColumnElement[Any]:
        """The only row of ``level``, or null."""
        return select(self._rows(level, children).table_valued()).scalar_subquery()

    def many(self, level: Level, children: Iterable[Selected]) -> ColumnElement[Any]:
        """All rows of ``level``, in its order."""
        return func.array(self.one(level, children))

    def _rows(self, level: Level, children: Iterable[Selected]) -> Any:
        return select(*self.columns(level, children)).select_from(level.rows).subquery(self.name())
