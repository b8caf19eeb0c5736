"""One portfolio for all tests that only look at it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest

from cartera.demo.portfolio import Plan, generate
from cartera.demo.rows import Allocation, Entry, Receivable, Rows

TODAY = date(2026, 11, 16)


def whole(plan: Plan) -> Rows:
    """All batches of a portfolio as one."""
    rows = Rows()
    for batch in generate(plan):
        for table, _, records in batch.tables():
            getattr(rows, table).extend(records)
    return rows


@dataclass
class Portfolio:
    """A generated portfolio, with what the tests look things up by."""

    rows: Rows

    def __post_init__(self) -> None:
        self.receivables: dict[UUID, Receivable] = {row.id: row for row in self.rows.receivable}
        self.entries: dict[UUID, list[Entry]] = defaultdict(list)
        for entry in self.rows.entry:
            self.entries[entry.receivable_id].append(entry)
        self.allocations: dict[UUID, list[Allocation]] = defaultdict(list)
        for allocation in self.rows.allocation:
            source = allocation.payment_id or allocation.credit_note_id
            assert source
            self.allocations[source].append(allocation)


@pytest.fixture(scope="session")
def portfolio() -> Portfolio:
    """The demo's own size: 300 customers, 6,000 receivables."""
    return Portfolio(whole(Plan(TODAY)))
