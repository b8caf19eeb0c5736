"""Closed periods: everything takes effect on an open day, and keeps the day on which it happened."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cartera.rules.periods import Days, effective, first_open_day

OCTOBER = date(2026, 10, 31)
DAYS = st.dates(date(1900, 1, 2), date(2199, 12, 30))


def test_what_happens_in_a_closed_month_takes_effect_on_its_morrow() -> None:
    assert effective(OCTOBER, OCTOBER) == Days(date(2026, 11, 1), OCTOBER)
    assert effective(date(2026, 11, 1), OCTOBER) == Days(date(2026, 11, 1), None)
    assert effective(OCTOBER, None) == Days(OCTOBER, None)


def test_what_undoes_an_entry_waits_for_it() -> None:
    day, later = date(2026, 10, 23), date(2026, 11, 1)
    assert effective(day, None, not_before=later) == Days(later, day)
    assert effective(later, None, not_before=day) == Days(later, None)


@given(DAYS, st.none() | DAYS, DAYS)
def test_it_takes_effect_at_the_first_day_that_it_may(day: date, closed: date | None, floor: date) -> None:
    found = effective(day, closed, not_before=floor)
    assert found.effective_on == max(day, floor, first_open_day(closed))
    assert closed is None or found.effective_on > closed
    assert (found.value_on or found.effective_on) == day
    assert (found.value_on is None) == (found.effective_on == day)


@given(DAYS, DAYS)
def test_closing_further_never_moves_a_day_back(day: date, closed: date) -> None:
    further = effective(day, closed + timedelta(days=1))
    assert further.effective_on >= effective(day, closed).effective_on >= effective(day, None).effective_on
