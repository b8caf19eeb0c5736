"""Rows of invoices, open or settled."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from datetime import date, timedelta

from cartera.rules.imports.answers import LONGEST_TERMS
from cartera.rules.imports.cells import clean
from cartera.rules.imports.fields import Field
from cartera.rules.imports.money_cells import MoneyCells
from cartera.rules.imports.problems import Notice, ProblemCode
from cartera.rules.imports.reading import Faults
from cartera.rules.imports.rows import InvoiceRow, Row, external_id
from cartera.rules.imports.settlement import remaining
from cartera.rules.imports.vocabulary import DocumentKind, document_kind

# "30", "30 días", "NET 30", "n30", "30d"; a program's own code (NAA8, CA10) is no number of days.
_DAYS = re.compile(r"(?:net|neto|n)?\s*(\d{1,4})\s*(?:d|dd|dias|días|days|dia|día)?", re.IGNORECASE)
_AT_ONCE = frozenset(
    ["contado", "de contado", "cash", "a vista", "à vista", "immediate", "inmediato", "due on receipt"]
)


class InvoiceReader(MoneyCells):
    """Reads InvoiceRow. A negative amount proposes a credit note; due and issue date give each other by
    terms."""

    def read(self, line: int, cells: Sequence[str], faults: Faults) -> InvoiceRow | None:
        customer_id = self.customer(cells, faults)
        number = self._number(cells, faults)
        company_code, name, tax_id, salesperson, group, product_line, fiscal_id = [
            self.text(field, cells, faults) for field in _TEXTS
        ]
        issue_date, due_date = self._days(cells, faults)
        settled_date = self.past_day(Field.SETTLED_DATE, cells, faults)
        currency = self.currency(cells, faults)
        money = self._money(cells, currency, settled_date is not None, faults) if currency else None
        kind = self._kind(cells, money is not None and money[0] < 0, faults)
        if faults or not (issue_date and due_date and currency and money and kind):
            return None
        amount, balance, settled = money
        return InvoiceRow(
            line,
            company_code,
            customer_id,
            name,
            tax_id,
            kind,
            number,
            issue_date,
            due_date,
            currency,
            abs(amount),
            balance,
            settled_date,
            settled,
            salesperson,
            group,
            product_line,
            fiscal_id,
        )

    def identity(self, row: Row) -> tuple[Hashable, Hashable]:
        """A number is one document's within a company code and a kind: folio 506 may also be a credit note's.

        Names may be written in several ways; whose it is, its days and its money may not differ.
        """
        assert isinstance(row, InvoiceRow)
        money = row.currency, row.amount, row.balance, row.settled_date, row.settled_amount
        return (row.company_code, row.kind, row.number), (
            row.customer_id,
            row.issue_date,
            row.due_date,
            money,
        )

    def shown(self, cells: Sequence[str]) -> tuple[str, ...]:
        """Its document, and the credit note of that number: an amount that cannot be read has no sign."""
        faults: Faults = []
        number = self._number(cells, faults)
        company_code = self.text(Field.COMPANY_CODE, cells, faults)
        kind = self._kind(cells, False, faults)
        if faults or kind is None:
            return ()
        return tuple(external_id(company_code, each, number) for each in {kind, DocumentKind.CREDIT_NOTE})

    def _number(self, cells: Sequence[str], faults: Faults) -> str:
        number = self.identifier(Field.NUMBER, cells, faults, required=True)
        if number and (series := self.identifier(Field.SERIES, cells, faults)):
            number = f"{series}-{number}"
        if number and (part := self.identifier(Field.INSTALMENT, cells, faults)):
            number = f"{number}/{part}"
        return number

    def _kind(self, cells: Sequence[str], negative: bool, faults: Faults) -> DocumentKind | None:
        text = self.text(Field.DOCUMENT_KIND, cells, faults)
        kind = document_kind(text) if text else DocumentKind.INVOICE
        if negative and kind is not DocumentKind.CREDIT_NOTE:
            self.noted.append(Notice.CREDIT_NOTE_PROPOSED)
            return DocumentKind.CREDIT_NOTE
        if kind is None:
            self.fault(faults, ProblemCode.DOCUMENT_KIND_UNKNOWN, Field.DOCUMENT_KIND, cells)
        return kind

    def _days(self, cells: Sequence[str], faults: Faults) -> tuple[date | None, date | None]:
        """Issue and due date; where one is empty, the other and the terms give it."""
        before = len(faults)
        issued = self.day(Field.ISSUE_DATE, cells, faults)
        due = self.day(Field.DUE_DATE, cells, faults)
        if issued and due:
            if due < issued:
                facts = {"issue": issued.isoformat(), "due": due.isoformat()}
                self.fault(faults, ProblemCode.DUE_BEFORE_ISSUE, Field.DUE_DATE, cells, facts)
            return issued, due
        if len(faults) > before:
            return None, None
        if not issued and not due:
            self.fault(faults, ProblemCode.VALUE_MISSING, Field.ISSUE_DATE, cells)
            return None, None
        terms = self._terms(cells, Field.DUE_DATE if issued else Field.ISSUE_DATE, faults)
        if terms is None:
            return None, None
        if issued:
            self.noted.append(Notice.DUE_FROM_TERMS)
            return issued, issued + terms
        assert due is not None
        self.noted.append(Notice.ISSUE_FROM_TERMS)
        return due - terms, due

    def _terms(self, cells: Sequence[str], missing: Field, faults: Faults) -> timedelta | None:
        index = self._index.get(Field.TERMS)
        text = clean(cells[index]).lower() if index is not None else ""
        match = _DAYS.fullmatch(text)
        if text in _AT_ONCE:
            return timedelta(0)
        if match and int(match[1]) <= LONGEST_TERMS:
            return timedelta(int(match[1]))
        if text:
            self.fault(faults, ProblemCode.TERMS_UNREADABLE, Field.TERMS, cells)
        elif self._mapping.terms_days is None:
            self.fault(faults, ProblemCode.VALUE_MISSING, missing, cells)
        else:
            return timedelta(self._mapping.terms_days)
        return None

    def _money(
        self, cells: Sequence[str], currency: str, dated: bool, faults: Faults
    ) -> tuple[int, int, int] | None:
        """The signed amount, what is owed and what was settled (both without sign), in minor units.

        A balance that the file states is believed; more may have been settled than was owed.
        """
        before = len(faults)
        field = Field.AMOUNT if self.has(Field.AMOUNT) else Field.BALANCE
        amount = self.required_amount(field, cells, currency, faults)
        settled = self.amount(Field.SETTLED_AMOUNT, cells, currency, faults)
        stated = self.amount(Field.BALANCE, cells, currency, faults) if field is Field.AMOUNT else amount
        if amount is None or len(faults) > before:
            return None
        owed = abs(amount)
        paid = None if settled is None else abs(settled)
        if stated is None:
            balance = remaining(owed, paid, dated, self._mapping.settled_short)
            return amount, balance, max(paid or 0, owed - balance)
        if stated and (stated < 0) != (amount < 0):
            self.fault(faults, ProblemCode.SIGNS_DISAGREE, Field.BALANCE, cells)
            return None
        balance = abs(stated)
        if balance > owed:
            self.fault(faults, ProblemCode.BALANCE_ABOVE_AMOUNT, Field.BALANCE, cells)
            return None
        return amount, balance, paid if paid and paid > owed and not balance else owed - balance


_TEXTS = (
    Field.COMPANY_CODE,
    Field.CUSTOMER_NAME,
    Field.TAX_ID,
    Field.SALESPERSON,
    Field.SALES_GROUP,
    Field.PRODUCT_LINE,
    Field.FISCAL_ID,
)
