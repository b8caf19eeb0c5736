from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from api.schema import ids
from cartera.rules.interest import DayCount
from cartera.rules.money import Money
from cartera.rules.permissions import Scope
from tests.api.bad_input_world import Books
from tests.api.conftest import Visitors, node_id
from tests.api.reading.conftest import Compared, declared
from tests.factories import TODAY, Factory
from tests.services import planning

PLAN = """
  __typename id reference agreementPath state
  principal { amount currencyCode } charges { amount } chargesForgiven { amount } principalForgiven { amount }
  downPayment { amount } interest { amount } total { amount currencyCode }
  annualPercent dayCount startsOn endsOn defaultAfter graceBankingDays lateCount needsApproval approvedAt note
  createdAt activatedOn endedOn
  customer { name account { balance { amount } } }
  member { name } approver { id name }
  instalments {
    __typename number dueOn lastDay
    debt { amount currencyCode } interest { amount } amount { amount __typename }
    owed { amount } paid { amount } balance { amount } state
  }
  receivables { number balance { amount } isInPlan }
"""
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on Plan {{ {PLAN} }} }} }}"


@pytest.fixture
async def plans(factory: Factory, books: Books) -> dict[str, str]:
    """Node ids of one customer's plans, and of that customer; those of the books besides."""
    anna = await factory.actor("manager")
    customer = await factory.customer('Ñandú "S.A."')
    debts = [await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=n)) for n in range(3)]
    yen = await factory.receivable(customer, "9000", currency="JPY")
    kept = planning.asked(debts[:2], annual_percent=Decimal("12.5"), note='«Sí»\n"1"')
    other = planning.asked(
        [yen],
        annual_percent=Decimal(100),
        day_count=DayCount.THIRTY_360,
        down_payment=Money(1000, "JPY"),
    )
    made = {
        "active": await planning.sign(factory, kept, anna),
        "proposed": (await planning.propose(factory, other)).plan_id,
        "cancelled": (await planning.propose(factory, planning.asked(debts[2:]), anna)).plan_id,
    }
    await planning.cancel(factory, made["cancelled"], anna)
    await planning.pay(factory, debts[0], "50.00", lines=[(debts[0].id, 50_00)])
    found = {name: node_id("Plan", key) for name, key in made.items()}
    return found | {"customer": node_id("Customer", customer.id)}


async def test_each_tells_all_of_itself(compared: Compared, plans: dict[str, str], books: Books) -> None:
    told = {
        name: (await compared.same(NODE, id=key))["node"] for name, key in plans.items() if name != "customer"
    }
    assert declared("Plan") == told["active"].keys() - {"__typename"}
    assert declared("Instalment") == told["active"]["instalments"][0].keys() - {"__typename"}
    assert [told[name]["state"] for name in told] == ["ACTIVE", "PROPOSED", "CANCELLED"]
    assert [told[name]["annualPercent"] for name in told] == ["12.5", "100", "0"]
    assert [told[name]["dayCount"] for name in told] == ["ACTUAL_360", "THIRTY_360", "ACTUAL_360"]
    assert told["proposed"]["instalments"][0]["debt"] == {"amount": "1000", "currencyCode": "JPY"}
    assert [each["number"] for each in told["proposed"]["instalments"]] == [0, 1, 2, 3]
    active = told["active"]
    assert active["instalments"][0]["paid"] == {"amount": "50.00"}
    assert [each["isInPlan"] for each in active["receivables"]] == [True, True]
    waiting = (await compared.same(NODE, id=books["waiting"]))["node"]
    assert (waiting["needsApproval"], waiting["approver"]) == (True, None)


async def test_approved_by_whom_and_when(compared: Compared, factory: Factory, books: Books) -> None:
    boss = await factory.actor("manager")
    await planning.approve(factory, ids.decode(books["waiting"], "Plan"), boss)
    found = (await compared.same(NODE, id=books["waiting"]))["node"]
    assert boss.member_id is not None
    assert found["approver"]["id"] == node_id("Member", boss.member_id)
    assert found["approvedAt"].endswith("Z")


async def test_of_a_customer_and_inside_of_a_list(compared: Compared, plans: dict[str, str]) -> None:
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Customer {{ name plans {{ {PLAN} }} }} }} }}"
    found = (await compared.same(query, id=plans["customer"]))["node"]["plans"]
    assert [each["id"] for each in found] == [plans["cancelled"], plans["proposed"], plans["active"]]
    query = """{ customers { edges { node { name plans { id reference state customer { name }
        instalments { number owed { amount } } receivables { number } } } } } }"""
    edges = (await compared.same(query))["customers"]["edges"]
    assert sorted(len(edge["node"]["plans"]) for edge in edges) == [0, 0, 0, 2, 3]


async def test_a_collector_sees_the_plans_of_own_customers(
    compared: Compared, visitors: Visitors, factory: Factory, plans: dict[str, str]
) -> None:
    client, rosa = await visitors.member("collector")
    own = await factory.receivable(await factory.customer("Suyo", collector_id=rosa.id), "100.00")
    mine = node_id("Plan", (await planning.propose(factory, planning.asked([own]))).plan_id)
    rosas = Compared(client)
    assert (await rosas.same(NODE, id=mine))["node"]["customer"]["name"] == "Suyo"
    assert (await rosas.same(NODE, id=plans["active"])) == {"node": None}


async def test_another_organizations_are_never_seen(compared: Compared, factory: Factory) -> None:
    other = await factory.other()
    debt = await other.receivable(await other.customer("Ajeno"), "100.00")
    foreign = (await planning.propose(other, planning.asked([debt]))).plan_id
    assert (await compared.same(NODE, id=node_id("Plan", foreign))) == {"node": None}


async def test_who_lacks_a_scope_is_denied_as_ever(
    compared: Compared, visitors: Visitors, plans: dict[str, str]
) -> None:
    script = Compared(await visitors.script(Scope.PLANS_READ))
    for field in ("customer { name }", "receivables { number }"):
        query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Plan {{ reference {field} }} }} }}"
        denied = await script.either(query, id=plans["active"])
        assert [error["path"] for error in denied["errors"]] == [["node", field.split()[0]]]
    await script.same(
        "query ($id: ID!) { node(id: $id) { ... on Plan { reference instalments { number } } } }",
        id=plans["active"],
    )
    blind = Compared(await visitors.script(Scope.CUSTOMERS_READ))
    assert (await blind.either(NODE, id=plans["active"]))["data"] == {"node": None}
    denied = await blind.either("{ customers(first: 1) { edges { node { plans { id } } } } }")
    assert denied["errors"][0]["extensions"]["code"] == "NOT_PERMITTED"
