from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from cartera.calendars import banking_days
from cartera.rules.promises import (
    Evidence,
    Pledge,
    PromiseState,
    Proof,
    awaits_application,
    last_day,
    outcome,
    prove,
    superseded,
)

A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)
MADE = datetime(2026, 11, 2, 15, tzinfo=UTC)
DUE = date(2026, 11, 10)


def pledge(
    key: int,
    promised: int,
    *,
    about: Iterable[UUID] = (A,),
    due: date = DUE,
    made: datetime = MADE,
    state: PromiseState = PromiseState.PENDING,
) -> Pledge:
    return Pledge(UUID(int=100 + key), frozenset(about), promised, made, due, due + timedelta(days=1), state)


def money(amount: int, came: date, *, to: UUID = A, known: datetime | None = None) -> Evidence:
    return Evidence(to, amount, came, known or datetime(came.year, came.month, came.day, 18, tzinfo=UTC))


def received(pledges: Iterable[Pledge], evidence: Iterable[Evidence]) -> dict[UUID, int]:
    """What is proven of each, where all of it is still owed."""
    found = prove(pledges, evidence, {A: 1000, B: 1000, C: 1000})
    return {promise_id: proof.received for promise_id, proof in found.items()}


@pytest.mark.parametrize(
    ("country", "due_on", "grace", "expected"),
    [
        ("MX", date(2026, 11, 10), 0, date(2026, 11, 10)),
        ("MX", date(2026, 11, 10), 1, date(2026, 11, 11)),
        ("MX", date(2026, 11, 13), 1, date(2026, 11, 17)),  # Friday, and Monday the 16th is a holiday
        ("MX", date(2026, 11, 14), 0, date(2026, 11, 17)),  # Saturday before that Monday
        ("MX", date(2026, 11, 14), 2, date(2026, 11, 19)),
        ("MX", date(2026, 4, 1), 1, date(2026, 4, 6)),  # banks close on Holy Thursday and Friday
        ("US", date(2026, 11, 13), 1, date(2026, 11, 16)),
    ],
)
def test_grace_counts_in_banking_days(country: str, due_on: date, grace: int, expected: date) -> None:
    assert last_day(due_on, grace, banking_days(country)) == expected


@pytest.mark.parametrize(
    ("got", "today", "expected"),
    [
        (0, date(2026, 11, 11), PromiseState.PENDING),
        (99, date(2026, 11, 11), PromiseState.PENDING),
        (100, date(2026, 11, 11), PromiseState.KEPT),
        (100, date(2026, 11, 1), PromiseState.KEPT),
        (0, date(2026, 11, 12), PromiseState.BROKEN),
        (1, date(2026, 11, 12), PromiseState.PARTIALLY_KEPT),
        (99, date(2026, 11, 12), PromiseState.PARTIALLY_KEPT),
        (100, date(2026, 11, 12), PromiseState.KEPT),
    ],
)
def test_money_proves_a_promise_and_its_last_day_judges_it(
    got: int, today: date, expected: PromiseState
) -> None:
    assert outcome(due=100, received=got, last_day=date(2026, 11, 11), today=today) is expected


def test_money_on_other_receivables_proves_nothing() -> None:
    assert received([pledge(1, 100)], [money(100, DUE, to=B)]) == {UUID(int=101): 0}


def test_money_counts_once_known_after_the_promise_and_in_by_its_last_day() -> None:
    before = money(10, date(2026, 11, 1))
    on_the_last_day = money(20, date(2026, 11, 11))
    too_late = money(40, date(2026, 11, 12))
    assert received([pledge(1, 100)], [before, on_the_last_day, too_late]) == {UUID(int=101): 20}


def test_money_that_came_in_time_and_was_recorded_late_counts() -> None:
    late_news = money(100, DUE, known=datetime(2026, 11, 20, tzinfo=UTC))
    assert received([pledge(1, 100, state=PromiseState.BROKEN)], [late_news]) == {UUID(int=101): 100}


def test_no_more_counts_than_was_promised() -> None:
    assert received([pledge(1, 100)], [money(250, DUE)]) == {UUID(int=101): 100}


def test_the_same_money_proves_one_promise_only() -> None:
    instalments = [pledge(2, 60, due=date(2026, 11, 20)), pledge(1, 40)]
    assert received(instalments, [money(70, DUE)]) == {UUID(int=101): 40, UUID(int=102): 30}


def test_what_is_kept_stays_kept_when_earlier_money_becomes_known() -> None:
    first = pledge(1, 50)
    second = pledge(2, 50, due=date(2026, 11, 20), state=PromiseState.KEPT)
    late = money(50, date(2026, 11, 15))
    in_time = money(50, date(2026, 11, 9), known=datetime(2026, 11, 16, tzinfo=UTC))
    assert received([first, second], [late, in_time]) == {first.promise_id: 50, second.promise_id: 50}


def test_withdrawn_promises_prove_nothing_and_take_nothing() -> None:
    promises = [
        pledge(1, 50, state=PromiseState.CANCELLED),
        pledge(2, 50, state=PromiseState.RENEGOTIATED),
        pledge(3, 50),
    ]
    assert received(promises, [money(50, DUE)]) == {UUID(int=103): 50}


def test_the_order_in_which_money_is_listed_does_not_matter() -> None:
    promises = [pledge(1, 50), pledge(2, 70, about=(A, B), due=date(2026, 11, 12))]
    events = [money(40, date(2026, 11, 9)), money(30, date(2026, 11, 12)), money(20, date(2026, 11, 8), to=B)]
    answers = [received(promises, order) for order in permutations(events)]
    assert all(answer == {UUID(int=101): 40, UUID(int=102): 50} for answer in answers)


