"""Runs of imports as people read them: runs by id, and the refused rows of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from cartera.db.queries.visibility import Sight
from cartera.db.session import Tx
from cartera.db.tables.imports import ImportProblem, ImportRun

CREATED_AT = (ImportRun.created_at, ImportRun.id)


@dataclass(frozen=True)
class ImportFilter:
    """What a list of imports is narrowed to: nothing, so far."""


def conditions(sight: Sight, narrowed: ImportFilter) -> list[ColumnElement[bool]]:
    """All of them are for everybody who may read imports."""
    return []


async def by_ids(tx: Tx, ids: Collection[UUID]) -> dict[UUID, ImportRun]:
    rows = await tx.session.scalars(select(ImportRun).where(ImportRun.id.in_(ids)))
    return {row.id: row for row in rows}


async def problems(tx: Tx, runs: Collection[UUID], first: int) -> dict[UUID, list[ImportProblem]]:
    """The first refused rows of each run that were kept, by line."""
    here = func.row_number().over(partition_by=ImportProblem.import_run_id, order_by=ImportProblem.line)
    ranked = select(ImportProblem, here.label("here")).where(ImportProblem.import_run_id.in_(runs)).subquery()
    problem = aliased(ImportProblem, ranked)
    rows = await tx.session.scalars(
        select(problem).where(ranked.c.here <= first).order_by(problem.import_run_id, problem.line)
    )
    grouped: dict[UUID, list[ImportProblem]] = defaultdict(list)
    for row in rows:
        grouped[row.import_run_id].append(row)
    return grouped
