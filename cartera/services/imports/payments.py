"""Payments of a file, booked one by one as if they had been typed, each once.

A payment that names a document pays it; one that names none stays unapplied credit of its customer, since a
file does not say what the customer meant. Without an id of its own, a payment is known by its content and by
how many equal ones came before it in the file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from cartera.db.session import WriteTx
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from cartera.errors import Refused
from cartera.rules.imports.problems import ProblemCode
from cartera.rules.imports.rows import PaymentRow
from cartera.services.imports.outcome import Outcome
from cartera.services.payments import NewPayment, record_payment


async def apply_payments(tx: WriteTx, rows: Iterable[PaymentRow], import_id: UUID, outcome: Outcome) -> None:
    """Book each payment; what is on the books already is counted as unchanged."""
    twins: Counter[str] = Counter()
    for row in rows:
        document = await _document(tx, row) if row.number else None
        if row.number and document is None:
            # Kept as credit, it would not pay its document once that has come in.
            outcome.refuse_line(row.line, ProblemCode.DOCUMENT_UNKNOWN, row.number)
            continue
        customer_id = document.customer_id if document else await _customer(tx, row)
        if customer_id is None:
            outcome.refuse_line(row.line, ProblemCode.CUSTOMER_UNKNOWN, row.customer_id)
            continue
        key = _key(row)
        twins[key] += 1
        new = NewPayment(
            customer_id=customer_id,
            method=row.method,
            amount=row.money,
            received_on=row.received_date,
            external_id=f"{key}#{twins[key]}" if twins[key] > 1 else key,
            reference=row.payment_id or None,
            lines=[(document.id, row.amount)] if document else [],
            import_run_id=import_id,
        )
        try:
            booked = await record_payment(tx, new)
        except Refused:
            outcome.refuse_line(row.line, ProblemCode.PAYMENT_CHANGED, row.payment_id or key)
        else:
            outcome.add("unchanged" if booked.replayed else "created", 1, row.money)


def _key(row: PaymentRow) -> str:
    """What makes it the same payment in the next file: its own id, else its content."""
    if row.payment_id:
        return f"file:{row.company_code}:{row.payment_id}" if row.company_code else f"file:{row.payment_id}"
    content = "\x1f".join(
        [
            row.customer_id,
            row.number,
            row.received_date.isoformat(),
            row.currency,
            str(row.amount),
            row.method,
        ]
    )
    return f"file:{hashlib.sha256(content.encode()).hexdigest()[:32]}"


async def _customer(tx: WriteTx, row: PaymentRow) -> UUID | None:
    return await tx.session.scalar(select(Customer.id).where(Customer.external_id == row.customer_id))


async def _document(tx: WriteTx, row: PaymentRow) -> Receivable | None:
    """The document that a payment names, of its own customer where the row names one."""
    external_id = f"{row.company_code}:{row.number}" if row.company_code else row.number
    found = await tx.session.scalar(select(Receivable).where(Receivable.external_id == external_id))
    if found is None or (row.customer_id and await _customer(tx, row) != found.customer_id):
        return None
    return found if found.currency == row.currency else None
