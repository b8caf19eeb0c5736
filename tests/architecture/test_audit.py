"""Whatever the code writes into the audit log can be read: it has a sentence, and a scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import errors
from cartera.rules.activities import TaskState
from cartera.rules.disputes import DisputeState
from cartera.rules.instruments import InstrumentState
from cartera.rules.payments import ReversalKind
from cartera.rules.permissions import NOUN_SCOPES
from cartera.rules.plans import PlanState
from cartera.rules.promises import PromiseState

ROOT = Path(__file__).parents[2]
# What an action that ends in a state can be; nobody opens a dispute by resolving it.
STATES: dict[str, set[str]] = {
    "dispute.": set(DisputeState) - {DisputeState.OPEN},
    "instrument.": set(InstrumentState),
    "payment.": set(ReversalKind),
    "plan.": set(PlanState),
    "promise.": set(PromiseState),
    "task.": set(TaskState),
}
# Nobody's customer has part in these: they are in no customer's log.
INNER_NOUNS = {"api_token", "charge_agreement", "charge_policy", "organization", "plan_policy"}


def calls() -> Iterator[tuple[str, ast.expr, ast.expr]]:
    """Where it stands, action and noun of every entry that is written."""
    for room in ("cartera", "api", "jobs"):
        for path in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            for function in ast.walk(tree):
                if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    for node in written_by(function, "audit"):
                        for said in said_to(tree, function, node.args[0]):
                            yield f"{path.relative_to(ROOT)}:{said.lineno}", said, node.args[1]


def written_by(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """The calls of something by its name, with arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == name:
                yield node


def said_to(
    tree: ast.Module, function: ast.FunctionDef | ast.AsyncFunctionDef, said: ast.expr
) -> Iterator[ast.expr]:
    """The action itself or, where a helper is told it, what its callers in the same file say."""
    parameters = [each.arg for each in function.args.args]
    if isinstance(said, ast.Name) and said.id in parameters:
        for call in written_by(tree, function.name):
            yield call.args[parameters.index(said.id)]
    else:
        yield said


def actions(place: str, said: ast.expr) -> set[str]:
    """What an action can be: text, one of two, or text that ends in a state of ``STATES``."""
    if isinstance(said, ast.IfExp):
        return actions(place, said.body) | actions(place, said.orelse)
    if isinstance(said, ast.Constant):
        return {str(said.value)}
    if isinstance(said, ast.JoinedStr) and len(said.values) == 2:
        prefix = said.values[0]
        assert isinstance(prefix, ast.Constant), place
        return {f"{prefix.value}{state}" for state in STATES[str(prefix.value)]}
    raise AssertionError(f"{place}: say the action as a text, so that this test can find its sentence")


CALLS = [pytest.param(place, said, noun, id=place) for place, said, noun in calls()]


def test_the_walk_finds_the_actions() -> None:
    found = {action for place, said, _ in calls() for action in actions(place, said)}
    assert {"payment.record", "promise.broken", "dispute.accepted", "receivable.write_off"} <= found


@pytest.mark.parametrize(("place", "said", "noun"), CALLS)
def test_every_entry_can_be_read(place: str, said: ast.expr, noun: ast.expr) -> None:
    for action in actions(place, said):
        for language in ("es", "en", "pt"):
            sentence = errors.catalogue(language)[f"audit.{action}"]
            assert sentence.startswith("{who} ")

    if isinstance(noun, ast.Constant):
        assert noun.value in NOUN_SCOPES.keys() | INNER_NOUNS, place
