"""What the fields of one row are read from, as SQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Numeric,
    Text,
    case,
    cast,
    func,
    literal_column,
)
from sqlalchemy.orm import InstrumentedAttribute

from api.selection.levels import Level
from api.selection.statement import Build
from api.selection.tree import Selected
from api.selection.writing import NULL, Piece, anything, joined, object_of, quoted, written
from cartera.db.statements import constant
from cartera.rules.currencies import MINOR_DIGITS

Attribute = InstrumentedAttribute[Any]


class Kind(ABC):
    """What a field is read from.

    ``is_whole``: its SQL answers all that may be selected below, so that nobody asks the fields there.
    """

    is_whole = False

    @abstractmethod
    def sql(self, at: Any, asked: Selected, build: Build) -> ColumnElement[Any]:
        """The field's value, written as JSON."""


@dataclass(frozen=True)
class Column(Kind):
    attribute: Attribute
    enum: type[Enum] | None = None

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        return written(at[self.attribute], self.enum, lacks=at.lacks(self.attribute))


@dataclass(frozen=True)
class Told(Kind):
    """An expression of what is at hand."""

    expression: Callable[[Level, Build], ColumnElement[Any]]
    enum: type[Enum] | None = None

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        return written(self.expression(at, build), self.enum)


class Id(Kind):
    """The opaque id of a row (``schema.ids``): its type's name and its key, the type's ``identified_by``."""

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[str]:
        key = asked.parent.extensions["strawberry-definition"].origin.identified_by
        return quoted(id_text(asked.parent.name, at[key]), lacks=at.lacks(key))


_UUID_LENGTH = 36
# After so many octets PostgreSQL breaks the line.
_BASE64_LINE = 57


def id_text(type_name: str, key: ColumnElement[Any]) -> ColumnElement[str]:
    prefix = f"{type_name}:"
    text = constant(prefix) + cast(key, Text)
    encoded = func.encode(func.convert_to(text, constant("UTF8")), constant("base64"))
    if len(prefix) + _UUID_LENGTH < _BASE64_LINE:
        return encoded
    return func.replace(encoded, func.chr(constant(10)), constant(""))


@dataclass(frozen=True)
class MoneyOf(Kind):
    """Minor units of a currency; without an attribute for it, of the organization's base currency."""

    minor: Attribute
    currency: Attribute | None
    is_whole = True

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        base = build.frame.organization.base_currency
        minor, lacks = at[self.minor], at.lacks(self.minor)
        if self.currency is None:
            return money(asked, minor, constant(base), base, lacks=lacks)
        currency = at[self.currency]
        if at.lacks(self.currency):
            currency = func.coalesce(currency, constant(base))
        return money(asked, minor, currency, lacks=lacks)


@dataclass(frozen=True)
class MoneyTold(Kind):
    """An expression in minor units of a currency at hand."""

    minor: Callable[[Level, Build], ColumnElement[int]]
    currency: Attribute
    is_whole = True

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        return money(asked, self.minor(at, build), at[self.currency])


def money(
    asked: Selected,
    minor: ColumnElement[int],
    currency: ColumnElement[str],
    known: str = "",
    *,
    lacks: bool = True,
) -> ColumnElement[str]:
    """A ``Money``; null where there are no minor units, if they ``lack`` in some rows.

    ``currency`` never does. ``known``: which it is, where it is one for all.
    """
    amount = quoted(amount_text(minor, currency, known), lacks=False)
    made = parts_of(asked, {"amount": amount, "currency_code": quoted(currency, lacks=False)})
    return case((minor.is_(None), NULL), else_=made) if lacks else made


def parts_of(asked: Selected, made: Mapping[str, Piece]) -> ColumnElement[str]:
    """The object of what is selected of one whose fields are all ``made`` already."""
    return object_of(
        (child.key, f'"{child.parent.name}"' if child.definition is None else made[child.name])
        for child in asked.children
    )


def amount_text(
    minor: ColumnElement[int], currency: ColumnElement[str], known: str = ""
) -> ColumnElement[str]:
    """The decimal text of minor units, with exactly the currency's digits (``rules.money.format_amount``)."""
    if known:
        return _shifted(minor, MINOR_DIGITS[known])
    usual = 2
    others: dict[int, list[ColumnElement[str]]] = {}
    for code, digits in sorted(MINOR_DIGITS.items()):
        if digits != usual:
            others.setdefault(digits, []).append(constant(code))
    unusual = [(currency.in_(codes), _shifted(minor, digits)) for digits, codes in sorted(others.items())]
    known_usual = currency.not_in([code for codes in others.values() for code in codes])
    return case((known_usual, _shifted(minor, usual)), *unusual)


def _shifted(minor: ColumnElement[int], digits: int) -> ColumnElement[str]:
    if digits == 0:
        return cast(minor, Text)
    # A product of numerics has the sum of their scales: exactly the digits wanted.
    exact = cast(minor * literal_column(f"0.{1:0{digits}d}", Numeric()), Text)
    if not isinstance(minor, ColumnClause):
        return exact
    # Most have digits before the point as well; a cut costs less than a product.
    text = cast(minor, Text)
    cut = func.left(text, constant(-digits)) + constant(".") + func.right(text, constant(digits))
    return case((minor >= constant(10**digits), cut), else_=exact)


class Here(Kind):
    """An object of the same row: its own fields say where they are."""

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        return build.object(at, asked.children)


@dataclass(frozen=True)
class Said(Kind):
    """The same for every row."""

    value: Enum

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        return constant(f'"{self.value.name}"')


@dataclass(frozen=True)
class Each(Kind):
    """A list of as many objects as there are ``items``, each with the kinds of its fields by their names."""

    items: Sequence[Mapping[str, Kind]]
    is_whole = True

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        pieces: list[Piece] = ["["]
        for place, item in enumerate(self.items):
            made = {
                child.name: item[child.name].sql(at, child, build)
                for child in asked.children
                if child.definition
            }
            pieces += ["," if place else "", parts_of(asked, made)]
        return joined([*pieces, "]"])


@dataclass(frozen=True)
class Finished(Kind):
    """Facts of a row that code turns into the answer once they are read (``finish``).

    ``make`` takes them by their attributes' keys, as JSON has them, and returns what a resolver would.
    """

    attributes: Sequence[Attribute]
    make: Callable[[Mapping[str, Any], Any], Any]
    is_whole = True

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        return object_of((each.key, anything(at[each], lacks=at.lacks(each))) for each in self.attributes)
