"""Every write of the books refuses every bad input by its field, in a sentence, and changes nothing.

The cases are made from the schema: one field of a good input at a time becomes each bad value of its type.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    build_schema,
    get_named_type,
)

import api.schema.collector.errors
from api.errors import catalogue, say
from api.schema import ids
from cartera.db.base import new_id
from cartera.db.session import Database
from cartera.errors import Problem
from tests.api.bad_input_world import Books, build, good, other
from tests.api.conftest import Client
from tests.conftest import Slate
from tests.factories import Factory
from tests.services.books import everything

SCHEMA = build_schema((Path(api.schema.collector.errors.__file__).parents[1] / "schema.graphql").read_text())

# Writes that are none of the books: their own tests see to their inputs.
OUTSIDE = frozenset(
    {
        *("activityLog", "reminderSend", "taskComplete", "taskSchedule"),
        *("importAnswer", "importCancel", "importConfirm"),
        *("attachmentRemove",),
    }
)

MUTATIONS = set(good(Books(defaultdict(str))))

LONG = "x" * 900_000  # nearly the megabyte that a request may have
BAD: dict[str, list[Any]] = {
    "Decimal": ["0", "-1.00", "0.00000000000000001", "99999999999999999999", "1e5"],
    "CurrencyCode": ["XXX", "mxn", "JPY"],
    "Date": ["1926-11-16", "2126-11-16", "0001-01-01", "2026-02-30"],
    "ID": ["garbage", "OTHER TYPE", "MISSING", "FOREIGN", LONG],
    "String": [LONG, "a\0b", "\ud800"],
    "Int": [-1, 2_000_000_000],
}


@dataclass(frozen=True)
class Case:
    """A bad input: the field that is bad, as the answer's path should begin, and its value in short."""

    field: tuple[str, ...]
    value: str
    given: dict[str, Any]


def cases(kind: GraphQLInputObjectType, good: dict[str, Any], foreign: dict[str, str]) -> Iterator[Case]:
    for at, of in _leaves(kind, good, ()):
        named = get_named_type(of).name
        if isinstance(_bare(of), GraphQLList):
            item = _at(good, at)[0]
            yield _case(good, at, "empty", [])
            yield _case(good, at, "1001", [_like(item) for _ in range(1001)])
            continue
        for value in BAD.get(named, []):
            if value == "FOREIGN" and _at(good, at):
                value = foreign[_at(good, at)]
            elif value == "MISSING" and _at(good, at):
                value = str(ids.encode(ids.split(_at(good, at))[0], new_id()))
            elif value == "OTHER TYPE":
                value = str(ids.encode("Task", UUID(int=1)))
            yield _case(good, at, repr(value)[:30], value)


def _leaves(
    kind: GraphQLInputObjectType, good: dict[str, Any], at: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], GraphQLInputType]]:
    for name, field in kind.fields.items():
        of, value = _bare(field.type), good.get(name)
        named = get_named_type(of)
        if isinstance(of, GraphQLList) and value:
            yield (*at, name), of
        items = enumerate(value) if isinstance(of, GraphQLList) and value else ((None, value),)
        for place, each in items:
            here = (*at, name) if place is None else (*at, name, place)
            if isinstance(named, GraphQLInputObjectType):
                if each:
                    yield from _leaves(named, each, here)
            elif place is not None or not isinstance(of, GraphQLList):
                yield here, named


def _like(item: Any) -> Any:
    """Another of the kind, where it is a row's id."""
    if not isinstance(item, str) or not item.endswith("="):
        return item
    return str(ids.encode(ids.split(item)[0], new_id()))


def _bare(of: Any) -> Any:
    return of.of_type if isinstance(of, GraphQLNonNull) else of


def _at(given: Any, at: tuple[str | int, ...]) -> Any:
    for step in at:
        given = given.get(step) if isinstance(given, dict) else given[step]
    return given


def _case(good: dict[str, Any], at: tuple[str | int, ...], short: str, value: Any) -> Case:
    given = deepcopy(good)
    _at(given, at[:-1])[at[-1]] = value
    if "idempotencyKey" in given and at[-1] != "idempotencyKey":
        given["idempotencyKey"] = str(new_id())
    return Case(tuple(str(step) for step in at), short, given)


def input_of(mutation: str) -> GraphQLInputObjectType:
    assert SCHEMA.mutation_type
    found = get_named_type(SCHEMA.mutation_type.fields[mutation].args["input"].type)
    assert isinstance(found, GraphQLInputObjectType)
    return found


def query_of(mutation: str) -> str:
    return f"""mutation ($input: {input_of(mutation).name}!) {{ {mutation}(input: $input) {{ __typename
        ... on UserErrors {{ errors {{ __typename code message path }} }} }} }}"""


# Bad elsewhere, and good here: the field's end and how the value begins.
ZERO_TERMS = [("agreedPercent", "0"), ("penaltyPercent", "0"), ("capPercent", "0")]
GOOD_HERE: dict[str, list[tuple[str, str]]] = {
    "chargePolicySet": [*ZERO_TERMS, ("percent", "0"), ("amount", "0")],
    "chargeAgreementSet": ZERO_TERMS,
    # A note without lines stays unapplied.
    "creditNoteRecord": [("allocations", "empty")],
    # Refused at the day when it falls due: which of the two is wrong nobody knows.
    "instrumentRegister": [("issuedOn", "2126")],
    # Refused, but at paths of the service: amount and percent.
    "instrumentPolicySet": [("bounceFee", ""), ("bouncePercent", ""), ("currencyCode", "JPY")],
    # Without names, all that is overdue and every rule.
    "chargePost": [("receivableIds", "empty"), ("rules", "empty")],
    # Refused all the same, at whose credit it is.
    "creditApply": [("allocations", "empty")],
    "creditNoteApply": [("allocations", "empty")],
    "exchangeRateSet": [("currencyCode", "JPY")],
    "interestRateSet": [("annualPercent", "0"), ("annualPercent", "-1")],
    "periodReopen": [("after", "1926")],
    "paymentRecord": [("allocations", "empty"), ("deductions", "empty")],
    "planPropose": [
        *(("downPayment", "0"), ("annualPercent", "0"), ("chargesForgiven", "0"), ("principalForgiven", "0")),
    ],
    "settlementPolicySet": [("discountPercent", "0"), ("writeOffLimit", "0")],
}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Problem]:
    """The problems behind the answers, to be said in every language."""
    found: list[Problem] = []
    errors = api.schema.collector.errors
    tell = errors._error

    def listen(problem: Problem, language: str) -> Any:
        found.append(problem)
        return tell(problem, language)

    monkeypatch.setattr(errors, "_error", listen)
    return found


