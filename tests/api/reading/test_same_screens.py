"""What the collectors' screens ask, word for word: the queries of the front end, said in SQL and walked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from graphql import FragmentDefinitionNode, FragmentSpreadNode, OperationDefinitionNode, Visitor, parse, visit

from api.selection import planning, reading
from tests.api.bad_input_world import Books
from tests.api.conftest import Visitors, node_id
from tests.api.reading.conftest import Compared
from tests.api.reading.test_same_payments import World, build
from tests.factories import Factory

SOURCES = Path(__file__).parents[3] / "frontend" / "src" / "graphql" / "collector"

# What is not read from rows alone, and is resolved beside a statement.
BESIDE = {"timeline", "audit", "history"}


def _definitions() -> Iterator[Any]:
    for path in sorted(SOURCES.glob("*.ts")):
        for text in re.findall(r"graphql\(\s*`(.*?)`", path.read_text(), re.DOTALL):
            yield from parse(text).definitions


DEFINITIONS = {each.name.value: each for each in _definitions()}


class _Spreads(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *rest: Any) -> None:
        self.names.append(node.name.value)


def text_of(name: str) -> str:
    """An operation of the front end with the fragments that it spreads."""
    wanted, found = [name], {}
    while wanted:
        each = DEFINITIONS[wanted.pop()]
        found[each.name.value] = each.loc.source.body[each.loc.start : each.loc.end]
        spreads = _Spreads()
        visit(each, spreads)
        wanted += [spread for spread in spreads.names if spread not in found]
    return "\n".join(found.values())


@contextmanager
def left_to_resolvers() -> Iterator[set[str]]:
    """Fields that no statement says."""
    found: set[str] = set()

    def watched(*arguments: Any) -> Any:
        tree = planning.tree_of(*arguments)
        found.update(each.name for each in tree.beside)
        return tree

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "tree_of", watched)
        yield found


@pytest.fixture
async def world(factory: Factory) -> World:
    return await build(factory)


CUSTOMER = [
    ("Customer", {}),
    ("CustomerRowById", {}),
    ("NextTask", {}),
    ("CustomerTimeline", {"first": 30}),
    ("CustomerAudit", {"first": 30}),
    ("CustomerPayments", {}),
    ("CustomerCreditNotes", {}),
    ("CustomerReceivables", {"first": 2, "openOnly": False}),
    ("CustomerReceivables", {"first": 50, "openOnly": True}),
    ("CustomerChargeLines", {"first": 50, "openOnly": False}),
]


async def test_the_whole_page_of_a_customer(visitors: Visitors, books: Books, world: World) -> None:
    client, _ = await visitors.member("manager")
    asking = Compared(client)
    for customer in (books["customer"], node_id("Customer", world.customer.id)):
        for name, variables in CUSTOMER:
            with left_to_resolvers() as beside:
                found = await asking.same(text_of(name), id=customer, **variables)
            assert found["node"]["id"] == customer
            assert beside <= BESIDE, (name, beside)
            assert (asking.planned.repeated == 1) is not bool(beside), name


async def test_what_a_customers_page_opens_over_itself(
    visitors: Visitors, books: Books, world: World
) -> None:
    client, _ = await visitors.member("manager")
    asking = Compared(client)
    opened = [books[name] for name in ("payment", "creditNote", "open", "other", "paid", "lost")]
    opened += world.nodes["Payment"] + world.nodes["CreditNote"]
    for each in opened:
        with left_to_resolvers() as beside:
            found = await asking.same(text_of("Detail"), id=each)
        assert found["node"]["id"] == each
        assert beside <= BESIDE, beside


WORKLISTS = [
    ("Worklist", {}),
    ("Worklist", {"filter": {"dueNow": True}}),
    ("Worklist", {"filter": {"assignedToMe": True, "agingBucket": "DAYS_1_30", "search": "Pap"}}),
    ("Worklist", {"filter": {"promiseState": "PENDING"}, "orderBy": {"field": "NAME", "direction": "ASC"}}),
    ("Worklist", {"orderBy": {"field": "LAST_CONTACT", "direction": "ASC"}}),
    ("Promises", {}),
    ("Promises", {"filter": {"state": "PENDING"}}),
]


@pytest.mark.parametrize("role", ["manager", "collector"])
async def test_the_worklists(visitors: Visitors, books: Books, role: str) -> None:
    client, _ = await visitors.member(role)
    asking = Compared(client)
    for name, variables in WORKLISTS:
        with left_to_resolvers() as beside:
            await asking.same(text_of(name), first=50, **variables)
        assert not beside, (name, beside)


def test_each_query_of_a_customer_or_a_worklist_is_compared() -> None:
    """A new query of these files belongs into one of the lists above."""
    files = ("customers.ts", "books.ts", "charges.ts", "audit.ts", "promises.ts")
    compared = {name for name, _ in CUSTOMER + WORKLISTS} | {"Detail"}
    # Sums of a list without its rows, and what one row or none answers.
    others = {
        "WorklistTotals",
        "PromisesTotals",
        "Books",
        "ChargeAssess",
        "CustomerChargeTerms",
        "ChargePolicy",
    }
    asked = set()
    for file in files:
        for text in re.findall(r"graphql\(\s*`(.*?)`", (SOURCES / file).read_text(), re.DOTALL):
            for each in parse(text).definitions:
                if isinstance(each, OperationDefinitionNode) and each.operation.value == "query":
                    assert each.name is not None
                    asked.add(each.name.value)
    assert asked == compared | others


def test_every_spread_is_known() -> None:
    for each in DEFINITIONS.values():
        assert isinstance(each, OperationDefinitionNode | FragmentDefinitionNode)
        text_of(each.name.value if each.name else "")
