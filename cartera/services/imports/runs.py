"""Runs of imports: from the uploaded file, over its questions and its preview, to the books.

A run is uploaded → needs_answers ⇄ uploaded → needs_confirmation → running → done; failed or cancelled ends
it. What a confirmation shows was computed by applying the file and rolling back: it is what will happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from cartera.db.base import new_id
from cartera.db.outbox import tell_screens
from cartera.db.session import WriteTx
from cartera.db.tables.imports import ImportProblem, ImportRun, ImportState
from cartera.errors import NotFound, refuse
from cartera.rules.imports.answers import Answers, read_options
from cartera.rules.imports.problems import BadRow
from cartera.rules.outbox import ChangeKind, Lane
from cartera.rules.permissions import Scope
from cartera.services.imports.outcome import Outcome
from cartera.services.imports.proposals import Proposal, remember_mapping

_WAITING = (ImportState.UPLOADED, ImportState.NEEDS_ANSWERS, ImportState.NEEDS_CONFIRMATION)
_ENDED = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED)


@dataclass(frozen=True)
class NewImport:
    """A file that has come in. ``answers`` are texts as ``read_options`` takes them."""

    file_name: str
    sha256: bytes
    answers: Mapping[str, Any]
    import_id: UUID | None = None
    as_of: date | None = None
    is_snapshot: bool = False
    all_or_nothing: bool = False


async def begin_import(tx: WriteTx, new: NewImport, *, inspect: bool = True) -> ImportRun:
    """Keep the run of a file; ``inspect`` asks the worker to look at it.

    The file's day is today unless it is named: kept now, so that it is the same when the file is applied.
    Refused: AS_OF_IN_FUTURE.
    """
    tx.actor.require(Scope.IMPORTS_WRITE)
    _refuse_future(tx, new.as_of)
    run = ImportRun(
        organization_id=tx.organization_id,
        id=new.import_id or new_id(),
        file_name=new.file_name[:200],
        file_sha256=new.sha256,
        shape="",
        kind=None,
        is_snapshot=new.is_snapshot,
        as_of=new.as_of or tx.today,
        state=ImportState.UPLOADED,
        proposal={},
        answers=dict(new.answers),
        all_or_nothing=new.all_or_nothing,
        rows_total=0,
        rows_read=0,
        rows_bad=0,
        outcome={},
        failure=None,
        actor=str(tx.actor),
        created_at=tx.now,
        finished_at=None,
    )
    tx.session.add(run)
    await tx.session.flush()
    if inspect:
        _look(tx, run)
    return run


async def answer_import(
    tx: WriteTx,
    import_id: UUID,
    answers: Mapping[str, Any],
    *,
    is_snapshot: bool | None = None,
    as_of: date | None = None,
    all_or_nothing: bool | None = None,
) -> ImportRun:
    """Add answers to those given so far and look at the file again.

    Refused: IMPORT_NOT_WAITING, AS_OF_IN_FUTURE, NOT_FOUND; raises BadAnswer for a text that cannot be an
    answer.
    """
    run = await _waiting(tx, import_id)
    _refuse_future(tx, as_of)
    given = dict(run.answers)
    if answers.get("kind") not in (None, run.kind):
        # Fields are those of a kind: what was said of columns no longer means anything.
        given.pop("columns", None)
    for name, value in answers.items():
        given[name] = [*given.get(name, []), *value] if isinstance(value, list) else value
    read_options(**given)
    run.answers = given
    run.all_or_nothing = run.all_or_nothing if all_or_nothing is None else all_or_nothing
    run.is_snapshot = run.is_snapshot if is_snapshot is None else is_snapshot
    run.as_of = as_of or run.as_of
    run.state = ImportState.UPLOADED
    _look(tx, run)
    return run


async def confirm_import(tx: WriteTx, import_id: UUID, *, force: bool = False) -> ImportRun:
    """Let the previewed import happen; ``force`` passes the guard on snapshots.

    Refused: IMPORT_NOT_WAITING, IMPORT_NEEDS_ANSWERS, IMPORT_ROWS_REFUSED, SNAPSHOT_GUARD, NOT_FOUND.
    """
    run = await _waiting(tx, import_id)
    if run.state != ImportState.NEEDS_CONFIRMATION:
        raise refuse("IMPORT_NEEDS_ANSWERS", "importId")
    if run.all_or_nothing and run.rows_bad:
        raise refuse("IMPORT_ROWS_REFUSED", "importId", count=run.rows_bad)
    if run.outcome.get("beyond_guard") and not force:
        raise refuse("SNAPSHOT_GUARD", "force", **run.outcome["beyond_guard"])
    run.state = ImportState.RUNNING
    run.rows_read = 0
    tx.later(Lane.INTERACTIVE, "run_import", key=str(run.id), import_id=str(run.id), force=force)
    tell_screens(tx, ChangeKind.IMPORT, run.id, None)
    return run


async def cancel_import(tx: WriteTx, import_id: UUID) -> ImportRun:
    """Forget about a file that has not been applied. Refused: IMPORT_NOT_WAITING, NOT_FOUND."""
    run = await _waiting(tx, import_id)
    _end(tx, run, ImportState.CANCELLED)
    return run


async def keep_proposal(
    tx: WriteTx, read: ImportRun, proposal: Proposal, document: Mapping[str, Any], preview: Outcome | None
) -> None:
    """Note what the file holds, what is left to ask, and what would happen.

    ``read`` is the run as it was when the proposal was made. Where a person has answered since, nothing is
    kept: another look is on its way, and nobody may confirm a preview of what was asked for before.
    """
    run = await locked_run(tx, read.id)
    if run.state not in _WAITING or _asked_for(run) != _asked_for(read):
        return
    inspection = proposal.inspection
    run.kind = inspection.kind
    run.shape = inspection.shape or ""
    run.rows_total = inspection.rows
    run.proposal = dict(document)
    run.state = ImportState.NEEDS_CONFIRMATION if inspection.mapping else ImportState.NEEDS_ANSWERS
    if preview:
        await _keep_outcome(tx, run, preview)
    tell_screens(tx, ChangeKind.IMPORT, run.id, None)


async def finish_import(tx: WriteTx, import_id: UUID, proposal: Proposal, outcome: Outcome) -> None:
    """The file is on the books: in the transaction that put it there.

    Only now is it remembered how it was read: of a file that was cancelled nobody said that it was right.
    """
    run = await locked_run(tx, import_id)
    inspection = proposal.inspection
    if inspection.mapping and inspection.shape:
        await remember_mapping(tx, inspection.shape, inspection.mapping)
    await _keep_outcome(tx, run, outcome)
    _end(tx, run, ImportState.DONE)
    # What the file brought may be due already.
    tx.later(Lane.BULK, "plan_reminders", key=str(import_id))


async def fail_import(tx: WriteTx, read: ImportRun, failure: str, outcome: Outcome | None = None) -> bool:
    """The file could not be taken, and nothing of it was kept. ``failure`` is a ``failure_document``.

    False, and nothing noted, where the run has ended or a person has answered since it was ``read``.
    """
    run = await locked_run(tx, read.id)
    if run.state in _ENDED or _asked_for(run) != _asked_for(read):
        return False
    if outcome:
        await _keep_outcome(tx, run, outcome)
    run.failure = failure
    _end(tx, run, ImportState.FAILED)
    return True


async def note_progress(tx: WriteTx, import_id: UUID, rows_read: int) -> None:
    """How far a running import has come; from a transaction of its own."""
    run = await locked_run(tx, import_id)
    run.rows_read = rows_read
    tell_screens(tx, ChangeKind.IMPORT, run.id, None)


def _asked_for(run: ImportRun) -> tuple[object, ...]:
    """All that decides what a file would do, besides the file and the books."""
    return run.answers, run.is_snapshot, run.as_of, run.all_or_nothing


async def locked_run(tx: WriteTx, import_id: UUID) -> ImportRun:
    run = await tx.session.scalar(
        select(ImportRun).where(ImportRun.id == import_id).with_for_update(key_share=True)
    )
    if run is None:
        raise NotFound("import", "importId")
    return run


def answers_of(run: ImportRun) -> Answers:
    """What a person has answered for this file so far."""
    return read_options(**run.answers)


async def _waiting(tx: WriteTx, import_id: UUID) -> ImportRun:
    tx.actor.require(Scope.IMPORTS_WRITE)
    run = await locked_run(tx, import_id)
    if run.state not in _WAITING:
        raise refuse("IMPORT_NOT_WAITING", "importId", state=run.state)
    return run


def _refuse_future(tx: WriteTx, as_of: date | None) -> None:
    """What is settled by a list cannot have been settled on a day that has not come."""
    if as_of and as_of > tx.today:
        raise refuse("AS_OF_IN_FUTURE", "asOf", as_of=as_of.isoformat(), today=tx.today.isoformat())


def _look(tx: WriteTx, run: ImportRun) -> None:
    tx.later(Lane.INTERACTIVE, "inspect_import", key=f"{run.id}:{new_id()}", import_id=str(run.id))
    tell_screens(tx, ChangeKind.IMPORT, run.id, None)


def _end(tx: WriteTx, run: ImportRun, state: ImportState) -> None:
    run.state = state
    run.finished_at = tx.now
    tell_screens(tx, ChangeKind.IMPORT, run.id, None)


async def _keep_outcome(tx: WriteTx, run: ImportRun, outcome: Outcome) -> None:
    run.outcome = outcome.as_json()
    run.rows_read = outcome.read
    run.rows_bad = outcome.bad
    await tx.session.execute(delete(ImportProblem).where(ImportProblem.import_run_id == run.id))
    tx.session.add_all(
        _problem(tx, run.id, row) for row in {row.line: row for row in outcome.bad_rows}.values()
    )


def _problem(tx: WriteTx, import_id: UUID, row: BadRow) -> ImportProblem:
    reasons = [
        {"code": p.code, "heading": p.heading, "value": p.value, "facts": dict(p.facts)} for p in row.problems
    ]
    return ImportProblem(
        organization_id=tx.organization_id,
        import_run_id=import_id,
        line=row.line,
        reasons=reasons,
        cells=list(row.cells),
    )
