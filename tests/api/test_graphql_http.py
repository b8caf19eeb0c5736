"""GraphQL over HTTP: nothing malformed, and nothing too large, gets any further than a clear answer."""

from __future__ import annotations

import ast
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

from api import errors, limits
from api.app import assemble
from api.context import AppState
from api.limits import MAX_BODY_BYTES
from api.sdl import stale
from cartera.rules.money import MoneyError, NotAnAmount, TooLarge, TooPrecise, UnknownCurrency
from cartera.rules.priority import PriorityReason
from tests.api.conftest import Client, Visitors
from tests.factories import Factory

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"5",
        b'"text"',
        b"null",
        b"[]",
        b"{}",
        b'[{"query":"{ __typename }"}]',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"query":5}',
        b'{"query":""}',
        b'{"query":"{ __typename }","variables":[]}',
        b'{"query":"{ __typename }","variables":"x"}',
        b'{"query":"{ __typename }","operationName":5}',
        b'{"query":"{ __typename }","extensions":1}',
        b'{"query":"{ __typename }","variables":{"a":"\\u0000"}}',
        b'{"query":"{ __typename }","variables":{"a":[{"\\u0000":1}]}}',
        b'{"query":"{ customers(filter: {search: \\"\\\\u0000\\"}) { totalCount } }"}',
        b'{"query":"{ customers(filter: {search: \\"\\\\u{0}\\"}) { totalCount } }"}',
        b'{"query":"{ __typename \\u0000 }"}',
        b'{"query":"query A { __typename }","operationName":"B"}',
        b'{"query":"fragment F on Query { __typename }"}',
        b'{"query":"subscription { changed { kind } }"}',
        b'{"query":"\\ud800"}',
    ],
)
async def test_a_malformed_body_is_a_400_that_says_so(body: bytes, anna: Client) -> None:
    response = await anna.http.post("/graphql", content=body, headers=JSON)

    assert response.status_code == 400, response.text
    assert response.json()["errors"][0]["message"]
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", {}),
        ("{ a: __typename } { b: __typename }", {}),
        ("query A { __typename } query B { __typename }", {}),
        ("{ nothing }", {}),
        ("{ customers { nothing } }", {}),
        ("query ($n: Int!) { customers(first: $n) { totalCount } }", {}),
        ("query ($n: Int!) { customers(first: $n) { totalCount } }", {"n": 2**31}),
        ("query ($n: Int!) { customers(first: $n) { totalCount } }", {"n": 2**70}),
        ("query ($n: Int!) { customers(first: $n) { totalCount } }", {"n": 1.5}),
        ("{ customers(first: %s) { totalCount } }" % ("9" * 6000), {}),
        ("query ($d: Date) { receivables(filter: {dueFrom: $d}) { totalCount } }", {"d": "0001-01-01"}),
        ("query ($d: Date) { receivables(filter: {dueFrom: $d}) { totalCount } }", {"d": "2026-02-30"}),
        ("query ($d: Date) { receivables(filter: {dueFrom: $d}) { totalCount } }", {"d": "20261116"}),
        ("query ($d: Date) { receivables(filter: {dueFrom: $d}) { totalCount } }", {"d": 5}),
        ("query ($c: CurrencyCode) { receivables(filter: {currencyCode: $c}) { totalCount } }", {"c": "XXX"}),
        ("query ($m: Decimal) { customers(filter: {minOverdue: $m}) { totalCount } }", {"m": 1.5}),
        ("query ($m: Decimal) { customers(filter: {minOverdue: $m}) { totalCount } }", {"m": "NaN"}),
        ("query ($m: Decimal) { customers(filter: {minOverdue: $m}) { totalCount } }", {"m": "1e5"}),
        ("query ($m: Decimal) { customers(filter: {minOverdue: $m}) { totalCount } }", {"m": "9" * 5000}),
        ("{ customers(filter: {minOverdue: 1.5}) { totalCount } }", {}),
        ("query ($f: CustomerFilter) { customers(filter: $f) { totalCount } }", {"f": {"tag": 5}}),
        ("query ($f: CustomerFilter) { customers(filter: $f) { totalCount } }", {"f": {"agingBucket": "X"}}),
        ("query ($i: ID!) { node(id: $i) { id } }", {"i": {}}),
        ("{ __schema { types { name } } }", {}),
        ('{ __type(name: "Query") { name } }', {}),
    ],
)
async def test_a_wrong_query_is_told_and_not_run(
    query: str, variables: dict[str, object], anna: Client
) -> None:
    for accept, status in (("application/json", 200), ("application/graphql-response+json", 400)):
        response = await anna.http.post(
            "/graphql", json={"query": query, "variables": variables}, headers={"Accept": accept}
        )
        assert response.status_code == status, response.text
        assert response.headers["content-type"].startswith(accept)
        assert "data" not in response.json()
        for error in response.json()["errors"]:
            assert error["extensions"]["code"] == "BAD_REQUEST"
            assert "Did you mean" not in error["message"]


