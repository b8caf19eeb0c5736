"""Messages: planned as rows with their time, decided under lock, sent by a worker."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Row, Tenant, belongs_to, index, one_of, unique
from cartera.rules.customers import Language
from cartera.rules.messages import Channel, HoldRule, MessageState, Template


class Message(Row, Base):
    __tablename__ = "message"
    __table_args__ = (
        belongs_to("message", "customer_id", "customer"),
        belongs_to("message", "contact_id", "contact"),
        belongs_to("message", "payment_id", "payment"),
        belongs_to("message", "payment_link_id", "payment_link"),
        unique("message", "dedupe_key"),
        one_of("message", "channel", Channel),
        one_of("message", "template", Template),
        one_of("message", "language", Language),
        one_of("message", "state", MessageState),
        one_of("message", "held_by", HoldRule),
        index("message", "planned_for", where=text("state IN ('planned', 'held')"), suffix="waiting"),
        index("message", "customer_id", "created_at"),
    )

    customer_id: Mapped[UUID]
    contact_id: Mapped[UUID | None]
    # The payment that a receipt confirms.
    payment_id: Mapped[UUID | None]
    # The link that a job made for it.
    payment_link_id: Mapped[UUID | None]
    # What makes a second plan of the same message impossible.
    dedupe_key: Mapped[str]
    channel: Mapped[str]
    template: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    planned_for: Mapped[datetime]
    # When a job was asked to send it, so that it is asked once; null where nobody has been.
    queued_at: Mapped[datetime | None]
    # Who asked for it by hand ("member:<id>"); null where the strategy did.
    asked_by: Mapped[str | None]
    held_by: Mapped[str | None]
    subject: Mapped[str | None]
    body: Mapped[str | None]
    # The address that it left for, and the provider's id of it (Message-ID for e-mail).
    sent_to: Mapped[str | None]
    provider_id: Mapped[str | None]
    failure: Mapped[str | None]
    created_at: Mapped[datetime]
    sending_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class MessageReceivable(Tenant, Base):
    """A receivable that a message lists, with the amount that it asked for."""

    __tablename__ = "message_receivable"
    __table_args__ = (
        belongs_to("message_receivable", "message_id", "message"),
        belongs_to("message_receivable", "receivable_id", "receivable"),
        index("message_receivable", "receivable_id"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    receivable_id: Mapped[UUID] = mapped_column(primary_key=True)
    balance_minor: Mapped[int]
    due_on: Mapped[date]
