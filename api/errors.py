"""Errors on their way out: what a person can act on in their language, anything else masked and logged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from cartera.errors import Problem, Refused

log = structlog.get_logger()

MESSAGES = Path(__file__).parent / "messages"

# Codes that say that somebody, or the same caller before, has done something else in the meantime.
CONFLICTS = frozenset(
    {
        "CHARGE_SETTLED",
        "CREDIT_NOTE_EXISTS",
        "DISPUTE_NOT_OPEN",
        "GATEWAY_REFUSED",
        "GATEWAY_UNAVAILABLE",
        "IDEMPOTENCY_KEY_REUSED",
        "IMPORT_NOT_WAITING",
        "INSTRUMENT_KNOWN",
        "INSTRUMENT_NOT_DEPOSITED",
        "INSTRUMENT_NOT_HELD",
        "INSTRUMENT_NOT_SUBSTITUTED",
        "NOTHING_TO_REVERSE",
        "NOT_ALLOCATED",
        "NOT_WRITTEN_OFF",
        "PAYMENT_ID_TAKEN",
        "PERIOD_CLOSED_FURTHER",
        "PERIOD_NOT_CLOSED",
        "PLAN_ENDED",
        "PLAN_NOT_AWAITING_APPROVAL",
        "PLAN_NOT_PROPOSED",
        "PLAN_OUT_OF_DATE",
        "PROMISE_NOT_PENDING",
        "RECEIVABLE_IN_PLAN",
        "RECEIVABLE_NOT_OPEN",
        "SUBSTITUTE_IN_USE",
        "TASK_NOT_OPEN",
    }
)


# What Strawberry raises for an operation that cannot be run this way.
_CALLERS_FAULT = (CannotGetOperationTypeError, InvalidOperationTypeError)


class BadRequest(Exception):
    """A request that cannot be run at all; the message says what to change."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class ErrorKind(Enum):
    """Which typed error tells of a problem."""

    VALIDATION = "ValidationError"
    NOT_FOUND = "NotFoundError"
    PERMISSION = "PermissionError"
    CONFLICT = "ConflictError"


def kind_of(problem: Problem) -> ErrorKind:
    if problem.code == "NOT_FOUND":
        return ErrorKind.NOT_FOUND
    if problem.code == "NOT_PERMITTED":
        return ErrorKind.PERMISSION
    return ErrorKind.CONFLICT if problem.code in CONFLICTS else ErrorKind.VALIDATION


def say(problem: Problem, language: str) -> str:
    """The sentence for a problem, with its facts filled in. A test sees to it that every code has one."""
    sentences = catalogue(language)
    return sentences.get(problem.code, sentences["REFUSED"]).format_map(_Facts(problem.facts))


class _Facts(dict[str, Any]):
    def __missing__(self, fact: str) -> str:
        return "…"


@cache
def catalogue(language: str) -> dict[str, str]:
    """Sentences by code, in one of the languages that ``api/messages`` has; Spanish for any other."""
    path = MESSAGES / f"{language}.json"
    known: dict[str, str] = json.loads((path if path.exists() else MESSAGES / "es.json").read_text("utf-8"))
    return known


class Masking(SchemaExtension):
    """Says what a caller did wrong, and of anything else only that it happened, with the request's id."""

    def on_operation(self) -> Iterator[None]:
        yield
        self._mask(self.execution_context.result)

    def on_stream_result(self, result: Any) -> Iterator[None]:
        self._mask(result)
        yield

    def _mask(self, result: Any) -> None:
        if getattr(result, "errors", None):
            result.errors = [presentable(error, self.execution_context.context) for error in result.errors]


def presentable(error: GraphQLError, context: Any) -> GraphQLError:
    """The error as a caller may read it."""
    if error.extensions and "code" in error.extensions:
        return error
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if isinstance(cause, Refused):
        problem = cause.problems[0]
        text = say(problem, context.actor.language)
        extensions = {"code": problem.code, "path": list(problem.path)}
    elif cause is None or isinstance(cause, _CALLERS_FAULT):
        text, extensions = error.message, {"code": "BAD_REQUEST"}
    else:
        text, extensions = say(Problem("INTERNAL"), context.actor.language), {"code": "INTERNAL"}
        log.error("graphql.failed", path=error.path, exc_info=cause)
    if context.actor.request_id:
        extensions["requestId"] = context.actor.request_id
    return GraphQLError(text, error.nodes, error.source, error.positions, error.path, extensions=extensions)
