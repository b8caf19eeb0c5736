"""Whatever the code writes into the audit log can be read: it has a sentence, and a scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import errors
from cartera.rules.activities import TaskState
from cartera.rules.disputes import DisputeState
from cartera.rules.permissions import NOUN_SCOPES
from cartera.rules.promises import PromiseState

ROOT = Path(__file__).parents[2]
# What an action that ends in a state can be; nobody opens a dispute by resolving it.
STATES: dict[str, set[str]] = {
    "dispute.": set(DisputeState) - {DisputeState.OPEN},
    "promise.": set(PromiseState),
    "task.": set(TaskState),
}
# Nobody's customer has part in these: they are in no customer's log.
INNER_NOUNS = {"api_token"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for room in ("cartera", "api", "jobs"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "audit" and node.args:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def actions(place: str, said: ast.expr) -> set[str]:
    """What an action can be: text, or text that ends in a state of ``STATES``."""
    if isinstance(said, ast.Constant):
        return {str(said.value)}
    if isinstance(said, ast.JoinedStr) and len(said.values) == 2:
        prefix = said.values[0]
        assert isinstance(prefix, ast.Constant), place
        return {f"{prefix.value}{state}" for state in STATES[str(prefix.value)]}
    raise AssertionError(f"{place}: say the action as a text, so that this test can find its sentence")


CALLS = [pytest.param(place, call, id=place) for place, call in calls()]


def test_the_walk_finds_the_actions() -> None:
    found = {action for param in CALLS for action in actions(str(param.id), _call(param).args[0])}
    assert {"payment.record", "promise.broken", "dispute.attach", "dispute.accepted"} <= found


@pytest.mark.parametrize(("place", "call"), CALLS)
def test_every_action_has_its_sentence(place: str, call: ast.Call) -> None:
    for action in actions(place, call.args[0]):
        for language in ("es", "en", "pt"):
            sentence = errors.catalogue(language)[f"audit.{action}"]
            assert sentence.startswith("{who} ")


@pytest.mark.parametrize(("place", "call"), CALLS)
def test_every_noun_is_read_under_a_scope(place: str, call: ast.Call) -> None:
    noun = call.args[1]
    if isinstance(noun, ast.Constant):
        assert noun.value in NOUN_SCOPES.keys() | INNER_NOUNS, place


def _call(param: Any) -> ast.Call:
    call: ast.Call = param.values[1]
    return call
