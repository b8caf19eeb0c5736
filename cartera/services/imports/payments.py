"""Payments of a file, each booked once, some thousand at a time.

A payment that names a document pays it; one that names none stays unapplied credit of its customer, since a
file does not say what the customer meant.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from cartera.db.queries.accounts import CHUNK
from cartera.db.queries.customers import by_external_ids
from cartera.db.queries.locks import lock_many
from cartera.db.queries.receivables import Named, named, settled_in_erp
from cartera.db.session import WriteTx
from cartera.errors import Refused
from cartera.rules.imports.fields import Field
from cartera.rules.imports.problems import BadRow, Problem, ProblemCode
from cartera.rules.imports.rows import PaymentRow, external_id
from cartera.rules.imports.vocabulary import DocumentKind
from cartera.rules.money import Money
from cartera.services.books import settle_up
from cartera.services.imports.outcome import Outcome
from cartera.services.payments import Booking, NewPayment, check_payment, is_same, record_payments

# What is said of a payment that the books refuse by itself, and the field that it is said of.
_REFUSALS = {
    "AMOUNT_NOT_POSITIVE": (ProblemCode.AMOUNT_NEGATIVE, Field.AMOUNT),
    "TOO_LARGE": (ProblemCode.AMOUNT_TOO_LARGE, Field.AMOUNT),
    "RECEIVED_IN_FUTURE": (ProblemCode.RECEIVED_IN_FUTURE, Field.RECEIVED_DATE),
}


class _Payment(NamedTuple):
    row: PaymentRow
    new: NewPayment


async def apply_payments(tx: WriteTx, rows: Iterable[PaymentRow], import_id: UUID, outcome: Outcome) -> None:
    """Book each payment; what is on the books already is counted as unchanged.

    The account rows of all customers are locked first, in their order: two files of the same customers wait
    for each other, in whatever order they name them.
    """
    payments = await _matched(tx, list(rows), import_id, outcome)
    await lock_many(tx, {each.new.customer_id for each in payments})
    changed: set[UUID] = set()
    for start in range(0, len(payments), CHUNK):
        changed |= await _book(tx, payments[start : start + CHUNK], outcome)
    ordered = sorted(changed)
    for start in range(0, len(ordered), CHUNK):
        await settle_up(tx, ordered[start : start + CHUNK])


async def _matched(
    tx: WriteTx, rows: Sequence[PaymentRow], import_id: UUID, outcome: Outcome
) -> list[_Payment]:
    """The rows with the customer and the document that they name; others are refused."""
    documents = await named(tx, {_document_id(row) for row in rows if row.number})
    customers = await by_external_ids(tx, {row.customer_id for row in rows if not row.number})
    twins: Counter[tuple[str, int]] = Counter()
    found = []
    for row in rows:
        document = _document(row, documents) if row.number else None
        if row.number and document is None:
            # Kept as credit, it would not pay its document once that has come in.
            outcome.refuse_line(row.line, ProblemCode.DOCUMENT_UNKNOWN, row.number)
            continue
        customer_id = document.customer_id if document else customers.get(row.customer_id, (None,))[0]
        if customer_id is None:
            outcome.refuse_line(row.line, ProblemCode.CUSTOMER_UNKNOWN, row.customer_id)
            continue
        key = _key(row)
        twins[key, row.amount] += 1
        new = NewPayment(
            customer_id=customer_id,
            method=row.method,
            amount=row.money,
            received_on=row.received_date,
            external_id=f"{key}#{twins[key, row.amount]}",
            reference=row.payment_id or None,
            lines=[(document.receivable_id, row.amount)] if document else [],
            import_run_id=import_id,
        )
        if _is_sound(tx, row, new, outcome):
            found.append(_Payment(row, new))
    return found


def _is_sound(tx: WriteTx, row: PaymentRow, new: NewPayment, outcome: Outcome) -> bool:
    try:
        check_payment(tx, new)
    except Refused as refused:
        code, field = _REFUSALS[refused.problems[0].code]
        value = row.received_date.isoformat() if field is Field.RECEIVED_DATE else row.money.decimal
        outcome.refuse(BadRow(row.line, (), (Problem(code, value=value, facts={"field": field}),)))
        return False
    return True


async def _book(tx: WriteTx, payments: Sequence[_Payment], outcome: Outcome) -> set[UUID]:
    """Book a chunk of payments; returns the customers of those that are new."""
    bookings = await record_payments(tx, [each.new for each in payments])
    settled = await settled_in_erp(tx, _left_over(payments, bookings))
    changed = set()
    for (row, new), (payment, is_new) in zip(payments, bookings, strict=True):
        if not is_same(payment, new):
            outcome.refuse_line(row.line, ProblemCode.PAYMENT_CHANGED, row.payment_id or _told(row))
            continue
        outcome.add("created" if is_new else "unchanged", 1, row.money)
        if is_new:
            changed.add(new.customer_id)
            if payment.unapplied_minor and any(each in settled for each, _ in new.lines or ()):
                outcome.add("already_settled", 1, Money(payment.unapplied_minor, payment.currency))
    return changed


def _left_over(payments: Sequence[_Payment], bookings: Sequence[Booking]) -> set[UUID]:
    """Documents that new payments name and that did not take all of the money."""
    return {
        receivable_id
        for (_, new), (payment, is_new) in zip(payments, bookings, strict=True)
        for receivable_id, _ in new.lines or ()
        if is_new and payment.unapplied_minor
    }


def _key(row: PaymentRow) -> str:
    """What makes it the same payment in the next file, wherever it stands there.

    Its own id with the document that it pays, since one transfer may pay several, a row each; without an id
    its content, of which nothing but a count tells equal ones apart.
    """
    if row.payment_id:
        parts = (row.company_code, row.payment_id, row.number)
        return ":".join(["file", *(part.replace("%", "%25").replace(":", "%3A") for part in parts)])
    whose = ("document", row.company_code, row.number) if row.number else ("customer", row.customer_id)
    what = (row.received_date.isoformat(), row.currency, str(row.amount), row.method)
    digest = hashlib.sha256("\x1f".join([*whose, *what]).encode()).hexdigest()
    return f"file:{digest[:32]}"


def _told(row: PaymentRow) -> str:
    """A payment without an id as a person would call it."""
    return f"{row.received_date} · {row.money.decimal} {row.currency}"


def _document_id(row: PaymentRow) -> str:
    """A payment names invoices; of other kinds it does not say."""
    return external_id(row.company_code, DocumentKind.INVOICE, row.number)


def _document(row: PaymentRow, documents: Mapping[str, Named]) -> Named | None:
    """The document that a payment names, of its own customer where the row names one."""
    found = documents.get(_document_id(row))
    if found is None or row.customer_id not in ("", found.customer_external_id):
        return None
    return found if found.currency == row.currency else None
