"""Files of disputes: sent by a form, and given back to whoever sees the dispute."""

from __future__ import annotations

import asyncio
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api.auth.identity import identify
from api.context import AppState, CollectorContext
from api.errors import BadRequest
from api.http.forms import anonymous, digest_of, refusal, sent_file
from api.schema import ids
from cartera.db.base import new_id
from cartera.db.queries import attachments as queries
from cartera.errors import NotFound, Refused, refuse
from cartera.files import FileName, Files
from cartera.rules.attachments import MAX_BYTES, disposition, media_type_of
from cartera.rules.permissions import NOUN_SCOPES
from cartera.services import attachments as services


def routes(state: AppState) -> list[BaseRoute]:
    attachments = Attachments(state)
    return [
        Route("/disputes/{id}/attachments", attachments.take, methods=["POST"]),
        Route("/attachments/{id}", attachments.give, methods=["GET"]),
    ]


class Attachments:
    def __init__(self, state: AppState, max_bytes: int = MAX_BYTES) -> None:
        self._state = state
        self._max_bytes = max_bytes
        self._files = Files(state.settings)

    async def take(self, request: Request) -> Response:
        """201 with the id of the attachment, 200 where the same file hung there; 403, 404, 413, 400."""
        try:
            context = await identify(self._state, request)
        except BadRequest as error:
            return JSONResponse({"error": "bad_request", "message": str(error)}, error.status)
        if context is None:
            return anonymous()
        try:
            attached = await self._keep(request, context)
        except Refused as refused:
            return refusal(refused, context)
        status = 201 if attached.is_new else 200
        return JSONResponse({"id": ids.encode("Attachment", attached.attachment_id)}, status)

    async def _keep(self, request: Request, context: CollectorContext) -> services.Attached:
        dispute_id = ids.decode(request.path_params["id"], "Dispute", "id")
        async with context.read() as tx:
            await services.check_attachable(tx, dispute_id)
        async with sent_file(request, self._max_bytes, "ATTACHMENT_TOO_LARGE") as file:
            if not file.size:
                raise refuse("UPLOAD_EMPTY", "file")
            if file.size > self._max_bytes:
                raise refuse("ATTACHMENT_TOO_LARGE", "file", most_mb=self._max_bytes // 2**20)
            name = file.filename or ""
            content = await file.read()
            kind = await asyncio.to_thread(media_type_of, content, name)
            if kind is None:
                raise refuse("UPLOAD_TYPE", "file")
            await file.seek(0)
            digest = await asyncio.to_thread(digest_of, file.file)
            new = services.NewAttachment(new_id(), dispute_id, name, kind, file.size, digest)
            kept = self._name(context, new.attachment_id)
            attached = None
            try:
                await self._files.keep(kept, file.file)
                async with context.write() as tx:
                    attached = await services.attach(tx, new)
            finally:
                if attached is None or not attached.is_new:
                    await self._files.remove(kept)
            return attached

    async def give(self, request: Request) -> Response:
        """The file, to be saved and never shown; 404 for what is not there or not in sight, both alike."""
        try:
            context = await identify(self._state, request)
        except BadRequest as error:
            return JSONResponse({"error": "bad_request", "message": str(error)}, error.status)
        if context is None:
            return anonymous()
        try:
            return await self._given(request, context)
        except Refused as refused:
            return refusal(refused, context)

    async def _given(self, request: Request, context: CollectorContext) -> Response:
        context.actor.require(NOUN_SCOPES["attachment"])
        attachment_id = ids.decode(request.path_params["id"], "Attachment", "id")
        async with context.read() as tx:
            row = await queries.found(tx, attachment_id)
        try:
            async with self._files.at_hand(self._name(context, row.id)) as path:
                content = await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            raise NotFound("attachment", "id") from None
        headers = {
            "Content-Disposition": disposition(row.file_name),
            "Content-Type": row.media_type,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, headers=headers)

    def _name(self, context: CollectorContext, attachment_id: UUID) -> FileName:
        return FileName(context.actor.organization_id, "attachments", attachment_id)
