"""What both schemas have in common: our scalars, our limits, errors masked, no field suggestions."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import GraphQLError
from orjson import Fragment
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext, StreamResult
from strawberry.types import ExecutionContext
from strawberry.types.graphql import OperationType

from api.errors import Masking
from api.limits import Limits
from api.schema import enums as enums
from api.schema.scalars import SCALARS


class QuietSchema(strawberry.Schema):
    """``Masking`` logs what is our fault; what a caller did wrong is told to the caller and not logged."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        pass

    async def stream(self, *arguments: Any, **options: Any) -> StreamResult:
        """What runs over a socket: subscriptions alone, since all else has its place in HTTP."""
        options["allowed_operation_types"] = (OperationType.SUBSCRIPTION,)
        return await super().stream(*arguments, **options)


class ReadyJson(StrawberryGraphQLCoreExecutionContext):
    """Hands on JSON that is ready (``api.selection``) instead of walking it: of a whole object, which a
    resolver returned, or of fields, which an object keeps in ``ready`` by their response keys.
    """

    def execute_field(self, parent_type: Any, source: Any, details: Any, path: Any, *rest: Any) -> Any:
        ready = getattr(source, "ready", None)
        if ready and path.key in ready:
            return ready[path.key]
        return super().execute_field(parent_type, source, details, path, *rest)

    def complete_value(
        self, return_type: Any, details: Any, info: Any, path: Any, result: Any, *rest: Any
    ) -> Any:
        if type(result) is Fragment:
            return result
        return super().complete_value(return_type, details, info, path, result, *rest)


def make_schema(**roots: Any) -> strawberry.Schema:
    """A schema of these root types (``query``, ``mutation``, ``subscription``)."""
    return QuietSchema(
        **roots,
        extensions=[Masking, Limits],
        execution_context_class=ReadyJson,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    )
