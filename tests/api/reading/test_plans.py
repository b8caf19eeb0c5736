"""A statement is compiled once for all values, but for what PostgreSQL must know to plan it well."""

from __future__ import annotations

import pytest

from cartera.db.session import Database
from tests.api.conftest import Client
from tests.api.reading.conftest import Compared, compiling
from tests.jobs.test_charges import every_statement

LIST = "query ($filter: CustomerFilter) { customers(filter: $filter) { edges { node { name } } } }"


@pytest.mark.parametrize(
    ("filters", "compiled"),
    [
        ([{"segment": "Retail"}, {"segment": "Salud"}], 1),
        ([{"segment": "Retail"}, {"segment": None}], 2),
        ([{"promiseState": "PENDING"}, {"promiseState": "KEPT"}], 2),
        ([{"minOverdue": "500.00"}, {"minOverdue": "599.99"}], 1),
        # So many fewer that another way to them may be the shorter.
        ([{"minOverdue": "500.00"}, {"minOverdue": "600.00"}, {"minOverdue": "5000.00"}], 3),
        ([{"minOverdue": "0"}, {"minOverdue": "-3.00"}, {"minOverdue": "-700.00"}], 1),
    ],
)
async def test_a_statement_serves_as_many_filters_as_it_may(
    anna: Client, filters: list[dict[str, str | None]], compiled: int
) -> None:
    with compiling() as statements:
        for _ in range(2):
            for each in filters:
                await anna.ask(LIST, filter=each)
    assert len(statements) == compiled


@pytest.mark.parametrize(
    ("name", "totals"),
    [
        ("customers", "{ balance { amount currencyCode } overdue { amount } }"),
        ("receivables", "{ amount { amount currencyCode } balance { amount } }"),
        ("promises", "{ amount currencyCode }"),
        ("disputes", "{ amount currencyCode }"),
        ("instruments", "{ amount currencyCode }"),
    ],
)
async def test_counts_and_sums_take_one_statement_beside_the_page(
    compared: Compared, db: Database, name: str, totals: str
) -> None:
    query = f"{{ {name}(first: 1) {{ totals {totals} totalCount edges {{ cursor }} }} }}"
    with compiling() as statements, every_statement(db) as others:
        found = await compared.client.ask(query)
    assert (len(statements), others) == (2, [])
    assert found[name]["totalCount"] > 0
    assert found == await compared.same(query)
