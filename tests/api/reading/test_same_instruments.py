from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cartera.rules.instruments import BounceReason
from cartera.rules.permissions import Scope
from tests.api.bad_input_world import Books
from tests.api.conftest import Visitors, node_id
from tests.api.reading.conftest import Compared, declared
from tests.factories import TODAY, Factory
from tests.services import papers

PAPER = """
  __typename id kind role state number bank drawerName amount { amount currencyCode } issuedOn dueOn
  depositFrom pausesUntil receivedOn depositedOn clearedOn bouncedOn bounceReason recordedAt
  customer { name account { balance { amount } } }
  links { __typename amount { amount currencyCode __typename } receivable {
    number balance { amount } customer { name } instruments { id number links { amount { amount } } } } }
  substitute { number kind balance { amount } }
  payment { id amount { amount } method allocations { amount { amount } } }
"""
WIDE = f"""
query ($first: Int, $after: String, $last: Int, $before: String, $filter: InstrumentFilter) {{
  instruments(first: $first, after: $after, last: $last, before: $before, filter: $filter) {{
    __typename
    edges {{ cursor node {{ {PAPER} }} }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
    totalCount
    totals {{ amount currencyCode }}
  }}
}}
"""
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on Instrument {{ {PAPER} }} }} }}"
INSIDE = """
query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  node(id: $id) { ... on Customer {
    instruments(first: $first, after: $after, last: $last, before: $before) {
      __typename
      edges { cursor node { id number dueOn links { receivable { number } } } }
      pageInfo { __typename hasNextPage hasPreviousPage startCursor endCursor }
      totalCount
      totals { amount currencyCode }
    }
  } }
}
"""
LATE = date(2026, 12, 31)


@pytest.fixture
async def drawer(factory: Factory, books: Books) -> dict[str, str]:
    """Node ids of a customer's papers, in two currencies and every state that is not among the books'."""
    customer = await factory.customer('Ñandú "S.A."')
    debts = [await factory.receivable(customer, "50.00") for _ in range(4)]
    euros = await factory.receivable(customer, "70.00", currency="EUR")
    new = {
        "both": papers.cheque(debts[:2], "75.00", LATE),
        "secures": replace(papers.note(debts[2:3], "50.00"), bank=None, drawer_name=None),
        "euros": papers.cheque([euros], "60.10", LATE),
        "bounced": papers.cheque(debts[3:], "50.00", papers.FRIDAY),
        "returned": papers.cheque(debts[2:3], "0.01"),
    }
    made = {
        name: await papers.take(factory, replace(each, number=f"A-{place}"))
        for place, (name, each) in enumerate(new.items())
    }
    await papers.deposit(factory, made["bounced"], papers.FRIDAY)
    await papers.bounce(factory, made["bounced"], TODAY, reason=BounceReason.OUT_OF_DATE)
    await papers.give_back(factory, made["returned"])
    found = {name: node_id("Instrument", key) for name, key in made.items()}
    return found | {"customer": node_id("Customer", customer.id)}


async def test_a_wide_list_page_after_page_in_both_directions(
    compared: Compared, drawer: dict[str, str]
) -> None:
    edges = await compared.edges(WIDE, "instruments", size=3)
    # Three of the books.
    assert len(edges) == len({edge["node"]["id"] for edge in edges}) == 8
    days = [edge["node"]["dueOn"] for edge in edges]
    assert days == sorted(days)
    assert declared("Instrument") == edges[0]["node"].keys() - {"__typename"}
    assert declared("InstrumentLink") == edges[0]["node"]["links"][0].keys() - {"__typename"}


async def test_each_tells_its_steps_and_what_it_is_for(
    compared: Compared, drawer: dict[str, str], books: Books
) -> None:
    told = {
        name: (await compared.same(NODE, id=drawer[name]))["node"] for name in ("both", "bounced", "euros")
    }
    amounts = [each["amount"]["amount"] for each in told["both"]["links"]]
    assert amounts == ["50.00", "25.00"]
    assert told["euros"]["links"][0]["amount"]["currencyCode"] == "EUR"
    assert told["bounced"]["bounceReason"] == "OUT_OF_DATE"
    assert told["bounced"]["bouncedOn"] == TODAY.isoformat()
    replaced = (await compared.same(NODE, id=books["substituted"]))["node"]
    assert replaced["substitute"]["kind"] == "PROMISSORY_NOTE"
    assert told["both"]["substitute"] is None


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        ({"state": "RECEIVED"}, 4),
        ({"kind": "PROMISSORY_NOTE", "role": "SECURES"}, 2),
        ({"dueFrom": "2026-11-17", "dueTo": "2026-12-30"}, 3),
        ({"toDeposit": True}, 1),
        ({"assignedToMe": True}, 0),
        ({"customerId": "customer", "dueFrom": None}, 5),
        (None, 8),
    ],
)
async def test_lists_are_narrowed(
    compared: Compared, drawer: dict[str, str], narrowed: dict[str, Any] | None, count: int
) -> None:
    given = dict(narrowed or {})
    if "customerId" in given:
        given["customerId"] = drawer["customer"]
    found = (await compared.same(WIDE, filter=given or None))["instruments"]
    assert len(found["edges"]) == found["totalCount"] == count


