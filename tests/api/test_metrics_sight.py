"""Who sees which figures, and the rows behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from cartera.rules.permissions import Scope
from tests.api.conftest import Client, Visitors
from tests.api.test_metrics import ALL, BUCKETS, OVERDUE, metrics, published
from tests.factories import TODAY, Factory
from tests.figures import promise


@asynccontextmanager
async def nothing_changes(factory: Factory) -> AsyncIterator[None]:
    counts = "SELECT (SELECT count(*) FROM audit_entry), (SELECT count(*) FROM outbox)"
    async with factory.read() as tx:
        before = (await tx.session.execute(text(counts))).one()
    yield
    async with factory.read() as tx:
        assert (await tx.session.execute(text(counts))).one() == before


async def test_everybody_counts_own_rows_only(anna: Client, visitors: Visitors, factory: Factory) -> None:
    collector, rosa = await visitors.member("collector")
    seller, sam = await visitors.member("salesperson")
    await factory.receivable(await factory.customer("De Rosa", collector_id=rosa.id), "10")
    await factory.receivable(await factory.customer("De Sam", salesperson_id=sam.id), "20")
    stranger = await factory.other()
    theirs = await stranger.customer("Ajeno")
    await stranger.receivable(theirs, "400")
    await promise(stranger, theirs, "kept", TODAY, resolved_on=TODAY, received=100_00)

    for client, sum_of_all, names in (
        (anna, "30.00", ["De Rosa", "De Sam"]),
        (collector, "10.00", ["De Rosa"]),
        (seller, "20.00", ["De Sam"]),
    ):
        for day in ("2026-11-16", "2026-11-15"):
            found = await metrics(client, asOf=day)
            assert found["aging"][0]["total"] == {"amount": sum_of_all}
            assert found["totalOverdue"][0]["value"]["amount"] == sum_of_all
            assert found["dso"][0]["receivablesAtEnd"] == {"amount": sum_of_all}
            assert found["keptRate"]["matured"] == 0
            rows = (await client.ask(OVERDUE, asOf=day))["metrics"]["totalOverdue"][0]["receivables"]
            assert rows["totals"]["amount"] == [{"amount": sum_of_all}]
            assert sorted(edge["node"]["customer"]["name"] for edge in rows["edges"]) == names


async def test_without_the_scope_there_are_no_figures(visitors: Visitors, factory: Factory) -> None:
    await published(factory)
    reader = await visitors.script(Scope.RECEIVABLES_READ, Scope.PROMISES_READ)

    async with nothing_changes(factory):
        refused = await reader.answer(ALL)

    assert refused["data"] is None
    assert refused["errors"][0]["extensions"]["code"] == "NOT_PERMITTED"


async def test_figures_alone_do_not_open_the_rows_behind_them(visitors: Visitors, factory: Factory) -> None:
    await published(factory)
    analyst = await visitors.script(Scope.METRICS_READ)

    assert (await metrics(analyst))["totalOverdue"][0]["value"]["amount"] == "11000.00"
    promises = "{ metrics { keptRate { promises { totalCount } } } }"
    for query in (OVERDUE, BUCKETS, promises):
        refused = await analyst.answer(query)
        assert refused["data"] is None
        assert {error["extensions"]["code"] for error in refused["errors"]} == {"NOT_PERMITTED"}