@pytest.fixture(scope="module")
def built(slate: Slate) -> Iterator[list[tuple[Factory, Books]]]:
    """The books, once they are built."""
    made: list[tuple[Factory, Books]] = []
    yield made
    slate.forget("bad_input")


@pytest.fixture
async def world(
    db: Database, now: datetime, slate: Slate, built: list[tuple[Factory, Books]]
) -> tuple[Factory, Books]:
    """The same books for each test: built by the first one, and brought back for the others."""
    if built:
        slate.bring_back("bad_input")
    else:
        factory = Factory(db, now)
        await factory.organization_row()
        books = await build(factory)
        slate.keep("bad_input")
        built.append((factory, books))
    return built[0]


@pytest.fixture
def factory(world: tuple[Factory, Books]) -> Factory:
    return world[0]


@pytest.fixture
def books(world: tuple[Factory, Books]) -> Books:
    return world[1]


def test_every_write_of_the_books_has_its_row() -> None:
    assert SCHEMA.mutation_type
    assert set(SCHEMA.mutation_type.fields) - OUTSIDE == MUTATIONS


async def test_bad_input_is_refused_by_its_field(
    anna: Client, factory: Factory, books: Books, heard: list[Problem]
) -> None:
    strangers = await build(await factory.other())
    foreign = {books[name]: strangers[name] for name in books.nodes}
    # Charges are posted by hand for as long as the policy says so.
    await anna.ask(query_of("chargePolicySet"), input=good(books)["chargePolicySet"])
    async with factory.read() as tx:
        before = await everything(tx)
    wrong = [
        f"{mutation} {'.'.join(case.field)} = {case.value}: {complaint}"
        for mutation, given in good(books).items()
        for case in cases(input_of(mutation), given, foreign)
        if not _is_good_here(mutation, case)
        and (complaint := _complaint(mutation, case, await _answer(anna, query_of(mutation), case)))
    ]
    async with factory.read() as tx:
        after = await everything(tx)
    assert (wrong, [name for name in before if before[name] != after[name]]) == ([], [])
    for problem in heard:
        sentences = {say(problem, language) for language in ("es", "en", "pt")}
        assert problem.code in catalogue("es"), problem
        assert len(sentences) == 3, problem
        assert not any("…" in sentence for sentence in sentences), problem


@pytest.mark.parametrize("mutation", sorted(MUTATIONS))
async def test_what_is_good_is_taken_once_and_its_key_with_other_input_refused(
    anna: Client, factory: Factory, books: Books, mutation: str
) -> None:
    given, query = good(books)[mutation], query_of(mutation)
    if mutation == "chargePost":
        await anna.ask(query_of("chargePolicySet"), input=good(books)["chargePolicySet"])
    answer = await anna.answer(query, {"input": given})
    assert "errors" not in answer, answer
    assert answer["data"][mutation]["__typename"] != "UserErrors", answer
    if "idempotencyKey" not in input_of(mutation).fields:
        return
    async with factory.read() as tx:
        before = await everything(tx)
    replayed = await anna.answer(query, {"input": given})
    assert replayed == answer
    again = await anna.answer(query, {"input": given | other(books, mutation)})
    errors = again["data"][mutation]["errors"]
    assert [(each["code"], each["path"]) for each in errors] == [
        ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])
    ]
    async with factory.read() as tx:
        assert await everything(tx) == before


async def _answer(client: Client, query: str, case: Case) -> dict[str, Any]:
    # Escaped, since half a surrogate has no other way into a request.
    body = json.dumps({"query": query, "variables": {"input": case.given}})
    response = await client.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code < 500, (case, response.text[:300])
    found: dict[str, Any] = response.json()
    return found


def _is_good_here(mutation: str, case: Case) -> bool:
    return any(
        case.field[-1] == field
        and (case.value.strip("'") + "-").startswith(value + ("-" if value == "0" else ""))
        for field, value in GOOD_HERE.get(mutation, ())
    )


def _complaint(mutation: str, case: Case, answer: dict[str, Any]) -> str | None:
    """What is wrong with an answer to bad input; None where it is right."""
    if "errors" in answer:
        codes = [error.get("extensions", {}).get("code") for error in answer["errors"]]
        # What no scalar is never reaches the books.
        return None if codes == ["BAD_REQUEST"] else f"{codes} {answer['errors'][0]['message'][:90]}"
    found = answer["data"][mutation]
    if found["__typename"] != "UserErrors":
        return "taken"
    path = found["errors"][0]["path"]
    if found["errors"][0]["code"] == "CURRENCY_MISMATCH" and case.field[-1] == "currencyCode":
        # Which of the two is wrong nobody knows: it is told where they meet.
        return None
    begins = list(case.field)[: len(path)]
    if not path or path != begins:
        return f"{found['errors'][0]['code']} at {path}"
    return None
