"""Which column holds which field: headings first, then whether the cells look like it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cartera.rules.imports import amounts, vocabulary
from cartera.rules.imports.cells import clean
from cartera.rules.imports.dates import looks_like_date
from cartera.rules.imports.fields import FIELDS_OF, REQUIRED, TYPE_OF, Field, FileKind, ValueType
from cartera.rules.imports.headings import claim

# Below this a heading is left unmapped; two columns closer than the margin are asked about.
ENOUGH = 0.45
MARGIN = 0.05
SHORTEST_TAX_ID = 6
LONGEST_LOOK = 200

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[0-9 ()./-]{7,}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file as proposed: its field or None, how sure (0 to 1), and a few of its cells."""

    index: int
    heading: str
    field: Field | None
    confidence: float
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rivalry:
    """Columns that claim one field equally, with different cells."""

    field: Field
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recognition:
    columns: tuple[Column, ...]
    rivalries: tuple[Rivalry, ...]
    missing: tuple[tuple[Field, ...], ...]

    def index_of(self, field: Field) -> int | None:
        return next((column.index for column in self.columns if column.field is field), None)


@dataclass(frozen=True, slots=True)
class Claims:
    """How surely each column is each field of one kind."""

    kind: FileKind
    scores: Mapping[tuple[int, Field], float]

    def best(self, field: Field) -> float:
        return max((score for (_, claimed), score in self.scores.items() if claimed is field), default=0.0)


def claims(header: Sequence[str], rows: Sequence[Sequence[str]], kind: FileKind) -> Claims:
    """Every column's claim to every field of a kind; ``rows`` are sample rows as wide as the header."""
    scores: dict[tuple[int, Field], float] = {}
    for index, heading in enumerate(header):
        cells = [text[:LONGEST_LOOK] for row in rows if (text := clean(row[index]))]
        for field in FIELDS_OF[kind]:
            score = claim(heading, field, kind)
            score = score * _likeness(field, cells) if score else _content_alone(field, cells)
            if score >= ENOUGH:
                scores[index, field] = round(score, 3)
    return Claims(kind, scores)


def _content_alone(field: Field, cells: Sequence[str]) -> float:
    """Two contents need no heading: e-mail addresses and currency codes."""
    if len(cells) < 3 or field not in (Field.EMAIL, Field.CURRENCY):
        return 0.0
    is_sure = vocabulary.currency_of if field is Field.CURRENCY else _EMAIL.fullmatch
    return 0.6 if sum(is_sure(cell) is not None for cell in cells) >= 0.9 * len(cells) else 0.0


def _likeness(field: Field, cells: Sequence[str]) -> float:
    """The factor that the cells put on a heading's claim."""
    kind = TYPE_OF.get(field, ValueType.TEXT)
    if not cells:
        # An empty column of dates or amounts says "none yet"; an empty column of ids identifies nobody.
        return 0.5 if field in (Field.CUSTOMER_ID, Field.TAX_ID, Field.NUMBER, Field.PAYMENT_ID) else 0.9
    if field is Field.CUSTOMER_ID:
        return 1.0 if _share(cells, ValueType.CODE) >= 0.5 else 0.6
    if field is Field.TAX_ID:
        return 1.0 if sum(len(cell) >= SHORTEST_TAX_ID for cell in cells) * 2 >= len(cells) else 0.0
    if field in (Field.NUMBER, Field.PAYMENT_ID) and _counts_rows(cells):
        return 0.4
    if kind is ValueType.TEXT:
        return 1.0
    share = _share(cells, kind)
    if kind is ValueType.NAME:
        return 1.0 if share >= 0.5 else 0.7
    return 1.0 if share >= 0.8 else 0.85 if share >= 0.5 else 0.0


def _counts_rows(cells: Sequence[str]) -> bool:
    """Whether the cells are 0, 1, 2… or 1, 2, 3…: a row number, not an identifier."""
    return len(cells) >= 3 and all(
        cell.isdecimal() and int(cell) - int(cells[0]) == position for position, cell in enumerate(cells)
    ) and cells[0] in ("0", "1")  # fmt: skip


def _share(cells: Sequence[str], kind: ValueType) -> float:
    return sum(_looks_like(cell, kind) for cell in cells) / len(cells)


