"""Steps of a reminder by the age of a debt, and what decides whether it leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from cartera.rules.messages import HoldRule
from cartera.rules.money import Money
from cartera.rules.reminders import (
    Debt,
    Drop,
    Say,
    SetAside,
    Standing,
    Tone,
    Wait,
    could_cover,
    decide,
    is_unsaid,
    slot,
    step_of,
    tone_of,
)

TODAY = date(2026, 11, 16)
ONE = UUID(int=1)
TWO = UUID(int=2)


def debt(days_overdue: int, minor: int = 10_000, *, key: UUID = ONE, currency: str = "MXN") -> Debt:
    due_on = TODAY - timedelta(days=days_overdue)
    return Debt(key, f"F-{key.int}", due_on, due_on + timedelta(days=1), Money(minor, currency))


def aside(made: Debt, rule: HoldRule, until: date) -> Debt:
    return replace(made, set_aside=SetAside(rule, until))


@pytest.mark.parametrize(
    ("days", "step"),
    [
        (-4, None),
        (-3, -3),
        (0, -3),
        (1, 1),
        (6, 1),
        (7, 7),
        (14, 7),
        (15, 15),
        (29, 15),
        (30, 30),
        (44, 30),
        (45, 45),
        (59, 45),
        (60, 60),
        (100, 90),
    ],
)
def test_the_step_follows_from_the_age(days: int, step: int | None) -> None:
    due_on = TODAY - timedelta(days=days)
    found = step_of(due_on, due_on + timedelta(days=1), TODAY)
    assert found == (None if step is None else (step, due_on + timedelta(days=step)))


def test_no_step_after_the_due_date_comes_before_the_receivable_is_overdue() -> None:
    friday, tuesday = date(2026, 11, 13), date(2026, 11, 17)
    assert step_of(friday, tuesday, date(2026, 11, 16)) == (-3, date(2026, 11, 10))
    assert step_of(friday, tuesday, tuesday) == (1, tuesday)
    assert step_of(friday, tuesday, date(2026, 11, 20)) == (7, date(2026, 11, 20))


@pytest.mark.parametrize(
    ("step", "tone"),
    [(-3, Tone.PREVENTIVE), (1, Tone.FRIENDLY), (7, Tone.FRIENDLY), (15, Tone.FIRM), (30, Tone.URGENT)],
)
def test_the_tone_rises_with_the_step(step: int, tone: Tone) -> None:
    assert tone_of(step) is tone


def test_a_step_is_said_once_and_after_an_outage_only_the_latest() -> None:
    old = debt(10)
    assert is_unsaid(old, TODAY)
    step_day = old.due_on + timedelta(days=7)
    assert is_unsaid(replace(old, last_listed_on=step_day - timedelta(days=1)), TODAY)
    assert not is_unsaid(replace(old, last_listed_on=step_day), TODAY)


def test_one_message_lists_all_that_is_due_and_speaks_as_the_highest_step() -> None:
    soon, late = debt(-2, key=TWO), replace(debt(16), last_listed_on=TODAY - timedelta(days=1))
    assert decide(Standing([late, soon]), TODAY) == Say((late, soon), Tone.FIRM)


def test_nothing_due_and_nothing_new() -> None:
    said = replace(debt(10), last_listed_on=TODAY)
    assert decide(Standing([]), TODAY) == Drop(HoldRule.NOTHING_DUE)
    assert decide(Standing([debt(-4)]), TODAY) == Drop(HoldRule.NOTHING_DUE)
    assert decide(Standing([said]), TODAY) == Drop(HoldRule.SUPERSEDED)
    assert decide(Standing([said]), TODAY, by_hand=True) == Say((said,), Tone.FRIENDLY)


@pytest.mark.parametrize("rule", [HoldRule.PROMISED, HoldRule.DISPUTED, HoldRule.ON_HOLD])
def test_what_is_set_aside_is_left_out_and_silences_no_other(rule: HoldRule) -> None:
    until = TODAY + timedelta(days=5)
    put_aside, other = aside(debt(20), rule, until), debt(8, key=TWO)
    assert decide(Standing([put_aside, other]), TODAY) == Say((other,), Tone.FRIENDLY)
    assert decide(Standing([put_aside]), TODAY) == Wait(rule, until)


def test_what_is_set_aside_for_ever_is_asked_about_tomorrow() -> None:
    put_aside = aside(debt(20), HoldRule.DISPUTED, TODAY - timedelta(days=3))
    assert decide(Standing([put_aside]), TODAY) == Wait(HoldRule.DISPUTED, TODAY + timedelta(days=1))


def test_a_hold_on_the_customer_lasts_through_its_last_day() -> None:
    held = Standing([debt(8)], held_until=TODAY)
    assert decide(held, TODAY) == Wait(HoldRule.ON_HOLD, TODAY + timedelta(days=1))
    assert isinstance(decide(held, TODAY + timedelta(days=1)), Say)


def test_money_that_could_be_the_payment_waits_for_a_person() -> None:
    owed = [debt(8, 10_000), debt(9, 30_000, key=TWO)]
    enough = Standing(owed, unapplied=[Money(10_000, "MXN")])
    assert decide(enough, TODAY) == Wait(
        HoldRule.UNAPPLIED_MONEY, TODAY + timedelta(days=1), needs_review=True
    )
    too_little = Standing(owed, unapplied=[Money(9_999, "MXN"), Money(50_000, "USD")])
    assert isinstance(decide(too_little, TODAY), Say)


def test_a_payment_under_way_waits_until_it_can_come_no_more() -> None:
    until = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
    begun = Standing([debt(8)], attempt_until=until)
    assert decide(begun, TODAY) == Wait(HoldRule.PAYMENT_PENDING, until)
    pending = replace(begun, attempt_is_pending=True)
    assert decide(pending, TODAY) == Wait(HoldRule.PAYMENT_PENDING, until, needs_review=True)


def test_could_cover_compares_within_a_currency() -> None:
    assert could_cover([Money(100, "CLP")], [Money(100, "CLP"), Money(900, "MXN")])
    assert not could_cover([Money(1_000, "USD")], [Money(100, "CLP")])
    assert not could_cover([], [Money(100, "CLP")])


def test_the_slot_is_within_two_hours_from_nine_and_the_same_each_time() -> None:
    zone = ZoneInfo("America/Mexico_City")
    midnight = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
    opens = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
    slots = {slot(UUID(int=n), TODAY, zone, midnight) for n in range(200)}
    assert all(opens <= at < opens + timedelta(hours=2) for at in slots)
    assert len(slots) > 150
    assert slot(ONE, TODAY, zone, midnight) == slot(ONE, TODAY, zone, midnight)
    afternoon = opens + timedelta(hours=5)
    assert slot(ONE, TODAY, zone, afternoon) == afternoon, "its morning has passed: at once"
