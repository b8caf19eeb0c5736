"""Payments, credit notes, their allocations; payment links and attempts at a gateway."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Row, Tenant, belongs_to, check, index, one_of, unique
from cartera.rules.payments import AttemptState, LinkState, PaymentMethod, ReversalKind


class Payment(Row, Base):
    """Money received. What is not allocated is unapplied credit; minor units of its own currency."""

    __tablename__ = "payment"
    __table_args__ = (
        belongs_to("payment", "customer_id", "customer"),
        belongs_to("payment", "payment_attempt_id", "payment_attempt"),
        belongs_to("payment", "import_run_id", "import_run"),
        unique("payment", "external_id"),
        one_of("payment", "method", PaymentMethod),
        check("payment", "amount", "amount_minor > 0"),
        check("payment", "parts", "allocated_minor >= 0 AND reversed_minor >= 0 AND unapplied_minor >= 0"),
        check("payment", "unapplied", "unapplied_minor = amount_minor - allocated_minor - reversed_minor"),
        index("payment", "customer_id", "received_on"),
        index("payment", "customer_id", where=text("unapplied_minor > 0"), suffix="unapplied"),
        index("payment", "received_on"),
    )

    customer_id: Mapped[UUID]
    external_id: Mapped[str]
    method: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    allocated_minor: Mapped[int]
    # Refunded, charged back or bounced.
    reversed_minor: Mapped[int]
    unapplied_minor: Mapped[int]
    received_on: Mapped[date]
    reference: Mapped[str | None]
    payment_attempt_id: Mapped[UUID | None]
    import_run_id: Mapped[UUID | None]
    actor: Mapped[str]
    recorded_at: Mapped[datetime]


class PaymentReversal(Row, Base):
    """Money that went back: minor units of the payment's currency. Append-only."""

    __tablename__ = "payment_reversal"
    __table_args__ = (
        belongs_to("payment_reversal", "payment_id", "payment"),
        belongs_to("payment_reversal", "customer_id", "customer"),
        one_of("payment_reversal", "kind", ReversalKind),
        unique("payment_reversal", "external_id"),
        check("payment_reversal", "amount", "amount_minor > 0"),
        index("payment_reversal", "payment_id"),
    )

    payment_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    kind: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    # The provider's id of the refund or dispute; the same one is booked once.
    external_id: Mapped[str]
    reason: Mapped[str | None]
    reversed_on: Mapped[date]
    recorded_at: Mapped[datetime]
    actor: Mapped[str]


class CreditNote(Row, Base):
    __tablename__ = "credit_note"
    __table_args__ = (
        belongs_to("credit_note", "customer_id", "customer"),
        belongs_to("credit_note", "import_run_id", "import_run"),
        unique("credit_note", "external_id"),
        check("credit_note", "amount", "amount_minor > 0 AND applied_minor >= 0 AND unapplied_minor >= 0"),
        check("credit_note", "elsewhere", "applied_in_erp_minor >= 0 AND reversed_minor >= 0"),
        check(
            "credit_note",
            "unapplied",
            "unapplied_minor = amount_minor - applied_minor - applied_in_erp_minor - reversed_minor",
        ),
        index("credit_note", "customer_id", "issued_on"),
    )

    customer_id: Mapped[UUID]
    external_id: Mapped[str]
    number: Mapped[str]
    issued_on: Mapped[date]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    applied_minor: Mapped[int]
    # Used up in the ERP, which does not say on what.
    applied_in_erp_minor: Mapped[int] = mapped_column(default=0)
    # Annulled: the note is no longer worth this much.
    reversed_minor: Mapped[int] = mapped_column(default=0)
    unapplied_minor: Mapped[int]
    reason: Mapped[str | None]
    import_run_id: Mapped[UUID | None]
    actor: Mapped[str]
    recorded_at: Mapped[datetime]


