"""Rows of the books as the portal's types."""

from __future__ import annotations

from api.schema.ids import encode
from api.schema.portal import disputes, money, payments, portal, promises, receivables
from api.schema.scalars import CurrencyCode, Decimal
from cartera.db.queries.portal import Document, Paid, Sum
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.organizations import Organization
from cartera.db.tables.payments import PaymentAttempt
from cartera.db.tables.promises import Promise
from cartera.rules.customers import Language
from cartera.rules.disputes import DisputeReason, DisputeState
from cartera.rules.money import Money
from cartera.rules.payments import AttemptState


def amount(value: Money) -> money.Money:
    return money.Money(amount=Decimal(value.decimal), currency_code=CurrencyCode(value.currency))


def total(row: Sum) -> money.PortalTotal:
    return money.PortalTotal(
        currency_code=CurrencyCode(row.balance.currency),
        balance=amount(row.balance),
        overdue=amount(row.overdue),
    )


def organization(row: Organization) -> portal.Organization:
    return portal.Organization(
        name=row.name,
        contact_name=row.contact_name,
        contact_email=row.contact_email,
        contact_phone=row.contact_phone,
        accent=row.accent,
    )


def customer(row: Customer) -> portal.PortalCustomer:
    return portal.PortalCustomer(name=row.name, language=Language(row.language))


def receivable(document: Document) -> receivables.Receivable:
    row = document.row
    return receivables.Receivable(
        id=encode("Receivable", row.id),
        number=row.number,
        issued_on=row.issued_on,
        due_on=row.due_on,
        days_overdue=document.days_overdue,
        is_overdue=document.is_overdue,
        amount=amount(Money(row.amount_minor, row.currency)),
        balance=amount(Money(row.balance_minor, row.currency)),
        is_promised=document.promised_until is not None,
        is_disputed=document.is_disputed,
        payable=amount(document.payable),
        promised_until=document.promised_until,
    )


def payment(paid: Paid) -> payments.Payment:
    row = paid.row
    return payments.Payment(
        id=encode("Payment", row.id),
        amount=amount(Money(row.amount_minor, row.currency)),
        received_on=row.received_on,
        reference=row.reference,
        allocations=[
            payments.PaymentLine(number=number, amount=amount(share)) for number, share in paid.lines
        ],
    )


def attempt(row: PaymentAttempt, paid: Paid | None) -> payments.PaymentAttempt:
    return payments.PaymentAttempt(
        id=encode("PaymentAttempt", row.id),
        state=AttemptState(row.state),
        amount=amount(Money(row.amount_minor, row.currency)),
        payment=payment(paid) if paid else None,
        checkout_url=row.checkout_url,
    )


def dispute(row: Dispute) -> disputes.Dispute:
    return disputes.Dispute(
        id=encode("Dispute", row.id),
        reason=DisputeReason(row.reason),
        amount=amount(Money(row.amount_minor, row.currency)),
        state=DisputeState(row.state),
        deadline_on=row.deadline_on,
    )


def promise(row: Promise) -> promises.Promise:
    return promises.Promise(
        id=encode("Promise", row.id),
        amount=amount(Money(row.amount_minor, row.currency)),
        due_on=row.due_on,
    )
