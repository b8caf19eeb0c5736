"""Dated values over GraphQL: entered as lists, refused by place, listed page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cartera.rules.permissions import Scope
from tests.api.conftest import Client, Visitors
from tests.factories import TODAY, Factory
from tests.services.books import everything

LIST = """
query ($kind: RateKind!, $code: String, $first: Int, $after: String) {
  rates(kind: $kind, code: $code, first: $first, after: $after) {
    edges { cursor node { id kind code date value source } } pageInfo { hasNextPage endCursor }
  }
}
"""
YESTERDAY = TODAY - timedelta(days=1)
USD = {"currencyCode": "USD", "quotedOn": TODAY.isoformat(), "rate": "18.4321", "source": "FIX"}
EARLIER = USD | {"quotedOn": YESTERDAY.isoformat(), "rate": "18.50"}
BCE = {"code": "eu.reference", "validFrom": "2026-07-01", "annualPercent": "2.15", "source": "BCE"}
EUR = USD | {"currencyCode": "EUR", "rate": "20"}


def rates_set(verb: str) -> str:
    kind = verb[0].upper() + verb[1:]
    return f"""mutation ($input: {kind}Input!) {{ {verb}(input: $input) {{
        ... on RateSetSuccess {{ count }} ... on UserErrors {{ errors {{ code message path }} }} }} }}"""


async def _set(client: Client, verb: str, given: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.ask(rates_set(verb), input=given))[verb]
    return answer


async def _rows(client: Client, **asked: Any) -> list[tuple[str, str, str]]:
    found = (await client.ask(LIST, **asked))["rates"]["edges"]
    return [(each["node"]["code"], each["node"]["date"], each["node"]["value"]) for each in found]


async def test_rates_come_in_as_lists_and_are_refused_by_place(anna: Client, factory: Factory) -> None:
    assert await _set(anna, "exchangeRateSet", {"rates": [USD]}) == {"count": 1}
    async with factory.read() as tx:
        before = await everything(tx)
    refused = await _set(anna, "exchangeRateSet", {"rates": [USD, EUR | {"rate": "0"}]})
    assert [(each["code"], each["path"]) for each in refused["errors"]] == [
        ("RATE_OUT_OF_RANGE", ["rates", "1", "rate"])
    ]
    refused = await _set(anna, "indexValueSet", {"values": []})
    assert [(each["code"], each["path"]) for each in refused["errors"]] == [("NO_ROWS", ["values"])]
    async with factory.read() as tx:
        assert await everything(tx) == before


async def test_the_latest_come_first_page_by_page_of_one_currency_or_of_all(anna: Client) -> None:
    await _set(anna, "exchangeRateSet", {"rates": [EARLIER, EUR, USD]})
    today, before = TODAY.isoformat(), YESTERDAY.isoformat()
    every = [("USD", today, "18.4321"), ("EUR", today, "20"), ("USD", before, "18.5")]
    assert await _rows(anna, kind="EXCHANGE_RATE") == every
    assert await _rows(anna, kind="EXCHANGE_RATE", code="USD") == [every[0], every[2]]
    assert await _rows(anna, kind="EXCHANGE_RATE", code="BRL") == []
    page = (await anna.ask(LIST, kind="EXCHANGE_RATE", first=2))["rates"]["pageInfo"]
    assert page["hasNextPage"]
    assert await _rows(anna, kind="EXCHANGE_RATE", first=2, after=page["endCursor"]) == every[2:]


async def test_each_kind_lists_its_own_with_its_source(anna: Client) -> None:
    await _set(
        anna,
        "interestRateSet",
        {
            "rates": [
                {"code": "eu.reference", "validFrom": "2026-07-01", "annualPercent": "2.15", "source": "BCE"}
            ]
        },
    )
    await _set(
        anna,
        "indexValueSet",
        {"values": [{"code": "cl.uf", "quotedOn": "2026-10-01", "value": "39500.75", "source": "CMF"}]},
    )
    assert await _rows(anna, kind="EXCHANGE_RATE") == []
    (rate,) = (await anna.ask(LIST, kind="INTEREST_RATE"))["rates"]["edges"]
    assert rate["node"] | {"id": ""} == {
        "id": "",
        "kind": "INTEREST_RATE",
        "code": "eu.reference",
        "date": "2026-07-01",
        "value": "2.15",
        "source": "BCE",
    }
    assert await _rows(anna, kind="INDEX_VALUE") == [("cl.uf", "2026-10-01", "39500.75")]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"code": "\0"}, "BAD_REQUEST"),
        ({"first": 0}, "BAD_PAGE"),
        ({"after": "W10"}, "BAD_CURSOR"),
    ],
)
async def test_bad_input_is_one_clear_error(anna: Client, asked: dict[str, Any], code: str) -> None:
    answer = await anna.answer(LIST, {"kind": "EXCHANGE_RATE"} | asked)
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


async def test_no_other_organization_sees_them_nor_who_may_not_read_the_books(
    anna: Client, visitors: Visitors, factory: Factory
) -> None:
    await (await factory.other()).rate("USD", "18")
    assert await _rows(anna, kind="EXCHANGE_RATE") == []
    script = await visitors.script(Scope.PROMISES_READ)
    answer = await script.answer(LIST, {"kind": "EXCHANGE_RATE"})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_PERMITTED"]
