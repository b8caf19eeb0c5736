"""How PostgreSQL writes JSON: as text, put together piece by piece.

Nested rows and ``row_to_json`` say the same in half as many words, but each level is formed, copied and
looked up again, which took longer than finding the rows. Nothing here is null: what is, says ``null``.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Numeric,
    String,
    Text,
    case,
    cast,
    func,
    select,
)

from cartera.db.statements import constant

NULL = constant("null")

# Texts of our own, and expressions that write some.
Piece = str | ColumnElement[str]


def joined(pieces: Iterable[Piece]) -> ColumnElement[str]:
    """One text of all of them."""
    found: list[ColumnElement[str]] = []
    for is_own, group in groupby(pieces, lambda piece: isinstance(piece, str)):
        if is_own:
            found.append(constant("".join(str(piece) for piece in group)))
        else:
            found += [piece for piece in group if not isinstance(piece, str)]
    whole = found[0]
    for piece in found[1:]:
        whole = whole + piece
    return whole


def quoted(text: ColumnElement[str]) -> ColumnElement[str]:
    """A text in which there is nothing to escape, or ``null``."""
    return func.coalesce(joined(['"', text, '"']), NULL)


def written(value: ColumnElement[Any], enum: type[Enum] | None = None) -> ColumnElement[str]:
    """A value as GraphQL's scalars and enums print it."""
    if enum is not None:
        return quoted(_member(value, enum))
    if isinstance(value.type, DateTime):
        return quoted(instant(value) + constant("Z"))
    if isinstance(value.type, Date):
        return quoted(func.to_char(value, constant("YYYY-MM-DD")))
    if isinstance(value.type, Numeric):
        return quoted(cast(func.trim_scale(value), Text))
    if isinstance(value.type, Boolean | Integer):
        return func.coalesce(cast(value, Text), NULL)
    return anything(value)


def anything(value: ColumnElement[Any]) -> ColumnElement[str]:
    """A value as PostgreSQL writes it as JSON, escaped where it has to be."""
    # A text of our own has no type of its own in SQL, which to_json asks for.
    typed = cast(value, Text) if isinstance(value.type, String) else value
    return func.coalesce(cast(func.to_json(typed), Text), NULL)


def object_of(parts: Iterable[tuple[str, Piece]]) -> ColumnElement[str]:
    """An object of parts that are written already, by their keys."""
    pieces: list[Piece] = []
    for key, part in parts:
        pieces += [f',"{key}":' if pieces else f'{{"{key}":', part]
    return joined([*pieces, "}"])


def list_of(rows: FromClause, item: ColumnElement[str]) -> ColumnElement[str]:
    """A list of what is written of each of the rows, in their order."""
    items = select(func.string_agg(item, constant(","))).select_from(rows)
    return joined(["[", func.coalesce(items.scalar_subquery(), constant("")), "]"])


def one_of(rows: FromClause, item: ColumnElement[str]) -> ColumnElement[str]:
    """What is written of the only row, or ``null``."""
    return func.coalesce(select(item).select_from(rows).scalar_subquery(), NULL)


def instant(column: ColumnElement[Any]) -> ColumnElement[str]:
    """UTC without its mark; microseconds only where there are any, as Python prints them."""
    printed = func.to_char(func.timezone(constant("UTC"), column), constant('YYYY-MM-DD"T"HH24:MI:SS.US'))
    return func.replace(printed, constant(".000000"), constant(""))


def _member(column: ColumnElement[Any], enum: type[Enum]) -> ColumnElement[str]:
    """The name of the member whose value it holds, which most have in small letters."""
    usual = func.upper(column)
    others = {str(each.value): constant(each.name) for each in enum if each.name != str(each.value).upper()}
    return case(others, value=column, else_=usual) if others else usual