class Allocation(Row, Base):
    """How much of a payment, or of a credit note, went to a receivable. Append-only; reversals are rows."""

    __tablename__ = "allocation"
    __table_args__ = (
        belongs_to("allocation", "payment_id", "payment"),
        belongs_to("allocation", "credit_note_id", "credit_note"),
        belongs_to("allocation", "receivable_id", "receivable"),
        belongs_to("allocation", "entry_id", "entry"),
        check("allocation", "source", "(payment_id IS NULL) <> (credit_note_id IS NULL)"),
        check("allocation", "amount", "amount_minor <> 0"),
        index("allocation", "payment_id", where=text("payment_id IS NOT NULL")),
        index("allocation", "credit_note_id", where=text("credit_note_id IS NOT NULL")),
        index("allocation", "receivable_id"),
    )

    payment_id: Mapped[UUID | None]
    credit_note_id: Mapped[UUID | None]
    receivable_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    # In the receivable's currency; negative in a reversal.
    amount_minor: Mapped[int]
    # The same money in the payment's or credit note's own currency.
    source_minor: Mapped[int]
    # Across currencies: units of the receivable's currency for one of the source's, and the day of that rate.
    rate: Mapped[Decimal | None] = mapped_column(Numeric(24, 10))
    rate_on: Mapped[date | None]
    allocated_on: Mapped[date]
    recorded_at: Mapped[datetime]


class ExchangeDifference(Row, Base):
    """What an allocation gained or lost by exchange rates, in the base currency. Append-only.

    Money's worth on the day it came in less the debt's worth on the day it was issued (IAS 21.28).
    """

    __tablename__ = "exchange_difference"
    __table_args__ = (
        belongs_to("exchange_difference", "allocation_id", "allocation"),
        belongs_to("exchange_difference", "customer_id", "customer"),
        check("exchange_difference", "amount", "amount_minor <> 0"),
        index("exchange_difference", "allocation_id"),
        index("exchange_difference", "customer_id", "effective_on"),
    )

    allocation_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    # Signed, minor units of the base currency: a gain is positive.
    amount_minor: Mapped[int]
    currency: Mapped[str]
    # Units of the base currency for one of the receivable's when issued, and of the money's when received.
    booked_rate: Mapped[Decimal] = mapped_column(Numeric(24, 10))
    settled_rate: Mapped[Decimal] = mapped_column(Numeric(24, 10))
    effective_on: Mapped[date]
    recorded_at: Mapped[datetime]


class PaymentLink(Row, Base):
    """Opens the portal for one customer, or for chosen receivables where the link lists any."""

    __tablename__ = "payment_link"
    __table_args__ = (
        belongs_to("payment_link", "customer_id", "customer"),
        one_of("payment_link", "state", LinkState),
        unique("payment_link", "token_hash"),
        index("payment_link", "customer_id", "created_at"),
        index("payment_link", "expires_at", where=text("state = 'active'"), suffix="active"),
    )

    customer_id: Mapped[UUID]
    token_hash: Mapped[bytes]
    state: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]


class PaymentLinkReceivable(Tenant, Base):
    __tablename__ = "payment_link_receivable"
    __table_args__ = (
        belongs_to("payment_link_receivable", "payment_link_id", "payment_link"),
        belongs_to("payment_link_receivable", "receivable_id", "receivable"),
    )

    payment_link_id: Mapped[UUID] = mapped_column(primary_key=True)
    receivable_id: Mapped[UUID] = mapped_column(primary_key=True)


class PaymentAttempt(Row, Base):
    """A customer's try to pay at a gateway; the webhook tells how it ended."""

    __tablename__ = "payment_attempt"
    __table_args__ = (
        belongs_to("payment_attempt", "customer_id", "customer"),
        belongs_to("payment_attempt", "payment_link_id", "payment_link"),
        one_of("payment_attempt", "state", AttemptState),
        unique("payment_attempt", "gateway", "gateway_reference"),
        check("payment_attempt", "amount", "amount_minor > 0"),
        index("payment_attempt", "customer_id", "created_at"),
    )

    customer_id: Mapped[UUID]
    payment_link_id: Mapped[UUID | None]
    gateway: Mapped[str]
    # The provider's own id of the checkout; null until the gateway has answered.
    gateway_reference: Mapped[str | None]
    checkout_url: Mapped[str | None]
    state: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PaymentAttemptReceivable(Tenant, Base):
    """What the customer chose to pay, receivable by receivable."""

    __tablename__ = "payment_attempt_receivable"
    __table_args__ = (
        belongs_to("payment_attempt_receivable", "payment_attempt_id", "payment_attempt"),
        belongs_to("payment_attempt_receivable", "receivable_id", "receivable"),
        check("payment_attempt_receivable", "amount", "amount_minor > 0"),
    )

    payment_attempt_id: Mapped[UUID] = mapped_column(primary_key=True)
    receivable_id: Mapped[UUID] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]
