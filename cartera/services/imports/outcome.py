"""What an import did, or would do: counts and sums by what happened to the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cartera.rules.imports.problems import BadRow, Notice, Problem, ProblemCode
from cartera.rules.money import Money, total

# Refused rows that are kept to be looked at and downloaded; the others are counted.
KEPT_BAD_ROWS = 10_000
# What a snapshot takes off the books: a person confirms it, and the organization's guard measures it.
SETTLED_BY_SNAPSHOT = ("settled_in_erp", "gone_from_erp", "credit_notes_used")


@dataclass
class RefusedRows:
    """What the refused rows of a file still show: a document that is named by one has not gone from a list.

    ``nameless`` rows name none for certain. Two rows of one number and different content are among them,
    since one of the numbers may be another document's.
    """

    shown: set[str] = field(default_factory=set)
    nameless: int = 0

    def add(self, row: BadRow) -> None:
        self.shown.update(row.shows)
        disputed = any(problem.code is ProblemCode.DUPLICATE_DIFFERS for problem in row.problems)
        self.nameless += disputed or not row.shows


@dataclass
class Outcome:
    """Counts and sums by code (created, unchanged, settled_in_erp …), refused rows, and what was noticed."""

    counts: dict[str, int] = field(default_factory=dict)
    amounts: dict[str, list[Money]] = field(default_factory=dict)
    customers: int = 0
    read: int = 0
    bad: int = 0
    bad_rows: list[BadRow] = field(default_factory=list)
    notices: Counter[Notice] = field(default_factory=Counter)
    # What a snapshot settles beyond the organization's guard, as SNAPSHOT_GUARD's facts.
    beyond_guard: dict[str, Any] = field(default_factory=dict)

    def add(self, code: str, count: int, *money: Money) -> None:
        self.counts[code] = self.counts.get(code, 0) + count
        self.amounts[code] = total([*self.amounts.get(code, []), *money])

    def refuse(self, row: BadRow) -> None:
        self.bad += 1
        if len(self.bad_rows) < KEPT_BAD_ROWS:
            self.bad_rows.append(row)

    def refuse_line(self, line: int, code: ProblemCode, value: str = "") -> None:
        """A row that reads well and that the books refuse; its cells are filled in later."""
        self.refuse(BadRow(line, (), (Problem(code, value=value),)))

    def fill_cells(self, cells_of: Callable[[Collection[int]], Mapping[int, tuple[str, ...]]]) -> None:
        """Give refused rows whose cells were no longer at hand their cells again."""
        cells = cells_of([row.line for row in self.bad_rows if not row.cells])
        self.bad_rows = [
            row if row.cells else replace(row, cells=cells.get(row.line, ())) for row in self.bad_rows
        ]

    def as_json(self) -> dict[str, Any]:
        """For the import's row and the audit log: amounts as minor units by currency."""
        return {
            "customers": self.customers,
            "rows": {
                code: {
                    "count": count,
                    "amounts": {money.currency: money.minor for money in self.amounts.get(code, [])},
                }
                for code, count in self.counts.items()
            },
            "notices": dict(self.notices),
            "beyond_guard": self.beyond_guard,
        }
