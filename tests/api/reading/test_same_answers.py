from __future__ import annotations

from typing import Any

import pytest

from tests.api.bad_input_world import Books
from tests.api.reading.conftest import Compared

WIDE = """
query (
  $first: Int, $after: String, $last: Int, $before: String, $order: CustomerOrder, $open: ReceivableFilter
) {
  customers(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
    __typename
    list: edges {
      cursor
      node {
        __typename id name taxId segment country language debtorType
        creditLimit { amount currencyCode __typename }
        tags
        collector { id name role }
        contacts { id name role email isPrimary }
        nextTask { id kind dueAt state note assignee { name } }
        account {
          balance { amount currencyCode } overdue { amount } openCount oldestDueOn delayDays refreshedAt
          lastContactAt nextActionKind
          balances {
            currencyCode unapplied { amount } aging { __typename bucket amount { amount currencyCode } }
          }
          reasons { __typename code points sentence amount { amount } days count total date }
          latestPromise { id state dueOn amount { amount } createdAt member { name } }
        }
        receivables(first: 2, filter: $open, orderBy: {field: DUE_ON, direction: DESC}) {
          totalCount
          totals { amount { amount currencyCode } balance { amount } }
          edges {
            cursor
            balanceAsOf { amount }
            node {
              id number kind state isOverdue daysOverdue agingBucket dueOn
              isDisputed isPromised isOnHold isInPlan
              amount { amount currencyCode } balance { amount }
              entries { kind amount { amount } recordedAt valueOn note receivable { number } }
              customer { name account { openCount } }
            }
          }
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
        promises(first: 3) {
          edges { node { id state receivables { number } customer { name } } }
          pageInfo { hasNextPage }
          totals { amount currencyCode }
        }
      }
    }
    edges { node { name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
    totals { balance { amount } overdue { amount } }
  }
}
"""
BY_NAME = {"field": "NAME", "direction": "ASC"}


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize(
    "field", ["PRIORITY", "OVERDUE", "BALANCE", "OLDEST_DUE", "LAST_CONTACT", "NEXT_ACTION", "NAME"]
)
async def test_a_wide_query_in_each_order_page_after_page(
    compared: Compared, field: str, direction: str
) -> None:
    order = {"field": field, "direction": direction}
    after, names = None, []
    for _ in range(2):
        found = await compared.same(WIDE, first=2, after=after, order=order)
        names += [edge["node"]["name"] for edge in found["customers"]["list"]]
        after = found["customers"]["pageInfo"]["endCursor"]
    assert len(names) == len(set(names)) == found["customers"]["totalCount"]

    back = await compared.same(WIDE, last=2, before=after, order=order)
    assert [edge["node"]["name"] for edge in back["customers"]["list"]] == names[1:3]


@pytest.mark.parametrize(
    "narrowed",
    [
        {"openOnly": True, "agingBucket": "DAYS_1_30"},
        {"overdueOnly": True, "currencyCode": "MXN", "dueTo": "2026-11-16"},
        {"dueFrom": "2026-11-20"},
        {},
        None,
    ],
)
async def test_lists_inside_are_narrowed(compared: Compared, narrowed: dict[str, Any] | None) -> None:
    await compared.same(WIDE, open=narrowed, order=BY_NAME)


PAGES_INSIDE = """
query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  node(id: $id) {
    ... on Customer {
      receivables(first: $first, after: $after, last: $last, before: $before) {
        edges { cursor node { id number } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
  }
}
"""


async def test_pages_inside_run_in_both_directions(compared: Compared, books: Books) -> None:
    whole = await compared.same(PAGES_INSIDE, id=books["customer"])
    edges = whole["node"]["receivables"]["edges"]
    first = (await compared.same(PAGES_INSIDE, id=books["customer"], first=3))["node"]["receivables"]
    after = first["pageInfo"]["endCursor"]
    rest = (await compared.same(PAGES_INSIDE, id=books["customer"], first=3, after=after))["node"][
        "receivables"
    ]
    assert first["edges"] + rest["edges"] == edges[:6]
    before = rest["pageInfo"]["startCursor"]
    back = await compared.same(PAGES_INSIDE, id=books["customer"], last=2, before=before)
    assert back["node"]["receivables"]["edges"] == edges[1:3]
    assert back["node"]["receivables"]["pageInfo"]["hasPreviousPage"] is True
    last = await compared.same(PAGES_INSIDE, id=books["customer"], last=2)
    assert last["node"]["receivables"]["edges"] == edges[-2:]


