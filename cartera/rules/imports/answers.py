"""What a person said about a file, as options of the command line or choices of a screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from cartera.rules.currencies import MINOR_DIGITS
from cartera.rules.imports.amounts import DecimalSign
from cartera.rules.imports.dates import DateOrder
from cartera.rules.imports.fields import FIELDS_OF, Field, FileKind
from cartera.rules.imports.headings import normalised

IGNORE = "ignore"
LONGEST_TERMS = 3650


class Zeros(StrEnum):
    """What to do with ids that are a known customer's but for leading zeros."""

    STRIP = "strip"
    KEEP = "keep"


class SettledShort(StrEnum):
    """What remains of a document settled with less than its amount: still owed, or closed all the same."""

    OPEN = "open"
    CLOSED = "closed"


class ExtraDecimals(StrEnum):
    """What to do with an amount that has more decimals than its currency."""

    REFUSE = "refuse"
    ROUND = "round"


class BadAnswer(ValueError):
    """An option that cannot be an answer. ``str()`` is one English sentence for the command line."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Every field may be unset: then the file decides, or a question stays open.

    ``columns`` maps headings as typed to a field or to None (ignore); ``currency_for`` maps a heading and
    a value of that column to a currency.
    """

    kind: FileKind | None = None
    columns: Mapping[str, Field | None] = field(default_factory=lambda: MappingProxyType({}))
    date_order: DateOrder | None = None
    decimal: DecimalSign | None = None
    currency: str | None = None
    currency_for: Mapping[tuple[str, str], str] = field(default_factory=lambda: MappingProxyType({}))
    zeros: Zeros | None = None
    terms_days: int | None = None
    settled_short: SettledShort | None = None
    extra_decimals: ExtraDecimals | None = None

    def over(self, earlier: Answers) -> Answers:
        """These answers, and the earlier ones wherever these say nothing."""
        values = {name: getattr(self, name) for name in _SINGLE if getattr(self, name) is not None}
        chosen = {field for field in self.columns.values() if field}
        columns = {heading: field for heading, field in earlier.columns.items() if field not in chosen}
        return replace(
            earlier,
            **values,
            columns={**columns, **self.columns},
            currency_for={**earlier.currency_for, **self.currency_for},
        )


_SINGLE = (
    "kind", "date_order", "decimal", "currency", "zeros", "terms_days", "settled_short", "extra_decimals"
)  # fmt: skip
_Word = TypeVar("_Word", bound=StrEnum)


def read_options(
    *,
    kind: str | None = None,
    columns: Iterable[str] = (),
    date_order: str | None = None,
    decimal: str | None = None,
    currency: str | None = None,
    currency_for: Iterable[str] = (),
    zeros: str | None = None,
    terms: str | None = None,
    settled_short: str | None = None,
    extra_decimals: str | None = None,
) -> Answers:
    """Answers from the texts of options, as typed. Raises BadAnswer."""
    return Answers(
        kind=_word("--kind", FileKind, kind),
        columns=dict(_column(text) for text in columns),
        date_order=_word("--date-order", DateOrder, date_order and date_order.upper()),
        decimal=_word("--decimal", DecimalSign, decimal),
        currency=_currency("--currency", currency) if currency else None,
        currency_for=dict(_currency_for(text) for text in currency_for),
        zeros=_word("--strip-zeros or --keep-zeros", Zeros, zeros),
        terms_days=_days(terms) if terms is not None else None,
        settled_short=_word("--settled-short", SettledShort, settled_short),
        extra_decimals=_word("--extra-decimals", ExtraDecimals, extra_decimals),
    )


def _word(option: str, words: type[_Word], text: str | None) -> _Word | None:
    if text is None:
        return None
    try:
        return words(text)
    except ValueError:
        raise BadAnswer(f"{option} takes {' or '.join(words)}, not {text!r}.") from None


def _currency(option: str, text: str) -> str:
    code = text.strip().upper()
    if code not in MINOR_DIGITS:
        raise BadAnswer(f"{option} takes an ISO 4217 code such as MXN, not {text!r}.")
    return code


def _column(text: str) -> tuple[str, Field | None]:
    heading, separator, name = text.rpartition("=")
    if not separator or not heading:
        raise BadAnswer(f'--column takes "Heading"=field, not {text!r}.')
    if name == IGNORE:
        return heading, None
    try:
        return heading, Field(name)
    except ValueError:
        raise BadAnswer(
            f"--column knows no field {name!r}; the fields are {', '.join(Field)}, {IGNORE}."
        ) from None


def _currency_for(text: str) -> tuple[tuple[str, str], str]:
    pair, colon, code = text.rpartition(":")
    heading, equals, value = pair.partition("=")
    if not (colon and equals and heading):
        raise BadAnswer(
            f"--currency-for takes column=value:CODE, as in business_code=CA02:CAD, not {text!r}."
        )
    return (heading, value), _currency("--currency-for", code)


def _days(text: str) -> int:
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or int(text) > LONGEST_TERMS:
        raise BadAnswer(f"--terms takes a number of days from 0 to {LONGEST_TERMS}, not {text!r}.")
    return int(text)


def resolve_heading(header: Sequence[str], typed: str) -> int:
    """The index of the column that a person means. Raises BadAnswer naming the columns there are."""
    exact = [index for index, heading in enumerate(header) if heading == typed]
    alike = exact or [
        i for i, heading in enumerate(header) if heading and normalised(heading) == normalised(typed)
    ]
    if len(alike) != 1:
        raise BadAnswer(f"The file has no column {typed!r}. Its columns are: {', '.join(header)}.")
    return alike[0]


def chosen_columns(header: Sequence[str], answers: Answers, kind: FileKind) -> dict[int, Field | None]:
    """Which columns a person chose or ruled out. Raises BadAnswer for a column or field that is not there."""
    chosen: dict[int, Field | None] = {}
    for typed, field_ in answers.columns.items():
        if field_ and field_ not in FIELDS_OF[kind]:
            fitting = ", ".join(FIELDS_OF[kind])
            raise BadAnswer(f"A file of {kind} has no field {field_}; its fields are {fitting}.")
        chosen[resolve_heading(header, typed)] = field_
    twice = [f for f in chosen.values() if f and list(chosen.values()).count(f) > 1]
    if twice:
        raise BadAnswer(f"Two columns are given as {twice[0]}; choose one.")
    return chosen
