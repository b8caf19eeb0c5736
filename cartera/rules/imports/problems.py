"""Why a row, or a whole file, is not taken: stable codes with the facts that make a sentence in any
language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cartera.rules.imports.questions import NO_FACTS


class RefusalCode(StrEnum):
    """Why a file is not read at all."""

    UNREADABLE = "unreadable"
    EMPTY = "empty"
    BINARY = "binary"
    TOO_LARGE = "too_large"
    LINE_TOO_LONG = "line_too_long"
    CELL_TOO_LONG = "cell_too_long"
    TOO_MANY_COLUMNS = "too_many_columns"
    NO_COLUMNS = "no_columns"
    NO_HEADER = "no_header"
    NO_ROWS = "no_rows"
    QUOTE_NOT_CLOSED = "quote_not_closed"
    ENCODING_MIXED = "encoding_mixed"
    ENCODING_UNKNOWN = "encoding_unknown"
    ENCODING_UNSUPPORTED = "encoding_unsupported"


class Refusal(Exception):
    """A file that cannot be read as a table. ``facts`` fill ``wording.say_refusal``; nothing was kept of
    it."""

    def __init__(self, code: RefusalCode, **facts: str | int) -> None:
        super().__init__(f"{code}: {facts}")
        self.code = code
        self.facts: Mapping[str, str] = {name: str(value) for name, value in facts.items()}


class ProblemCode(StrEnum):
    """Why a row is not taken."""

    CELLS_MISSING = "cells_missing"
    CELLS_EXTRA = "cells_extra"
    QUOTING_BROKEN = "quoting_broken"
    BYTES_UNDECODABLE = "bytes_undecodable"
    VALUE_MISSING = "value_missing"
    TEXT_TOO_LONG = "text_too_long"
    FORMULA_IN_ID = "formula_in_id"
    CUSTOMER_ID_AMBIGUOUS = "customer_id_ambiguous"
    DOCUMENT_KIND_UNKNOWN = "document_kind_unknown"
    DATE_UNREADABLE = "date_unreadable"
    DATE_IMPOSSIBLE = "date_impossible"
    DATE_OUT_OF_RANGE = "date_out_of_range"
    DUE_BEFORE_ISSUE = "due_before_issue"
    TERMS_UNREADABLE = "terms_unreadable"
    AMOUNT_UNREADABLE = "amount_unreadable"
    AMOUNT_ZERO = "amount_zero"
    AMOUNT_NEGATIVE = "amount_negative"
    AMOUNT_TOO_LARGE = "amount_too_large"
    AMOUNT_TOO_PRECISE = "amount_too_precise"
    CURRENCY_MISSING = "currency_missing"
    CURRENCY_UNKNOWN = "currency_unknown"
    CURRENCY_CONTRADICTS = "currency_contradicts"
    BALANCE_ABOVE_AMOUNT = "balance_above_amount"
    SIGNS_DISAGREE = "signs_disagree"
    DUPLICATE_DIFFERS = "duplicate_differs"
    EMAIL_INVALID = "email_invalid"
    PHONE_INVALID = "phone_invalid"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason. ``heading`` and ``value`` (cut at 60 characters) say where, ``facts`` what."""

    code: ProblemCode
    heading: str = ""
    value: str = ""
    facts: Mapping[str, str] = field(default_factory=lambda: NO_FACTS)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not taken: the line on which it begins (from 1, the heading's included) and every
    reason."""

    line: int
    problems: tuple[Problem, ...]


class Notice(StrEnum):
    """What was done with good rows that a person should know of; counted, not listed."""

    CREDIT_NOTE_PROPOSED = "credit_note_proposed"
    DUE_FROM_TERMS = "due_from_terms"
    ISSUE_FROM_TERMS = "issue_from_terms"
    REPEATED = "repeated"
    FORMULA_TEXT = "formula_text"
    DECIMALS_ROUNDED = "decimals_rounded"
    ZEROS_STRIPPED = "zeros_stripped"
