"""Why a row, or a whole file, is not taken: stable codes with the facts that make a sentence in any
language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cartera.rules.imports.questions import NO_FACTS


class RefusalCode(StrEnum):
    """Why a file is not read at all."""

    UNREADABLE = "UNREADABLE"
    EMPTY = "EMPTY"
    BINARY = "BINARY"
    TOO_LARGE = "TOO_LARGE"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    CELL_TOO_LONG = "CELL_TOO_LONG"
    TOO_MANY_COLUMNS = "TOO_MANY_COLUMNS"
    NO_COLUMNS = "NO_COLUMNS"
    NO_HEADER = "NO_HEADER"
    NO_ROWS = "NO_ROWS"
    QUOTE_NOT_CLOSED = "QUOTE_NOT_CLOSED"
    ENCODING_MIXED = "ENCODING_MIXED"
    ENCODING_UNKNOWN = "ENCODING_UNKNOWN"
    ENCODING_BROKEN = "ENCODING_BROKEN"
    ENCODING_UNSUPPORTED = "ENCODING_UNSUPPORTED"


class Refusal(Exception):
    """A file that cannot be read as a table. ``facts`` fill ``wording.say_refusal``; nothing was kept of
    it."""

    def __init__(self, code: RefusalCode, **facts: str | int) -> None:
        super().__init__(f"{code}: {facts}")
        self.code = code
        self.facts: Mapping[str, str] = {name: str(value) for name, value in facts.items()}


class ProblemCode(StrEnum):
    """Why a row is not taken."""

    CELLS_MISSING = "CELLS_MISSING"
    CELLS_EXTRA = "CELLS_EXTRA"
    QUOTING_BROKEN = "QUOTING_BROKEN"
    BYTES_UNDECODABLE = "BYTES_UNDECODABLE"
    VALUE_MISSING = "VALUE_MISSING"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    FORMULA_IN_ID = "FORMULA_IN_ID"
    ID_ROUNDED = "ID_ROUNDED"
    CUSTOMER_ID_AMBIGUOUS = "CUSTOMER_ID_AMBIGUOUS"
    DOCUMENT_KIND_UNKNOWN = "DOCUMENT_KIND_UNKNOWN"
    DATE_UNREADABLE = "DATE_UNREADABLE"
    DATE_IMPOSSIBLE = "DATE_IMPOSSIBLE"
    DATE_OUT_OF_RANGE = "DATE_OUT_OF_RANGE"
    DATE_IN_FUTURE = "DATE_IN_FUTURE"
    DUE_BEFORE_ISSUE = "DUE_BEFORE_ISSUE"
    TERMS_UNREADABLE = "TERMS_UNREADABLE"
    AMOUNT_UNREADABLE = "AMOUNT_UNREADABLE"
    AMOUNT_ZERO = "AMOUNT_ZERO"
    AMOUNT_NEGATIVE = "AMOUNT_NEGATIVE"
    AMOUNT_TOO_LARGE = "AMOUNT_TOO_LARGE"
    AMOUNT_TOO_PRECISE = "AMOUNT_TOO_PRECISE"
    CURRENCY_MISSING = "CURRENCY_MISSING"
    CURRENCY_UNKNOWN = "CURRENCY_UNKNOWN"
    CURRENCY_CONTRADICTS = "CURRENCY_CONTRADICTS"
    BALANCE_ABOVE_AMOUNT = "BALANCE_ABOVE_AMOUNT"
    SIGNS_DISAGREE = "SIGNS_DISAGREE"
    DUPLICATE_DIFFERS = "DUPLICATE_DIFFERS"
    EMAIL_INVALID = "EMAIL_INVALID"
    # What the books refuse of a row that reads well.
    DOCUMENT_OF_ANOTHER_CUSTOMER = "DOCUMENT_OF_ANOTHER_CUSTOMER"
    DOCUMENT_CURRENCY_CHANGED = "DOCUMENT_CURRENCY_CHANGED"
    DOCUMENT_AMOUNT_CHANGED = "DOCUMENT_AMOUNT_CHANGED"
    DOCUMENT_CLOSED = "DOCUMENT_CLOSED"
    CUSTOMER_UNKNOWN = "CUSTOMER_UNKNOWN"
    DOCUMENT_UNKNOWN = "DOCUMENT_UNKNOWN"
    PAYMENT_CHANGED = "PAYMENT_CHANGED"
    RECEIVED_IN_FUTURE = "RECEIVED_IN_FUTURE"
    PHONE_INVALID = "PHONE_INVALID"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason. ``heading`` and ``value`` (cut at 60 characters) say where, ``facts`` what."""

    code: ProblemCode
    heading: str = ""
    value: str = ""
    facts: Mapping[str, str] = field(default_factory=lambda: NO_FACTS)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not taken, with every reason.

    ``line`` is where it begins, the file's first being 1; ``cells`` are as far as they could be told apart.
    ``shows`` are the external ids of the documents that it may be about: none where that cannot be said.
    """

    line: int
    cells: tuple[str, ...]
    problems: tuple[Problem, ...]
    shows: tuple[str, ...] = field(default=(), compare=False)


class Notice(StrEnum):
    """What was done with good rows that a person should know of; counted, not listed."""

    CREDIT_NOTE_PROPOSED = "CREDIT_NOTE_PROPOSED"
    DUE_FROM_TERMS = "DUE_FROM_TERMS"
    ISSUE_FROM_TERMS = "ISSUE_FROM_TERMS"
    REPEATED = "REPEATED"
    FORMULA_TEXT = "FORMULA_TEXT"
    DECIMALS_ROUNDED = "DECIMALS_ROUNDED"
    ZEROS_STRIPPED = "ZEROS_STRIPPED"
    GONE_LEFT_OPEN = "GONE_LEFT_OPEN"
