"""Reads a file once, proposes how to understand it, and says what is left to ask.

Precedence: what a person answers now, then what was remembered for files of this shape, then what the
file itself decides. A remembered answer that the file contradicts is asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from cartera.rules.imports import asking
from cartera.rules.imports.amounts import DecimalSign
from cartera.rules.imports.answers import Answers, chosen_columns, resolve_heading
from cartera.rules.imports.customer_ids import KnownCustomers
from cartera.rules.imports.dates import DateOrder
from cartera.rules.imports.evidence import Evidence, RawRow, good
from cartera.rules.imports.fields import Field, FileKind
from cartera.rules.imports.headings import heading_currency
from cartera.rules.imports.mapping import FileMapping, shape
from cartera.rules.imports.problems import Refusal, RefusalCode
from cartera.rules.imports.questions import Question
from cartera.rules.imports.recognition import Column, Recognition, detect_kind, recognise
from cartera.rules.imports.settlement import settled_short_samples

SAMPLE_ROWS = 500


@dataclass(frozen=True, slots=True)
class Inspection:
    """``mapping`` is there once no question is. ``kind`` and ``shape`` are None while the kind is asked."""

    kind: FileKind | None
    shape: str | None
    columns: tuple[Column, ...]
    questions: tuple[Question, ...]
    mapping: FileMapping | None
    rows: int


def inspect(
    header: Sequence[str],
    rows: Callable[[], Iterable[RawRow]],
    *,
    answers: Answers | None = None,
    remembered: Mapping[FileKind, FileMapping] | None = None,
    known: KnownCustomers | None = None,
) -> Inspection:
    """The proposal for a file whose ``rows`` can be read as often as asked (once here; twice where
    amounts settled are compared).

    ``remembered`` holds what was stored under ``mapping.shapes(header)``; ``known`` the customers on the
    books. Raises BadAnswer for an answer that names a column or field that is not there, Refusal(NO_ROWS)
    for a file with a heading only, and whatever reading the rows raises.
    """
    given = answers or Answers()
    stored = remembered or {}
    sample = [cells for _, cells in islice(good(rows()), SAMPLE_ROWS)]
    if not sample:
        raise Refusal(RefusalCode.NO_ROWS)
    kind = given.kind or (next(iter(stored)) if len(stored) == 1 else detect_kind(header, sample))
    if kind is None:
        return Inspection(None, None, (), (asking.kind(),), None, 0)
    reading = _Reading(header, kind, given, stored.get(kind), sample)
    evidence = Evidence(header, reading.recognition, known or KnownCustomers())
    for line, cells in good(rows()):
        evidence.add(line, cells)
    questions, mapping = reading.conclude(evidence, rows)
    columns = reading.recognition.columns
    return Inspection(kind, shape(header, kind), columns, questions, mapping, evidence.rows)


class _Reading:
    """One kind settled: columns are recognised, the rest is concluded from the evidence."""

    def __init__(
        self,
        header: Sequence[str],
        kind: FileKind,
        given: Answers,
        stored: FileMapping | None,
        sample: Sequence[Sequence[str]],
    ) -> None:
        self.header = header
        self.kind = kind
        self.given = given
        self.stored = stored
        self.answers = given.over(stored.answers()) if stored else given
        # A remembered file has no column left to be recognised: what was unmapped then stays so.
        rest: dict[int, Field | None] = dict.fromkeys(range(len(header))) if stored else {}
        chosen = rest | chosen_columns(header, self.answers, kind)
        self.recognition: Recognition = recognise(header, sample, kind, chosen)

    def conclude(
        self, evidence: Evidence, rows: Callable[[], Iterable[RawRow]]
    ) -> tuple[tuple[Question, ...], FileMapping | None]:
        """The open questions, and the mapping where there are none."""
        questions = asking.columns(self.recognition)
        questions += asking.terms(self.recognition, self.kind, self.answers)
        order, asked = self._date_order(evidence)
        questions += asked
        sign, asked = self._decimal(evidence)
        questions += asked
        currency, asked = self._currency(evidence, sign)
        questions += asked
        questions += asking.zeros(evidence, self.answers)
        if not questions:
            mapping = self._mapping(order, sign, currency)
            short = settled_short_samples(self.header, rows, mapping)
            if not short:
                return (), mapping
            questions = [asking.settled_short(short)]
        return tuple(questions), None

    def _date_order(self, evidence: Evidence) -> tuple[DateOrder | None, list[Question]]:
        dates = evidence.dates
        if self.given.date_order:
            return self.given.date_order, []
        if self.stored and self.stored.date_order:
            agreed = not dates.informative or dates.readable[self.stored.date_order] == dates.informative
            if agreed:
                return self.stored.date_order, []
            return None, [asking.date_order(dates)]
        if dates.open:
            return None, [asking.date_order(dates)]
        return dates.decided(), []

    def _decimal(self, evidence: Evidence) -> tuple[DecimalSign | None, list[Question]]:
        amounts = evidence.amounts
        if self.given.decimal:
            return self.given.decimal, []
        if self.stored and self.stored.decimal:
            if amounts.decided_by.keys() <= {self.stored.decimal}:
                return self.stored.decimal, []
            return None, [asking.decimal(amounts)]
        return (None, [asking.decimal(amounts)]) if amounts.open else (amounts.decided(), [])

    def _currency(self, evidence: Evidence, sign: DecimalSign | None) -> tuple[str | None, list[Question]]:
        named = {
            code
            for field in (Field.AMOUNT, Field.BALANCE)
            if (index := self.recognition.index_of(field)) is not None
            if (code := heading_currency(self.header[index]))
        }
        currency = self.answers.currency or (next(iter(named)) if len(named) == 1 else None)
        return currency, asking.currencies(evidence, self._currency_for(), currency, sorted(named), sign)

    def _currency_for(self) -> dict[tuple[str, str], str]:
        """Answers keyed by the heading as the file writes it."""
        return {
            (self.header[resolve_heading(self.header, heading)], value): code
            for (heading, value), code in self.answers.currency_for.items()
        }

    def _mapping(
        self, order: DateOrder | None, sign: DecimalSign | None, currency: str | None
    ) -> FileMapping:
        return FileMapping(
            kind=self.kind,
            columns={c.field: c.heading for c in self.recognition.columns if c.field},
            date_order=order,
            decimal=sign,
            currency=currency,
            currency_for=self._currency_for(),
            zeros=self.answers.zeros,
            terms_days=self.answers.terms_days,
            settled_short=self.answers.settled_short,
            extra_decimals=self.answers.extra_decimals,
        )
