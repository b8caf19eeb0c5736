"""What both schemas have in common: our scalars, our limits, errors masked, no field suggestions."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

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


def make_schema(**roots: Any) -> strawberry.Schema:
    """A schema of these root types (``query``, ``mutation``, ``subscription``)."""
    return QuietSchema(
        **roots,
        extensions=[Masking, Limits],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    )