async def test_pages_of_a_customer_run_in_both_directions(compared: Compared, drawer: dict[str, str]) -> None:
    async def page(**asked: Any) -> Any:
        return (await compared.same(INSIDE, id=drawer["customer"], **asked))["node"]["instruments"]

    whole = await page()
    assert [each["amount"] for each in whole["totals"]] == ["60.10", "175.01"]
    assert whole["totalCount"] == 5
    first = await page(first=2)
    rest = await page(first=3, after=first["pageInfo"]["endCursor"])
    assert first["edges"] + rest["edges"] == whole["edges"]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    back = await page(last=1, before=rest["pageInfo"]["startCursor"])
    assert back["edges"] == whole["edges"][1:2]
    last = await page(last=2)
    assert last["edges"] == whole["edges"][-2:]
    assert last["totalCount"] == 5


async def test_inside_of_rows_of_lists(compared: Compared, drawer: dict[str, str]) -> None:
    query = """{ customers(first: 20) { edges { node { name
        instruments(last: 2) {
          edges { node { number customer { name } } } pageInfo { hasPreviousPage } totalCount
        }
        receivables(first: 3) { edges { node { number instruments { id kind amount { amount } } } } }
    } } } }"""
    edges = (await compared.same(query))["customers"]["edges"]
    counts = sorted(edge["node"]["instruments"]["totalCount"] for edge in edges)
    assert counts == [0, 0, 0, 3, 5]


async def test_what_was_booked_stands_beside(compared: Compared, books: Books) -> None:
    query = """query ($id: ID!) { node(id: $id) { ... on Instrument {
        number payment { amount { amount } } links { amount { amount } } } } }"""
    found = (await compared.same(query, id=books["deposited"]))["node"]
    assert found["payment"]["amount"] == {"amount": "100.00"}


async def test_a_collector_sees_the_papers_of_own_customers(
    compared: Compared, visitors: Visitors, factory: Factory, drawer: dict[str, str]
) -> None:
    client, rosa = await visitors.member("collector")
    own = await factory.receivable(await factory.customer("Suyo", collector_id=rosa.id), "10.00")
    paper = node_id("Instrument", await papers.take(factory, papers.cheque([own], "10.00")))
    rosas = Compared(client)
    for narrowed in (None, {"assignedToMe": True}):
        (edge,) = (await rosas.same(WIDE, filter=narrowed))["instruments"]["edges"]
        assert edge["node"]["id"] == paper
    assert (await rosas.same(NODE, id=paper))["node"]["number"] == "0001234"
    assert (await rosas.same(NODE, id=drawer["both"])) == {"node": None}


async def test_another_organizations_are_never_seen(
    compared: Compared, factory: Factory, drawer: dict[str, str]
) -> None:
    other = await factory.other()
    debt = await other.receivable(await other.customer("Ajeno"), "10.00")
    foreign = await papers.take(other, papers.cheque([debt], "10.00"))
    assert (await compared.same(WIDE))["instruments"]["totalCount"] == 8
    assert (await compared.same(NODE, id=node_id("Instrument", foreign))) == {"node": None}


async def test_who_lacks_a_scope_is_denied_as_ever(
    compared: Compared, visitors: Visitors, drawer: dict[str, str]
) -> None:
    script = Compared(await visitors.script(Scope.INSTRUMENTS_READ, Scope.CUSTOMERS_READ))
    for field in ("links { amount { amount } }", "substitute { number }", "payment { id }"):
        denied = await script.either(f"{{ instruments(first: 2) {{ edges {{ node {{ id {field} }} }} }} }}")
        assert denied["errors"][0]["extensions"]["code"] == "NOT_PERMITTED"
    await script.same("{ instruments { edges { node { id number customer { name } } } } }")
    blind = Compared(await visitors.script(Scope.CUSTOMERS_READ))
    assert (await blind.either(NODE, id=drawer["both"]))["data"] == {"node": None}
    denied = await blind.either(INSIDE, id=drawer["customer"])
    assert [error["path"] for error in denied["errors"]] == [["node", "instruments"]]


async def test_pages_inside_that_are_none_are_refused(compared: Compared, drawer: dict[str, str]) -> None:
    for page in ({"first": 0}, {"first": 1, "last": 1}, {"before": "W10"}):
        (error,) = (await compared.either(INSIDE, id=drawer["customer"], **page))["errors"]
        assert error["path"] == ["node", "instruments"]
