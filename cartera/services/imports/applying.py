"""A file applied to the books in the caller's transaction, whatever its kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from typing import TypeVar

from cartera.db.session import WriteTx
from cartera.errors import refuse
from cartera.rules.imports.conversion import Conversion
from cartera.rules.imports.fields import Field, FileKind
from cartera.rules.imports.mapping import FileMapping
from cartera.rules.imports.problems import BadRow
from cartera.rules.imports.rows import ContactRow, InvoiceRow, PaymentRow
from cartera.services.imports.contacts import apply_contacts
from cartera.services.imports.invoices import apply_invoices
from cartera.services.imports.options import ApplyOptions
from cartera.services.imports.outcome import Outcome, RefusedRows
from cartera.services.imports.payments import apply_payments
from cartera.services.imports.proposals import Proposal

# A file of a million rows takes longer than any request may, and whoever comes second waits for it.
LONGEST_WAIT = timedelta(minutes=10)

# Rows between two words on how far it has come.
PROGRESS_EVERY = 2000

Progress = Callable[[int], Awaitable[None]]
_Row = TypeVar("_Row")


async def apply_file(
    tx: WriteTx, proposal: Proposal, options: ApplyOptions, progress: Progress | None = None
) -> Outcome:
    """Bring the books to what the file says; good rows are kept, bad ones listed.

    Raises Refused: SNAPSHOT_GUARD, SNAPSHOT_NEEDS_INVOICES, ROWS_REFUSED (with all-or-nothing), and then
    nothing may be committed; Refusal where the file cannot be read to its end.
    """
    mapping = proposal.inspection.mapping
    assert mapping is not None, "questions are open"
    if options.is_snapshot and mapping.kind is not FileKind.INVOICES:
        raise refuse("SNAPSHOT_NEEDS_INVOICES")
    await tx.take_time(LONGEST_WAIT)
    reading = _Reading(proposal, mapping, progress, tx.today)
    if mapping.kind is FileKind.INVOICES:
        await apply_invoices(
            tx,
            reading.rows(InvoiceRow),
            options,
            reading.outcome,
            amount_is_balance=Field.AMOUNT not in mapping.columns,
            retracted=reading.retracted,
            refused=reading.refused,
        )
    elif mapping.kind is FileKind.PAYMENTS:
        rows = [row async for row in reading.rows(PaymentRow)]
        taken_back = reading.retracted()
        kept = (row for row in rows if row.line not in taken_back)
        await apply_payments(tx, kept, options.import_id, reading.outcome)
    else:
        contacts = [row async for row in reading.rows(ContactRow)]
        taken_back = reading.retracted()
        await apply_contacts(tx, [row for row in contacts if row.line not in taken_back], reading.outcome)
    outcome = reading.outcome
    outcome.fill_cells(proposal.table.cells_of)
    if options.all_or_nothing and outcome.bad and not options.preview:
        raise RowsRefused(outcome)
    tx.audit("import.apply", "import_run", options.import_id, after=outcome.as_json())
    return outcome


class _Rehearsed(Exception):
    """Rolls a transaction back and brings out what was found."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


async def rehearse(
    transaction: AbstractAsyncContextManager[WriteTx], apply: Callable[[WriteTx], Awaitable[Outcome]]
) -> Outcome:
    """What ``apply`` would do: done in that transaction, and rolled back. Raises what ``apply`` raises."""
    try:
        async with transaction as tx:
            raise _Rehearsed(await apply(tx))
    except _Rehearsed as found:
        return found.outcome


class RowsRefused(Exception):
    """All or nothing was asked for, and some rows are refused: the transaction must be rolled back."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"{outcome.bad} rows refused")
        self.outcome = outcome


class _Reading:
    """The rows of one file as they are read, the refused ones set aside."""

    def __init__(
        self, proposal: Proposal, mapping: FileMapping, progress: Progress | None, today: date
    ) -> None:
        self.outcome = Outcome()
        self.refused = RefusedRows()
        self._table = proposal.table
        self._conversion = Conversion(proposal.table.header, mapping, proposal.knowledge.known, today)
        self._progress = progress

    async def rows(self, kind: type[_Row]) -> AsyncIterator[_Row]:
        for row in self._conversion.rows(self._table.rows()):
            self.outcome.read += 1
            if self._progress and self.outcome.read % PROGRESS_EVERY == 0:
                await self._progress(self.outcome.read)
            if isinstance(row, BadRow):
                self._refuse(row)
            else:
                assert isinstance(row, kind)
                yield row
        self.outcome.notices = self._conversion.notices

    def retracted(self) -> frozenset[int]:
        """Lines taken that a later line contradicted: of two contents neither can be trusted."""
        rows = self._conversion.retracted()
        for row in rows:
            self._refuse(row)
        return frozenset(row.line for row in rows)

    def _refuse(self, row: BadRow) -> None:
        self.outcome.refuse(row)
        self.refused.add(row)
