"""Rows of text become typed values, or problems: every reason of a row at once, in the order of its
fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from cartera.rules.imports.contact_rows import ContactReader
from cartera.rules.imports.customer_ids import KnownCustomers
from cartera.rules.imports.duplicates import Seen
from cartera.rules.imports.evidence import RawRow
from cartera.rules.imports.fields import FileKind
from cartera.rules.imports.invoice_rows import InvoiceReader
from cartera.rules.imports.mapping import FileMapping
from cartera.rules.imports.payment_rows import PaymentReader
from cartera.rules.imports.problems import BadRow, Notice, Problem, ProblemCode
from cartera.rules.imports.reading import Faults, RowReader
from cartera.rules.imports.rows import Row

_READERS: dict[FileKind, type[RowReader]] = {
    FileKind.INVOICES: InvoiceReader,
    FileKind.PAYMENTS: PaymentReader,
    FileKind.CONTACTS: ContactReader,
}


class Conversion:
    """Reads the rows of one file, once. ``taken``, ``refused`` and ``notices`` are complete when the rows
    are.

    A document that comes twice alike is taken once. One that comes again with another content is refused
    there, and the line taken before is named by ``retracted``: of two contents neither can be trusted, so
    the caller takes that line back. ``today``: the day after which nothing can have happened yet.
    """

    def __init__(
        self,
        header: Sequence[str],
        mapping: FileMapping,
        known: KnownCustomers | None = None,
        today: date = date.max,
    ) -> None:
        self.taken = 0
        self.refused = 0
        self._reader = _READERS[mapping.kind](header, mapping, known or KnownCustomers(), today)
        self.notices: Counter[Notice] = Counter()
        self._seen = Seen()

    def rows(self, raw: Iterable[RawRow]) -> Iterator[Row | BadRow]:
        """The typed rows and the refused ones, as they come."""
        for item in raw:
            row = item if isinstance(item, BadRow) else self.row(*item)
            if row is None:
                continue
            if isinstance(row, BadRow):
                self.refused += 1
            else:
                self.taken += 1
            yield row

    def row(self, line: int, cells: Sequence[str]) -> Row | BadRow | None:
        """One row; None where it repeats an earlier one."""
        faults: Faults = []
        self._reader.noted.clear()
        row = self._reader.read(line, cells, faults)
        if row is None:
            return BadRow(line, tuple(cells), tuple(faults), self._reader.shown(cells))
        earlier = self._seen.earlier(*self._reader.identity(row), line)
        if earlier is None:
            if self._reader.noted:
                self.notices.update(self._reader.noted)
            return row
        first, same = earlier
        if same:
            self.notices[Notice.REPEATED] += 1
            return None
        return BadRow(line, tuple(cells), (_differs(first),), self._reader.shown(cells))

    def retracted(self) -> list[BadRow]:
        """Rows taken that a later row contradicted, by line; their cells are no longer at hand."""
        return [BadRow(line, (), (_differs(other),)) for line, other in sorted(self._seen.disputed().items())]


def _differs(other: int) -> Problem:
    return Problem(ProblemCode.DUPLICATE_DIFFERS, facts={"line": str(other)})