def doubling(levels: int) -> str:
    """Fragments each of which spreads the next one twice: 2 ** levels fields to those who expand them."""
    fragments = [
        f"fragment F{level} on Customer {{ ...F{level + 1} ...F{level + 1} }}" for level in range(levels)
    ]
    return " ".join(
        [
            "{ customers { edges { node { ...F0 } } } }",
            *fragments,
            f"fragment F{levels} on Customer {{ name }}",
        ]
    )


@pytest.mark.parametrize(
    ("query", "what"),
    [
        (doubling(20), "fields"),
        (doubling(100), "fields"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(61)) + " }", "aliases"),
        ("{ " + " ".join("__typename @include(if: true)" for n in range(61)) + " }", "directives"),
        (
            "{ customers { edges { node { receivables { edges { node { customer { receivables { edges { "
            "node { customer { account { openCount } } } } } } } } } } } } }",
            "depth",
        ),
        (
            "{ customers(first: 100) { edges { node { receivables(first: 100) { edges { node { customer {"
            " receivables(first: 100) { edges { cursor } } } } } } } } } }",
            "cost",
        ),
    ],
)
async def test_too_large_a_query_is_refused_before_it_runs(query: str, what: str, anna: Client) -> None:
    found = await anna.answer(query)

    assert "data" not in found
    assert found["errors"][0]["message"].startswith(f"The request is too large: its {what} may be ")


async def test_the_cost_goes_by_the_variables(anna: Client) -> None:
    query = """query ($n: Int!) { customers(first: $n) { edges { node { receivables(first: $n) { edges {
        node { customer { contacts { id } receivables(first: $n) { edges { cursor } } } } } } } } } }"""

    assert "errors" not in await anna.answer(query, {"n": 10})
    assert "its cost may be" in (await anna.answer(query, {"n": 100}))["errors"][0]["message"]


async def test_a_fragment_that_spreads_itself_is_refused(anna: Client) -> None:
    found = await anna.answer("{ ...F } fragment F on Query { viewer { today } ...F }")

    assert "Cannot spread fragment" in found["errors"][0]["message"]


async def test_sizes_are_limited(anna: Client) -> None:
    long_query = await anna.http.post("/graphql", json={"query": "{ viewer { today } }" + " " * 20_000})
    long_body = await anna.http.post("/graphql", content=b" " * (MAX_BODY_BYTES + 1), headers=JSON)
    many_tokens = await anna.answer("{ " + "today " * 2_001 + "}")

    assert long_query.status_code == 413
    assert long_body.status_code == 413
    assert "more than 2000 tokens" in many_tokens["errors"][0]["message"]


async def test_only_json_and_only_post(anna: Client) -> None:
    form = await anna.http.post("/graphql", data={"query": "{ __typename }"})
    get = await anna.http.get("/graphql", params={"query": "{ __typename }"})
    put = await anna.http.put("/graphql", json={"query": "{ __typename }"})

    assert (form.status_code, get.status_code, put.status_code) == (415, 405, 405)


