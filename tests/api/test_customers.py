"""The worklist: pages, filters, orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cartera.db.tables.accounts import Account
from cartera.db.tables.customers import CustomerTag
from tests.api.conftest import Client, Visitors, node_id
from tests.api.rows import NAMES, names, owing, promise, task
from tests.factories import TODAY, Factory


@pytest.mark.parametrize("field", ["PRIORITY", "OVERDUE", "BALANCE"])
async def test_pages_go_forward_and_back_in_both_directions(
    field: str, anna: Client, factory: Factory
) -> None:
    for number in range(1, 6):
        await owing(factory, f"C{number}", f"{number}00.00")

    for direction, expected in (
        ("DESC", ["C5", "C4", "C3", "C2", "C1"]),
        ("ASC", ["C1", "C2", "C3", "C4", "C5"]),
    ):
        order = {"field": field, "direction": direction}
        seen, after, info = [], None, {"hasNextPage": True}
        while info["hasNextPage"]:
            data = await anna.ask(NAMES, first=2, after=after, orderBy=order)
            seen.append([edge["node"]["name"] for edge in data["customers"]["edges"]])
            info = data["customers"]["pageInfo"]
            assert info["hasPreviousPage"] is (after is not None)
            after = info["endCursor"]
            assert data["customers"]["totalCount"] == 5
        assert seen == [expected[:2], expected[2:4], expected[4:]]

        back, before = [], None
        for has_previous in (True, True, False):
            data = await anna.ask(NAMES, last=2, before=before, orderBy=order)
            back.append([edge["node"]["name"] for edge in data["customers"]["edges"]])
            info = data["customers"]["pageInfo"]
            assert info["hasPreviousPage"] is has_previous
            before = info["startCursor"]
        assert back == [expected[3:], expected[1:3], expected[:1]]


@pytest.mark.parametrize("field", ["OLDEST_DUE", "LAST_CONTACT", "NEXT_ACTION"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("size", [1, 2, 3, 10])
async def test_rows_without_a_value_have_their_place_in_every_page(
    field: str, direction: str, size: int, anna: Client, factory: Factory
) -> None:
    column = {
        "OLDEST_DUE": "oldest_due_on",
        "LAST_CONTACT": "last_contact_at",
        "NEXT_ACTION": "next_action_at",
    }
    for number in range(6):
        customer = await factory.customer(f"C{number}")
        value = None if number > 3 else factory.now + timedelta(days=number)
        if value is not None and field == "OLDEST_DUE":
            value = value.date()
        async with factory.write() as tx:
            account = await tx.session.get_one(Account, (factory.organization_id, customer.id))
            setattr(account, column[field], value)
    order = {"field": field, "direction": direction}
    expected = ["C0", "C1", "C2", "C3", "C4", "C5"]
    if direction == "DESC":
        expected = expected[::-1]

    forward, after = [], None
    for _ in range(7):
        data = await anna.ask(NAMES, first=size, after=after, orderBy=order)
        forward += [edge["node"]["name"] for edge in data["customers"]["edges"]]
        after = data["customers"]["pageInfo"]["endCursor"]
        if not data["customers"]["pageInfo"]["hasNextPage"]:
            break
    back, before = [], None
    for _ in range(7):
        data = await anna.ask(NAMES, last=size, before=before, orderBy=order)
        back = [edge["node"]["name"] for edge in data["customers"]["edges"]] + back
        before = data["customers"]["pageInfo"]["startCursor"]
        if not data["customers"]["pageInfo"]["hasPreviousPage"]:
            break

    assert forward == expected
    assert back == expected


async def test_names_are_ordered_and_found_by_their_beginning(anna: Client, factory: Factory) -> None:
    for name in ("Zapatería Ñandú", "abarrotes La Luz", "Abarrotes Núñez", "Zapatos 100%"):
        await factory.customer(name, tax_id=f"RFC-{name[:3]}", external_id=f"X-{name[-2:]}")
    order = {"field": "NAME", "direction": "ASC"}

    assert await names(anna, orderBy=order) == [
        "abarrotes La Luz",
        "Abarrotes Núñez",
        "Zapatería Ñandú",
        "Zapatos 100%",
    ]
    assert await names(anna, filter={"search": "ABARROTES n"}) == ["Abarrotes Núñez"]
    assert await names(anna, filter={"search": "zapat%"}) == []
    assert await names(anna, filter={"search": "zapatería ñ"}) == ["Zapatería Ñandú"]
    assert await names(anna, filter={"search": "X-uz"}) == ["abarrotes La Luz"]
    assert await names(anna, filter={"search": "x-uz"}) == []
    assert await names(anna, filter={"search": " RFC-Zap "}, orderBy=order) == [
        "Zapatería Ñandú",
        "Zapatos 100%",
    ]


async def test_filters(anna: Client, visitors: Visitors, factory: Factory) -> None:
    rosa = await factory.member("collector")
    await owing(factory, "Temprano", "100.00", collector_id=rosa.id, segment="retail")
    late = await factory.customer("Tarde")
    await factory.receivable(late, "900.00", due_on=TODAY - timedelta(days=45))
    calm = await factory.customer("Al día")
    await factory.receivable(calm, "50.00", due_on=TODAY + timedelta(days=20))
    async with factory.write() as tx:
        tx.session.add(CustomerTag(organization_id=factory.organization_id, customer_id=calm.id, tag="vip"))
    order = {"field": "NAME", "direction": "ASC"}

    async def found(**filter: Any) -> list[str]:
        return await names(anna, filter=filter, orderBy=order)

    assert await found() == ["Al día", "Tarde", "Temprano"]
    assert await found(segment="retail") == ["Temprano"]
    assert await found(collectorId=node_id("Member", rosa.id)) == ["Temprano"]
    assert await found(assignedToMe=True) == []
    assert await found(overdueOnly=True) == ["Tarde", "Temprano"]
    assert await found(agingBucket="DAYS_1_30") == ["Temprano"]
    assert await found(agingBucket="DAYS_31_60") == ["Tarde"]
    assert await found(agingBucket="CURRENT") == ["Al día"]
    assert await found(tag="vip") == ["Al día"]
    assert await found(minOverdue="100.01") == ["Tarde"]
    assert await found(minOverdue="100.00") == ["Tarde", "Temprano"]
    assert await found(overdueOnly=True, segment="general") == ["Tarde"]


async def test_ranges_include_their_ends(anna: Client, factory: Factory) -> None:
    for number in (1, 2, 3):
        customer = await factory.customer(f"C{number}")
        day = TODAY - timedelta(days=number)
        await factory.receivable(customer, f"{number}00.00", due_on=day)
        await task(factory, customer, hours=number)
        async with factory.write() as tx:
            account = await tx.session.get_one(Account, (factory.organization_id, customer.id))
            account.last_contact_at = factory.now - timedelta(hours=number)
    order = {"field": "NAME", "direction": "ASC"}

    async def found(**filter: Any) -> str:
        return " ".join(await names(anna, filter=filter, orderBy=order))

    def at(hours: int) -> str:
        return (factory.now + timedelta(hours=hours)).isoformat()

    def on(days: int) -> str:
        return (TODAY + timedelta(days=days)).isoformat()

    assert await found(balanceFrom="200.00") == "C2 C3"
    assert await found(balanceFrom="100.01", balanceTo="299.99") == "C2"
    assert await found(balanceTo="100.00") == "C1"
    assert await found(oldestDueFrom=on(-2)) == "C1 C2"
    assert await found(oldestDueTo=on(-2)) == "C2 C3"
    assert await found(lastContactFrom=at(-2), lastContactTo=at(-2)) == "C2"
    assert await found(nextActionFrom=at(2)) == "C2 C3"
    assert await found(nextActionTo=at(2), balanceFrom="200.00") == "C2"
    refused = await anna.answer(NAMES, {"filter": {"balanceFrom": "0.001"}})
    assert refused["errors"][0]["extensions"]["code"] == "TOO_PRECISE"


async def test_to_do_leaves_out_who_is_waiting(anna: Client, factory: Factory) -> None:
    await owing(factory, "Nadie lo llama", "100.00")
    promised = await owing(factory, "Prometió todo", "100.00")
    partly = await factory.customer("Prometió una parte")
    named, _ = [await factory.receivable(partly, amount) for amount in ("60.00", "40.00")]
    later = await owing(factory, "Llamar mañana", "100.00")
    due = await factory.customer("Llamar hoy, al día")
    await factory.receivable(due, due_on=TODAY + timedelta(days=9))
    await factory.receivable(await factory.customer("Al día"), due_on=TODAY + timedelta(days=9))
    for customer, minor in ((promised, 10_000), (partly, 6_000)):
        await promise(factory, customer, minor, named=None if customer is promised else [named.id])
    for customer, hours in ((later, 24), (due, -1)):
        await task(factory, customer, hours)

    assert await names(anna, filter={"dueNow": True}, orderBy={"field": "NAME", "direction": "ASC"}) == [
        "Llamar hoy, al día",
        "Nadie lo llama",
        "Prometió una parte",
    ]
    assert (await names(anna))[0] == "Llamar hoy, al día"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("first: 0", "BAD_PAGE"),
        ("first: 101", "BAD_PAGE"),
        ("first: -1", "BAD_PAGE"),
        ("first: 1, last: 1", "BAD_PAGE"),
        ('after: "x"', "BAD_CURSOR"),
        ('after: ""', "BAD_CURSOR"),
        ('after: "bnVsbA"', "BAD_CURSOR"),
        ('after: "W10"', "BAD_CURSOR"),
        ('filter: {minOverdue: "1.234"}', "TOO_PRECISE"),
        ('filter: {minOverdue: "99999999999999999999"}', "TOO_LARGE"),
    ],
)
async def test_a_page_that_cannot_be_is_refused_clearly(arguments: str, code: str, anna: Client) -> None:
    found = await anna.answer(f"{{ customers({arguments}) {{ totalCount }} }}")

    assert found["data"] is None
    assert found["errors"][0]["extensions"]["code"] == code


async def test_a_cursor_of_another_order_is_refused(anna: Client, factory: Factory) -> None:
    for number in range(3):
        await owing(factory, f"C{number}", "10.00")
    data = await anna.ask(NAMES, first=1, orderBy={"field": "OVERDUE", "direction": "DESC"})
    cursor = data["customers"]["pageInfo"]["endCursor"]

    for order in ({"field": "BALANCE", "direction": "DESC"}, {"field": "OVERDUE", "direction": "ASC"}, None):
        found = await anna.answer(NAMES, {"after": cursor, "orderBy": order})
        assert found["errors"][0]["extensions"]["code"] == "BAD_CURSOR"
