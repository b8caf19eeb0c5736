"""Imports: their runs, the answers to what a file leaves open, and the word to go on or to forget it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry

from api.context import Info
from api.schema import cursors, ids
from api.schema.collector import sources
from api.schema.collector.errors import UserErrors, does
from api.schema.collector.imports import LATEST_FIRST, ImportRun, ImportRunConnection
from api.schema.permissions import needs
from api.selection.lists import Asked
from api.selection.reading import OneStatement, Reading
from cartera.db.queries import imports as queries
from cartera.db.tables.imports import ImportKind
from cartera.errors import Refused, refuse
from cartera.files import FileName, Files
from cartera.rules.imports.answers import IGNORE, BadAnswer, read_options
from cartera.rules.imports.screens import option_of
from cartera.rules.permissions import Scope
from cartera.services.imports import runs

# More columns than any file may have, and more questions than any asks.
_MOST = 1000
_LONGEST = 500


@strawberry.type
class ImportQueries:
    @needs(Scope.IMPORTS_READ, "The latest first.", extensions=[OneStatement()])
    async def imports(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ImportRunConnection:
        page = cursors.page(LATEST_FIRST, first, after, last, before)
        asked = Asked(queries.ImportFilter(), LATEST_FIRST, page)
        return ImportRunConnection(reading=Reading(sources.IMPORTS, asked))


@strawberry.input
class ImportColumnInput:
    header: str
    field: str | None = strawberry.field(default=None, description="Null: ignored.")


@strawberry.input
class ImportAnswerItem:
    code: str
    value: str
    path: str | None = None


@strawberry.input
class ImportAnswerInput:
    import_id: strawberry.ID
    answers: list[ImportAnswerItem]
    kind: ImportKind | None = None
    columns: list[ImportColumnInput] | None = strawberry.field(
        default=None,
        description="Those that are to be read otherwise than proposed; others may be among them.",
    )
    snapshot: bool | None = None
    as_of: date | None = None
    all_or_nothing: bool | None = None


@strawberry.type
class ImportAnswerSuccess:
    import_: ImportRun = strawberry.field(name="import")


@strawberry.input
class ImportConfirmInput:
    import_id: strawberry.ID
    force: bool | None = strawberry.field(
        default=None, description="Settle more by a snapshot than the organization's guard allows."
    )


@strawberry.type
class ImportConfirmSuccess:
    import_: ImportRun = strawberry.field(name="import")


@strawberry.input
class ImportCancelInput:
    import_id: strawberry.ID


@strawberry.type
class ImportCancelSuccess:
    import_: ImportRun = strawberry.field(name="import")


ImportAnswerResult = Annotated[ImportAnswerSuccess | UserErrors, strawberry.union("ImportAnswerResult")]
ImportConfirmResult = Annotated[ImportConfirmSuccess | UserErrors, strawberry.union("ImportConfirmResult")]
ImportCancelResult = Annotated[ImportCancelSuccess | UserErrors, strawberry.union("ImportCancelResult")]


@strawberry.type
class ImportMutations:
    @does(Scope.IMPORTS_WRITE, "Answer what a file leaves open; it is then looked at again.")
    async def import_answer(self, info: Info, input: ImportAnswerInput) -> ImportAnswerResult:
        import_id = _id(input.import_id)
        async with info.context.write() as tx:
            run = await runs.locked_run(tx, import_id)
            await runs.answer_import(
                tx,
                import_id,
                _answers(input, run.kind, run.proposal),
                is_snapshot=input.snapshot,
                as_of=input.as_of,
                all_or_nothing=input.all_or_nothing,
            )
        return ImportAnswerSuccess(import_=await _after(info, import_id))

    @does(Scope.IMPORTS_WRITE, "Let happen what the preview shows.")
    async def import_confirm(self, info: Info, input: ImportConfirmInput) -> ImportConfirmResult:
        import_id = _id(input.import_id)
        async with info.context.write() as tx:
            await runs.confirm_import(tx, import_id, force=bool(input.force))
        return ImportConfirmSuccess(import_=await _after(info, import_id))

    @does(Scope.IMPORTS_WRITE, "Forget about a file that is not on the books yet.")
    async def import_cancel(self, info: Info, input: ImportCancelInput) -> ImportCancelResult:
        import_id = _id(input.import_id)
        async with info.context.write() as tx:
            await runs.cancel_import(tx, import_id)
        name = FileName(info.context.actor.organization_id, "imports", import_id)
        await Files(info.context.state.settings).remove(name)
        return ImportCancelSuccess(import_=await _after(info, import_id))


def _id(text: str) -> UUID:
    return ids.decode(text, "ImportRun", "importId")


async def _after(info: Info, import_id: UUID) -> ImportRun:
    """The run as it is after the commit."""
    info.context.forget()
    row = await info.context.load(queries.by_ids, import_id)
    assert row is not None
    return ImportRun.of(row)


def _answers(input: ImportAnswerInput, kind: str | None, proposal: dict[str, Any]) -> dict[str, Any]:
    """Options as ``read_options`` takes them. Raises Refused: IMPORT_ANSWER_INVALID, IMPORT_FIELD_TWICE,
    TOO_MANY."""
    if len(input.answers) > _MOST or len(input.columns or []) > _MOST:
        raise refuse("TOO_MANY", "answers", largest=_MOST)
    given: dict[str, Any] = {"kind": input.kind.value} if input.kind else {}
    # What was said of columns while the file was taken for another kind means nothing now.
    if not input.kind or kind in (None, input.kind.value):
        given["columns"] = _columns(input.columns or [], proposal)
    for index, item in enumerate(input.answers):
        path = ("answers", str(index), "value")
        for name, value in _option(item, path).items():
            given[name] = [*given.get(name, []), *value] if isinstance(value, list) else value
    return given


def _option(item: ImportAnswerItem, path: tuple[str, ...]) -> dict[str, Any]:
    wrong = refuse("IMPORT_ANSWER_INVALID", *path, value=item.value[:60])
    if "\0" in item.value + (item.path or "") or len(item.value) + len(item.path or "") > _LONGEST:
        raise wrong
    try:
        option = option_of(item.code, item.path, item.value.strip())
        read_options(**option)
    except (BadAnswer, ValueError):
        raise wrong from None
    return option


def _columns(columns: Sequence[ImportColumnInput], proposal: dict[str, Any]) -> list[str]:
    """The columns that are to be read otherwise than proposed."""
    proposed = {each["heading"]: each["field"] for each in proposal.get("columns", [])}
    _refuse_twice(columns)
    changed = []
    for index, column in enumerate(columns):
        if column.header not in proposed:
            raise refuse("IMPORT_ANSWER_INVALID", "columns", str(index), "header", value=column.header[:60])
        if column.field != proposed[column.header]:
            changed.append(_column(column, index))
    return changed


def _refuse_twice(columns: Sequence[ImportColumnInput]) -> None:
    counted = Counter(column.field for column in columns if column.field)
    for index, column in enumerate(columns):
        if column.field and counted[column.field] > 1:
            raise refuse("IMPORT_FIELD_TWICE", "columns", str(index), "field")


def _column(column: ImportColumnInput, index: int) -> str:
    text = f"{column.header}={column.field or IGNORE}"
    try:
        read_options(columns=[text])
    except BadAnswer:
        wrong: Refused = refuse(
            "IMPORT_ANSWER_INVALID", "columns", str(index), "field", value=(column.field or "")[:60]
        )
        raise wrong from None
    return text
