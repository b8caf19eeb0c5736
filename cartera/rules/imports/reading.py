"""Reads cells of one row into values; what every kind of row shares."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from typing import Protocol, TypeVar

from cartera.rules.imports.answers import Zeros, resolve_heading
from cartera.rules.imports.cells import clean, starts_like_formula
from cartera.rules.imports.customer_ids import KnownCustomers, Likeness, id_of_tax_id
from cartera.rules.imports.dates import DateFault, DateOrder, read_date
from cartera.rules.imports.fields import Field
from cartera.rules.imports.mapping import FileMapping
from cartera.rules.imports.problems import Notice, Problem, ProblemCode
from cartera.rules.imports.questions import NO_FACTS
from cartera.rules.imports.rows import Row

LONGEST_ID = 64
LONGEST_TEXT = 200
_REMEMBERED = 50_000
# What a spreadsheet makes of a long number: 7.61235E+11 may have been any of a million documents.
_ROUNDED = re.compile(r"[0-9][.,][0-9]{1,10}E\+[0-9]{1,3}", re.ASCII | re.IGNORECASE)

Faults = list[Problem]
_Value = TypeVar("_Value")


class RowReader(Protocol):
    """One kind of row."""

    noted: list[Notice]

    def __init__(
        self, header: Sequence[str], mapping: FileMapping, known: KnownCustomers, today: date
    ) -> None: ...

    def read(self, line: int, cells: Sequence[str], faults: Faults) -> Row | None:
        """The row, or None with at least one fault added. What was done to it is added to ``noted``."""

    def shown(self, cells: Sequence[str]) -> tuple[str, ...]:
        """External ids of the documents that a refused row may be about; none where that cannot be said."""

    def identity(self, row: Row) -> tuple[Hashable, Hashable]:
        """What makes two rows the same thing, and what must then be equal in both."""


class Cells:
    """Reads the fields of a mapping from rows as wide as ``header``. Methods add to ``faults`` and go on.

    ``today`` is the day after which nothing can have happened yet.
    """

    def __init__(
        self, header: Sequence[str], mapping: FileMapping, known: KnownCustomers, today: date
    ) -> None:
        self.noted: list[Notice] = []
        self._header = header
        self._index = {field: resolve_heading(header, heading) for field, heading in mapping.columns.items()}
        self._mapping = mapping
        self._known = known
        self._today = today
        # Without an order no date of the file needs one: 05/05/2024 is the same day in each.
        self._order = mapping.date_order or DateOrder.DMY
        # Cells that were read without a fault, by field: most values of a list come many times.
        self._known_days: dict[str, date] = {}
        self._texts: dict[str, str] = {}
        self._customers: dict[str, str] = {}

    def shown(self, cells: Sequence[str]) -> tuple[str, ...]:
        """Payments and contacts are no documents."""
        return ()

    def has(self, field: Field) -> bool:
        return field in self._index

    def fault(
        self,
        faults: Faults,
        code: ProblemCode,
        field: Field,
        cells: Sequence[str],
        facts: Mapping[str, str] = NO_FACTS,
    ) -> None:
        """Adds a problem of one field: with its heading and its cell cut at 60 characters, or, where the
        field has no column, with the field's name among the facts."""
        index = self._index.get(field)
        if index is None:
            faults.append(Problem(code, facts={**facts, "field": field}))
        else:
            faults.append(Problem(code, self._header[index], cells[index].strip()[:60], facts))

    def text(self, field: Field, cells: Sequence[str], faults: Faults) -> str:
        """Cleaned text, kept as it is even where a spreadsheet would run it (that is counted)."""
        index = self._index.get(field)
        if index is None:
            return ""
        known = self._texts.get(cells[index])
        if known is not None:
            return known
        text = clean(cells[index])
        if len(text) > LONGEST_TEXT:
            self.fault(faults, ProblemCode.TEXT_TOO_LONG, field, cells, {"most": str(LONGEST_TEXT)})
        elif starts_like_formula(text):
            self.noted.append(Notice.FORMULA_TEXT)
        else:
            _remember(self._texts, cells[index], text)
        return text

    def identifier(
        self, field: Field, cells: Sequence[str], faults: Faults, *, required: bool = False
    ) -> str:
        """An id: never empty where required, never one that a spreadsheet would run."""
        index = self._index.get(field)
        text = "" if index is None else clean(cells[index])
        if not text:
            if required:
                self.fault(faults, ProblemCode.VALUE_MISSING, field, cells)
        elif starts_like_formula(text):
            self.fault(faults, ProblemCode.FORMULA_IN_ID, field, cells)
        elif _ROUNDED.fullmatch(text):
            self.fault(faults, ProblemCode.ID_ROUNDED, field, cells)
        elif len(text) > LONGEST_ID:
            self.fault(faults, ProblemCode.TEXT_TOO_LONG, field, cells, {"most": str(LONGEST_ID)})
        return text

    def customer(self, cells: Sequence[str], faults: Faults, *, required: bool = True) -> str:
        """The customer's external id; where the file has no column of ids, the tax id without points."""
        field = Field.CUSTOMER_ID if Field.CUSTOMER_ID in self._index else Field.TAX_ID
        index = self._index.get(field)
        known = self._customers.get(cells[index]) if index is not None else None
        if known is not None:
            return known
        before = len(faults)
        text = self.identifier(field, cells, faults, required=required)
        if field is Field.TAX_ID:
            text = id_of_tax_id(text)
        if text and self._mapping.zeros is Zeros.STRIP:
            return self._without_zeros(text, field, cells, faults)
        if index is not None and len(faults) == before:
            _remember(self._customers, cells[index], text)
        return text

    def _without_zeros(self, text: str, field: Field, cells: Sequence[str], faults: Faults) -> str:
        likeness = self._known.likeness(text)
        if likeness is Likeness.SEVERAL:
            self.fault(faults, ProblemCode.CUSTOMER_ID_AMBIGUOUS, field, cells)
        if likeness is Likeness.WITHOUT_ZEROS:
            self.noted.append(Notice.ZEROS_STRIPPED)
            return self._known.matching(text) or text
        return text

    def day(self, field: Field, cells: Sequence[str], faults: Faults) -> date | None:
        """The day, or None for an empty cell or with a fault."""
        index = self._index.get(field)
        if index is None:
            return None
        known = self._known_days.get(cells[index])
        if known is not None:
            return known
        text = clean(cells[index])
        if not text:
            return None
        found = read_date(text, self._order)
        if isinstance(found, DateFault):
            self.fault(faults, ProblemCode(found), field, cells, {"order": self._order})
            return None
        _remember(self._known_days, cells[index], found)
        return found

    def past_day(self, field: Field, cells: Sequence[str], faults: Faults) -> date | None:
        """``day`` of something that has happened: a later one than today is a fault."""
        found = self.day(field, cells, faults)
        if found and found > self._today:
            self.fault(faults, ProblemCode.DATE_IN_FUTURE, field, cells, {"today": self._today.isoformat()})
            return None
        return found

    def required_day(self, field: Field, cells: Sequence[str], faults: Faults) -> date | None:
        before = len(faults)
        found = self.day(field, cells, faults)
        if found is None and len(faults) == before:
            self.fault(faults, ProblemCode.VALUE_MISSING, field, cells)
        return found


def _remember(cache: dict[str, _Value], cell: str, value: _Value) -> None:
    if len(cache) >= _REMEMBERED:
        cache.clear()
    cache[cell] = value
