"""What all rows of a file together say about dates, amounts, currencies and ids. Memory is bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cartera.rules.currencies import MINOR_DIGITS
from cartera.rules.imports import vocabulary
from cartera.rules.imports.amounts import AmountEvidence, DecimalSign, Written, fraction_length, written
from cartera.rules.imports.cells import clean
from cartera.rules.imports.customer_ids import KnownCustomers, Likeness, id_of_tax_id
from cartera.rules.imports.dates import DateEvidence
from cartera.rules.imports.fields import AMOUNT_FIELDS, DATE_FIELDS, Field
from cartera.rules.imports.problems import BadRow
from cartera.rules.imports.questions import Sample
from cartera.rules.imports.recognition import Recognition

SAMPLES = 5
# A column with more values than this is no company code; a currency column with more words is no currency.
MOST_GROUPS = 200
MOST_WORDS = 20

RawRow = BadRow | tuple[int, list[str]]


def good(rows: Iterable[RawRow]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are as wide as the header."""
    return (row for row in rows if not isinstance(row, BadRow))


@dataclass(slots=True)
class Group:
    """The rows of one company code: how many have an amount, what their terms begin with, their decimals."""

    heading: str
    value: str
    rows: int = 0
    terms: Counter[str] = field(default_factory=Counter)
    decimals: Counter[tuple[DecimalSign, int]] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)

    def share_longer_than(self, digits: int, sign: DecimalSign | None) -> float:
        """The share of amounts with more decimals than a currency's ``digits``."""
        longer = sum(
            n
            for (written_sign, length), n in self.decimals.items()
            if written_sign is sign and length > digits
        )
        return longer / self.rows if self.rows else 0.0

    def terms_currency(self) -> str | None:
        """The currency of the country that at least half of the terms begin with."""
        value, count = max(self.terms.items(), key=lambda item: item[1], default=("", 0))
        return vocabulary.COUNTRY_CURRENCY.get(value) if count * 2 >= self.rows > 0 else None


@dataclass(slots=True)
class Word:
    """A word of the currency column that means no one currency by itself."""

    text: str
    rows: int
    sample: Sample


class Evidence:
    """Fed every row once; asked afterwards."""

    def __init__(self, header: Sequence[str], columns: Recognition, known: KnownCustomers) -> None:
        self.dates = DateEvidence()
        self.amounts = AmountEvidence()
        self.words: dict[str, Word] = {}
        self.groups: dict[str, Group] = {}
        self.unnamed = 0
        self.unnamed_samples: list[Sample] = []
        self.zero_matches = 0
        self.zero_samples: list[Sample] = []
        self.rows = 0
        self._header = header
        self._known = known
        self._dates = [i for f in DATE_FIELDS if (i := columns.index_of(f)) is not None]
        self._amounts = [i for f in AMOUNT_FIELDS if (i := columns.index_of(f)) is not None]
        self._currency = columns.index_of(Field.CURRENCY)
        self._company = columns.index_of(Field.COMPANY_CODE)
        self._terms = columns.index_of(Field.TERMS)
        self._by_tax_id = columns.index_of(Field.CUSTOMER_ID) is None
        self._customer = columns.index_of(Field.TAX_ID if self._by_tax_id else Field.CUSTOMER_ID)
        self._asked: dict[str, bool] = {}

    def add(self, line: int, cells: Sequence[str]) -> None:
        self.rows += 1
        for index in self._dates:
            if cells[index]:
                self.dates.add(line, self._header[index], cells[index].strip())
        first: Written | None = None
        for index in self._amounts:
            amount = written(cells[index]) if cells[index] else None
            if amount is not None:
                self.amounts.add(line, self._header[index], amount.body)
                if first is None:
                    first = amount
                    self._add_currency(line, cells, index, amount)
        if self._customer is not None:
            self._add_customer(line, cells[self._customer])

    def _sample(self, line: int, index: int, text: str) -> Sample:
        return Sample(line, self._header[index], text.strip()[:60])

    def _add_customer(self, line: int, cell: str) -> None:
        text = id_of_tax_id(cell) if self._by_tax_id else cell.strip()
        if text and self._known.likeness(text) is Likeness.WITHOUT_ZEROS:
            self.zero_matches += 1
            if len(self.zero_samples) < SAMPLES:
                assert self._customer is not None
                self.zero_samples.append(self._sample(line, self._customer, cell))

    def _add_currency(self, line: int, cells: Sequence[str], index: int, amount: Written) -> None:
        """Whether the row names its currency by a cell of its own or by a mark at the amount."""
        if self._currency is not None and (text := self._currency_text(cells[self._currency])):
            if self._is_word_to_ask(text):
                self._add_word(line, text)
            return
        if amount.mark and vocabulary.currency_of(amount.mark):
            return
        if self._company is not None and self._currency is None:
            self._add_group(line, cells, index, amount)
        self.unnamed += 1
        if len(self.unnamed_samples) < SAMPLES:
            self.unnamed_samples.append(self._sample(line, index, cells[index]))

    def _currency_text(self, cell: str) -> str:
        return cell if cell in MINOR_DIGITS else clean(cell)

    def _is_word_to_ask(self, text: str) -> bool:
        if text not in self._asked:
            if len(self._asked) > 1000:
                self._asked.clear()
            known = vocabulary.currency_of(text) is not None
            self._asked[text] = not known and not vocabulary.is_wrong_code(text)
        return self._asked[text]

    def _add_word(self, line: int, text: str) -> None:
        word = self.words.get(text)
        if word is not None:
            word.rows += 1
        elif len(self.words) < MOST_WORDS:
            assert self._currency is not None
            self.words[text] = Word(text, 1, self._sample(line, self._currency, text))

    def _add_group(self, line: int, cells: Sequence[str], index: int, amount: Written) -> None:
        assert self._company is not None
        value = cells[self._company].strip()
        group = self.groups.get(value)
        if group is None:
            if len(self.groups) >= MOST_GROUPS:
                return
            group = self.groups[value] = Group(self._header[self._company], value)
        group.rows += 1
        if self._terms is not None:
            group.terms[cells[self._terms].strip()[:2].upper()] += 1
        if not amount.body.isdecimal():
            for sign in DecimalSign:
                group.decimals[sign, fraction_length(amount.body, sign)] += 1
        if len(group.samples) < SAMPLES:
            group.samples.append(self._sample(line, index, cells[index]))
