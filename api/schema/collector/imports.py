"""Imports: what a file holds, what is left to ask, and what it did or would do to the books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ClassVar

import strawberry
from sqlalchemy import ColumnElement, case

from api.context import Info
from api.errors import say
from api.schema import ids
from api.schema.collector.fields import column
from api.schema.collector.nodes import Connection, Edge, Money, Node
from api.schema.permissions import needs, reads_from
from api.selection.kinds import Attribute, Finished, Here, Told, id_text
from api.selection.levels import Level
from api.selection.lists import Edges
from api.selection.statement import Build
from api.selection.tree import READS
from cartera.db.queries import imports as queries
from cartera.db.queries.keyset import LARGEST_PAGE, Order
from cartera.db.statements import constant
from cartera.db.tables import imports as tables
from cartera.db.tables.imports import ImportKind, ImportState
from cartera.errors import refuse
from cartera.rules.customers import Language
from cartera.rules.imports import screens
from cartera.rules.imports.problems import Notice, Problem, ProblemCode, Refusal
from cartera.rules.imports.questions import Question
from cartera.rules.imports.wording import say_notice, say_problem, say_question, say_refusal
from cartera.rules.permissions import Scope
from cartera.services.imports.documents import stored_failure, stored_questions

strawberry.enum(ImportKind)
strawberry.enum(ImportState)

_PROBLEMS = 50


@strawberry.type
class ImportColumn:
    header: str
    field: str | None = strawberry.field(description="Null: ignored.")
    samples: list[str]


@strawberry.type
class ImportChoice:
    value: str
    label: str


@strawberry.type(description="What the file leaves open. Its code and path name it in an answer.")
class ImportQuestion:
    code: str
    path: str | None
    sentence: str
    choices: list[ImportChoice]
    samples: list[str]
    free_text: bool

    @classmethod
    def of(cls, question: Question, language: Language) -> ImportQuestion:
        return cls(
            code=question.code,
            path=screens.path_of(question),
            sentence=say_question(question, language),
            choices=[
                ImportChoice(value=each.value, label=screens.label_of(question, each.value, language))
                for each in question.choices
            ],
            samples=[sample.text for sample in question.samples],
            free_text=screens.takes_text(question),
        )


@strawberry.type
class ImportOutcome:
    code: str = strawberry.field(description="created, updated, unchanged, credit_notes, settled_in_erp, …")
    count: int
    amounts: list[Money]


@strawberry.type(description="A row that was refused.")
class ImportProblem:
    line: int
    code: str
    sentence: str
    cells: list[str]

    @classmethod
    def of(cls, row: tables.ImportProblem, language: Language) -> ImportProblem:
        problems = problems_of(row)
        return cls(
            line=row.line,
            code=problems[0].code,
            sentence=" ".join(say_problem(problem, language) for problem in problems),
            cells=row.cells,
        )


def _columns(proposal: dict[str, Any], info: Info) -> list[ImportColumn]:
    return [
        ImportColumn(header=each["heading"], field=each["field"], samples=each["samples"])
        for each in proposal.get("columns", [])
    ]


def _questions(proposal: dict[str, Any], info: Info) -> list[ImportQuestion]:
    language = Language(info.context.actor.language)
    return [ImportQuestion.of(each, language) for each in stored_questions(proposal)]


def _outcomes(stored: dict[str, Any], info: Info) -> list[ImportOutcome]:
    return [
        ImportOutcome(
            code=code,
            count=each["count"],
            amounts=[Money.of(minor, currency) for currency, minor in sorted(each["amounts"].items())],
        )
        for code, each in _outcome(stored).items()
    ]


def _notices(stored: dict[str, Any], info: Info) -> list[str]:
    language = Language(info.context.actor.language)
    return [
        say_notice(Notice(code), count, language)
        for code, count in stored.get("notices", {}).items()
        if code != Notice.REPEATED  # counted among the outcomes
    ]


def _failure(stored: str | None, info: Info) -> str | None:
    if stored is None:
        return None
    why = stored_failure(stored)
    language = info.context.actor.language
    return say_refusal(why, Language(language)) if isinstance(why, Refusal) else say(why, language)


def _told(attribute: Attribute, tell: Callable[[Any, Info], Any]) -> Finished:
    """What code makes of a document that the row keeps."""
    return Finished((attribute,), lambda facts, info: tell(facts[attribute.key], info))


def _bad_rows_url(at: Level, build: Build) -> ColumnElement[str | None]:
    url = constant("/imports/") + id_text("ImportRun", at[tables.ImportRun.id]) + constant("/bad-rows.csv")
    return case((at[tables.ImportRun.rows_bad] > constant(0), url))


@strawberry.type(description="A file on its way to the books.")
class ImportRun(Node):
    identified_by: ClassVar[Any] = tables.ImportRun.id
    row: strawberry.Private[tables.ImportRun]
    file_name: str = column(tables.ImportRun.file_name)
    kind: ImportKind | None = column(tables.ImportRun.kind, ImportKind)
    state: ImportState = column(tables.ImportRun.state, ImportState)
    is_snapshot: bool = column(tables.ImportRun.is_snapshot)
    as_of: date | None = column(tables.ImportRun.as_of)
    rows_total: int = column(tables.ImportRun.rows_total)
    rows_read: int = column(tables.ImportRun.rows_read, description="Moves while the import runs.")
    rows_bad: int = column(tables.ImportRun.rows_bad)
    created_at: datetime = column(tables.ImportRun.created_at)
    finished_at: datetime | None = column(tables.ImportRun.finished_at)

    @classmethod
    def of(cls, row: tables.ImportRun) -> ImportRun:
        return cls(key=row.id, row=row)

    @reads_from(_told(tables.ImportRun.proposal, _columns))
    def columns(self, info: Info) -> list[ImportColumn]:
        return _columns(self.row.proposal, info)

    @reads_from(_told(tables.ImportRun.proposal, _questions))
    def questions(self, info: Info) -> list[ImportQuestion]:
        return _questions(self.row.proposal, info)

    @reads_from(
        _told(tables.ImportRun.outcome, _outcomes), "What it did; before it is confirmed, what it would do."
    )
    def outcome(self, info: Info) -> list[ImportOutcome]:
        return _outcomes(self.row.outcome, info)

    @reads_from(
        _told(tables.ImportRun.outcome, _notices),
        "What was done, or left, with rows, that a person should know of besides the outcome.",
    )
    def notices(self, info: Info) -> list[str]:
        return _notices(self.row.outcome, info)

    @reads_from(_told(tables.ImportRun.failure, _failure))
    def failure(self, info: Info) -> str | None:
        return _failure(self.row.failure, info)

    @needs(Scope.IMPORTS_READ, "The first refused rows, by line.")
    async def problems(self, info: Info, first: int | None = None) -> list[ImportProblem]:
        size = _PROBLEMS if first is None else first
        if not 1 <= size <= LARGEST_PAGE:
            raise refuse("BAD_PAGE", "first", largest=LARGEST_PAGE)
        language = Language(info.context.actor.language)
        rows = await info.context.load(queries.problems, self.key, size)
        return [ImportProblem.of(row, language) for row in rows or []]

    @reads_from(Told(_bad_rows_url))
    def bad_rows_url(self) -> str | None:
        return f"/imports/{ids.encode('ImportRun', self.key)}/bad-rows.csv" if self.row.rows_bad else None


def problems_of(row: tables.ImportProblem) -> list[Problem]:
    return [
        Problem(ProblemCode(each["code"]), each["heading"], each["value"], each["facts"])
        for each in row.reasons
    ]


def _outcome(stored: dict[str, Any]) -> dict[str, Any]:
    """Outcomes by code, with new customers and repeated rows among them where there are any."""
    extra = {
        "customers_created": stored.get("customers", 0),
        "duplicates": stored.get("notices", {}).get("REPEATED", 0),
    }
    counted = {code: {"count": count, "amounts": {}} for code, count in extra.items() if count}
    return {**stored.get("rows", {}), **counted}


@strawberry.type
class ImportRunEdge(Edge):
    node: ImportRun = strawberry.field(metadata={READS: Here()})


@strawberry.type
class ImportRunConnection(Connection):
    @reads_from(Edges())
    def edges(self) -> list[ImportRunEdge]:
        return [
            ImportRunEdge(cursor=cursor, node=ImportRun.of(row[0])) for cursor, row in self.reading.walked()
        ]


LATEST_FIRST = Order("import.CREATED_AT", queries.CREATED_AT, descending=True)