def _looks_like(cell: str, kind: ValueType) -> bool:
    if kind is ValueType.DATE:
        return looks_like_date(cell)
    if kind is ValueType.AMOUNT:
        return amounts.written(cell) is not None
    if kind is ValueType.CODE:
        return len(cell) <= 20 and " " not in cell and any(c.isdecimal() for c in cell)
    if kind is ValueType.NAME:
        return any(c.isalpha() for c in cell) and (" " in cell or not any(c.isdecimal() for c in cell))
    if kind is ValueType.CURRENCY:  # any short word may stand for one: what it means is asked
        return len(cell) <= 20 and amounts.written(cell) is None and not looks_like_date(cell)
    if kind is ValueType.DOCUMENT_KIND:
        return vocabulary.document_kind(cell) is not None
    if kind is ValueType.EMAIL:  # perhaps several, perhaps damaged: the rows will say
        return "@" in cell
    return _PHONE.search(cell) is not None


def recognise(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    kind: FileKind,
    chosen: Mapping[int, Field | None] | None = None,
) -> Recognition:
    """The proposal for one kind of file. ``chosen`` columns are a person's and are never argued with.

    The strongest claim takes its column and its field, then the next; what is left unmapped is shown as such.
    """
    chosen = chosen or {}
    made = claims(header, rows, kind)
    fields: dict[int, tuple[Field, float]] = {i: (field, 1.0) for i, field in chosen.items() if field}
    taken = {field for field, _ in fields.values()}
    for (index, field), score in sorted(made.scores.items(), key=lambda item: (-item[1], item[0][0])):
        if index not in fields and index not in chosen and field not in taken:
            fields[index] = (field, score)
            taken.add(field)
    columns = tuple(_column(index, heading, fields.get(index), rows) for index, heading in enumerate(header))
    rivalries = _rivalries(columns, made, rows, {field for field in chosen.values() if field}, chosen)
    missing = tuple(group for group in REQUIRED[kind] if not taken & set(group))
    return Recognition(columns, rivalries, missing)


def _column(
    index: int, heading: str, mapped: tuple[Field, float] | None, rows: Sequence[Sequence[str]]
) -> Column:
    field, confidence = mapped or (None, 0.0)
    cells = dict.fromkeys(text[:60] for row in rows[:200] if (text := clean(row[index])))
    return Column(index, heading, field, confidence, tuple(cells)[:3])


def _rivalries(
    columns: Sequence[Column],
    made: Claims,
    rows: Sequence[Sequence[str]],
    settled: set[Field],
    chosen: Mapping[int, Field | None],
) -> tuple[Rivalry, ...]:
    """Unmapped columns whose claim is as good as the winner's, unless they hold the same cells."""
    unmapped = [column for column in columns if column.field is None and column.index not in chosen]
    found = []
    for winner in columns:
        if winner.field is None or winner.field in settled:
            continue
        least = winner.confidence - MARGIN
        equals = [c for c in unmapped if made.scores.get((c.index, winner.field), 0.0) >= least]
        rivals = [c for c in equals if any(row[c.index] != row[winner.index] for row in rows)]
        if rivals:
            found.append(Rivalry(winner.field, (winner.heading, *(c.heading for c in rivals))))
    return tuple(found)


def detect_kind(header: Sequence[str], rows: Sequence[Sequence[str]]) -> FileKind | None:
    """The kind of file, or None where invoices and payments fit alike, or nothing fits."""
    invoices = claims(header, rows, FileKind.INVOICES)
    payments = claims(header, rows, FileKind.PAYMENTS)
    contacts = claims(header, rows, FileKind.CONTACTS)
    if (
        not invoices.best(Field.AMOUNT)
        and not invoices.best(Field.BALANCE)
        and not payments.best(Field.AMOUNT)
    ):
        reachable = max(contacts.best(field) for field in (Field.EMAIL, Field.PHONE, Field.ROLE))
        return FileKind.CONTACTS if reachable else None
    if any(invoices.best(field) >= 0.6 for field in (Field.DUE_DATE, Field.BALANCE, Field.TERMS)):
        return FileKind.INVOICES
    paid = payments.best(Field.RECEIVED_DATE) >= 0.9 or payments.best(Field.METHOD) >= 0.6
    paid = paid or payments.best(Field.PAYMENT_ID) >= 0.9
    issued = invoices.best(Field.ISSUE_DATE) >= 0.9
    if paid == issued:
        return None
    return FileKind.PAYMENTS if paid else FileKind.INVOICES
