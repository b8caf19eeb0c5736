"""Cheques and promissory notes, what they pay or secure, and what the organization charges for a bounce."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Row, Tenant, belongs_to, check, in_organization, index, one_of
from cartera.rules.instruments import BounceReason, InstrumentKind, InstrumentRole, InstrumentState


class Instrument(Row, Base):
    """A paper in the drawer or at the bank; minor units of its currency. It adds no balance."""

    __tablename__ = "instrument"
    __table_args__ = (
        belongs_to("instrument", "customer_id", "customer"),
        belongs_to("instrument", "payment_id", "payment"),
        # A receivable points back to the instrument that it came of: this half of the ring is added last.
        ForeignKeyConstraint(
            ["organization_id", "substitute_receivable_id"],
            ["receivable.organization_id", "receivable.id"],
            name="fk_instrument_substitute_receivable",
            use_alter=True,
        ),
        one_of("instrument", "kind", InstrumentKind),
        one_of("instrument", "role", InstrumentRole),
        one_of("instrument", "state", InstrumentState),
        one_of("instrument", "bounce_reason", BounceReason),
        check("instrument", "amount", "amount_minor > 0"),
        check("instrument", "deposits", "deposit_count >= bounce_count AND bounce_count >= 0"),
        check("instrument", "dates", "due_on >= issued_on AND deposit_from >= due_on"),
        check("instrument", "pause", "pauses_until >= deposit_from"),
        check("instrument", "substitute", "(state = 'substituted') = (substitute_receivable_id IS NOT NULL)"),
        index("instrument", "customer_id", "due_on", "id", suffix="customer_due"),
        index("instrument", "due_on", "id", suffix="due"),
        index("instrument", "deposit_from", where=text("state = 'received'"), suffix="received"),
    )

    customer_id: Mapped[UUID]
    kind: Mapped[str]
    role: Mapped[str]
    number: Mapped[str]
    bank: Mapped[str | None]
    drawer_name: Mapped[str | None]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    # The first banking day on which it can be deposited, and the last on which it pauses chasing: SQL knows
    # no calendar.
    deposit_from: Mapped[date]
    pauses_until: Mapped[date]
    state: Mapped[str]
    # The payment booked at its latest deposit.
    payment_id: Mapped[UUID | None]
    deposit_count: Mapped[int]
    bounce_count: Mapped[int]
    # The debt that it has become.
    substitute_receivable_id: Mapped[UUID | None]
    received_on: Mapped[date]
    deposited_on: Mapped[date | None]
    cleared_on: Mapped[date | None]
    bounced_on: Mapped[date | None]
    bounce_reason: Mapped[str | None]
    actor: Mapped[str]
    recorded_at: Mapped[datetime]


class InstrumentReceivable(Tenant, Base):
    """How much of an instrument is for a receivable, in the currency of both."""

    __tablename__ = "instrument_receivable"
    __table_args__ = (
        belongs_to("instrument_receivable", "instrument_id", "instrument"),
        belongs_to("instrument_receivable", "receivable_id", "receivable"),
        check("instrument_receivable", "amount", "amount_minor > 0"),
        index("instrument_receivable", "receivable_id"),
    )

    instrument_id: Mapped[UUID] = mapped_column(primary_key=True)
    receivable_id: Mapped[UUID] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]


class SubstitutionEntry(Tenant, Base):
    """An entry that closed part of an original when an instrument became the debt. Append-only.

    ``receivable_id`` is the new debt.
    """

    __tablename__ = "substitution_entry"
    __table_args__ = (
        belongs_to("substitution_entry", "entry_id", "entry"),
        belongs_to("substitution_entry", "instrument_id", "instrument"),
        belongs_to("substitution_entry", "receivable_id", "receivable"),
        index("substitution_entry", "receivable_id"),
        index("substitution_entry", "instrument_id"),
    )

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    instrument_id: Mapped[UUID]
    receivable_id: Mapped[UUID]


class InstrumentPolicy(Tenant, Base):
    """What the organization charges for a bounced cheque; without a row, nothing."""

    __tablename__ = "instrument_policy"
    __table_args__ = (
        in_organization("instrument_policy"),
        check(
            "instrument_policy",
            "fee",
            "(fee_minor IS NULL) = (fee_currency IS NULL) AND (fee_minor IS NULL) <> (fee_percent IS NULL)",
        ),
        check("instrument_policy", "positive", "fee_minor > 0"),
        check("instrument_policy", "percent", "fee_percent > 0 AND fee_percent <= 100"),
    )

    fee_minor: Mapped[int | None]
    fee_currency: Mapped[str | None]
    # Of the cheque's amount.
    fee_percent: Mapped[Decimal | None] = mapped_column(Numeric(24, 10))
    # The law or agreement, in words.
    source: Mapped[str]
    actor: Mapped[str]
    recorded_at: Mapped[datetime]
