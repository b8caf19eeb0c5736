"""Imports: what a file holds, what is left to ask, and what it did or would do to the books."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from api.context import Info
from api.errors import say
from api.schema import cursors, ids
from api.schema.collector.nodes import Money, Node, PageInfo
from api.schema.permissions import needs
from cartera.db.queries import imports as queries
from cartera.db.queries.keyset import LARGEST_PAGE, Order, Slice
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


@strawberry.type(description="A file on its way to the books.")
class ImportRun(Node):
    row: strawberry.Private[tables.ImportRun]
    file_name: str
    kind: ImportKind | None
    state: ImportState
    is_snapshot: bool
    as_of: date | None
    rows_total: int
    rows_read: int = strawberry.field(description="Moves while the import runs.")
    rows_bad: int
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: tables.ImportRun) -> ImportRun:
        return cls(
            key=row.id,
            row=row,
            file_name=row.file_name,
            kind=ImportKind(row.kind) if row.kind else None,
            state=ImportState(row.state),
            is_snapshot=row.is_snapshot,
            as_of=row.as_of,
            rows_total=row.rows_total,
            rows_read=row.rows_read,
            rows_bad=row.rows_bad,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )

    @strawberry.field
    def columns(self) -> list[ImportColumn]:
        return [
            ImportColumn(header=each["heading"], field=each["field"], samples=each["samples"])
            for each in self.row.proposal.get("columns", [])
        ]

    @strawberry.field
    def questions(self, info: Info) -> list[ImportQuestion]:
        language = Language(info.context.actor.language)
        return [ImportQuestion.of(each, language) for each in stored_questions(self.row.proposal)]

    @strawberry.field
    def outcome(self) -> list[ImportOutcome]:
        """What it did; before it is confirmed, what it would do."""
        return [
            ImportOutcome(
                code=code,
                count=each["count"],
                amounts=[Money.of(minor, currency) for currency, minor in sorted(each["amounts"].items())],
            )
            for code, each in _outcome(self.row.outcome).items()
        ]

    @strawberry.field
    def notices(self, info: Info) -> list[str]:
        """What was done, or left, with rows, that a person should know of besides the outcome."""
        language = Language(info.context.actor.language)
        return [
            say_notice(Notice(code), count, language)
            for code, count in self.row.outcome.get("notices", {}).items()
            if code != Notice.REPEATED  # counted among the outcomes
        ]

    @strawberry.field
    def failure(self, info: Info) -> str | None:
        if self.row.failure is None:
            return None
        why = stored_failure(self.row.failure)
        language = info.context.actor.language
        return say_refusal(why, Language(language)) if isinstance(why, Refusal) else say(why, language)

    @needs(Scope.IMPORTS_READ, "The first refused rows, by line.")
    async def problems(self, info: Info, first: int | None = None) -> list[ImportProblem]:
        size = _PROBLEMS if first is None else first
        if not 1 <= size <= LARGEST_PAGE:
            raise refuse("BAD_PAGE", "first", largest=LARGEST_PAGE)
        language = Language(info.context.actor.language)
        rows = await info.context.load(queries.problems, self.key, size)
        return [ImportProblem.of(row, language) for row in rows or []]

    @strawberry.field
    def bad_rows_url(self) -> str | None:
        return f"/imports/{ids.encode('ImportRun', self.key)}/bad-rows.csv" if self.rows_bad else None


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
class ImportRunEdge:
    cursor: str
    node: ImportRun


@strawberry.type
class ImportRunConnection:
    found: strawberry.Private[Slice]
    order: strawberry.Private[Order]

    @strawberry.field
    def edges(self) -> list[ImportRunEdge]:
        return [
            ImportRunEdge(cursor=cursors.encode(self.order, key), node=ImportRun.of(row[0]))
            for row, key in zip(self.found.rows, self.found.keys, strict=True)
        ]

    @strawberry.field
    def page_info(self) -> PageInfo:
        return PageInfo.of(self.found, self.order)


LATEST_FIRST = Order("import.CREATED_AT", queries.CREATED_AT, descending=True)
