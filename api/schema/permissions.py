"""The scope that a field needs, said where the field is declared; a test fails on one that says none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import isasyncgen
from typing import Any, TypeVar

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import AsyncExtensionResolver

from api.selection.tree import NEEDS, READS
from cartera.rules.permissions import Scope

Resolver = TypeVar("Resolver", bound=Callable[..., Any])


class Needs(FieldExtension):
    """Lets those through who have the scope. Raises NotPermitted for anybody else."""

    def __init__(self, scope: Scope | None) -> None:
        self.scope = scope

    async def resolve_async(
        self, next_: AsyncExtensionResolver, source: Any, info: Any, **kwargs: Any
    ) -> Any:
        if self.scope is not None:
            info.context.actor.require(self.scope)
        found: Any = next_(source, info, **kwargs)
        # A subscription goes on; anything else is awaited.
        return found if isasyncgen(found) else await found


def needs(
    scope: Scope,
    description: str | None = None,
    *,
    reads: Any = None,
    extensions: Sequence[FieldExtension] = (),
) -> Callable[[Resolver], Resolver]:
    """A field that reads or does something, for those who have the scope.

    ``reads``: what it is read from where a whole selection becomes one statement (``api.selection``).
    """
    field: Callable[[Resolver], Resolver] = strawberry.field(
        extensions=[Needs(scope), *extensions],
        description=description,
        metadata={NEEDS: scope} | ({READS: reads} if reads is not None else {}),
    )
    return field


def reads_from(kind: Any, description: str | None = None) -> Callable[[Resolver], Resolver]:
    """A field of what its object's readers may read anyway, and what it is read from (``api.selection``)."""
    field: Callable[[Resolver], Resolver] = strawberry.field(description=description, metadata={READS: kind})
    return field


def anybody(description: str | None = None) -> Callable[[Resolver], Resolver]:
    """A field for everybody who is logged in."""
    field: Callable[[Resolver], Resolver] = strawberry.field(
        extensions=[Needs(None)], description=description
    )
    return field


def tells(scope: Scope | None, description: str | None = None) -> Callable[[Resolver], Resolver]:
    """A subscription."""
    field: Callable[[Resolver], Resolver] = strawberry.subscription(
        extensions=[Needs(scope)], description=description
    )
    return field
