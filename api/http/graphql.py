"""GraphQL over HTTP and over graphql-transport-ws, for either schema.

Follows the GraphQL over HTTP draft: JSON in, ``application/json`` or ``application/graphql-response+json``
out. Whatever is malformed gets a 400 that says so, before anything runs.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from strawberry import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.context import AppState, Context
from api.errors import BadRequest
from api.http.body import body_of
from api.limits import MAX_BODY_BYTES, MAX_QUERY_BYTES
from api.selection import repeats
from cartera.db.session import Turn

GRAPHQL_JSON = "application/graphql-response+json"
PLAIN_JSON = "application/json"

_ESCAPED_NUL = re.compile(r"\\u(0000|\{0+\})")

# Who calls, or None for somebody who has to log in first.
Identify = Callable[[AppState, HTTPConnection, Turn], Awaitable[Context | None]]


class GraphQLEndpoint:
    """Runs one schema's queries and mutations."""

    def __init__(self, state: AppState, schema: Schema, identify: Identify) -> None:
        self._state = state
        self._schema = schema
        self._identify = identify

    async def answer(self, request: Request) -> Response:
        media_type = GRAPHQL_JSON if GRAPHQL_JSON in request.headers.get("accept", "") else PLAIN_JSON
        try:
            async with Turn(self._state.db) as turn:
                result = await self._result(request, turn)
        except BadRequest as error:
            return _refused("BAD_REQUEST", str(error), error.status, media_type)
        except CannotGetOperationTypeError:
            return _refused("BAD_REQUEST", "Name one operation of the document.", 400, media_type)
        except InvalidOperationTypeError:
            return _refused("BAD_REQUEST", "This operation cannot be run this way.", 400, media_type)
        if result is None:
            return _refused("UNAUTHENTICATED", "Log in, or send a valid bearer token.", 401, media_type)
        return _answered(result, media_type)

    async def _result(self, request: Request, turn: Turn) -> ExecutionResult | None:
        """None for who is not let in."""
        operation = await self._operation(request)
        context = await self._identify(self._state, request, turn)
        if context is None:
            return None
        if not _begins_as_query(operation["query"]):
            # A change may take its time, and reads in transactions of its own.
            await turn.end()
        return await repeats.execute(self._schema, operation, context, _allowed(request))

    async def _operation(self, request: Request) -> dict[str, Any]:
        if request.method == "GET":
            return self._from_query(request)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != PLAIN_JSON:
            raise BadRequest("Send the request as application/json.", 415)
        return checked(_parsed(await body_of(request, MAX_BODY_BYTES)))

    def _from_query(self, request: Request) -> dict[str, Any]:
        if not self._state.introspection:
            raise BadRequest("Send queries by POST.", 405)
        given: dict[str, Any] = dict(request.query_params)
        for name in ("variables", "extensions"):
            if name in given:
                given[name] = _parsed(given[name].encode())
        return checked(given)


def _answered(result: ExecutionResult, media_type: str) -> Response:
    answer: dict[str, Any] = {}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    never_ran = result.data is None and all(error.path is None for error in result.errors or ())
    if not never_ran:
        answer["data"] = result.data
    if result.extensions:
        answer["extensions"] = result.extensions
    # The draft wants 200 of the older media type whenever the body itself was well formed.
    status = 400 if never_ran and media_type == GRAPHQL_JSON else 200
    return Response(orjson.dumps(answer), status, media_type=media_type)


def _begins_as_query(text: str) -> bool:
    return text.lstrip().startswith(("{", "query"))


def _allowed(request: Request) -> tuple[OperationType, ...]:
    if request.method == "GET":
        return (OperationType.QUERY,)
    return (OperationType.QUERY, OperationType.MUTATION)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {error}.") from None


def checked(given: Any) -> dict[str, Any]:
    """The parts of a request, each of its type. Raises BadRequest."""
    if not isinstance(given, dict):
        raise BadRequest("The body must be a JSON object with a query.")
    query = given.get("query")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest("The query must be a text.")
    if len(query.encode()) > MAX_QUERY_BYTES:
        raise BadRequest(f"The query is too long: {MAX_QUERY_BYTES} bytes at most.", 413)
    if _ESCAPED_NUL.search(query):
        raise BadRequest("Text must not contain NUL.")
    for name, kind, wanted in (
        ("variables", dict, "an object"),
        ("extensions", dict, "an object"),
        ("operationName", str, "a text"),
    ):
        if not isinstance(given.get(name), kind | None):
            raise BadRequest(f"{name} must be {wanted} or null.")
    refuse_nul(given)
    return given


def refuse_nul(given: Any) -> None:
    """PostgreSQL's text holds no NUL, so none gets that far. Raises BadRequest."""
    waiting = [given]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and "\0" in value:
            raise BadRequest("Text must not contain NUL.")
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value


def _refused(code: str, message: str, status: int, media_type: str) -> Response:
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    headers = {"WWW-Authenticate": 'Bearer realm="cartera"'} if status == 401 else {}
    return Response(orjson.dumps(body), status, headers, media_type)
