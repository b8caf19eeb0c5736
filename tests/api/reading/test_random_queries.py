"""Whatever may be asked of the lists and nodes: compiled or walked, the answer is the same.

Each query that hypothesis makes is asked in several ways, with aliases, directives and fragments at random
(``varying``). ``READING_QUERIES=2000`` makes so many of each noun; CI asks some 700 in all.
"""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse, print_ast
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

from api.resolvers.collector.schema import schema
from tests.api.bad_input_world import Books
from tests.api.reading.conftest import Compared, Planned, watching
from tests.api.reading.varying import VARIABLES, Varying

MANY = int(os.environ.get("READING_QUERIES", "25"))
# In so many ways.
WAYS = 5
# Each noun's list, in which rows of it are asked for.
LISTS = {
    "Customer": "customers",
    "Receivable": "receivables",
    "Promise": "promises",
    "Dispute": "disputes",
    "Instrument": "instruments",
}
# What an argument may well be: at random, nearly all of them would be refused.
WELL = {
    "first: Int = null": "first: PageSize = null",
    "last: Int = null": "last: Nothing = null",
    "after: String = null": "after: Nothing = null",
    "before: String = null": "before: Nothing = null",
    "customerId: ID = null": "customerId: CustomerId = null",
    "collectorId: ID = null": "collectorId: MemberId = null",
    "node(id: ID!)": "node(id: NodeId!)",
}
BESIDE = """
scalar PageSize
scalar Nothing
scalar CustomerId
scalar MemberId
scalar NodeId
extend type Query {
  Customer: Customer! Receivable: Receivable! Promise: Promise! Dispute: Dispute! Instrument: Instrument!
}
"""


def asked(root: str, books: Books, count: int) -> list[str]:
    """``count`` valid queries of one root field."""
    text = schema.as_str()
    for usual, well in WELL.items():
        assert usual in text, usual
        text = text.replace(usual, well)
    # Of a list inside, its rows: there is less to be told of its sums and ends.
    text = re.sub(
        r"type (\w+)Connection \{.*?\n\}", r"type \1Connection { edges: [\1Edge!]! }", text, flags=re.S
    )
    found: list[str] = []

    def one_of(*values: str) -> Any:
        return st.sampled_from(values).map(nodes.String)

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(
        queries(
            text + BESIDE,
            fields=[root],
            custom_scalars={
                "PageSize": st.sampled_from([1, 2, 50]).map(nodes.Int),
                "Nothing": st.just(nodes.Null),
                "CustomerId": one_of(books["customer"]),
                "MemberId": one_of(books["member"]),
                "NodeId": one_of(*books.nodes.values()),
                "Date": one_of("2026-10-01", "2026-11-16", "2026-11-20"),
                "DateTime": one_of("2026-11-16T12:00:00Z"),
                "Decimal": one_of("0", "10.00", "999999.99"),
                "CurrencyCode": one_of("MXN", "CLP"),
            },
            allow_x00=False,
        )
    )
    def collect(query: Any) -> None:
        found.append(query)

    collect()
    return found


def listed(noun: str, query: str) -> list[str]:
    """The same selection of the rows of a list, where ``query`` asks for one noun by itself."""
    (operation,) = parse(query).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return [
        f"{{ {LISTS[noun]}(first: 3) {{ edges {{ cursor node {print_ast(field.selection_set)} }} }} }}"
        for field in operation.selection_set.selections
        if isinstance(field, FieldNode) and field.selection_set
    ]


async def ask(compared: Compared, wanted: list[str]) -> Planned:
    """Compare all of them, each in several ways."""
    varying = Varying(schema._schema, seed=len(wanted))
    with watching() as planned:
        for query in wanted:
            for way in range(WAYS):
                told = query if way == 0 else varying.vary(query)
                await compared.either(told, **VARIABLES if way else {})
    return planned


@pytest.mark.parametrize("noun", LISTS)
async def test_random_rows_have_one_answer(compared: Compared, books: Books, noun: str) -> None:
    wanted = [rows for query in asked(noun, books, MANY) for rows in listed(noun, query)]
    planned = await ask(compared, wanted)
    # Enough of them were said in SQL for this to prove anything.
    assert planned.said >= MANY, planned
    assert planned.said + planned.walked >= 100, planned
    assert planned.repeated >= planned.said // 2, planned


async def test_random_nodes_have_one_answer(compared: Compared, books: Books) -> None:
    planned = await ask(compared, asked("node", books, MANY))
    assert planned.said >= MANY // 4, planned


async def test_random_lists_have_one_answer(compared: Compared, books: Books) -> None:
    for root in LISTS.values():
        for query in asked(root, books, MANY // 4):
            await compared.either(query)
