"""The agreement of a payment plan, to download as a PDF."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api.auth.identity import identify
from api.context import AppState, CollectorContext
from api.errors import BadRequest, say
from api.schema import ids
from cartera.documents.agreement import write_agreement
from cartera.errors import Refused
from cartera.services.agreements import agreement_of

_STATUS = {"NOT_PERMITTED": 403, "NOT_FOUND": 404}


def routes(state: AppState) -> list[BaseRoute]:
    return [Route("/plans/{id}/agreement.pdf", Agreements(state).download, methods=["GET"])]


class Agreements:
    def __init__(self, state: AppState) -> None:
        self._state = state

    async def download(self, request: Request) -> Response:
        """The PDF, in the customer's language; 401, 403 or 404 with a sentence."""
        try:
            context = await identify(self._state, request)
        except BadRequest as error:
            return JSONResponse({"error": "bad_request", "message": str(error)}, error.status)
        if context is None:
            message = "Log in, or send a valid bearer token."
            return JSONResponse({"error": "not_logged_in", "message": message}, 401)
        try:
            return await self._print(request.path_params["id"], context)
        except Refused as refused:
            problem = refused.problems[0]
            message = say(problem, context.actor.language)
            status = _STATUS.get(problem.code, 400)
            return JSONResponse({"error": problem.code, "message": message}, status)

    async def _print(self, node_id: str, context: CollectorContext) -> Response:
        plan_id = ids.decode(node_id, "Plan", "id")
        async with context.read() as tx:
            agreement = await agreement_of(tx, plan_id)
        content = await asyncio.to_thread(write_agreement, agreement)
        headers = {
            # The reference is made of letters, digits and a hyphen.
            "Content-Disposition": f'attachment; filename="{agreement.reference}.pdf"',
            "Cache-Control": "private, no-store",
        }
        return Response(content, media_type="application/pdf", headers=headers)
