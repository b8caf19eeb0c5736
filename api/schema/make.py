"""What both schemas have in common: our scalars, our limits, errors masked, no field suggestions."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StreamResult
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


def make_schema(**roots: Any) -> strawberry.Schema:
    """A schema of these root types (``query``, ``mutation``, ``subscription``)."""
    return QuietSchema(
        **roots,
        extensions=[Masking, Limits],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    )
