"""What a file leaves open, as data: a stable code, the choices, rows to look at, and the option that
answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

NO_FACTS: Mapping[str, str] = MappingProxyType({})


class QuestionCode(StrEnum):
    KIND = "KIND"
    COLUMN_MISSING = "COLUMN_MISSING"
    COLUMN_TWICE = "COLUMN_TWICE"
    DATE_ORDER = "DATE_ORDER"
    DATE_ORDER_CONFLICT = "DATE_ORDER_CONFLICT"
    DECIMAL_SIGN = "DECIMAL_SIGN"
    DECIMAL_SIGN_CONFLICT = "DECIMAL_SIGN_CONFLICT"
    CURRENCY = "CURRENCY"
    CURRENCY_OF_WORD = "CURRENCY_OF_WORD"
    CURRENCY_OF_GROUP = "CURRENCY_OF_GROUP"
    LEADING_ZEROS = "LEADING_ZEROS"
    TERMS = "TERMS"
    SETTLED_SHORT = "SETTLED_SHORT"


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer: its value, and the command-line option that gives it."""

    value: str
    option: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A cell to look at before answering: line in the file, heading, text as written."""

    line: int
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """``facts`` fill the sentence in any language. Where ``choices`` is not the whole world (a currency,
    a number of days), ``open_option`` says how any other answer is given."""

    code: QuestionCode
    choices: tuple[Choice, ...]
    samples: tuple[Sample, ...] = ()
    facts: Mapping[str, str] = field(default_factory=lambda: NO_FACTS)
    open_option: str = ""


def quoted(text: str) -> str:
    """A heading or value for a POSIX command line: in double quotes, with what a shell would expand
    escaped."""
    escaped = "".join("\\" + character if character in '\\"$`' else character for character in text)
    return f'"{escaped}"'


def column_option(heading: str, field_name: str) -> str:
    return f"--column {quoted(heading)}={field_name}"


def currency_option(heading: str, value: str, currency: str) -> str:
    bare = f"{heading}={value}:{currency}"
    plain = bare.isascii() and all(character.isalnum() or character in "_-.:=/" for character in bare)
    return f"--currency-for {bare if plain else quoted(bare)}"