async def test_who_is_not_logged_in_learns_nothing(visitors: Visitors) -> None:
    client = await visitors.stranger()

    response = await client.http.post("/graphql", json={"query": "{ __typename }"})

    assert response.status_code == 401
    assert response.json() == {
        "errors": [
            {
                "message": "Log in, or send a valid bearer token.",
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ]
    }


async def test_a_failure_of_ours_is_masked_and_logged_under_its_request(
    anna: Client, factory: Factory, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr("api.selection.reading.plan", broken)

    with caplog.at_level(logging.ERROR):
        response = await anna.http.post(
            "/graphql",
            json={"query": "{ customers { totalCount } }"},
            headers={"X-Request-ID": "a-request-of-mine"},
        )

    error = response.json()["errors"][0]
    assert "42" not in response.text
    assert error["message"].startswith("Algo falló de nuestro lado.")
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "a-request-of-mine"}
    assert response.headers["x-request-id"] == "a-request-of-mine"


def test_the_committed_schemas_are_those_of_the_types() -> None:
    assert stale() == []


def codes() -> set[str]:
    """Every code that a service or a rule refuses with, as written in the source."""
    found = set()
    for package in ("cartera", "api"):
        for path in Path(package).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args:
                    code = call.args[0]
                    if call.func.id in ("refuse", "Problem") and isinstance(code, ast.Constant):
                        found.add(code.value)
    return (
        found | {error.code for error in money_errors()} | {f"REASON_{code.name}" for code in PriorityReason}
    )


def money_errors() -> list[MoneyError]:
    return [UnknownCurrency("XXX"), NotAnAmount("x"), TooPrecise("1.234", "MXN", 2), TooLarge()]


def test_every_code_has_its_sentence() -> None:
    assert codes() - errors.catalogue("es").keys() == set()


def test_every_language_says_everything() -> None:
    spoken = {path.stem: errors.catalogue(path.stem) for path in Path(errors.MESSAGES).glob("*.json")}

    assert set(spoken) == {"es", "en", "pt"}
    assert spoken["es"].keys() == spoken["en"].keys() == spoken["pt"].keys()
    assert all(sentence.strip() for sentences in spoken.values() for sentence in sentences.values())


def test_every_language_uses_the_same_facts() -> None:
    facts = {
        language: {
            code: {name for _, name, _, _ in Formatter().parse(sentence) if name}
            for code, sentence in errors.catalogue(language).items()
        }
        for language in ("es", "en", "pt")
    }

    assert facts["es"] == facts["en"] == facts["pt"]


@pytest.fixture
async def developer(state: AppState, factory: Factory) -> AsyncIterator[Client]:
    """A manager on an installation for development."""
    app = assemble(replace(state, settings=replace(state.settings, development=True)))
    async with app.router.lifespan_context(app), AsyncExitStack() as stack:
        client, _ = await Visitors(app, factory, stack).member()
        yield client


async def test_developers_may_ask_for_the_schema_and_by_get(developer: Client) -> None:
    data = await developer.ask('{ __type(name: "Money") { fields { name } } }')
    got = await developer.http.get("/graphql", params={"query": "{ viewer { today } }"})
    with_variables = await developer.http.get(
        "/graphql",
        params={
            "query": "query ($n: Int!) { customers(first: $n) { totalCount } }",
            "variables": '{"n": 1}',
        },
    )

    assert data["__type"]["fields"] == [{"name": "amount"}, {"name": "currencyCode"}]
    assert got.json()["data"] == {"viewer": {"today": "2026-11-16"}}
    assert with_variables.json()["data"] == {"customers": {"totalCount": 0}}


@pytest.mark.parametrize("variables", ["{", "[]", "\0", "5"])
async def test_a_malformed_get_is_a_400(variables: str, developer: Client) -> None:
    response = await developer.http.get(
        "/graphql", params={"query": "{ viewer { today } }", "variables": variables}
    )

    assert response.status_code == 400


async def test_what_a_request_may_cost_is_told(anna: Client) -> None:
    query = """query ($first: Int) {
      customers(first: $first) { edges { node { id receivables(first: 10) { edges { node { id } } } } } }
    }"""
    told = [(await anna.answer(query, {"first": first}))["extensions"] for first in (1, 2, 100, None)]
    # A row of receivables is three fields; a customer's is its edge, node and id, the list, and ten of these.
    assert told == [{"cost": 1 + rows * (3 + 1 + 10 * 3)} for rows in (1, 2, 100, 100)]
    refused = await anna.answer("{ nothing }")
    assert "extensions" not in refused


async def test_what_is_refused_is_not_kept(anna: Client) -> None:
    limits._prepare.cache_clear()
    for number in range(3):
        refused = await anna.answer(f"{{ viewer {{ nothing{number} }} }}")
        assert refused["errors"]
    assert limits._prepare.cache_info().currsize == 0
    for _ in range(2):
        await anna.ask("{ __typename }")
    found = limits._prepare.cache_info()
    # The cost of a document is reckoned once as well, and looks at it.
    assert (found.currsize, found.hits) == (1, 2)
