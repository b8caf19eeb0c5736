"""What a customer is told when something cannot be done."""

from __future__ import annotations

import strawberry


@strawberry.interface
class UserError:
    code: str
    message: str
    path: list[str]


@strawberry.type
class ValidationError(UserError):
    """The input is not acceptable as it is."""


@strawberry.type
class NotFoundError(UserError):
    """No such thing in this portal."""


@strawberry.type
class ConflictError(UserError):
    """It cannot be done now, or was done already in another way."""


@strawberry.type
class UserErrors:
    errors: list[UserError]
