"""Disputes, and what was said about each."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped

from cartera.db.base import Base, Row, belongs_to, check, index, one_of
from cartera.rules.disputes import DisputeReason, DisputeState


class Dispute(Row, Base):
    __tablename__ = "dispute"
    __table_args__ = (
        belongs_to("dispute", "receivable_id", "receivable"),
        belongs_to("dispute", "customer_id", "customer"),
        belongs_to("dispute", "owner_id", "member"),
        belongs_to("dispute", "credit_note_id", "credit_note"),
        belongs_to("dispute", "review_task_id", "task"),
        one_of("dispute", "reason", DisputeReason),
        one_of("dispute", "state", DisputeState),
        check("dispute", "amount", "amount_minor > 0"),
        check(
            "dispute",
            "accepted",
            "(accepted_minor IS NULL AND credit_note_id IS NULL)"
            " OR (state = 'accepted' AND accepted_minor BETWEEN 1 AND amount_minor)",
        ),
        check("dispute", "resolved", "(resolved_on IS NULL) = (state = 'open')"),
        index("dispute", "receivable_id", where=text("state = 'open'"), suffix="open"),
        index("dispute", "receivable_id"),
        index("dispute", "deadline_on", "id", where=text("state = 'open'"), suffix="open_deadline"),
        index("dispute", "deadline_on", "id", suffix="deadline"),
        index("dispute", "resolved_on", where=text("resolved_on IS NOT NULL"), suffix="resolved"),
        index("dispute", "customer_id", "opened_on"),
    )

    receivable_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    reason: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str]
    owner_id: Mapped[UUID | None]
    opened_on: Mapped[date]
    deadline_on: Mapped[date]
    resolved_on: Mapped[date | None]
    # What the customer said, or who heard it.
    note: Mapped[str | None]
    # In words, why it was resolved as it was.
    resolution: Mapped[str | None]
    # What was granted of the amount, and the credit note by which it was.
    accepted_minor: Mapped[int | None]
    credit_note_id: Mapped[UUID | None]
    # Asked of the owner once the deadline has passed; one deadline asks once.
    review_task_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


class DisputeComment(Row, Base):
    """Something said in a dispute's thread. Append-only; what was done is told by the audit log."""

    __tablename__ = "dispute_comment"
    __table_args__ = (
        belongs_to("dispute_comment", "dispute_id", "dispute"),
        belongs_to("dispute_comment", "customer_id", "customer"),
        index("dispute_comment", "dispute_id", "created_at"),
    )

    dispute_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    actor: Mapped[str]  # "member:<id>", "token:<id>", "portal:<id>", "system:<job>"
    text: Mapped[str]
    created_at: Mapped[datetime]
