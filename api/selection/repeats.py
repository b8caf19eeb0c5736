"""What the same caller asks again: its statements are kept, and run without finding out anew which they are.

Collectors open the same views all day. To parse, coerce, resolve and plan a query takes as long as all the
rest of the web process's work, and comes to the same statements each time: what they are hangs on the query,
its variables, the caller and the organization alone, and all of these are the key. Rows are read anew each
time, and whether the caller is let in is found out before.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

import orjson
from graphql import FieldNode, GraphQLSchema, is_non_null_type, located_error
from orjson import Fragment
from strawberry import Schema
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.errors import presentable
from cartera.kept import Kept

# Queries of all callers; the octets of one's text and variables, and the letters of its statements, up to
# which it is worth a place.
_REPEATS, _LONGEST, _LONGEST_SQL = 1024, 8_000, 64_000


class Answer(Protocol):
    """What of a root field statements say: all of it."""

    @property
    def length(self) -> int:
        """Of all its statements' texts."""
        ...

    async def read(self, context: Any) -> dict[str, Any] | None:
        """Its fields by response key, for this caller, now."""
        ...


@dataclass(frozen=True)
class Noted:
    """The answer of one root field, and where an error of it belongs."""

    key: str
    nodes: tuple[FieldNode, ...]
    may_be_null: bool
    answer: Answer


@dataclass(frozen=True)
class Repeat:
    noted: Noted
    extensions: Mapping[str, Any] | None

    async def run(self, context: Any) -> ExecutionResult:
        """As the whole execution would, a failure included."""
        key, error = self.noted.key, None
        try:
            data: dict[str, Any] | None = {key: await self.noted.answer.read(context)}
        except Exception as failure:
            error = presentable(located_error(failure, list(self.noted.nodes), [key]), context)
            data = {key: None} if self.noted.may_be_null else None
        extensions = dict(self.extensions) if self.extensions else None
        return ExecutionResult(data, [error] if error else None, extensions)


_repeats: Kept[Hashable, Repeat] = Kept(_REPEATS)


def note(answer: Answer, info: Any, ready: dict[str, Any] | None) -> Fragment | None:
    """A field that statements say all of, as JSON; its answer is noted if the field is a query's own."""
    raw: Any = info._raw_info
    schema: GraphQLSchema = raw.schema
    if raw.path.prev is None and raw.parent_type is schema.query_type:
        nodes, may_be_null = tuple(raw.field_nodes), not is_non_null_type(raw.return_type)
        info.context.noted.append(Noted(raw.path.key, nodes, may_be_null, answer))
    return None if ready is None else Fragment(orjson.dumps(ready))


async def execute(
    schema: Schema, operation: Mapping[str, Any], context: Any, allowed: Iterable[OperationType]
) -> ExecutionResult:
    """Run a GraphQL request, its statements alone where they are known.

    Raises what ``Schema.execute`` does for what is no operation to be run.
    """
    key = _key(schema, operation, context)
    known = _repeats.find(key) if key is not None else None
    if known is not None:
        return await known.run(context)
    result = await schema.execute(
        operation["query"],
        variable_values=operation.get("variables"),
        operation_name=operation.get("operationName"),
        context_value=context,
        allowed_operation_types=allowed,
    )
    if key is not None and len(context.noted) == 1 and not result.errors:
        (noted,) = context.noted
        is_all = result.data is not None and list(result.data) == [noted.key]
        if is_all and noted.answer.length <= _LONGEST_SQL:
            _repeats.keep(key, Repeat(noted, result.extensions))
    return result


def _key(schema: Schema, operation: Mapping[str, Any], context: Any) -> Hashable | None:
    """None for what is not worth a place, or for a caller who is somebody else each time."""
    caller = context.caller
    if caller is None:
        return None
    try:
        asked = orjson.dumps((operation["query"], operation.get("operationName"), operation.get("variables")))
    except orjson.JSONEncodeError:
        # It writes no variables that are nested as deeply as those it reads.
        return None
    return (id(schema), sha256(asked).digest(), caller) if len(asked) <= _LONGEST else None
