"""Activities (what was done, append-only) and tasks (what is to be done next)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped

from cartera.db.base import Base, Row, belongs_to, index, one_of
from cartera.rules.activities import ActivityKind, ActivityOutcome, TaskKind, TaskState


class Activity(Row, Base):
    __tablename__ = "activity"
    __table_args__ = (
        belongs_to("activity", "customer_id", "customer"),
        belongs_to("activity", "member_id", "member"),
        belongs_to("activity", "contact_id", "contact"),
        belongs_to("activity", "message_id", "message"),
        one_of("activity", "kind", ActivityKind),
        one_of("activity", "outcome", ActivityOutcome),
        index("activity", "customer_id", "happened_at"),
    )

    customer_id: Mapped[UUID]
    kind: Mapped[str]
    outcome: Mapped[str]
    happened_at: Mapped[datetime]
    member_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    note: Mapped[str | None]
    recorded_at: Mapped[datetime]


class Task(Row, Base):
    __tablename__ = "task"
    __table_args__ = (
        belongs_to("task", "customer_id", "customer"),
        belongs_to("task", "assignee_id", "member"),
        one_of("task", "kind", TaskKind),
        one_of("task", "state", TaskState),
        index("task", "customer_id", "due_at", where=text("state = 'open'"), suffix="customer_open"),
        index("task", "due_at", where=text("state = 'open'"), suffix="open_due"),
    )

    customer_id: Mapped[UUID]
    assignee_id: Mapped[UUID | None]
    kind: Mapped[str]
    due_at: Mapped[datetime]
    state: Mapped[str]
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
