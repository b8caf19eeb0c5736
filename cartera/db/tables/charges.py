"""Charges: interest and cost of a receivable, line by line, beside its principal."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Row, belongs_to, check, index, one_of, unique
from cartera.rules.charges import ChargeKind


class Charge(Row, Base):
    """One line with its rule and running totals in minor units; ``entry`` tells its story."""

    __tablename__ = "charge"
    __table_args__ = (
        belongs_to("charge", "receivable_id", "receivable"),
        belongs_to("charge", "customer_id", "customer"),
        one_of("charge", "kind", ChargeKind),
        unique("charge", "receivable_id", "rule", "from_on"),
        check("charge", "amount", "amount_minor > 0"),
        check("charge", "settled", "settled_minor >= 0 AND balance_minor >= 0"),
        check("charge", "balance", "balance_minor = amount_minor - settled_minor"),
        check("charge", "period", "to_on > from_on"),
        index("charge", "receivable_id", "due_on"),
        index("charge", "customer_id", where=text("balance_minor > 0"), suffix="open"),
    )

    receivable_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    kind: Mapped[str]
    # A code such as mx.commercial_interest, and the law or agreement in words.
    rule: Mapped[str]
    source: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    settled_minor: Mapped[int]
    balance_minor: Mapped[int]
    # What it was computed on, at what percent a year, by which convention, for which days: to_on excluded.
    base_minor: Mapped[int | None]
    rate: Mapped[Decimal | None] = mapped_column(Numeric(24, 10))
    day_count: Mapped[str | None]
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    # When it matures: the order in which money pays charges.
    due_on: Mapped[date]
    posted_on: Mapped[date]
    recorded_at: Mapped[datetime]
    actor: Mapped[str]
    note: Mapped[str | None]
