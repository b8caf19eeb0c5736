"""What services refuse, as the portal's typed errors."""

from __future__ import annotations

from api.errors import ErrorKind, kind_of, say
from api.schema.portal.errors import ConflictError, NotFoundError, UserError, UserErrors, ValidationError
from cartera.errors import Problem, Refused

TYPES: dict[ErrorKind, type[UserError]] = {
    ErrorKind.VALIDATION: ValidationError,
    ErrorKind.NOT_FOUND: NotFoundError,
    ErrorKind.CONFLICT: ConflictError,
    # A visitor may do whatever this schema offers; what else there is, it does not tell.
    ErrorKind.PERMISSION: NotFoundError,
}


def user_errors(refused: Refused, language: str) -> UserErrors:
    return UserErrors(errors=[_typed(problem, language) for problem in refused.problems])


def _typed(problem: Problem, language: str) -> UserError:
    kind = TYPES[kind_of(problem)]
    return kind(code=problem.code, message=say(problem, language), path=list(problem.path))
