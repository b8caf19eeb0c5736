"""`cartera import FILE`: open or settled invoices, payments or contacts of a CSV file, onto the books.

It asks, it never guesses: what a file leaves open ends the command with the option that answers it.
"""

import argparse
import asyncio
import csv
import hashlib
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.exc import DBAPIError

from api.errors import say
from cartera.actors import Actor, system
from cartera.clock import clock_from
from cartera.commands.chosen_organization import choose_organization, organization_argument
from cartera.db.base import new_id
from cartera.db.schema_state import require_current
from cartera.db.session import Database, WriteTx, held_up
from cartera.documents.csv import CsvTable, open_csv, write_bad_rows
from cartera.errors import Refused, UserFacingError
from cartera.local import open_servers
from cartera.rules.customers import Language
from cartera.rules.imports.answers import BadAnswer, read_options
from cartera.rules.imports.problems import Refusal
from cartera.rules.imports.wording import (
    bad_row_titles,
    say_bad_row,
    say_notice,
    say_options,
    say_question,
    say_refusal,
)
from cartera.servers import Servers
from cartera.services.imports import runs
from cartera.services.imports.applying import RowsRefused, apply_file, rehearse
from cartera.services.imports.documents import proposal_document
from cartera.services.imports.options import options_for
from cartera.services.imports.outcome import SETTLED_BY_SNAPSHOT, Outcome
from cartera.services.imports.proposals import Proposal, knowledge_for, propose
from cartera.settings import Settings

_SHOWN_BAD_ROWS = 10

# What is said of each count, in the order in which it is said.
_SAID = {
    "created": "added",
    "updated": "updated",
    "credit_notes": "credit notes added",
    "settled_in_erp": "settled in the ERP, in part or whole",
    "gone_from_erp": "no longer on the list: settled in the ERP",
    "paid_charges_here": "of these, money that paid interest or cost here as well: a task asks to review it",
    "already_settled": "for documents already settled in the ERP, kept as credit",
    "credit_notes_used": "credit notes applied in the ERP, in part or whole",
    "gone_left_open": "no longer on the list and left open (--force settles them)",
    "credit_notes_left_open": "credit notes no longer on the list and left open (--force settles them)",
    "lower_than_ours": "lower than on the books and left alone (--snapshot takes a full list of open items)",
    "higher_than_ours": "higher than on the books and left alone",
    "unchanged": "unchanged",
}

