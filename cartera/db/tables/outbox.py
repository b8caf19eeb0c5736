"""The outbox (effects to bring about), the inbox (events received), idempotency keys, the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Row, Tenant, in_organization, index, one_of, unique
from cartera.rules.outbox import Lane


class Outbox(Row, Base):
    """An effect decided by a transaction: a job to run, or a change to tell the screens."""

    __tablename__ = "outbox"
    __table_args__ = (
        in_organization("outbox"),
        unique("outbox", "key"),
        one_of("outbox", "lane", Lane),
        index("outbox", "lane", "run_at", "id", where=text("done_at IS NULL"), suffix="pending"),
        index("outbox", "done_at", where=text("done_at IS NOT NULL"), suffix="done"),
    )

    key: Mapped[str]
    lane: Mapped[str]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]  # ids only
    run_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int]
    done_at: Mapped[datetime | None]
    # Why the last attempt failed; a row with done_at and a failure was given up and waits for a person.
    failure: Mapped[str | None]
    request_id: Mapped[str | None]


class Inbox(Row, Base):
    """A gateway's event as it came, kept before it is acted upon; a second copy is ignored."""

    __tablename__ = "inbox"
    __table_args__ = (
        in_organization("inbox"),
        unique("inbox", "gateway", "event_id"),
        index("inbox", "received_at"),
    )

    gateway: Mapped[str]
    event_id: Mapped[str]
    # The provider's own id of what the event is about.
    reference: Mapped[str]
    body: Mapped[bytes]
    received_at: Mapped[datetime]
    processed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]


class IdempotencyKey(Tenant, Base):
    """What a key was used for: the hash of the input, and the type and ids of the answer."""

    __tablename__ = "idempotency_key"
    __table_args__ = (in_organization("idempotency_key"), index("idempotency_key", "created_at"))

    # The caller's key, prefixed with the actor and the mutation: "member:<id>:paymentRecord:<key>".
    key: Mapped[str] = mapped_column(primary_key=True)
    input_hash: Mapped[bytes]
    result: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class AuditEntry(Row, Base):
    """Who did what, when, from where, before and after. Append-only."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        in_organization("audit_entry"),
        index("audit_entry", "noun", "noun_id", "happened_at"),
        index("audit_entry", "customer_id", "happened_at", where=text("customer_id IS NOT NULL")),
    )

    happened_at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    noun: Mapped[str]
    noun_id: Mapped[UUID]
    customer_id: Mapped[UUID | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
