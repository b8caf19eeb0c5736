"""What all customers of one generated portfolio share: the days, the staff, the counters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from uuid import UUID

from cartera.calendars import banking_days
from cartera.demo.calendars import SLOTS, Timeline
from cartera.demo.debts import Numbers
from cartera.demo.names import Names
from cartera.rules.aging import HolidayPolicy, overdue_from
from cartera.rules.promises import last_day

HOME_COUNTRY = "MX"
HOLIDAY_POLICY = HolidayPolicy.NEXT_BANKING_DAY
GRACE_BANKING_DAYS = 2
ACTOR = "system:seed"


@dataclass
class World:
    """Collectors and salespeople are (member id, name), by country."""

    timeline: Timeline
    ids: Iterator[UUID]
    numbers: Numbers
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
        self._is_banking_day = banking_days(HOME_COUNTRY)
        # The first day overdue of each due day.
        self.overdue_from = tuple(
            overdue_from(day, HOLIDAY_POLICY, self._is_banking_day) for day in self.dates
        )

    def last_day(self, due: int) -> int:
        """The last day on which money proves a promise for the day ``due``."""
        last = last_day(self.dates[due], GRACE_BANKING_DAYS, self._is_banking_day)
        return (last - self.dates[0]).days

    def date(self, day: int) -> date:
        return self.dates[day]

    def moment(self, day: int, slot: int) -> datetime:
        """The ``slot``-th quarter of an hour of a day's office hours, UTC."""
        return self.moments[day * SLOTS + slot]
