"""Reads CSV files from outside as a stream of rows, and writes CSV that a spreadsheet shows and does not
run."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from cartera.documents.tabular import encoding as encodings
from cartera.documents.tabular.encoding import LONGEST_LINE
from cartera.documents.tabular.layout import MOST_COLUMNS, Layout, find_layout
from cartera.documents.tabular.source import MAX_BYTES, readable_head, unreadable
from cartera.rules.imports.cells import neutralised
from cartera.rules.imports.evidence import RawRow
from cartera.rules.imports.problems import BadRow, Problem, ProblemCode, Refusal, RefusalCode

_LAYOUT_LINES = 300
# Enough for those lines in any file that people make, and little enough to be parted by each delimiter.
_LAYOUT_CHARACTERS = 512 * 1024


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A file understood as a table. Its rows can be read any number of times, each time from the disk."""

    path: Path
    encoding: str
    layout: Layout
    tolerant: bool = False

    @property
    def header(self) -> tuple[str, ...]:
        return self.layout.header

    def rows(self) -> Iterator[RawRow]:
        """Rows below the headings, blank ones left out: line and cells, as many cells as headings, or a
        BadRow.

        Memory: one row. Raises Refusal: LINE_TOO_LONG, CELL_TOO_LONG, QUOTE_NOT_CLOSED, UNREADABLE.
        """
        width = len(self.header)
        for line, cells in self.records():
            if isinstance(cells, Problem):
                yield BadRow(line, (), (cells,))
            elif not any(cells) or not any(cell.strip() for cell in cells):
                continue
            elif self.tolerant and not _is_decoded(cells):
                problem = Problem(ProblemCode.BYTES_UNDECODABLE, facts={"encoding": self.encoding})
                yield BadRow(line, tuple(_legible(cell) for cell in cells), (problem,))
            elif len(cells) == width:
                yield line, cells
            else:
                yield _fitted(line, cells, width)

    def cells_of(self, lines: Collection[int]) -> dict[int, tuple[str, ...]]:
        """The cells of the rows that begin on these lines, read again from the disk. Raises as ``rows``."""
        wanted = frozenset(lines)
        found = ((line, cells) for line, cells in self.records() if line in wanted)
        return {line: tuple(cells) for line, cells in found if not isinstance(cells, Problem)}

    def records(self) -> Iterator[tuple[int, list[str] | Problem]]:
        """Everything below the headings as it is, of any width; a Problem where the quoting is broken.

        Raises as ``rows``.
        """
        skipped = self.layout.heading_line - 1
        with _opened(self.path, self.encoding) as file:
            lines = _lines(file)
            for _ in islice(lines, skipped):
                pass
            reader = csv.reader(lines, delimiter=self.layout.delimiter, skipinitialspace=True, strict=True)
            next(reader, None)
            while True:
                line = skipped + reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield line, _broken(line, str(error))
                else:
                    yield line, cells


def open_csv(path: Path, *, encoding: str | None = None, max_bytes: int = MAX_BYTES) -> CsvTable:
    """Understands a file as a table; its bytes are read once for the encoding, unless one is given.

    With a given encoding, lines that it cannot decode become bad rows instead of refusing the file.
    Raises Refusal for whatever the bytes, the first lines and the headings show; the rest shows when the
    rows are read.
    """
    head = readable_head(path, max_bytes)
    found = encodings.named(encoding) if encoding else encodings.detect(path, head)
    with _opened(path, found) as file:
        first = _first(_lines(file))
    return CsvTable(path, found, find_layout(first), tolerant=encoding is not None)


def write_bad_rows(
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[str], str]],
    out: TextIO,
    *,
    titles: tuple[str, str],
    delimiter: str = ",",
) -> int:
    """Writes a file of rows to correct and send back: line, cells and reason of each; returns how many.

    Line and reason stand in two more columns, named by ``wording.bad_row_titles``. ``out`` is opened with
    ``newline=""``. What a spreadsheet would run is neutralised.
    """
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([*map(neutralised, header), *titles])
    count = 0
    for line, cells, reason in rows:
        padding = [""] * (len(header) - len(cells))
        writer.writerow([*map(neutralised, cells[: len(header)]), *padding, line, neutralised(reason)])
        count += 1
    return count


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[TextIO]:
    """The file as text with its own line ends. Bytes that a one-byte encoding or UTF-8 cannot decode come
    through as lone surrogates; in UTF-16 they refuse the file, since nothing after them can be
    trusted."""
    errors = "strict" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
    try:
        with path.open(encoding=encoding, errors=errors, newline="") as file:
            yield file
    except UnicodeError:
        raise Refusal(RefusalCode.ENCODING_BROKEN, encoding=encoding) from None
    except OSError as error:
        raise unreadable(path, error) from None


def _lines(file: TextIO) -> Iterator[str]:
    """Lines with their ends, none longer than LONGEST_LINE in memory."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise Refusal(RefusalCode.LINE_TOO_LONG, line=number, most=LONGEST_LINE)
        yield line


def _first(lines: Iterator[str]) -> list[str]:
    """The lines that show the layout: whole ones, and never many long ones."""
    found: list[str] = []
    characters = 0
    for line in islice(lines, _LAYOUT_LINES):
        found.append(line)
        characters += len(line)
        if characters > _LAYOUT_CHARACTERS:
            break
    return found


def _legible(cell: str) -> str:
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _is_decoded(cells: list[str]) -> bool:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return False
    return True


def _fitted(line: int, cells: list[str], width: int) -> RawRow:
    """A row of another width: empty cells too many are let go, anything else would move values between
    columns."""
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return line, cells[:width]
    code = ProblemCode.CELLS_EXTRA if len(cells) > width else ProblemCode.CELLS_MISSING
    facts = {"cells": str(len(cells)), "columns": str(width)}
    # No more cells than a file may have columns: a refused row is kept, and shown.
    return BadRow(line, tuple(cells[:MOST_COLUMNS]), (Problem(code, facts=facts),))


def _broken(line: int, error: str) -> Problem:
    if "field larger than" in error:
        raise Refusal(RefusalCode.CELL_TOO_LONG, line=line)
    if "unexpected end of data" in error:
        raise Refusal(RefusalCode.QUOTE_NOT_CLOSED, line=line)
    return Problem(ProblemCode.QUOTING_BROKEN)
