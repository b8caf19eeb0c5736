"""Delimiter and heading line, found in the first rows of a text."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cartera.rules.imports.amounts import written
from cartera.rules.imports.dates import looks_like_date
from cartera.rules.imports.headings import is_known
from cartera.rules.imports.problems import Refusal, RefusalCode

DELIMITERS = (",", ";", "\t", "|")
MOST_COLUMNS = 500
# Titles, dates of print and blank lines come before the headings of printed reports.
HEADING_WITHIN = 20
# A row with so large a share of its cells filled is data, or the headings.
_FULL = 0.8
_SEP_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """``heading_line`` is the line of the headings, counted from 1. Headings are unique and never empty."""

    delimiter: str
    heading_line: int
    header: tuple[str, ...]


def find_layout(lines: Sequence[str]) -> Layout:
    """The layout of a file that begins with ``lines`` (a few hundred, with their ends).

    Raises Refusal: NO_COLUMNS where no delimiter parts the lines, NO_HEADER where data begins at once,
    TOO_MANY_COLUMNS.
    """
    first = next((line for line in lines if line.strip()), "")
    if told := _SEP_LINE.fullmatch(first.strip()):
        delimiter = told[1]
    else:
        delimiter = max(DELIMITERS, key=lambda candidate: _regularity(lines, candidate))
    records = _records(lines, delimiter)
    width = _usual_width(records)
    if width < 2:
        raise Refusal(RefusalCode.NO_COLUMNS)
    _refuse_wide(width)
    line, cells = _heading(records, width)
    return Layout(delimiter, line, _unique(cells))


def _records(lines: Sequence[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """Records with the line each begins on; the last, perhaps cut, is left out where there are many."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    found: list[tuple[int, list[str]]] = []
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return found[:-1] if len(found) > 50 else found
        except csv.Error:
            continue  # a row with broken quotes is reported when the rows are read
        if any(cell.strip() for cell in cells):
            found.append((begins, cells))


def _usual_width(records: Sequence[tuple[int, list[str]]]) -> int:
    widths = Counter(len(cells) for _, cells in records)
    return max(widths, key=lambda width: (widths[width], width), default=0)


def _regularity(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    """How many records have the usual width, and that width: a comma in an amount makes two irregular
    columns."""
    records = _records(lines, delimiter)
    width = _usual_width(records)
    if width < 2:
        return 0.0, 0
    return round(sum(len(cells) == width for _, cells in records) / len(records), 1), width


def _heading(records: Sequence[tuple[int, list[str]]], width: int) -> tuple[int, list[str]]:
    """The first row of words above the data and about as wide; among several, one whose words are known."""
    candidates = []
    for line, cells in records[:HEADING_WITHIN]:
        trimmed = _trimmed(cells)
        _refuse_wide(len(trimmed))
        if _is_heading(trimmed, width):
            candidates.append((line, trimmed))
        elif sum(bool(cell.strip()) for cell in trimmed) >= _FULL * width:
            break  # data begins here: what stands below is no heading, and nothing above may be lost
    if not candidates:
        raise Refusal(RefusalCode.NO_HEADER)
    return next((row for row in candidates if sum(map(is_known, row[1])) >= 2), candidates[0])


def _refuse_wide(width: int) -> None:
    """Before any cell is looked at: of a line of a megabyte that alone would take minutes."""
    if width > MOST_COLUMNS:
        raise Refusal(RefusalCode.TOO_MANY_COLUMNS, columns=width, most=MOST_COLUMNS)


def _is_heading(cells: Sequence[str], width: int) -> bool:
    named = [cell for cell in cells if cell.strip()]
    if len(named) < 2 or len(named) * 2 < width:
        return False
    values = sum(_is_value(cell.strip()) for cell in named)
    return values == 0 or (values * 3 <= len(named) and sum(map(is_known, named)) >= 2)


def _is_value(cell: str) -> bool:
    return "@" in cell or written(cell) is not None or looks_like_date(cell)


def _trimmed(cells: Sequence[str]) -> list[str]:
    """Cells without the empty ones at the end, which a delimiter too many leaves."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return list(cells[:end])


def _unique(cells: Sequence[str]) -> tuple[str, ...]:
    """Headings on one line; a nameless column is ``#3``, a repeated name gets its number: ``Fecha (2)``."""
    seen: Counter[str] = Counter()
    names = []
    for position, cell in enumerate(cells, start=1):
        name = " ".join(cell.split())[:200] or f"#{position}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)