async def test_fragments_on_the_interface_aliases_and_merged_fields(compared: Compared, books: Books) -> None:
    query = """
    query ($id: ID!, $yes: Boolean!, $no: Boolean = false) {
      node(id: $id) {
        ...Any
        ... on Receivable { number }
        ... on Customer {
          one: name
          account { balance { amount } }
          account { balance { currencyCode } openCount @include(if: $no) }
          name @skip(if: $yes)
          ... @include(if: $yes) { segment }
          receivables(first: 1) { edges { node { ...Any ...Debt } } }
        }
      }
    }
    fragment Any on Node { __typename id again: id ...More }
    fragment More on Node { kind: __typename }
    fragment Debt on Receivable { balance { ...Sum } ... { dueOn } }
    fragment Sum on Money { currencyCode amount }
    """
    found = await compared.same(query, id=books["customer"], yes=True)
    assert list(found["node"]) == [
        "__typename",
        "id",
        "again",
        "kind",
        "one",
        "account",
        "segment",
        "receivables",
    ]
    assert found["node"]["account"] == {"balance": {"amount": "890.00", "currencyCode": "MXN"}}
    found = await compared.same(query, id=books["customer"], yes=False, no=True)
    assert "segment" not in found["node"]
    assert found["node"]["name"] == "Papelería El Sol"


async def test_what_no_statement_says_is_resolved_beside_it(compared: Compared, books: Books) -> None:
    query = """
    query ($id: ID!) {
      node(id: $id) {
        ... on Customer {
          name
          timeline(first: 5) { edges { node { __typename } } }
          account { balance { amount } }
        }
      }
    }
    """
    found = await compared.same(query, id=books["customer"])
    assert len(found["node"]["timeline"]["edges"]) == 5


@pytest.mark.parametrize(
    "selection",
    [
        'receivables(after: "x") { edges { node { id } } }',
        "receivables(first: 0) { edges { node { id } } }",
        "receivables(first: 1, last: 1) { edges { node { id } } }",
        'receivables(filter: {customerId: "x"}) { edges { node { id } } }',
    ],
)
async def test_what_is_refused_inside_is_told_at_its_path(compared: Compared, selection: str) -> None:
    found = await compared.either(f"{{ customers(first: 1) {{ edges {{ node {{ name {selection} }} }} }} }}")
    (error,) = found["errors"]
    assert error["path"] == ["customers", "edges", 0, "node", "receivables"]


async def test_names_longer_than_any_of_sql_differ(compared: Compared) -> None:
    one, two = "a" * 63 + "b", "a" * 63 + "c"
    data = await compared.same(f"{{ customers {{ edges {{ node {{ {one}: name {two}: segment }} }} }} }}")
    assert list(data["customers"]["edges"][0]["node"]) == [one, two]


@pytest.mark.parametrize(
    "left",
    [
        "totalCount pageInfo @include(if: $maybe) { hasNextPage }",
        "totalCount @skip(if: $maybe)",
        "edges { node { id name @include(if: $maybe) } }",
        "edges { node { id ... @skip(if: $maybe) { name } } }",
        "edges { node { id receivables { totalCount @skip(if: $maybe) } } }",
    ],
)
async def test_a_condition_that_is_null_is_refused_where_it_stands(compared: Compared, left: str) -> None:
    query = f"query ($maybe: Boolean = true) {{ customers(first: 2) {{ {left} }} }}"
    assert "errors" not in await compared.either(query)
    (error, *_) = (await compared.either(query, maybe=None))["errors"]
    assert error["message"].startswith("Argument 'if' has invalid value")


@pytest.mark.parametrize("left", ["account { openCount @skip(if: true) }", "name @include(if: false)"])
async def test_an_object_of_which_all_is_skipped_is_empty(compared: Compared, left: str) -> None:
    data = await compared.same(f"{{ customers(first: 1) {{ edges {{ node {{ {left} }} }} }} }}")
    node = data["customers"]["edges"][0]["node"]
    assert node == ({"account": {}} if "account" in left else {})