_REFUSED = {
    "AS_OF_IN_FUTURE": "--as-of {as_of} is in the future: today is {today}.",
    "SNAPSHOT_GUARD": (
        "This snapshot would settle {settled} of {open} {currency} that are open, more than the {percent} % "
        "that this organization allows. Look at the file; if it is the whole list, add --force."
    ),
    "SNAPSHOT_NEEDS_INVOICES": "Only a file of invoices can be a --snapshot.",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options that answer what a file leaves open, and how it is applied."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a CSV file")
    organization_argument(parser)
    asked = parser.add_argument_group(
        "answers to what a file leaves open (remembered for files of its shape)"
    )
    asked.add_argument("--kind", help="invoices, payments or contacts")
    asked.add_argument(
        "--column", action="append", default=[], metavar='"Heading"=FIELD', help="what a column holds"
    )
    asked.add_argument("--date-order", metavar="DMY|MDY|YMD", help="how dates are written")
    asked.add_argument("--decimal", metavar="comma|point", help="the decimal sign")
    asked.add_argument("--currency", metavar="CODE", help="the currency of amounts that name none")
    asked.add_argument(
        "--currency-for", action="append", default=[], metavar="COLUMN=VALUE:CODE", help="of these rows"
    )
    zeros = asked.add_mutually_exclusive_group()
    zeros.add_argument("--keep-zeros", dest="zeros", action="store_const", const="keep")
    zeros.add_argument("--strip-zeros", dest="zeros", action="store_const", const="strip")
    asked.add_argument(
        "--terms", metavar="DAYS", help="days from issue to due date, where the file has one of them"
    )
    asked.add_argument("--settled-short", metavar="open|closed", help="what a document settled for less is")
    asked.add_argument(
        "--extra-decimals", metavar="refuse|round", help="amounts with more decimals than the currency"
    )
    asked.add_argument("--encoding", help="where it is known better; lines that it cannot read are set aside")
    parser.add_argument(
        "--snapshot", action="store_true", help="the full list of what is open: the rest is settled"
    )
    parser.add_argument(
        "--as-of", type=_day, metavar="YYYY-MM-DD", help="the day of the file (default: today)"
    )
    parser.add_argument("--all-or-nothing", action="store_true", help="keep nothing if any row is refused")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    parser.add_argument("--yes", action="store_true", help="confirm a snapshot without being asked")
    parser.add_argument(
        "--force", action="store_true", help="a snapshot that settles more than the guard allows"
    )
    parser.add_argument(
        "--bad-rows", type=Path, metavar="FILE", help="write the refused rows there, with the reason"
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Import, and say what happened. The exit code: 2 where it has to ask or rows were refused."""
    try:
        table = open_csv(options.file, encoding=options.encoding)
    except Refusal as refusal:
        raise UserFacingError(say_refusal(refusal, Language.EN)) from None
    with open_servers(settings, "cartera import") as opened:
        asyncio.run(require_current(opened.servers.owner))
        return asyncio.run(_import(options, settings, opened.servers, table))


@dataclass(frozen=True)
class _Run:
    db: Database
    actor: Actor
    now: datetime
    options: argparse.Namespace
    import_id: UUID


async def _import(options: argparse.Namespace, settings: Settings, servers: Servers, table: CsvTable) -> int:
    now = clock_from(settings).now()
    db = Database(servers.app, pool_size=2)
    try:
        organization_id = await choose_organization(db, options.organization, now)
        job = _Run(db, system(organization_id, "cartera import"), now, options, new_id())
        async with db.read(job.actor, now) as tx:
            knowledge = await knowledge_for(tx, table)
        proposal = propose(table, knowledge, read_options(**_answers(options)))
        _ask(proposal)
        return await _apply(job, proposal)
    except Refusal as refusal:
        raise UserFacingError(say_refusal(refusal, Language.EN)) from None
    except BadAnswer as error:
        raise UserFacingError(str(error)) from None
    except Refused as refused:
        raise UserFacingError(_say_refused(refused)) from None
    except (DBAPIError, asyncpg.PostgresError, TimeoutError) as error:
        if not held_up(error):
            raise
        raise UserFacingError(
            "Nothing was imported: others kept the same customers busy for too long, perhaps another import. "
            "Try again when that has ended."
        ) from None
    finally:
        await db.close()


def _ask(proposal: Proposal) -> None:
    questions = proposal.inspection.questions
    if questions:
        said = "\n".join(f"{say_question(each, Language.EN)} {say_options(each)}" for each in questions)
        raise UserFacingError(said)


async def _apply(job: _Run, proposal: Proposal) -> int:
    options = job.options
    if options.snapshot or options.dry_run:
        preview = await rehearse(job.db.write(job.actor, job.now), lambda tx: _preview(tx, job, proposal))
        _say_outcome(preview, would=True)
        if options.dry_run:
            _report_bad_rows(preview, proposal, options)
            return 2 if preview.bad else 0
        _confirm(preview, options)
    try:
        async with job.db.write(job.actor, job.now) as tx:
            begun = await runs.begin_import(tx, _new_import(job), inspect=False)
            outcome = await apply_file(tx, proposal, options_for(begun, force=options.force), _Ticker())
            await runs.keep_proposal(tx, begun, proposal, proposal_document(proposal.inspection), None)
            await runs.finish_import(tx, begun.id, proposal, outcome)
    except RowsRefused as refused:
        _report_bad_rows(refused.outcome, proposal, options)
        raise UserFacingError(
            f"Nothing was imported: {refused.outcome.bad} rows are refused and all or nothing was asked for."
        ) from None
    _say_outcome(outcome, would=False)
    _report_bad_rows(outcome, proposal, options)
    return 2 if outcome.bad else 0


async def _preview(tx: WriteTx, job: _Run, proposal: Proposal) -> Outcome:
    begun = await runs.begin_import(tx, _new_import(job), inspect=False)
    return await apply_file(
        tx, proposal, options_for(begun, force=job.options.force, preview=True), _Ticker()
    )


def _new_import(job: _Run) -> runs.NewImport:
    options = job.options
    with options.file.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return runs.NewImport(
        file_name=options.file.name,
        sha256=digest,
        answers=_answers(options),
        import_id=job.import_id,
        as_of=options.as_of,
        is_snapshot=options.snapshot,
        all_or_nothing=options.all_or_nothing,
    )


def _answers(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "kind": options.kind,
        "columns": options.column,
        "date_order": options.date_order,
        "decimal": options.decimal,
        "currency": options.currency,
        "currency_for": options.currency_for,
        "zeros": options.zeros,
        "terms": options.terms,
        "settled_short": options.settled_short,
        "extra_decimals": options.extra_decimals,
    }


def _confirm(preview: Outcome, options: argparse.Namespace) -> None:
    """A snapshot settles what it does not show: somebody must have seen how much that is."""
    if options.yes or not any(code in preview.counts for code in SETTLED_BY_SNAPSHOT):
        return
    if not sys.stdin.isatty():
        raise UserFacingError("A snapshot that settles documents has to be confirmed. Add --yes.")
    if input("Go on? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise UserFacingError("Nothing was imported.")


class _Ticker:
    """Says on a terminal how far it has come."""

    async def __call__(self, rows_read: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{rows_read:,} rows read …", end="", file=sys.stderr, flush=True)


def _say_outcome(outcome: Outcome, *, would: bool) -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    print("This would happen:" if would else "Done:")
    for code, said in _SAID.items():
        if code in outcome.counts:
            amounts = ", ".join(
                f"{money.decimal} {money.currency}" for money in outcome.amounts.get(code, [])
            )
            print(f"  {outcome.counts[code]:>8,} {said}{': ' + amounts if amounts else ''}")
    if outcome.customers:
        print(f"  {outcome.customers:>8,} new customers")
    if outcome.bad:
        print(f"  {outcome.bad:>8,} rows refused")
    for notice, count in outcome.notices.items():
        print(f"  {say_notice(notice, count, Language.EN)}")


def _report_bad_rows(outcome: Outcome, proposal: Proposal, options: argparse.Namespace) -> None:
    reasons = {row.line: say_bad_row(row, Language.EN) for row in outcome.bad_rows}
    for line in sorted(reasons)[:_SHOWN_BAD_ROWS]:
        print(f"  line {line}: {reasons[line]}")
    if len(reasons) > _SHOWN_BAD_ROWS and not options.bad_rows:
        print(f"  … and {len(reasons) - _SHOWN_BAD_ROWS:,} more: --bad-rows FILE writes them all.")
    if reasons:
        print(
            "  Correct the refused rows and import them again: what is on the books already stays as it is."
        )
    if options.bad_rows and reasons:
        try:
            with options.bad_rows.open("w", encoding="utf-8-sig", newline="") as out:
                write_bad_rows(
                    proposal.table.header,
                    [(row.line, row.cells, reasons[row.line]) for row in outcome.bad_rows],
                    out,
                    titles=bad_row_titles(Language.EN),
                    delimiter=proposal.table.layout.delimiter,
                )
        except (OSError, csv.Error) as error:
            raise UserFacingError(
                f"The refused rows could not be written to {options.bad_rows}: {error}"
            ) from None
        print(f"  The refused rows are in {options.bad_rows}.")


def _say_refused(refused: Refused) -> str:
    """With the option to change where there is one; anything else as the application says it."""
    problem = refused.problems[0]
    if problem.code in _REFUSED:
        return _REFUSED[problem.code].format_map(problem.facts)
    return say(problem, Language.EN)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("takes a day such as 2026-11-21") from None
