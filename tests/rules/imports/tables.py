"""Tables in memory, as the readers of documents give them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from cartera.rules.imports.answers import Answers, read_options
from cartera.rules.imports.conversion import Conversion
from cartera.rules.imports.customer_ids import KnownCustomers
from cartera.rules.imports.evidence import RawRow
from cartera.rules.imports.fields import FileKind
from cartera.rules.imports.inspection import Inspection, inspect
from cartera.rules.imports.mapping import FileMapping
from cartera.rules.imports.problems import BadRow
from cartera.rules.imports.questions import Question, QuestionCode
from cartera.rules.imports.rows import Row

Header = tuple[str, ...]
Rows = Callable[[], Iterable[RawRow]]


def table(text: str) -> tuple[Header, Rows]:
    """``a | b`` on each line; the first is the header, as line 1."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    header, rows = tuple(lines[0]), lines[1:]
    return header, lambda: ((number, list(cells)) for number, cells in enumerate(rows, start=2))


def look(
    text: str,
    answers: Answers | None = None,
    *,
    known: Iterable[str] = (),
    remembered: FileMapping | None = None,
    **options: str,
) -> Inspection:
    """Inspects a table, with the answers that command-line options give."""
    header, rows = table(text)
    stored: dict[FileKind, FileMapping] = {remembered.kind: remembered} if remembered else {}
    given = answers or read_options(**options)  # type: ignore[arg-type]  # every option here is one text
    return inspect(header, rows, answers=given, known=KnownCustomers(known), remembered=stored)


def question(found: Inspection, code: QuestionCode) -> Question:
    """The one question of this code, which must be there."""
    (only,) = (asked for asked in found.questions if asked.code is code)
    return only


def convert(
    text: str,
    answers: Answers | None = None,
    *,
    known: Iterable[str] = (),
    today: date = date.max,
    **options: str,
) -> tuple[list[Row], list[BadRow], Conversion]:
    """Rows taken, rows refused (those taken back included) and the finished conversion."""
    header, rows = table(text)
    found = look(text, answers, known=known, **options)
    assert found.mapping is not None, found.questions
    conversion = Conversion(header, found.mapping, KnownCustomers(known), today)
    read = list(conversion.rows(rows()))
    bad = [row for row in read if isinstance(row, BadRow)]
    return [row for row in read if not isinstance(row, BadRow)], bad + conversion.retracted(), conversion
