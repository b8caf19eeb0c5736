from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cartera.rules.permissions import Scope
from tests.api.conftest import Client, Visitors
from tests.api.reading.conftest import Compared, declared
from tests.api.test_rates import rates_set
from tests.factories import TODAY, Factory

RATES = """
query ($kind: RateKind!, $code: String, $first: Int, $after: String, $last: Int, $before: String) {
  rates(kind: $kind, code: $code, first: $first, after: $after, last: $last, before: $before) {
    __typename
    edges { cursor node { __typename id kind code date value source } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


@pytest.fixture
async def comparing(anna: Client) -> Compared:
    """A manager who has entered values of each kind."""
    days = [(TODAY - timedelta(days=n)).isoformat() for n in range(4)]
    values = ("18.4321", "20", "0.0000000001", "100.5")
    kinds: dict[str, tuple[str, str, str, str]] = {
        "exchangeRateSet": ("rates", "currencyCode", "quotedOn", "rate"),
        "interestRateSet": ("rates", "code", "validFrom", "annualPercent"),
        "indexValueSet": ("values", "code", "quotedOn", "value"),
    }
    for verb, (listed, code, day, value) in kinds.items():
        codes = ("USD", "EUR") if code == "currencyCode" else ("cl.uf", "mx.tiie")
        rows = [
            {code: each, day: on, value: amount, "source": 'FIX "ñ"'}
            for each in codes
            for on, amount in zip(days, values, strict=True)
        ]
        assert (await anna.ask(rates_set(verb), input={listed: rows}))[verb] == {"count": 8}
    return Compared(anna)


@pytest.mark.parametrize("kind", ["EXCHANGE_RATE", "INTEREST_RATE", "INDEX_VALUE"])
async def test_each_kind_page_after_page_in_both_directions(comparing: Compared, kind: str) -> None:
    edges = await comparing.edges(RATES, "rates", size=3, kind=kind)
    assert len(edges) == 8
    assert declared("Rate") == edges[0]["node"].keys() - {"__typename"}
    assert {edge["node"]["kind"] for edge in edges} == {kind}
    days = [edge["node"]["date"] for edge in edges]
    assert days == sorted(days, reverse=True)
    assert [edge["node"]["value"] for edge in edges[::2]] == ["18.4321", "20", "0.0000000001", "100.5"]


@pytest.mark.parametrize(("code", "count"), [("USD", 4), ("cl.uf", 0), ("", 0), ("50 %", 0), (None, 8)])
async def test_of_one_code(comparing: Compared, code: str | None, count: int) -> None:
    found = await comparing.same(RATES, kind="EXCHANGE_RATE", code=code)
    assert len(found["rates"]["edges"]) == count


async def test_percentages_below_zero(comparing: Compared) -> None:
    row = {"code": "eu.deposit", "validFrom": TODAY.isoformat(), "annualPercent": "-0.50", "source": "BCE"}
    await comparing.client.ask(rates_set("interestRateSet"), input={"rates": [row]})
    (edge,) = (await comparing.same(RATES, kind="INTEREST_RATE", code="eu.deposit"))["rates"]["edges"]
    assert edge["node"]["value"] == "-0.5"


@pytest.mark.parametrize("page", [{"first": 0}, {"first": 1, "last": 1}, {"after": "W10"}])
async def test_pages_that_are_none_are_refused(comparing: Compared, page: dict[str, Any]) -> None:
    (error,) = (await comparing.either(RATES, kind="INDEX_VALUE", **page))["errors"]
    assert error["extensions"]["code"] in ("BAD_PAGE", "BAD_CURSOR")


async def test_a_cursor_of_another_kind_is_refused(comparing: Compared) -> None:
    found = (await comparing.same(RATES, kind="INDEX_VALUE", first=1))["rates"]["pageInfo"]
    (error,) = (await comparing.either(RATES, kind="INTEREST_RATE", after=found["endCursor"]))["errors"]
    assert error["extensions"]["code"] == "BAD_CURSOR"


async def test_another_organizations_are_never_seen_nor_by_who_may_not_read_them(
    comparing: Compared, visitors: Visitors, factory: Factory
) -> None:
    await (await factory.other()).rate("GBP", "25")
    assert (await comparing.same(RATES, kind="EXCHANGE_RATE", code="GBP"))["rates"]["edges"] == []
    script = Compared(await visitors.script(Scope.PROMISES_READ))
    (error,) = (await script.either(RATES, kind="EXCHANGE_RATE"))["errors"]
    assert error["extensions"]["code"] == "NOT_PERMITTED"
