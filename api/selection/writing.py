"""How PostgreSQL writes JSON: as text, put together piece by piece.

Nested rows and ``row_to_json`` say the same in half as many words, but each level is formed, copied and
looked up again, which took longer than finding the rows. Nothing here is null: what is, says ``null``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

from sqlalchemy import (
    BinaryExpression,
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
from sqlalchemy.sql.elements import ExpressionClauseList
from sqlalchemy.sql.operators import concat_op

from cartera.db.statements import constant, is_constant, merged

NULL = constant("null")

# Texts of our own, and expressions that write some.
Piece = str | ColumnElement[str]


def joined(pieces: Iterable[Piece]) -> ColumnElement[str]:
    """One text of all of them, and of the pieces of each, with as few steps as there may be."""
    found: list[ColumnElement[str]] = []
    for piece in pieces:
        for each in _pieces_of(constant(piece) if isinstance(piece, str) else piece):
            if found and is_constant(found[-1]) and is_constant(each):
                found[-1] = merged(found[-1], each)
            else:
                found.append(each)
    whole = found[0]
    for each in found[1:]:
        whole = whole + each
    return whole


def _pieces_of(text: Any) -> Iterator[ColumnElement[str]]:
    if isinstance(text, BinaryExpression | ExpressionClauseList) and text.operator is concat_op:
        for each in text.get_children():
            yield from _pieces_of(each)
    else:
        yield text


def quoted(text: ColumnElement[str], *, lacks: bool = True) -> ColumnElement[str]:
    """A text in which there is nothing to escape; ``null`` where it ``lacks`` in some rows."""
    return or_null(joined(['"', text, '"']), lacks=lacks)


def or_null(text: ColumnElement[str], *, lacks: bool = True) -> ColumnElement[str]:
    return func.coalesce(text, NULL) if lacks else text


def written(
    value: ColumnElement[Any], enum: type[Enum] | None = None, *, lacks: bool = True
) -> ColumnElement[str]:
    """A value as GraphQL's scalars and enums print it; ``null`` where it ``lacks`` in some rows."""
    if enum is not None:
        return quoted(_member(value, enum), lacks=lacks)
    if isinstance(value.type, DateTime):
        return quoted(instant(value) + constant("Z"), lacks=lacks)
    if isinstance(value.type, Date):
        # The connections' DateStyle is ISO.
        return quoted(cast(value, Text), lacks=lacks)
    if isinstance(value.type, Numeric):
        return quoted(cast(func.trim_scale(value), Text), lacks=lacks)
    if isinstance(value.type, Boolean | Integer):
        return or_null(cast(value, Text), lacks=lacks)
    return anything(value, lacks=lacks)


def anything(value: ColumnElement[Any], *, lacks: bool = True) -> ColumnElement[str]:
    """A value as PostgreSQL writes it as JSON, escaped where it has to be."""
    # A text of our own has no type of its own in SQL, which to_json asks for.
    typed = cast(value, Text) if isinstance(value.type, String) else value
    return or_null(cast(func.to_json(typed), Text), lacks=lacks)


def object_of(parts: Iterable[tuple[str, Piece]]) -> ColumnElement[str]:
    """An object of parts that are written already, by their keys."""
    pieces: list[Piece] = ["{"]
    for key, part in parts:
        pieces += [f'{"," if len(pieces) > 1 else ""}"{key}":', part]
    return joined([*pieces, "}"])


def list_of(rows: FromClause, item: ColumnElement[str]) -> ColumnElement[str]:
    """A list of what is written of each of the rows, in their order."""
    items = select(func.string_agg(item, constant(","))).select_from(rows)
    return joined(["[", func.coalesce(items.scalar_subquery(), constant("")), "]"])


def gathered(item: ColumnElement[str]) -> ColumnElement[str]:
    """A list of what is written of each of the rows that are being added up."""
    return joined(["[", func.coalesce(func.string_agg(item, constant(",")), constant("")), "]"])


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
