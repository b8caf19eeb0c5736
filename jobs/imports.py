"""Jobs of imports: look at a file that has come in, and apply it once it is confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic
from uuid import UUID

from cartera.db.tables.imports import ImportRun
from cartera.documents.csv import CsvTable, open_csv
from cartera.errors import Refused, refuse
from cartera.files import FileName, Files
from cartera.rules.imports.answers import BadAnswer
from cartera.rules.imports.mapping import FileMapping
from cartera.rules.imports.problems import Refusal
from cartera.services.imports import runs
from cartera.services.imports.applying import RowsRefused, apply_file, rehearse
from cartera.services.imports.documents import failure_document, proposal_document, stored_mapping
from cartera.services.imports.options import options_for
from cartera.services.imports.proposals import Knowledge, Proposal, knowledge_for, propose
from jobs.context import JobContext

# Seconds between two words to the screens on how far an import has come.
_PROGRESS_SECONDS = 0.7

# A file that breaks whoever reads it would break the next one too: after these tries its run has failed.
_TRIES = 4


async def inspect_import(ctx: JobContext, import_id: str) -> None:
    """Say what a file holds, what is left to ask and, where nothing is, what would happen."""
    run = await _run(ctx, import_id)
    preview = None
    try:
        _stop_trying(ctx)
        async with _table(ctx, run) as table:
            proposal = await _proposal(ctx, run, table)
            if proposal.inspection.mapping:
                options = options_for(run, preview=True)
                preview = await rehearse(ctx.step(), lambda tx: apply_file(tx, proposal, options))
    except (Refusal, BadAnswer, Refused) as error:
        await _fail(ctx, run, error)
        return
    document = proposal_document(proposal.inspection)
    async with ctx.finish() as tx:
        await runs.keep_proposal(tx, run, proposal, document, preview)


async def run_import(ctx: JobContext, import_id: str, force: bool) -> None:
    """Put a confirmed file on the books, all of it in one transaction."""
    run = await _run(ctx, import_id)
    try:
        _stop_trying(ctx)
        async with _table(ctx, run) as table:
            # Read as the preview was, whatever another file of this shape has taught since.
            proposal = await _proposal(ctx, run, table, stored_mapping(run.proposal))
            options, progress = options_for(run, force=force), _Progress(ctx, run.id)
            async with ctx.finish() as tx:
                outcome = await apply_file(tx, proposal, options, progress)
                await runs.finish_import(tx, run.id, proposal, outcome)
    except (Refusal, BadAnswer, Refused, RowsRefused) as error:
        await _fail(ctx, run, error)
        return
    await _forget(ctx, run)


def _stop_trying(ctx: JobContext) -> None:
    """Refused: IMPORT_GAVE_UP, so that whoever waits is told, also where every try ended in silence."""
    if ctx.attempt > _TRIES:
        raise refuse("IMPORT_GAVE_UP", tries=_TRIES)


async def _run(ctx: JobContext, import_id: str) -> ImportRun:
    """The run as it is now; what is made of it is kept only while it is so."""
    async with ctx.step() as tx:
        return await runs.locked_run(tx, UUID(import_id))


@asynccontextmanager
async def _table(ctx: JobContext, run: ImportRun) -> AsyncIterator[CsvTable]:
    """The run's file, which can be read again and again within the block."""
    async with Files(ctx.settings).at_hand(FileName(ctx.organization_id, "imports", run.id)) as path:
        yield await asyncio.to_thread(open_csv, path)


async def _forget(ctx: JobContext, run: ImportRun) -> None:
    await Files(ctx.settings).remove(FileName(ctx.organization_id, "imports", run.id))


async def _proposal(
    ctx: JobContext, run: ImportRun, table: CsvTable, remembered: FileMapping | None = None
) -> Proposal:
    async with ctx.step() as tx:
        knowledge = await knowledge_for(tx, table)
    if remembered:
        knowledge = replace(knowledge, remembered={remembered.kind: remembered})
    return await asyncio.to_thread(_propose, table, knowledge, run)


def _propose(table: CsvTable, knowledge: Knowledge, run: ImportRun) -> Proposal:
    return propose(table, knowledge, runs.answers_of(run))


class _Progress:
    """Tells screens how far it has come, from transactions of its own."""

    def __init__(self, ctx: JobContext, run_id: UUID) -> None:
        self._ctx = ctx
        self._run_id = run_id
        self._told = monotonic()

    async def __call__(self, rows_read: int) -> None:
        if monotonic() - self._told < _PROGRESS_SECONDS:
            return
        self._told = monotonic()
        async with self._ctx.db.write(self._ctx.actor, self._ctx.clock.now()) as tx:
            await runs.note_progress(tx, self._run_id, rows_read)


async def _fail(ctx: JobContext, run: ImportRun, error: Exception) -> None:
    outcome = error.outcome if isinstance(error, RowsRefused) else None
    async with ctx.finish() as tx:
        failed = await runs.fail_import(tx, run, failure_document(error), outcome)
    if failed:
        await _forget(ctx, run)
