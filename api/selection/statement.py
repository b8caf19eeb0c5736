"""A tree of selected fields as SQL, so that PostgreSQL writes the JSON (``writing``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement

from api.selection.levels import Frame, Level, Names
from api.selection.tree import Selected
from api.selection.writing import list_of, object_of, one_of
from cartera.db.statements import constant


class Build:
    """One statement in the making. ``site`` says what the arguments of a nested list ask for."""

    def __init__(self, frame: Frame, site: Callable[[Selected], Any]) -> None:
        self.frame = frame
        self.site = site
        self.name = Names()

    def column(self, at: Any, child: Selected) -> ColumnElement[str]:
        """One field of what is at hand, written."""
        if child.definition is None:
            return constant(f'"{child.parent.name}"')
        found: ColumnElement[str] = child.kind.sql(at, child, self)
        return found

    def object(self, at: Any, children: Iterable[Selected]) -> ColumnElement[str]:
        """The fields of an object whose rows are at hand, under their response keys."""
        return object_of((child.key, self.column(at, child)) for child in children)

    def one(self, level: Level, children: Iterable[Selected]) -> ColumnElement[str]:
        """The only row of ``level``, or null."""
        return one_of(level.rows, self.object(level, children))

    def many(self, level: Level, children: Iterable[Selected]) -> ColumnElement[str]:
        """All rows of ``level``, in its order."""
        return list_of(level.rows, self.object(level, children))
