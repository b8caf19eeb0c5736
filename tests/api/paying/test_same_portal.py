"""The portal's page, said by one statement and walked, and compared; in each visitor's sight."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2

from api.schema.ids import encode
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from cartera.rules.disputes import DisputeReason
from cartera.rules.money import Money
from cartera.services.disputes import NewDispute, open_dispute
from tests.api.paying.conftest import Site
from tests.api.paying.test_portal import PAGE, pay, promise
from tests.api.reading.conftest import walking, watching
from tests.factories import TODAY, Factory
from tests.portals import make_link

FRONT_END = Path(__file__).parents[3] / "frontend" / "src" / "graphql" / "portal" / "documents.ts"
WHOLE = """
{
  __typename
  again: portal { today }
  portal {
    __typename
    organization { __typename name }
    customer { __typename called: name language }
    receivables { __typename id number payable { __typename amount } payable { currencyCode } ...Due }
    totals { __typename code: currencyCode balance { amount currencyCode } overdue { amount __typename } }
    payments { __typename id reference allocations { __typename n: number amount { amount currencyCode } } }
    promises { __typename id dueOn amount { amount currencyCode } }
    acceptsPayments
    expiresAt
    today
  }
}
fragment Due on Receivable { dueOn daysOverdue isOverdue isPromised isDisputed promisedUntil issuedOn }
"""


def front_ends() -> str:
    (query, *_) = re.findall(r"graphql\(`(.*?)`", FRONT_END.read_text(), re.DOTALL)
    assert "query Portal" in query
    return query


async def same(site: Site, client: httpx2.AsyncClient) -> dict[str, Any]:
    """The page with all that it has, after each query was answered alike both ways."""
    found: dict[str, Any] = {}
    for query in (front_ends(), PAGE, WHOLE):
        with watching() as planned:
            found = await site.ask(client, query)
        assert planned.said > 0 == planned.walked
        with walking():
            assert await site.ask(client, query) == found
    page: dict[str, Any] = found["portal"]
    return page


async def contested(factory: Factory, receivable: Receivable, amount: Money) -> None:
    async with factory.write() as tx:
        await open_dispute(tx, NewDispute(receivable.id, DisputeReason.PRICE, amount))


async def full(site: Site, customer: Customer) -> tuple[Receivable, Receivable]:
    """Documents of two currencies, contested, promised and paid in every way; the first two of them."""
    factory = site.factory
    first = await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=100))
    second = await factory.receivable(customer, "900.00")
    later = await factory.receivable(customer, "1000", currency="CLP", due_on=TODAY + timedelta(days=5))
    whole = await factory.receivable(customer, "7.00", due_on=TODAY)
    await contested(factory, second, Money(10_00, "MXN"))
    await contested(factory, whole, Money(7_00, "MXN"))
    await pay(site, customer, "10.00", (first, "10.00"))
    await pay(site, customer, "30.00", (first, "5.00"), (second, "25.00"))
    for number in range(21):
        await pay(site, customer, f"{number + 1}.00")
    client = await site.enter(await make_link(factory, customer))
    day = str(TODAY + timedelta(days=3))
    for named, key in (([first], "a"), ([later], "b")):
        made = await promise(site, client, [encode("Receivable", each.id) for each in named], day, key)
        assert "promise" in made, made
    return first, second


async def test_a_page_with_everything(site: Site) -> None:
    customer = await site.factory.customer('Ñandú "S.A." \\ 100 %', language="pt")
    first, second = await full(site, customer)
    wide = await same(site, await site.enter(await make_link(site.factory, customer)))
    assert len(wide["payments"]) == 20
    assert [row["payable"]["amount"] for row in wide["receivables"]] == ["85.00", "865.00", "7.00", "1000"]
    assert [row["isDisputed"] for row in wide["receivables"]] == [False, False, True, False]
    assert [total["code"] for total in wide["totals"]] == ["CLP", "MXN"]
    assert [len(row["allocations"]) for row in wide["payments"]][-1] == 0

    narrow = await same(site, await site.enter(await make_link(site.factory, customer, first)))
    assert [row["number"] for row in narrow["receivables"]] == [first.number]
    assert [row["reference"] for row in narrow["payments"]] == ["SPEI 10.00"]
    assert [row["amount"]["amount"] for row in narrow["promises"]] == ["85.00"]
    both = await same(site, await site.enter(await make_link(site.factory, customer, first, second)))
    assert [row["reference"] for row in both["payments"]] == ["SPEI 30.00", "SPEI 10.00"]


async def test_one_plan_serves_many_visitors_and_shows_each_only_the_own(site: Site) -> None:
    """Whoever comes is bound by name: the second customer's page is told by the first one's statement."""
    shown = {}
    for name, amount in (("Uno", "10.00"), ("Dos", "20.00")):
        customer = await site.factory.customer(name)
        owed = [await site.factory.receivable(customer, amount) for _ in range(2)]
        for named in ([], owed[:1], owed[1:]):
            client = await site.enter(await make_link(site.factory, customer, *named))
            page = await same(site, client)
            assert [row["number"] for row in page["receivables"]] == [row.number for row in named or owed]
            shown[name] = page["customer"]["called"]
    assert shown == {"Uno": "Uno", "Dos": "Dos"}


async def test_another_organizations_visitor_sees_nothing_of_this_one(site: Site) -> None:
    other = await site.factory.other()
    theirs = await other.customer("Ajeno")
    await other.receivable(theirs, "5.00")
    await full(site, await site.factory.customer("Propio"))
    page = await same(site, await site.enter(await make_link(other, theirs)))
    assert page["customer"]["called"] == "Ajeno"
    assert [row["payable"]["amount"] for row in page["receivables"]] == ["5.00"]
    assert page["payments"] == page["promises"] == []
