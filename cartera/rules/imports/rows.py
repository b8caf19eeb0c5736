"""Rows as typed values. Amounts are minor units of ``currency``; a line is where the row begins in the
file."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from cartera.rules.customers import ContactRole, Language
from cartera.rules.imports.vocabulary import DocumentKind
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod


class InvoiceRow(NamedTuple):
    """A document, open or settled. ``amount`` and ``balance`` are positive, of a credit note too.

    ``balance`` is what the file says is owed at its own day; ``settled_amount`` was settled on
    ``settled_date`` (None: settled on no known day). ``number`` holds series and instalment: ``A-123/2``.
    """

    line: int
    company_code: str
    customer_id: str
    customer_name: str
    tax_id: str
    kind: DocumentKind
    number: str
    issue_date: date
    due_date: date
    currency: str
    amount: int
    balance: int
    settled_date: date | None
    settled_amount: int
    salesperson: str
    sales_group: str
    product_line: str
    fiscal_id: str

    @property
    def external_id(self) -> str:
        """What makes the document one of its own: ``CA02:2960623488``, ``debit_note:12``, ``F-7``.

        A number is one document's within a company code and a kind: folio 506 may also be a debit note's.
        """
        return external_id(self.company_code, self.kind, self.number)

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    def open_at(self, day: date) -> int:
        """Minor units owed at the end of ``day``, by the file: issued by then, less what was settled by then.

        What was settled on no known day counts as settled always.
        """
        if self.issue_date > day:
            return 0
        later = self.settled_date is not None and self.settled_date > day
        return min(self.amount, self.balance + self.settled_amount) if later else self.balance


def external_id(company_code: str, kind: DocumentKind, number: str) -> str:
    """As ``InvoiceRow.external_id`` says it."""
    said = "" if kind is DocumentKind.INVOICE else kind
    return ":".join(part for part in (company_code, said, number) if part)


class PaymentRow(NamedTuple):
    """Money received. ``payment_id`` is empty where the file has none; ``number`` names the document it
    pays."""

    line: int
    company_code: str
    customer_id: str
    customer_name: str
    tax_id: str
    payment_id: str
    received_date: date
    currency: str
    amount: int
    method: PaymentMethod
    number: str

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class ContactRow(NamedTuple):
    """A person at a customer, or a customer's own address where ``name`` is empty.

    What the file does not say is empty or None, and says nothing about what is known.
    """

    line: int
    customer_id: str
    customer_name: str
    tax_id: str
    name: str
    role: ContactRole | None
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    language: Language | None


Row = InvoiceRow | PaymentRow | ContactRow
