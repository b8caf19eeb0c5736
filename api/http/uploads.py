"""Files of imports: sent by a browser's form, and the refused rows to take home and correct."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from io import StringIO

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api.auth.identity import identify
from api.context import AppState, CollectorContext
from api.errors import BadRequest
from api.http.forms import anonymous, digest_of, refusal, sent_file
from api.schema import ids
from api.schema.collector.imports import problems_of
from cartera.db.base import new_id
from cartera.db.queries import imports as queries
from cartera.db.tables.imports import ImportProblem, ImportRun
from cartera.documents.csv import write_bad_rows
from cartera.documents.tabular.source import MAX_BYTES
from cartera.errors import NotFound, Refused
from cartera.files import FileName, Files
from cartera.rules.customers import Language
from cartera.rules.imports.wording import bad_row_titles, say_problem
from cartera.rules.permissions import Scope
from cartera.services.imports import runs
from cartera.services.imports.outcome import KEPT_BAD_ROWS


def routes(state: AppState) -> list[BaseRoute]:
    uploads = Uploads(state)
    return [
        Route("/imports", uploads.take, methods=["POST"]),
        Route("/imports/{id}/bad-rows.csv", uploads.bad_rows, methods=["GET"]),
    ]


class Uploads:
    def __init__(self, state: AppState, max_bytes: int = MAX_BYTES) -> None:
        self._state = state
        self._max_bytes = max_bytes
        self._files = Files(state.settings)

    async def take(self, request: Request) -> Response:
        """201 with the id of a new import, which a job then looks at; 403, 413, 400 with a sentence."""
        try:
            context = await identify(self._state, request)
            if context is None:
                return anonymous()
            try:
                context.actor.require(Scope.IMPORTS_WRITE)
                import_id = await self._keep(request, context)
            except Refused as refused:
                return refusal(refused, context)
        except BadRequest as error:
            return JSONResponse({"error": "bad_request", "message": str(error)}, error.status)
        return JSONResponse({"id": import_id}, 201)

    async def _keep(self, request: Request, context: CollectorContext) -> str:
        async with sent_file(request, self._max_bytes) as file:
            return await self._begin(file, context)

    async def _begin(self, file: UploadFile, context: CollectorContext) -> str:
        import_id = new_id()
        kept = FileName(context.actor.organization_id, "imports", import_id)
        digest = await asyncio.to_thread(digest_of, file.file)
        name = "".join(character for character in file.filename or "" if character.isprintable())
        try:
            await self._files.keep(kept, file.file)
            async with context.write() as tx:
                await runs.begin_import(tx, runs.NewImport(name, digest, {}, import_id=import_id))
        except BaseException:
            await self._files.remove(kept)
            raise
        return ids.encode("ImportRun", import_id)

    async def bad_rows(self, request: Request) -> Response:
        """Every refused row that was kept as it stood, with its line and why, in the reader's language."""
        try:
            context = await identify(self._state, request)
        except BadRequest as error:
            return JSONResponse({"error": "bad_request", "message": str(error)}, error.status)
        if context is None:
            return anonymous()
        try:
            context.actor.require(Scope.IMPORTS_READ)
            import_id = ids.decode(request.path_params["id"], "ImportRun", "id")
            async with context.read() as tx:
                run = (await queries.by_ids(tx, [import_id])).get(import_id)
                rows = (await queries.problems(tx, [import_id], KEPT_BAD_ROWS)).get(import_id, [])
            if run is None:
                raise NotFound("import", "id")
        except Refused as refused:
            return refusal(refused, context)
        content = _csv(run, rows, Language(context.actor.language))
        headers = {"Content-Disposition": 'attachment; filename="bad-rows.csv"'}
        return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _csv(run: ImportRun, rows: Sequence[ImportProblem], language: Language) -> bytes:
    out = StringIO(newline="")
    write_bad_rows(
        [column["heading"] for column in run.proposal.get("columns", [])],
        [
            (row.line, row.cells, " ".join(say_problem(problem, language) for problem in problems_of(row)))
            for row in rows
        ],
        out,
        titles=bad_row_titles(language),
    )
    # With its mark, by which spreadsheets know that it is UTF-8.
    return out.getvalue().encode("utf-8-sig")
