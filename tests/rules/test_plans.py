from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartera.rules.plan_schedules import Debt, PlanError, Terms
from cartera.rules.plans import (
    TRANSITIONS,
    Due,
    InstalmentState,
    PlanPolicy,
    PlanState,
    Standing,
    check_policy,
    judge,
    late,
    needs_approval,
    stand,
)

START = date(2026, 12, 1)
DUES = [
    Due(0, 100, START),
    Due(1, 300, date(2027, 1, 4)),
    Due(2, 300, date(2027, 2, 1)),
    Due(3, 301, date(2027, 3, 1)),
]
PENDING, PAID, LATE = InstalmentState.PENDING, InstalmentState.PAID, InstalmentState.LATE
POLICY = PlanPolicy(
    max_instalments=3,
    max_days=90,
    max_charges_percent=80,
    max_principal_percent=10,
    collector_charges_percent=50,
    collector_principal_percent=0,
    default_after=2,
)
DEBT = Debt(1_000_00, 99)
TERMS = Terms(START, (date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)))


def test_the_drawn_transitions_and_no_others() -> None:
    assert {(old.value, new.value) for old, group in TRANSITIONS.items() for new in group} == {
        ("proposed", "active"),
        ("proposed", "cancelled"),
        ("active", "completed"),
        ("active", "defaulted"),
        ("active", "cancelled"),
    }
    assert TRANSITIONS.keys() == set(PlanState)


def seen(money: int, today: date, other: int = 0) -> list[tuple[int, int, InstalmentState]]:
    return [(each.paid, each.owed, each.state) for each in stand(DUES, money=money, other=other, today=today)]


@pytest.mark.parametrize(
    ("money", "today", "expected"),
    [
        (0, START, [(0, 100, PENDING), (0, 300, PENDING), (0, 300, PENDING), (0, 301, PENDING)]),
        (0, date(2026, 12, 2), [(0, 100, LATE), (0, 300, PENDING), (0, 300, PENDING), (0, 301, PENDING)]),
        (99, date(2026, 12, 2), [(99, 100, LATE), (0, 300, PENDING), (0, 300, PENDING), (0, 301, PENDING)]),
        (100, date(2027, 1, 4), [(100, 100, PAID), (0, 300, PENDING), (0, 300, PENDING), (0, 301, PENDING)]),
        (399, date(2027, 1, 5), [(100, 100, PAID), (299, 300, LATE), (0, 300, PENDING), (0, 301, PENDING)]),
        (1001, START, [(100, 100, PAID), (300, 300, PAID), (300, 300, PAID), (301, 301, PAID)]),
        (9999, START, [(100, 100, PAID), (300, 300, PAID), (300, 300, PAID), (301, 301, PAID)]),
        (-50, START, [(0, 100, PENDING), (0, 300, PENDING), (0, 300, PENDING), (0, 301, PENDING)]),
    ],
)
def test_money_pays_the_first_first_and_the_last_day_tells_who_is_late(
    money: int, today: date, expected: list[tuple[int, int, InstalmentState]]
) -> None:
    assert seen(money, today) == expected


def test_what_is_settled_otherwise_shortens_the_plan_from_its_end() -> None:
    assert seen(100, START, other=401) == [
        (100, 100, PAID),
        (0, 300, PENDING),
        (0, 200, PENDING),
        (0, 0, PAID),
    ]
    assert seen(0, START, other=-5)[-1] == (0, 301, PENDING), "what was added since is no part of the plan"


@given(st.integers(-500, 2000), st.integers(-500, 2000), st.integers(0, 120))
def test_money_is_counted_once_and_never_beyond_an_instalment(money: int, other: int, days: int) -> None:
    found = stand(DUES, money=money, other=other, today=START + timedelta(days=days))
    owed = 1001 - min(max(other, 0), 1001)
    assert sum(each.owed for each in found) == owed
    assert sum(each.paid for each in found) == min(max(money, 0), owed)
    assert all(0 <= each.paid <= each.owed for each in found)
    unpaid = [each.paid < each.owed for each in found if each.owed]
    assert unpaid == sorted(unpaid), "what is unpaid comes after all that is paid"


def standings(*states: InstalmentState) -> list[Standing]:
    return [Standing(n, 100, 100 if state is PAID else 10, state) for n, state in enumerate(states)]


@pytest.mark.parametrize(
    ("states", "waiting", "expected"),
    [
        ((PAID, PAID), 0, PlanState.COMPLETED),
        ((PAID, PENDING), 0, PlanState.ACTIVE),
        ((LATE, PENDING), 0, PlanState.ACTIVE),
        ((LATE, LATE, PENDING), 0, PlanState.DEFAULTED),
        ((LATE, LATE, LATE), 269, PlanState.DEFAULTED),
        ((LATE, LATE, PENDING), 180, PlanState.ACTIVE),
        ((LATE, LATE, PENDING), 179, PlanState.DEFAULTED),
    ],
)
def test_two_late_instalments_end_a_plan_unless_money_in_sight_could_pay_them(
    states: tuple[InstalmentState, ...], waiting: int, expected: PlanState
) -> None:
    found = standings(*states)
    assert judge(found, default_after=2, waiting=waiting) is expected
    assert len(late(found)) == states.count(LATE)


def test_what_the_policy_allows() -> None:
    check_policy(POLICY, DEBT, replace(TERMS, charges_forgiven=79, principal_forgiven=100_00))


@pytest.mark.parametrize(
    ("terms", "code", "path", "most"),
    [
        (
            replace(TERMS, due_dates=(*TERMS.due_dates[:2], date(2027, 2, 2), date(2027, 2, 3))),
            "PLAN_TOO_MANY_INSTALMENTS",
            "instalments",
            3,
        ),
        (replace(TERMS, due_dates=(date(2027, 3, 2),)), "PLAN_TOO_LONG", "instalments", 90),
        (replace(TERMS, charges_forgiven=80), "PLAN_FORGIVES_BEYOND_POLICY", "chargesForgiven", 80),
        (replace(TERMS, principal_forgiven=100_01), "PLAN_FORGIVES_BEYOND_POLICY", "principalForgiven", 10),
    ],
)
def test_what_goes_beyond_the_policy(terms: Terms, code: str, path: str, most: int) -> None:
    with pytest.raises(PlanError) as caught:
        check_policy(POLICY, DEBT, terms)
    assert (caught.value.code, caught.value.path, caught.value.facts) == (code, (path,), {"most": most})


@pytest.mark.parametrize(
    ("charges", "principal", "expected"), [(0, 0, False), (49, 0, False), (50, 0, True), (0, 1, True)]
)
def test_above_the_collectors_limit_somebody_approves(charges: int, principal: int, expected: bool) -> None:
    terms = replace(TERMS, charges_forgiven=charges, principal_forgiven=principal)
    assert needs_approval(POLICY, DEBT, terms) is expected
