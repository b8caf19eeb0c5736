"""Errors that a person can act on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class UserFacingError(Exception):
    """One clear sentence that says what to do. The command line prints it and exits with ``exit_code``."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field of an input: a stable code, and the facts to say it in any language."""

    code: str
    path: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """A service refused what was asked, as the business expects it sometimes must; nothing was changed.

    Carries one or more problems; the doors turn them into typed errors in the reader's language.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = problems


def refuse(code: str, *path: str, **facts: Any) -> Refused:
    """``raise refuse("PROMISE_IN_PAST", "dueOn", today="2026-11-21")``."""
    return Refused(Problem(code, path, facts))


class NotPermitted(Refused):
    """The actor lacks the role or scope. Says nothing about what exists."""

    def __init__(self, need: str) -> None:
        super().__init__(Problem("NOT_PERMITTED", (), {"need": need}))


class NotFound(Refused):
    """No such row in the actor's sight: foreign and missing ids answer alike."""

    def __init__(self, noun: str, *path: str) -> None:
        super().__init__(Problem("NOT_FOUND", path, {"noun": noun}))
