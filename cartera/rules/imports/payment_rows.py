"""Rows of payments received."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from cartera.rules.imports.fields import Field
from cartera.rules.imports.money_cells import MoneyCells
from cartera.rules.imports.problems import ProblemCode
from cartera.rules.imports.reading import Faults
from cartera.rules.imports.rows import PaymentRow, Row
from cartera.rules.imports.vocabulary import payment_method


class PaymentReader(MoneyCells):
    """Reads PaymentRow. A negative amount is no payment: refunds and bounces are booked on the payment
    itself."""

    def read(self, line: int, cells: Sequence[str], faults: Faults) -> PaymentRow | None:
        customer_id = self.customer(cells, faults, required=not self.has(Field.NUMBER))
        number = self._number(cells, faults)
        if not customer_id and not number and not faults:
            self.fault(faults, ProblemCode.VALUE_MISSING, Field.CUSTOMER_ID, cells)
        payment_id = self.identifier(Field.PAYMENT_ID, cells, faults)
        texts = [self.text(field, cells, faults) for field in _TEXTS]
        received = self.required_day(Field.RECEIVED_DATE, cells, faults)
        currency = self.currency(cells, faults)
        amount = self.required_amount(Field.AMOUNT, cells, currency, faults) if currency else None
        if amount is not None and amount < 0:
            self.fault(faults, ProblemCode.AMOUNT_NEGATIVE, Field.AMOUNT, cells)
        if faults or received is None or amount is None or currency is None:
            return None
        company_code, name, tax_id, method = texts
        return PaymentRow(
            line,
            company_code,
            customer_id,
            name,
            tax_id,
            payment_id,
            received,
            currency,
            amount,
            payment_method(method),
            number,
        )

    def identity(self, row: Row) -> tuple[Hashable, Hashable]:
        """One transfer may pay several documents, a row each. Without an id two equal rows are two
        payments."""
        assert isinstance(row, PaymentRow)
        content = row.customer_id, row.received_date, row.currency, row.amount
        if row.payment_id:
            return (row.company_code, row.payment_id, row.number), content
        return row.line, content

    def _number(self, cells: Sequence[str], faults: Faults) -> str:
        number = self.identifier(Field.NUMBER, cells, faults)
        series = self.identifier(Field.SERIES, cells, faults) if number else ""
        return f"{series}-{number}" if series else number


_TEXTS = (Field.COMPANY_CODE, Field.CUSTOMER_NAME, Field.TAX_ID, Field.METHOD)
