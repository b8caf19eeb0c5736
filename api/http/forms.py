"""Files that a browser's form sends: read no further than they may be long, and refused in a sentence."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive

from api.context import CollectorContext
from api.errors import say
from cartera.errors import Refused, refuse

# What a form adds to the file that it carries.
_FORM_BYTES = 64 * 1024
_STATUS = {"NOT_PERMITTED": 403, "NOT_FOUND": 404, "UPLOAD_TOO_LARGE": 413, "ATTACHMENT_TOO_LARGE": 413}


@asynccontextmanager
async def sent_file(
    request: Request, max_bytes: int, too_large: str = "UPLOAD_TOO_LARGE"
) -> AsyncIterator[UploadFile]:
    """The form's one file. Refused: UPLOAD_MISSING, UPLOAD_UNREADABLE, or ``too_large``."""
    limited = Request(request.scope, _Limited(request.receive, max_bytes + _FORM_BYTES))
    try:
        async with limited.form(max_files=1, max_fields=8) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise refuse("UPLOAD_MISSING", "file")
            yield file
    except _TooLarge:
        raise refuse(too_large, "file", most_mb=max_bytes // 2**20) from None
    except (HTTPException, ClientDisconnect):
        raise refuse("UPLOAD_UNREADABLE", "file") from None


def digest_of(content: IO[bytes]) -> bytes:
    """The SHA-256 of an upload, which is then read from its beginning again."""
    digest = hashlib.sha256()
    while block := content.read(1024 * 1024):
        digest.update(block)
    content.seek(0)
    return digest.digest()


def refusal(refused: Refused, context: CollectorContext) -> Response:
    problem = refused.problems[0]
    status = _STATUS.get(problem.code, 400)
    message = say(problem, context.actor.language)
    return JSONResponse({"error": problem.code, "message": message}, status)


def anonymous() -> Response:
    return JSONResponse({"error": "not_logged_in", "message": "Log in, or send a valid bearer token."}, 401)


class _TooLarge(Exception):
    pass


class _Limited:
    """Hands a request's body on, and stops as soon as it is longer than it may be."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _TooLarge
        return message
