"""Imports: their runs, remembered mappings, and the rows that could not be kept."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Row, Tenant, belongs_to, in_organization, index, one_of


class ImportKind(StrEnum):
    INVOICES = "invoices"
    PAYMENTS = "payments"
    CONTACTS = "contacts"


class ImportState(StrEnum):
    UPLOADED = "uploaded"
    NEEDS_ANSWERS = "needs_answers"
    NEEDS_CONFIRMATION = "needs_confirmation"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ImportRun(Row, Base):
    __tablename__ = "import_run"
    __table_args__ = (
        in_organization("import_run"),
        one_of("import_run", "kind", ImportKind),
        one_of("import_run", "state", ImportState),
        index("import_run", "created_at"),
    )

    file_name: Mapped[str]
    file_sha256: Mapped[bytes]
    shape: Mapped[str]
    kind: Mapped[str | None]
    is_snapshot: Mapped[bool]
    as_of: Mapped[date | None]
    state: Mapped[str]
    # What was found (columns, questions, samples), and what a person answered.
    proposal: Mapped[dict[str, Any]]
    answers: Mapped[dict[str, Any]]
    all_or_nothing: Mapped[bool]
    rows_total: Mapped[int]
    rows_read: Mapped[int]
    rows_bad: Mapped[int]
    # Counts and amounts by outcome: created, updated, unchanged, credit notes, settled in ERP.
    outcome: Mapped[dict[str, Any]]
    failure: Mapped[str | None]
    actor: Mapped[str]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ImportMapping(Tenant, Base):
    """What an organization answered for files of one shape, so that it is asked once."""

    __tablename__ = "import_mapping"
    __table_args__ = (in_organization("import_mapping"),)

    shape: Mapped[str] = mapped_column(primary_key=True)
    mapping: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class ImportProblem(Tenant, Base):
    """A row that could not be kept: its line in the file, every reason, and the row as it stood."""

    __tablename__ = "import_problem"
    __table_args__ = (belongs_to("import_problem", "import_run_id", "import_run"),)

    import_run_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    # Each with its code, heading, value and facts, to be said in any language.
    reasons: Mapped[list[Any]]
    cells: Mapped[list[Any]]
