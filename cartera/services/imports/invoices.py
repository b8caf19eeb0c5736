"""Invoices of a file, applied to the books: one transaction, a set at a time.

A daily snapshot is the full list of open items: what it shows lower, or no longer shows, was settled in the
ERP on the file's day, and the credit notes that came from the ERP were applied there. Nothing is ever raised
by a file: a balance above ours is said and left alone, since the ERP does not know yet of what was paid here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import text
from uuid_utils import uuid7

from cartera.calendars import banking_days
from cartera.db import due_balances
from cartera.db.base import new_id
from cartera.db.queries import imports_sql as sql
from cartera.db.queries.accounts import CHUNK
from cartera.db.queries.imports_staging import join_by_hash, stage, stage_missing
from cartera.db.queries.locks import lock_many
from cartera.db.queries.periods import hold_periods
from cartera.db.session import WriteTx
from cartera.errors import refuse
from cartera.rules.aging import HolidayPolicy, overdue_from
from cartera.rules.imports.problems import Notice, ProblemCode
from cartera.rules.imports.rows import InvoiceRow
from cartera.rules.money import Money, total
from cartera.rules.periods import first_open_day
from cartera.services.books import settle_up
from cartera.services.imports.beside_charges import ask_to_look, take_back_interest
from cartera.services.imports.options import ApplyOptions
from cartera.services.imports.outcome import SETTLED_BY_SNAPSHOT, Outcome, RefusedRows


async def apply_invoices(
    tx: WriteTx,
    rows: AsyncIterator[InvoiceRow],
    what: ApplyOptions,
    outcome: Outcome,
    *,
    amount_is_balance: bool = False,
    retracted: Callable[[], Collection[int]] = tuple,
    refused: RefusedRows | None = None,
) -> None:
    """Bring the books to what the rows say. Raises Refused SNAPSHOT_GUARD, and then nothing is changed.

    ``retracted`` is asked once the rows are read: lines to take back after all; by then ``refused`` is
    complete. ``amount_is_balance``: the file has no column of original amounts, so what it calls an amount
    says nothing about ours. Applying the same rows twice changes nothing the second time.
    """
    await hold_periods(tx)
    run = _Run(tx, what, refused or RefusedRows(), amount_is_balance=amount_is_balance)
    await stage(tx, run.records(rows))
    await run.retract(retracted())
    outcome.customers = await run.match_customers()
    await run.lock_customers()
    await run.execute(sql.MATCH_RECEIVABLES)
    await run.execute(sql.MATCH_CREDIT_NOTES)
    await run.read_outcome(outcome)
    if what.is_snapshot:
        await run.find_missing(outcome)
        await run.guard(outcome)
    await run.find_charged(outcome)
    changed = await run.write()
    await run.correct_charged()
    for start in range(0, len(changed), CHUNK):
        await settle_up(tx, changed[start : start + CHUNK])
    await join_by_hash(tx, only=False)


class _Run:
    """One application of a file within its transaction."""

    def __init__(
        self, tx: WriteTx, what: ApplyOptions, refused: RefusedRows, *, amount_is_balance: bool
    ) -> None:
        self.tx = tx
        self.what = what
        self.refused = refused
        self.amount_is_balance = amount_is_balance
        self.missing: list[UUID] = []
        # Credit notes that the ERP applied: id, customer_id, currency, owed (what it applied), rest (left).
        self.used: list[Any] = []
        # Documents with charges that the file settles, in part or whole: id, customer_id …
        self.charged: list[Any] = []
        # Documents that fall due later than before.
        self.postponed: list[UUID] = []
        self.parameters: dict[str, Any] = {
            "org": tx.organization_id,
            "now": tx.now,
            "as_of": what.as_of,
            "first_open": first_open_day(tx.organization.closed_through),
            "run": what.import_id,
            "actor": str(tx.actor),
            "is_snapshot": what.is_snapshot,
            "country": tx.organization.country,
            "language": tx.organization.language,
            "zone": tx.organization.time_zone,
        }

    async def execute(self, statement: str) -> Any:
        names = {name for name in self.parameters if f":{name}" in statement}
        return await self.tx.session.execute(text(statement), {name: self.parameters[name] for name in names})

    async def retract(self, lines: Collection[int]) -> None:
        if lines:
            await self.tx.session.execute(
                text("DELETE FROM staged WHERE line = ANY(:lines)"), {"lines": list(lines)}
            )

    async def records(self, rows: AsyncIterator[InvoiceRow]) -> AsyncIterator[tuple[Any, ...]]:
        policy = HolidayPolicy(self.tx.organization.holiday_policy)
        is_banking_day = banking_days(self.tx.organization.country)

        @lru_cache(maxsize=8192)
        def overdue(due_on: date) -> date:
            return overdue_from(due_on, policy, is_banking_day)

        # The driver takes uuid_utils' own ids as they are, which spares most of what four new_id() cost.
        async for row in rows:
            yield (
                row.line,
                row.customer_id,
                row.customer_name or row.customer_id,
                row.tax_id or None,
                uuid7(),
                uuid7(),
                uuid7(),
                uuid7(),
                row.external_id,
                row.kind.value,
                row.number,
                row.issue_date,
                row.due_date,
                overdue(row.due_date),
                row.currency,
                row.amount,
                row.balance,
                self.amount_is_balance,
                row.settled_date,
                row.product_line or None,
                row.sales_group or None,
                row.fiscal_id or None,
            )

    async def match_customers(self) -> int:
        """Find each row's customer, adding those that are new; returns how many these are."""
        await self.execute(sql.MATCH_CUSTOMERS)
        added = len((await self.execute(sql.ADD_CUSTOMERS)).all())
        if added:
            await self.execute(sql.BEGIN_HISTORIES)
        await self.execute(sql.MATCH_CUSTOMERS)
        return added

    async def lock_customers(self) -> None:
        customers = set((await self.execute(sql.CUSTOMERS_TOUCHED)).scalars())
        if self.what.is_snapshot:
            customers |= set((await self.execute(sql.CUSTOMERS_OWING)).scalars())
        await lock_many(self.tx, customers)

    async def read_outcome(self, outcome: Outcome) -> None:
        for code, currency, count, minor in await self.execute(sql.OUTCOME):
            outcome.add(code, count, Money(int(minor), currency))
        for row in await self.execute(sql.REFUSED):
            outcome.refuse_line(row.line, ProblemCode(row.problem), row.number)

    async def find_missing(self, outcome: Outcome) -> None:
        """What is open on the books and no longer on the list is settled in the ERP; so are credit notes.

        Not so where refused rows may be about any document: then all of it is left open, and told.
        """
        self.parameters["shown"] = sorted(self.refused.shown)
        gone = (await self.execute(sql.MISSING)).all()
        notes = (await self.execute(sql.MISSING_CREDIT_NOTES)).all()
        self.used = list((await self.execute(sql.USED_CREDIT_NOTES)).all())
        if (gone or notes) and self.refused.nameless and not self.what.force:
            _count(outcome, "gone_left_open", gone)
            _count(outcome, "credit_notes_left_open", notes)
            outcome.notices[Notice.GONE_LEFT_OPEN] = self.refused.nameless
            return
        _count(outcome, "gone_from_erp", gone)
        _count(outcome, "credit_notes_used", notes)
        self.used += notes
        await stage_missing(self.tx, [(*row, new_id()) for row in gone])
        self.missing = [row.customer_id for row in gone]

    async def guard(self, outcome: Outcome) -> None:
        """Note, and unless forced refuse, a snapshot that settles more of a currency's open amount than the
        organization allows."""
        percent = self.tx.organization.snapshot_guard_percent
        by_code = (outcome.amounts.get(code, []) for code in SETTLED_BY_SNAPSHOT)
        settled = {money.currency: money.minor for money in total(chain.from_iterable(by_code))}
        for currency, minor in await self.execute(sql.OPEN_TOTALS):
            share = settled.get(currency, 0)
            if share * 100 <= int(minor) * percent:
                continue
            outcome.beyond_guard = {
                "settled": Money(share, currency).decimal,
                "open": Money(int(minor), currency).decimal,
                "currency": currency,
                "percent": percent,
            }
            if not (self.what.force or self.what.preview):
                raise refuse("SNAPSHOT_GUARD", "force", **outcome.beyond_guard)

    async def find_charged(self, outcome: Outcome) -> None:
        """Find what the file settles of documents with charges, and have it looked at."""
        statement = sql.SETTLED_BESIDE_CHARGES if self.missing else sql.LOWER_BESIDE_CHARGES
        self.charged = list((await self.execute(statement)).all())
        await ask_to_look(self.tx, self.charged, outcome)

    async def correct_charged(self) -> None:
        """Take back interest of days that the file shows were not late."""
        charged = {(row.id, row.customer_id) for row in self.charged}
        if self.postponed:
            self.parameters["moved"] = self.postponed
            charged |= {(row.id, row.customer_id) for row in await self.execute(sql.CHARGED)}
        await take_back_interest(self.tx, charged)

    async def write(self) -> list[UUID]:
        """Write what was found; returns the customers whose account rows are stale, in order."""
        changed = set((await self.execute(sql.CHANGED_CUSTOMERS)).scalars())
        await self.move(sql.ADD_RECEIVABLES)
        for statement in (sql.ADD_ISSUES, sql.ADD_SETTLEMENTS, sql.LOWER_ENTRIES):
            await self.execute(statement)
        await self.move(sql.LOWER_BALANCES)
        for row in await self.execute(sql.UPDATE_RECEIVABLES):
            changed.add(row.customer_id)
            self.redate(row)
        await self.execute(sql.ADD_CREDIT_NOTES)
        if self.missing:
            await self.execute(sql.MISSING_ENTRIES)
            await self.move(sql.MISSING_BALANCES)
            await self.execute(sql.CANCEL_REMINDERS)
        await self.use_credit_notes()
        return sorted(changed | set(self.missing) | {note.customer_id for note in self.used})

    async def move(self, statement: str) -> None:
        """Execute what opens or settles receivables, and tell by how much."""
        for row in await self.execute(statement):
            key = (row.currency, row.due_on, row.overdue_from)
            due_balances.tell(self.tx.session, key, int(row.minor), row.count)

    def redate(self, row: Any) -> None:
        """Tell of a document whose facts changed when it falls due now."""
        if row.balance_minor:
            before = (row.currency, row.old_due_on, row.old_overdue_from)
            due_balances.tell(self.tx.session, before, -row.balance_minor, -1)
            now = (row.currency, row.due_on, row.overdue_from)
            due_balances.tell(self.tx.session, now, row.balance_minor, 1)
        if row.due_on > row.old_due_on:
            self.postponed.append(row.id)
        if row.due_on != row.old_due_on:
            self.tx.audit(
                "due_date_changed",
                "receivable",
                row.id,
                customer_id=row.customer_id,
                before={"due_on": row.old_due_on.isoformat()},
                after={"due_on": row.due_on.isoformat()},
            )

    async def use_credit_notes(self) -> None:
        """Leave of credit notes what the ERP left of them."""
        if not self.used:
            return
        self.parameters["used_notes"] = [note.id for note in self.used]
        self.parameters["used_rests"] = [note.rest for note in self.used]
        await self.execute(sql.USE_CREDIT_NOTES)
        for note in self.used:
            self.tx.audit(
                "credit_note_used_in_erp",
                "credit_note",
                note.id,
                customer_id=note.customer_id,
                before={"unapplied_minor": note.rest + note.owed},
                after={"unapplied_minor": note.rest},
            )


def _count(outcome: Outcome, code: str, rows: Sequence[Any]) -> None:
    for row in rows:
        outcome.add(code, 1, Money(row.owed, row.currency))
