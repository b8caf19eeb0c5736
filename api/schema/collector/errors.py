"""Typed errors: what a service refuses, as data with a sentence in the caller's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry
from strawberry.extensions.field_extension import AsyncExtensionResolver

from api.errors import ErrorKind, kind_of, say
from api.schema.permissions import Needs
from cartera.errors import Problem, Refused
from cartera.rules.permissions import Scope

Resolver = TypeVar("Resolver", bound=Callable[..., Any])


@strawberry.interface(
    description="Something to put right: a stable code, a sentence, and the input it is about."
)
class UserError:
    code: str
    message: str
    path: list[str]


@strawberry.type
class ValidationError(UserError):
    pass


@strawberry.type
class NotFoundError(UserError):
    pass


@strawberry.type
class PermissionError(UserError):
    pass


@strawberry.type(description="Somebody, or the same caller before, has done something else in the meantime.")
class ConflictError(UserError):
    pass


_KINDS: dict[ErrorKind, type[UserError]] = {
    ErrorKind.VALIDATION: ValidationError,
    ErrorKind.NOT_FOUND: NotFoundError,
    ErrorKind.PERMISSION: PermissionError,
    ErrorKind.CONFLICT: ConflictError,
}
ERROR_TYPES = list(_KINDS.values())


@strawberry.type(description="Nothing was changed.")
class UserErrors:
    errors: list[UserError]

    @classmethod
    def of(cls, refused: Refused, language: str) -> UserErrors:
        return cls(errors=[_error(problem, language) for problem in refused.problems])


def _error(problem: Problem, language: str) -> UserError:
    return _KINDS[kind_of(problem)](
        code=problem.code, message=say(problem, language), path=list(problem.path)
    )


class Does(Needs):
    """A mutation: what is refused, for want of the scope too, is answered as typed errors."""

    async def resolve_async(
        self, next_: AsyncExtensionResolver, source: Any, info: Any, **kwargs: Any
    ) -> Any:
        try:
            return await super().resolve_async(next_, source, info, **kwargs)
        except Refused as refused:
            return UserErrors.of(refused, info.context.actor.language)


def does(scope: Scope, description: str | None = None) -> Callable[[Resolver], Resolver]:
    """A mutation for those who have the scope."""
    field: Callable[[Resolver], Resolver] = strawberry.mutation(
        extensions=[Does(scope)], description=description
    )
    return field
