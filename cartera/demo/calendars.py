"""Days as the generator walks them: indices from the first day, with each country's working days.

Integers instead of dates, and tables instead of questions, because a million receivables ask a few
million times "which payment run comes next".
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from functools import cached_property
from itertools import accumulate
from random import Random

from cartera.calendars import banking_days

HISTORY_DAYS = 730
HORIZON_DAYS = 400
SLOTS = 24
# 15:00 to 20:45 UTC lies within office and lawful contact hours of Mexico, Colombia and Chile alike.
_FIRST_SLOT = time(15, 0, tzinfo=UTC)
_SLOT = timedelta(minutes=15)

# Invoicing by month, January first. Schools buy before their terms begin.
_COMPANY_MONTHS = (7, 8, 9, 9, 10, 10, 9, 9, 10, 11, 13, 11)
_SCHOOL_MONTHS = {
    "MX": (12, 6, 5, 4, 5, 5, 12, 22, 14, 7, 6, 3),
    "CO": (20, 16, 8, 6, 5, 5, 14, 10, 6, 5, 5, 3),
    "CL": (7, 16, 22, 9, 6, 5, 8, 11, 7, 6, 5, 3),
}
# Months in which a school's fees do not come in, so that it pays nothing.
SCHOOL_RECESS = {"MX": (6, 7, 8), "CO": (12, 1), "CL": (1, 2)}


class Rhythm(IntEnum):
    """On which days a customer's treasury pays."""

    ANY_DAY = 0
    FRIDAYS = 1
    FORTNIGHTS = 2


@dataclass(frozen=True)
class Timeline:
    """Every day from two years before ``today`` to a year after it; ``today`` is its business day."""

    today: date

    @cached_property
    def now(self) -> int:
        """Index of today. What has happened lies before it: today is about to begin."""
        return HISTORY_DAYS

    @cached_property
    def dates(self) -> tuple[date, ...]:
        first = self.today - timedelta(days=HISTORY_DAYS)
        return tuple(first + timedelta(days=day) for day in range(HISTORY_DAYS + HORIZON_DAYS))

    @cached_property
    def moments(self) -> tuple[datetime, ...]:
        """UTC instants: that of day ``d`` and slot ``s`` stands at ``d * SLOTS + s``."""
        return tuple(
            datetime.combine(day, _FIRST_SLOT) + _SLOT * slot for day in self.dates for slot in range(SLOTS)
        )

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        return {country: Calendar(country, self.dates) for country in SCHOOL_RECESS}


@dataclass(frozen=True)
class Calendar:
    """The working days of one country, as tables over the timeline's indices."""

    country: str
    dates: tuple[date, ...]

    @cached_property
    def working(self) -> tuple[bool, ...]:
        """Whether it is a banking day, which here is a working day too."""
        return tuple(map(banking_days(self.country), self.dates))

    @cached_property
    def next_working(self) -> tuple[int, ...]:
        """The first working day on or after each day."""
        return _following(self.working)

    @cached_property
    def runs(self) -> dict[Rhythm, tuple[int, ...]]:
        """The first payment run of each rhythm on or after each day."""
        return {rhythm: _following(self._is_run(rhythm)) for rhythm in Rhythm}

    @cached_property
    def runs_before(self) -> dict[Rhythm, tuple[int, ...]]:
        """The last payment run of each rhythm on or before each day; the first day where there is none."""
        return {rhythm: _preceding(self._is_run(rhythm)) for rhythm in Rhythm}

    @cached_property
    def after_recess(self) -> tuple[int, ...]:
        """The first day on or after each day on which a school has fees to pay with."""
        recess = SCHOOL_RECESS[self.country]
        return _following(tuple(day.month not in recess for day in self.dates))

    def add_working(self, day: int, count: int) -> int:
        """The day ``count`` working days after ``day``."""
        for _ in range(count):
            day = self.next_working[day + 1]
        return day

    def issue_days(self, rng: Random, count: int, first: int, last: int, *, school: bool) -> list[int]:
        """``count`` working days from ``first`` to ``last`` in order, denser in the busy months."""
        weights = self._school_weights if school else self._company_weights
        low, high = weights[first], weights[last + 1]
        if low == high:
            return [self.next_working[first]] * count
        draw = rng.random
        return sorted(bisect_right(weights, low + int(draw() * (high - low))) - 1 for _ in range(count))

    @cached_property
    def _company_weights(self) -> list[int]:
        return self._cumulated(_COMPANY_MONTHS)

    @cached_property
    def _school_weights(self) -> list[int]:
        return self._cumulated(_SCHOOL_MONTHS[self.country])

    def _cumulated(self, months: tuple[int, ...]) -> list[int]:
        daily = (
            # Month ends are busy everywhere.
            (months[day.month - 1] * (2 if day.day > 24 else 1) if working else 0)
            for day, working in zip(self.dates, self.working, strict=True)
        )
        return [0, *accumulate(daily)]

    def _is_run(self, rhythm: Rhythm) -> tuple[bool, ...]:
        if rhythm is Rhythm.ANY_DAY:
            return self.working
        if rhythm is Rhythm.FRIDAYS:
            wanted = [day.weekday() == 4 for day in self.dates]
        else:
            ends = [(day + timedelta(days=1)).day == 1 for day in self.dates]
            wanted = [day.day == 15 or end for day, end in zip(self.dates, ends, strict=True)]
        before = _preceding(self.working)
        runs = {before[index] for index, is_wanted in enumerate(wanted) if is_wanted}
        return tuple(index in runs for index in range(len(self.dates)))


def _following(flags: tuple[bool, ...]) -> tuple[int, ...]:
    found, table = len(flags) - 1, []
    for index in range(len(flags) - 1, -1, -1):
        found = index if flags[index] else found
        table.append(found)
    return tuple(reversed(table))


def _preceding(flags: tuple[bool, ...]) -> tuple[int, ...]:
    found, table = 0, []
    for index, flag in enumerate(flags):
        found = index if flag else found
        table.append(found)
    return tuple(table)
