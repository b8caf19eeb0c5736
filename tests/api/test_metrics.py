"""Measures over GraphQL: the published figures and what is behind them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.api.conftest import Client, Visitors, node_id
from tests.factories import TODAY, Factory
from tests.figures import credit_note, pay, promise

ALL = """
query ($asOf: Date, $period: PeriodInput, $filter: MetricFilter) {
  metrics(asOf: $asOf, period: $period, filter: $filter) {
    asOf
    aging { currencyCode total { amount } buckets { bucket count amount { amount } } formula }
    totalOverdue { value { amount currencyCode } formula }
    dso { currencyCode value bestPossible averageDaysDelinquent
          receivablesAtEnd { amount } creditSales { amount } formula }
    keptRate { byCount byAmount matured kept formula }
  }
}
"""
ROWS = """
fragment Rows on ReceivableConnection {
  totalCount totals { amount { amount } balance { amount currencyCode } }
  pageInfo { hasNextPage endCursor }
  edges { balanceAsOf { amount } node { number balance { amount } customer { name } } }
}
"""
BUCKETS = (
    "query ($asOf: Date) { metrics(asOf: $asOf) { aging { buckets { receivables { ...Rows } } } } }" + ROWS
)
OVERDUE = (
    """query ($asOf: Date, $first: Int, $after: String) { metrics(asOf: $asOf) {
         totalOverdue { receivables(first: $first, after: $after) { ...Rows } } } }"""
    + ROWS
)
# The period of the published example, and a day in it and before it.
MONTH = {"from": "2026-10-18", "to": "2026-11-16"}
INSIDE, BEFORE = date(2026, 10, 20), date(2026, 8, 1)


async def metrics(client: Client, **variables: Any) -> Any:
    return (await client.ask(ALL, **variables))["metrics"]


async def published(factory: Factory) -> None:
    """Receivables 15,000 of which 4,000 current; credit sales of the 30 days 10,000."""
    customer = await factory.customer("Colegio Cervantes")
    await factory.receivable(customer, "4000", issued_on=INSIDE, due_on=TODAY)
    await factory.receivable(customer, "7500", issued_on=INSIDE, due_on=date(2026, 11, 1))
    await factory.receivable(customer, "3500", issued_on=BEFORE, due_on=date(2026, 9, 1))
    await credit_note(factory, customer, 1500_00, INSIDE)
    await credit_note(factory, customer, 900_00, BEFORE)


async def test_the_published_figures(anna: Client, factory: Factory) -> None:
    await published(factory)

    found = await metrics(anna, period=MONTH)

    (dso,) = found["dso"]
    assert (dso["value"], dso["bestPossible"], dso["averageDaysDelinquent"]) == ("45.0", "12.0", "33.0")
    assert (dso["currencyCode"], dso["receivablesAtEnd"], dso["creditSales"]) == (
        "MXN",
        {"amount": "15000.00"},
        {"amount": "10000.00"},
    )
    assert dso["formula"] == (
        "Por cobrar al 16 de noviembre de 2026, 15,000.00 MXN, ÷ ventas a crédito del 18 de octubre de 2026"
        " al 16 de noviembre de 2026, 10,000.00 MXN, × 30 días del período = 45.0 días."
        " Lo mejor posible, si nada estuviera vencido: 4,000.00 MXN ÷ 10,000.00 MXN × 30 = 12.0 días."
        " Atraso promedio: 45.0 − 12.0 = 33.0 días."
    )
    assert found["asOf"] == "2026-11-16"
    assert found["totalOverdue"] == [
        {
            "value": {"amount": "11000.00", "currencyCode": "MXN"},
            "formula": "Saldo vencido al 16 de noviembre de 2026: 7,500.00 MXN de 1 a 30 días de vencido"
            " + 0.00 MXN de 31 a 60 + 3,500.00 MXN de 61 a 90 + 0.00 MXN de más de 90 = 11,000.00 MXN.",
        }
    ]
    (aging,) = found["aging"]
    assert (aging["currencyCode"], aging["total"]) == ("MXN", {"amount": "15000.00"})
    assert [(one["bucket"], one["count"], one["amount"]["amount"]) for one in aging["buckets"]] == [
        ("CURRENT", 1, "4000.00"),
        ("DAYS_1_30", 1, "7500.00"),
        ("DAYS_31_60", 0, "0.00"),
        ("DAYS_61_90", 1, "3500.00"),
        ("OVER_90", 0, "0.00"),
    ]
    assert aging["formula"] == (
        "Saldo abierto al 16 de noviembre de 2026: 4,000.00 MXN por vencer + 7,500.00 MXN de 1 a 30 días de"
        " vencido + 0.00 MXN de 31 a 60 + 3,500.00 MXN de 61 a 90 + 0.00 MXN de más de 90 = 15,000.00 MXN."
    )


async def test_the_period_is_the_year_that_ends_on_the_day(anna: Client, factory: Factory) -> None:
    customer = await factory.customer()
    for issued_on in (date(2025, 11, 16), date(2025, 11, 17), TODAY, TODAY + timedelta(days=1)):
        await factory.receivable(customer, "100", issued_on=issued_on, due_on=issued_on + timedelta(days=5))

    (dso,) = (await metrics(anna))["dso"]
    (earlier,) = (await metrics(anna, asOf="2026-11-15"))["dso"]

    assert (dso["creditSales"]["amount"], dso["receivablesAtEnd"]["amount"]) == ("200.00", "300.00")
    assert dso["value"] == "547.5"
    assert (earlier["creditSales"]["amount"], earlier["receivablesAtEnd"]["amount"]) == ("200.00", "200.00")


async def test_promises_kept_and_all_that_matured(anna: Client, factory: Factory) -> None:
    customer, due = await factory.customer("Clínica Sur"), date(2026, 11, 5)
    kept = await promise(factory, customer, "kept", due, resolved_on=due, received=100_00)
    broken = await promise(
        factory, customer, "broken", due + timedelta(days=1), resolved_on=TODAY, amount=300_00
    )
    await promise(factory, customer, "pending", due, resolved_on=None)
    query = """query ($asOf: Date, $first: Int, $after: String, $filter: MetricFilter) {
      metrics(asOf: $asOf, filter: $filter) { keptRate { byCount byAmount matured kept formula
        promises(first: $first, after: $after) { totalCount totals { amount } pageInfo { endCursor }
          edges { node { id state customer { name } } } } } } }"""

    rate = (await anna.ask(query, first=1))["metrics"]["keptRate"]
    rest = (await anna.ask(query, after=rate["promises"]["pageInfo"]["endCursor"]))["metrics"]["keptRate"]

    assert (rate["byCount"], rate["byAmount"], rate["matured"], rate["kept"]) == ("0.5000", "0.2500", 2, 1)
    assert rate["formula"] == (
        "Promesas con fecha del 17 de noviembre de 2025 al 16 de noviembre de 2026, resueltas hasta el"
        " 16 de noviembre de 2026: 1 cumplidas ÷ 2 en total = 50 %. Por importe, contando lo recibido de"
        " cada una hasta lo prometido: 100.00 MXN ÷ 400.00 MXN = 25 %."
    )
    assert rate["promises"]["totals"] == [{"amount": "400.00"}]
    pages = [[edge["node"] for edge in found["promises"]["edges"]] for found in (rate, rest)]
    assert pages == [
        [{"id": node_id("Promise", kept), "state": "KEPT", "customer": {"name": "Clínica Sur"}}],
        [{"id": node_id("Promise", broken), "state": "BROKEN", "customer": {"name": "Clínica Sur"}}],
    ]
    assert rate["promises"]["totalCount"] == rest["promises"]["totalCount"] == 2
    yesterday = (await anna.ask(query, asOf="2026-11-15"))["metrics"]["keptRate"]
    assert (yesterday["matured"], yesterday["promises"]["totalCount"]) == (1, 1)
    dollars = (await anna.ask(query, filter={"currencyCode": "USD"}))["metrics"]["keptRate"]
    assert (dollars["byCount"], dollars["matured"], dollars["promises"]["totals"]) == (None, 0, [])


async def test_the_kept_rate_of_several_currencies_says_how_they_are_added(
    visitors: Visitors, factory: Factory
) -> None:
    client, _ = await visitors.member("manager", language="en")
    customer, due = await factory.customer(), date(2026, 11, 5)
    begin = "Promises for November 17, 2025 to November 16, 2026 that were settled by November 16, 2026: "

    assert (await metrics(client))["keptRate"]["formula"] == (
        "No promise for November 17, 2025 to November 16, 2026 was settled by November 16, 2026."
    )
    await promise(factory, customer, "kept", due, resolved_on=due, received=200_00, amount=200_00)
    for _ in range(2):
        await promise(factory, customer, "broken", due, resolved_on=due, amount=10_00, currency="USD")
    unknown = (await metrics(client))["keptRate"]
    await factory.rate("USD", "20")
    known = (await metrics(client))["keptRate"]

    assert (unknown["byCount"], unknown["byAmount"]) == ("0.3333", None)
    assert unknown["formula"] == begin + (
        "1 kept ÷ 3 in all = 33.33 %. By amount: no exchange rate to add up 200.00 MXN + 20.00 USD."
    )
    assert (known["byCount"], known["byAmount"]) == ("0.3333", "0.3333")
    assert known["formula"] == begin + (
        "1 kept ÷ 3 in all = 33.33 %. By amount, counting what came in for each up to what was promised,"
        " at the exchange rate in MXN: (200.00 MXN + 0.00 USD) ÷ (200.00 MXN + 20.00 USD) = 33.33 %."
    )


async def test_formulas_are_in_the_callers_language_and_say_when_there_is_no_figure(
    visitors: Visitors, factory: Factory
) -> None:
    client, _ = await visitors.member("manager", language="pt")
    await factory.receivable(await factory.customer(), "1234.5", due_on=date(2026, 9, 1), issued_on=BEFORE)

    found = await metrics(client, period=MONTH)

    assert found["dso"][0]["value"] is None
    assert found["dso"][0]["formula"] == (
        "A receber em 16 de novembro de 2026: 1.234,50 MXN. Não se pode dividir pelas vendas a prazo de"
        " 18 de outubro de 2026 a 16 de novembro de 2026, que líquidas de notas de crédito somam 0,00 MXN."
    )
    assert found["totalOverdue"][0]["formula"].startswith("Saldo vencido em 16 de novembro de 2026: 0,00 MXN")


async def test_a_figure_opens_the_rows_behind_it_page_by_page(anna: Client, factory: Factory) -> None:
    customer = await factory.customer("Colegio Cervantes")
    made = [
        await factory.receivable(customer, f"{days}", due_on=TODAY - timedelta(days=days))
        for days in (95, 61, 31, 2, 1)
    ]
    await factory.receivable(customer, "999", due_on=TODAY)
    await factory.receivable(customer, "7", currency="USD", due_on=TODAY - timedelta(days=4))

    seen, after, more = [], None, True
    while more:
        mxn, usd = (await anna.ask(OVERDUE, first=2, after=after))["metrics"]["totalOverdue"]
        page = mxn["receivables"]
        assert page["totalCount"] == 5
        assert page["totals"]["balance"] == [{"amount": "190.00", "currencyCode": "MXN"}]
        seen.append([edge["node"]["number"] for edge in page["edges"]])
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    numbers = [row.number for row in made]
    assert seen == [numbers[:2], numbers[2:4], numbers[4:]]
    assert usd["receivables"]["totals"]["balance"] == [{"amount": "7.00", "currencyCode": "USD"}]

    aging = (await anna.ask(BUCKETS))["metrics"]["aging"]
    behind = [bucket["receivables"]["totalCount"] for bucket in aging[0]["buckets"]]
    assert behind == [1, 2, 1, 1, 1]


async def test_rows_behind_a_past_day_show_what_was_open_then(anna: Client, factory: Factory) -> None:
    customer = await factory.customer("Colegio Cervantes")
    paid = await factory.receivable(customer, "100", due_on=date(2026, 10, 1))
    partly = await factory.receivable(customer, "80", due_on=date(2026, 10, 10))
    await pay(factory, partly, "30", date(2026, 10, 20))
    await pay(factory, paid, "100", TODAY)
    await pay(factory, partly, "10", TODAY)
    query = OVERDUE

    then, now = [
        (await anna.ask(query, asOf=day))["metrics"]["totalOverdue"][0]["receivables"]
        for day in ("2026-10-31", None)
    ]

    assert [(edge["balanceAsOf"]["amount"], edge["node"]["balance"]["amount"]) for edge in then["edges"]] == [
        ("100.00", "0.00"),
        ("50.00", "40.00"),
    ]
    assert then["totals"] == {
        "amount": [{"amount": "180.00"}],
        "balance": [{"amount": "150.00", "currencyCode": "MXN"}],
    }
    assert [(edge["balanceAsOf"]["amount"], edge["node"]["number"]) for edge in now["edges"]] == [
        ("40.00", partly.number)
    ]
    listed = await anna.ask("{ receivables { edges { balanceAsOf { amount } node { number } } } }")
    assert [edge["balanceAsOf"]["amount"] for edge in listed["receivables"]["edges"]] == ["0.00", "40.00"]


async def test_a_past_day_does_not_change_when_a_payment_is_booked_today(
    anna: Client, factory: Factory
) -> None:
    await published(factory)
    other = await factory.receivable(await factory.customer(), "500", due_on=date(2026, 9, 1))
    day = "2026-10-31"
    before = await metrics(anna, asOf=day)
    rows = await anna.ask(BUCKETS, asOf=day)
    today = await metrics(anna)

    await pay(factory, other, "500", TODAY)

    assert before["aging"][0]["total"] == {"amount": "15500.00"}
    assert await metrics(anna, asOf=day) == before
    balances = [
        [edge["balanceAsOf"] for edge in bucket["receivables"]["edges"]]
        for found in (rows, await anna.ask(BUCKETS, asOf=day))
        for bucket in found["metrics"]["aging"][0]["buckets"]
    ]
    assert balances[:5] == balances[5:]
    assert (await metrics(anna))["totalOverdue"] != today["totalOverdue"]


async def test_figures_are_narrowed_by_currency_segment_and_collector(anna: Client, factory: Factory) -> None:
    rosa = await factory.member("collector")
    school = await factory.customer(segment="escuelas", collector_id=rosa.id)
    clinic = await factory.customer(segment="clínicas")
    await factory.receivable(school, "10")
    await factory.receivable(clinic, "20")
    await factory.receivable(clinic, "40", currency="USD")

    async def overdue(**filter: Any) -> list[tuple[str, str]]:
        found = await metrics(anna, filter=filter)
        rows = [(one["value"]["currencyCode"], one["value"]["amount"]) for one in found["totalOverdue"]]
        sold = [(one["currencyCode"], one["creditSales"]["amount"]) for one in found["dso"]]
        assert sold == rows
        return rows

    assert await overdue() == [("MXN", "30.00"), ("USD", "40.00")]
    assert await overdue(currencyCode="USD") == [("USD", "40.00")]
    assert await overdue(segment="escuelas") == [("MXN", "10.00")]
    assert await overdue(collectorId=node_id("Member", rosa.id)) == [("MXN", "10.00")]
    assert await overdue(segment="clínicas", currencyCode="MXN") == [("MXN", "20.00")]
    assert await overdue(segment="ninguno") == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('period: {from: "2026-11-02", to: "2026-11-01"}', "BAD_PERIOD"),
        ('filter: {collectorId: "x"}', "NOT_FOUND"),
        ('asOf: "1899-12-31"', "BAD_REQUEST"),
        ('period: {from: "2026-11-02"}', "BAD_REQUEST"),
        ('filter: {currencyCode: "XXX"}', "BAD_REQUEST"),
    ],
)
async def test_what_makes_no_sense_is_refused(arguments: str, code: str, anna: Client) -> None:
    found = await anna.answer(f"{{ metrics({arguments}) {{ asOf }} }}")

    assert not found.get("data")
    assert found["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize("day", ["1900-01-01", "2199-12-31"])
async def test_any_day_can_be_asked_for(day: str, anna: Client, factory: Factory) -> None:
    await published(factory)

    found = await metrics(anna, asOf=day, period={"from": "1900-01-01", "to": day})

    expected = [] if day < "2026" else [{"amount": "15000.00"}]
    assert [one["total"] for one in found["aging"]] == expected
    assert [one["creditSales"]["amount"] for one in found["dso"]] == ([] if day < "2026" else ["12600.00"])


async def test_aging_can_be_asked_for_as_it_was_known(anna: Client, factory: Factory) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "100", due_on=date(2026, 10, 1))
    then = factory.now.isoformat()
    factory.now += timedelta(hours=1)
    await pay(factory, invoice, "60", date(2026, 10, 5))

    found = await anna.ask(
        """query ($at: DateTime) { metrics(asOf: "2026-10-31") {
             now: aging { total { amount } }
             then: aging(knownAt: $at) { total { amount } buckets { receivables { totals {
               balance { amount } } } } } } }""",
        at=then,
    )

    assert found["metrics"]["now"] == [{"total": {"amount": "40.00"}}]
    (known,) = found["metrics"]["then"]
    assert known["total"] == {"amount": "100.00"}
    assert [bucket["receivables"]["totals"]["balance"] for bucket in known["buckets"]] == [
        [],
        [{"amount": "100.00"}],
        [],
        [],
        [],
    ]


async def test_an_instant_without_its_offset_is_refused(anna: Client) -> None:
    found = await anna.answer('{ metrics { aging(knownAt: "2026-10-31T00:00:00") { total { amount } } } }')
    assert found["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
