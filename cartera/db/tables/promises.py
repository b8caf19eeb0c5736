"""Promises to pay and the receivables that they name."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Row, Tenant, belongs_to, check, index, one_of
from cartera.rules.promises import PromiseChannel, PromiseState


class Promise(Row, Base):
    __tablename__ = "promise"
    __table_args__ = (
        belongs_to("promise", "customer_id", "customer"),
        belongs_to("promise", "member_id", "member"),
        one_of("promise", "state", PromiseState),
        one_of("promise", "channel", PromiseChannel),
        check("promise", "amount", "amount_minor > 0 AND received_minor >= 0"),
        check("promise", "dates", "last_day >= due_on"),
        index("promise", "customer_id", "created_at"),
        index("promise", "last_day", where=text("state = 'pending'"), suffix="pending"),
        index("promise", "due_on", "id"),
    )

    customer_id: Mapped[UUID]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    due_on: Mapped[date]
    # The promised day plus the grace in banking days: judged only after it.
    last_day: Mapped[date]
    state: Mapped[str]
    # Allocated to the named receivables since the promise was made.
    received_minor: Mapped[int]
    channel: Mapped[str]
    member_id: Mapped[UUID | None]
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    # When it was judged or withdrawn; none of one that lapsed, since nothing was left to keep of it.
    resolved_on: Mapped[date | None]


class PromiseReceivable(Tenant, Base):
    __tablename__ = "promise_receivable"
    __table_args__ = (
        belongs_to("promise_receivable", "promise_id", "promise"),
        belongs_to("promise_receivable", "receivable_id", "receivable"),
        index("promise_receivable", "receivable_id"),
    )

    promise_id: Mapped[UUID] = mapped_column(primary_key=True)
    receivable_id: Mapped[UUID] = mapped_column(primary_key=True)
