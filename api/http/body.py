"""Request bodies, read no further than they may be long."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request

from api.errors import BadRequest


async def body_of(request: Request, largest: int) -> bytes:
    """The request's body. Raises BadRequest (413) as soon as it is larger than it may be."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > largest:
            raise BadRequest(f"The request is too large: {largest} bytes at most.", 413)
        chunks.append(chunk)
    return b"".join(chunks)


async def object_of(request: Request, largest: int) -> dict[str, Any]:
    """The JSON object in the request's body. Raises BadRequest (413, or 400 for anything else)."""
    try:
        given = orjson.loads(await body_of(request, largest))
    except orjson.JSONDecodeError:
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(given, dict):
        raise BadRequest("The body must be an object.")
    return given
