"""In SQL: how late a receivable is on the business day (``rules.aging``), and when an entry was."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal

from api.selection.levels import Level
from api.selection.statement import Build
from cartera.db.statements import constant
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.aging import BUCKET_LIMITS, AgingBucket


def is_overdue(at: Level, build: Build) -> ColumnElement[bool]:
    return and_(
        at[Receivable.balance_minor] > constant(0),
        at[Receivable.overdue_from] <= build.frame.organization.business_day,
    )


def days_overdue(at: Level, build: Build) -> ColumnElement[int]:
    return case((is_overdue(at, build), _days(at, build)), else_=0)


def aging_bucket(at: Level, build: Build) -> ColumnElement[str]:
    limits = [(_days(at, build) <= limit, constant(bucket.value)) for bucket, limit in BUCKET_LIMITS]
    late = case(*limits, else_=constant(AgingBucket.OVER_90.value))
    return case((is_overdue(at, build), late), else_=constant(AgingBucket.CURRENT.value))


def happened_on(at: Level, build: Build) -> ColumnElement[Any]:
    return func.coalesce(at[Entry.value_on], at[Entry.effective_on])


def _days(at: Level, build: Build) -> Any:
    return literal(build.frame.organization.business_day) - at[Receivable.due_on]