@pytest.mark.parametrize(
    ("paid", "owed", "due", "state"),
    [
        ([], 100, 100, PromiseState.BROKEN),
        ([], 30, 30, PromiseState.BROKEN),
        # Credited, waived or cancelled: nobody keeps it, nobody breaks it.
        ([], 0, 0, PromiseState.CANCELLED),
        ([money(60, DUE)], 0, 60, PromiseState.KEPT),
        ([money(60, DUE)], 10, 70, PromiseState.PARTIALLY_KEPT),
        ([money(60, DUE)], 90, 100, PromiseState.PARTIALLY_KEPT),
        # Paid, but too late: it was owed until then.
        ([money(100, date(2026, 11, 12))], 0, 100, PromiseState.BROKEN),
        ([money(60, DUE), money(15, date(2026, 11, 12))], 0, 75, PromiseState.PARTIALLY_KEPT),
    ],
)
def test_what_is_no_longer_owed_is_no_part_of_a_promise(
    paid: list[Evidence], owed: int, due: int, state: PromiseState
) -> None:
    proof = prove([pledge(1, 100)], paid, {A: owed})[UUID(int=101)]
    assert proof == Proof(sum(item.amount for item in paid if item.received_on == DUE), due)
    judged = outcome(
        due=proof.due, received=proof.received, last_day=date(2026, 11, 11), today=date(2026, 11, 12)
    )
    assert judged is state


def test_money_that_kept_one_promise_makes_no_other_due() -> None:
    """Of 100 in two promises 60 was paid, and the rest credited: nothing is left of the second."""
    instalments = [pledge(1, 60), pledge(2, 40, due=date(2026, 11, 20))]
    found = prove(instalments, [money(60, DUE)], {A: 0})
    assert found == {UUID(int=101): Proof(60, 60), UUID(int=102): Proof(0, 0)}


def test_money_that_kept_a_later_promise_came_too_late_for_the_earlier_one() -> None:
    broken = pledge(1, 100, state=PromiseState.BROKEN)
    again = pledge(2, 100, due=date(2026, 11, 20), made=MADE + timedelta(days=12))
    found = prove([broken, again], [money(100, date(2026, 11, 19))], {A: 0})
    assert found == {UUID(int=101): Proof(0, 100), UUID(int=102): Proof(100, 100)}


def test_before_its_last_day_nobody_gives_a_promise_up() -> None:
    day = date(2026, 11, 11)
    assert outcome(due=0, received=0, last_day=day, today=day) is PromiseState.PENDING


@pytest.mark.parametrize(
    ("got", "waiting", "expected"),
    [(0, 100, True), (40, 60, True), (40, 59, False), (0, 0, False), (100, 50, False)],
)
def test_a_promise_awaits_application_while_money_in_sight_could_keep_it(
    got: int, waiting: int, expected: bool
) -> None:
    assert awaits_application(due=100, received=got, waiting=waiting) is expected


def replaced(pending: list[Pledge], about: Iterable[UUID], promised: int, **balances: int) -> list[int]:
    """Which of the pending promises, by their keys, a new one replaces; balances by the receivable's name."""
    owed = {{"a": A, "b": B, "c": C}[name]: minor for name, minor in balances.items()}
    gone = superseded(pending, receivable_ids=frozenset(about), promised=promised, balances=owed)
    return sorted(each.promise_id.int - 100 for each in gone)


def test_instalments_within_what_is_owed_stand_side_by_side() -> None:
    assert replaced([pledge(1, 60), pledge(2, 30, about=(B,))], (A,), 40, a=100, b=30) == []


def test_a_promise_beyond_what_is_owed_takes_the_place_of_those_about_the_same() -> None:
    assert replaced([pledge(1, 60), pledge(2, 30, about=(B,))], (A,), 41, a=100, b=30) == [1]
    assert replaced([pledge(1, 60), pledge(2, 40)], (A,), 100, a=100) == [1, 2]


def test_what_has_come_in_of_a_promise_takes_no_room() -> None:
    assert replaced([replace(pledge(1, 60), received=20)], (A,), 40, a=80) == []
    assert replaced([replace(pledge(1, 60), received=20)], (A,), 41, a=80) == [1]


def test_a_promise_about_more_receivables_stays_while_the_others_have_room_for_it() -> None:
    both = pledge(1, 1000_00, about=(A, B))
    assert replaced([both], (A,), 100_00, a=100_00, b=1234_50) == []
    assert replaced([both], (A,), 100_00, a=100_00, b=999_99) == [1]
    assert replaced([both], (A, B), 334_50, a=100_00, b=1234_50) == []
    assert replaced([both], (A, B), 334_51, a=100_00, b=1234_50) == [1]


def test_only_what_the_new_word_leaves_no_room_for_is_replaced() -> None:
    pending = [pledge(1, 1000, about=(A, B)), pledge(2, 100)]
    assert replaced(pending, (A,), 100, a=100, b=1234) == [2], "all of A is promised anew; B has room"
    later = [pledge(1, 60), pledge(2, 40, made=MADE + timedelta(days=1))]
    assert replaced(later, (A,), 60, a=100) == [1], "the latest word counts most"


def test_a_promise_about_other_receivables_alone_has_no_part_in_it() -> None:
    pending = [pledge(1, 100, about=(A, B)), pledge(2, 100, about=(B, C))]
    assert replaced(pending, (A,), 100, a=100, b=100, c=0) == []


def test_all_that_stay_fit_together() -> None:
    pending = [pledge(1, 50, about=(A, B)), pledge(2, 50, about=(A, C), made=MADE + timedelta(days=1))]
    assert replaced(pending, (A,), 50, a=50, b=40, c=60) == [1], "B has room for 40 alone"
    assert replaced(pending, (A,), 50, a=50, b=50, c=50) == []
