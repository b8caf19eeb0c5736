"""Reads what a row says of money: its currency once, then its amounts in that currency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cartera.rules.imports import vocabulary
from cartera.rules.imports.amounts import AmountReader, written
from cartera.rules.imports.answers import ExtraDecimals, resolve_heading
from cartera.rules.imports.cells import clean
from cartera.rules.imports.customer_ids import KnownCustomers
from cartera.rules.imports.fields import AMOUNT_FIELDS, Field
from cartera.rules.imports.mapping import FileMapping
from cartera.rules.imports.problems import Notice, ProblemCode
from cartera.rules.imports.reading import Cells, Faults
from cartera.rules.money import NotAnAmount, TooLarge, TooPrecise, minor_digits

# Marks of several currencies: they say no more than the file does. Any other mark (CR, %) is not ignored.
_SHARED_MARKS = frozenset(["", "$", "¥"])


class MoneyCells(Cells):
    """Cells with amounts. A row has one currency: its own cell's, else its group's, else the mark's at
    its first amount, else the file's."""

    def __init__(
        self, header: Sequence[str], mapping: FileMapping, known: KnownCustomers, today: date
    ) -> None:
        super().__init__(header, mapping, known, today)
        self._rounds = mapping.extra_decimals is ExtraDecimals.ROUND
        self._readers: dict[str, AmountReader] = {}
        self._currencies: dict[str, str | None] = {}
        self._amounts = [self._index[field] for field in AMOUNT_FIELDS if field in self._index]
        self._groups = [
            (resolve_heading(header, heading), value, code)
            for (heading, value), code in mapping.currency_for.items()
            if heading != mapping.columns.get(Field.CURRENCY)
        ]

    def currency(self, cells: Sequence[str], faults: Faults) -> str | None:
        """The row's currency, or None with a fault."""
        index = self._index.get(Field.CURRENCY)
        named = self._named(cells[index]) if index is not None else ""
        if named:
            return named
        if named is None:
            self.fault(faults, ProblemCode.CURRENCY_UNKNOWN, Field.CURRENCY, cells)
            return None
        for group, value, code in self._groups:
            if cells[group].strip() == value:
                return code
        found = self._marked(cells) or self._mapping.currency
        if found is None:
            self.fault(faults, ProblemCode.CURRENCY_MISSING, Field.CURRENCY, cells)
        return found

    def _named(self, cell: str) -> str | None:
        """The currency of a cell: empty where the cell is, None where it names none."""
        if cell not in self._currencies:
            text = clean(cell)
            answered = self._mapping.currency_for.get((self._mapping.columns[Field.CURRENCY], text))
            self._currencies[cell] = (answered or vocabulary.currency_of(text)) if text else ""
        return self._currencies[cell]

    def _marked(self, cells: Sequence[str]) -> str | None:
        first = next((cells[index] for index in self._amounts if cells[index]), "")
        if first[:1].isdecimal() and first[-1:].isdecimal():
            return None
        parts = written(first)
        return vocabulary.currency_of(parts.mark) if parts and parts.mark else None

    def amount(self, field: Field, cells: Sequence[str], currency: str, faults: Faults) -> int | None:
        """Signed minor units, or None for an empty cell or with a fault."""
        index = self._index.get(field)
        if index is None or not cells[index]:
            return None
        reader = self._readers.get(currency)
        if reader is None:
            reader = self._readers[currency] = AmountReader(currency, self._mapping.decimal)
        quick = reader.quick(cells[index])
        return self._amount(field, cells[index], cells, reader, faults) if quick is None else quick

    def required_amount(
        self, field: Field, cells: Sequence[str], currency: str, faults: Faults
    ) -> int | None:
        """As ``amount``; empty is a fault, and so is zero."""
        before = len(faults)
        found = self.amount(field, cells, currency, faults)
        if found is None and len(faults) == before:
            self.fault(faults, ProblemCode.VALUE_MISSING, field, cells)
        if found == 0:
            self.fault(faults, ProblemCode.AMOUNT_ZERO, field, cells)
            return None
        return found

    def _amount(
        self, field: Field, cell: str, cells: Sequence[str], reader: AmountReader, faults: Faults
    ) -> int | None:
        try:
            parts = reader.parts(cell)
            if parts.mark not in _SHARED_MARKS and not self._agrees(field, cells, parts.mark, reader, faults):
                return None
            if reader.is_too_precise(parts) and self._rounds:
                self.noted.append(Notice.DECIMALS_ROUNDED)
            return reader.minor(parts, rounded=self._rounds)
        except NotAnAmount:
            if clean(cell):
                self.fault(faults, ProblemCode.AMOUNT_UNREADABLE, field, cells)
        except TooPrecise:
            facts = {"currency": reader.currency, "digits": str(minor_digits(reader.currency))}
            self.fault(faults, ProblemCode.AMOUNT_TOO_PRECISE, field, cells, facts)
        except TooLarge:
            self.fault(faults, ProblemCode.AMOUNT_TOO_LARGE, field, cells)
        return None

    def _agrees(
        self, field: Field, cells: Sequence[str], mark: str, reader: AmountReader, faults: Faults
    ) -> bool:
        """Whether the mark at an amount is the row's currency; a mark that means none makes it unreadable."""
        marked = vocabulary.currency_of(mark)
        if marked == reader.currency:
            return True
        if marked:
            facts = {"written": marked, "currency": reader.currency}
            self.fault(faults, ProblemCode.CURRENCY_CONTRADICTS, field, cells, facts)
        else:
            wrong = vocabulary.is_wrong_code(mark)
            code = ProblemCode.CURRENCY_UNKNOWN if wrong else ProblemCode.AMOUNT_UNREADABLE
            self.fault(faults, code, field, cells)
        return False
