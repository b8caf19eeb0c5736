"""What all customers of one generated portfolio share: the days, the staff, the counters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from uuid import UUID

from cartera.demo.calendars import SLOTS, Calendar, Timeline
from cartera.demo.debts import Numbers
from cartera.demo.names import Names

ACTOR = "system:seed"


@dataclass
class World:
    """``home`` is the organization's own calendar: banking days and grace are counted in it."""

    timeline: Timeline
    home: Calendar
    ids: Iterator[UUID]
    numbers: Numbers
    # Collectors by country, salespeople by country: (id, name).
    collectors: dict[str, list[tuple[UUID, str]]]
    salespeople: dict[str, list[tuple[UUID, str]]]
    names: Names = field(default_factory=Names)
    customers: Iterator[int] = field(default_factory=lambda: count(1))
    payments: Iterator[int] = field(default_factory=lambda: count(1))
    credit_notes: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.dates = self.timeline.dates
        self.moments = self.timeline.moments
        self.now = self.timeline.now
        # First day overdue for each due day, with the policy "next banking day".
        self.overdue_from = tuple(
            self.dates[min(day + 1, len(self.dates) - 1)] for day in self.home.next_working
        )

    def date(self, day: int) -> date:
        return self.dates[day]

    def moment(self, day: int, slot: int) -> datetime:
        """The ``slot``-th quarter of an hour of a day's office hours, UTC."""
        return self.moments[day * SLOTS + slot]
