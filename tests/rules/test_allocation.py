from __future__ import annotations

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cartera.rules.allocation import Owed, Share, as_told, oldest_first

A, B, C = (UUID(int=n) for n in (1, 2, 3))
OWED = [
    Owed(C, date(2026, 3, 1), 300),
    Owed(B, date(2026, 1, 1), 200),
    Owed(A, date(2026, 1, 1), 100),
]


def test_money_pays_what_was_due_first_and_by_id_within_a_day() -> None:
    assert oldest_first(350, OWED) == [Share(A, 100), Share(B, 200), Share(C, 50)]


def test_money_beyond_all_debts_is_left_over() -> None:
    assert oldest_first(1000, OWED) == [Share(A, 100), Share(B, 200), Share(C, 300)]


def test_exactly_enough_for_the_first_leaves_the_second_alone() -> None:
    assert oldest_first(100, OWED) == [Share(A, 100)]


def test_nothing_owed_takes_nothing() -> None:
    assert oldest_first(100, [Owed(A, date(2026, 1, 1), 0)]) == []
    assert oldest_first(100, []) == []


def test_lines_go_where_they_say_in_their_order() -> None:
    assert as_told(350, [(C, 250), (A, 100)], OWED) == [Share(C, 250), Share(A, 100)]


def test_a_line_above_what_is_owed_takes_what_fits() -> None:
    assert as_told(500, [(A, 150), (B, 200)], OWED) == [Share(A, 100), Share(B, 200)]


def test_lines_beyond_the_money_end_where_the_money_ends() -> None:
    assert as_told(120, [(B, 100), (A, 50), (C, 50)], OWED) == [Share(B, 100), Share(A, 20)]


def test_a_line_for_a_receivable_that_is_not_owed_takes_nothing() -> None:
    assert as_told(100, [(UUID(int=9), 100)], OWED) == []


@given(
    money=st.integers(1, 10**15),
    balances=st.lists(st.integers(0, 10**12), max_size=20),
)
def test_shares_add_up_to_the_money_or_to_the_debt(money: int, balances: list[int]) -> None:
    owed = [Owed(UUID(int=n + 1), date(2026, 1, 1), balance) for n, balance in enumerate(balances)]
    shares = oldest_first(money, owed)
    assert sum(share.amount for share in shares) == min(money, sum(balances))
    assert all(0 < share.amount <= balances[share.receivable_id.int - 1] for share in shares)
