from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cartera.rules.allocation import AllocationRule, Share, as_told, by_rule
from cartera.rules.charges import ChargeKind
from cartera.rules.exchange import Rate
from cartera.rules.imputation import Debt, ImputationOrder, OwedCharge, Part
from cartera.rules.money import Money

A, B, C = (UUID(int=n) for n in (1, 2, 3))
DAY = date(2026, 1, 1)
OLDEST, PROPORTIONAL = AllocationRule
ORDER = ImputationOrder.INTEREST_COST_PRINCIPAL_BY_DOCUMENT
DEBTS = [Debt(C, date(2026, 3, 1), 300), Debt(B, DAY, 200), Debt(A, DAY, 100)]
KNOWN = {debt.receivable_id: (debt, "MXN") for debt in DEBTS}


def told(money: int, *lines: tuple[UUID, int]) -> list[tuple[UUID, int]]:
    shares = as_told(Money(money, "MXN"), lines, KNOWN, ORDER, {})
    assert all(share.spent == share.part.amount and share.rate is None for share in shares)
    return [(share.part.receivable_id, share.spent) for share in shares]


def test_money_pays_what_was_due_first_and_by_id_within_a_day() -> None:
    assert by_rule(350, DEBTS, OLDEST, ORDER) == [Part(A, None, 100), Part(B, None, 200), Part(C, None, 50)]


def test_money_beyond_all_debts_is_left_over() -> None:
    assert sum(part.amount for part in by_rule(1000, DEBTS, OLDEST, ORDER)) == 600
    assert sum(part.amount for part in by_rule(1000, DEBTS, PROPORTIONAL, ORDER)) == 600


def test_in_proportion_the_units_left_go_to_the_largest_remainders_oldest_first() -> None:
    # 100 of 600: 16.67, 33.33 and 50.00.
    assert by_rule(100, DEBTS, PROPORTIONAL, ORDER) == [
        Part(A, None, 17),
        Part(B, None, 33),
        Part(C, None, 50),
    ]
    # 1 of 600: to the largest share.
    assert by_rule(1, DEBTS, PROPORTIONAL, ORDER) == [Part(C, None, 1)]
    twins = [Debt(A, DAY, 100), Debt(B, DAY, 100)]
    assert by_rule(101, twins, PROPORTIONAL, ORDER) == [Part(A, None, 51), Part(B, None, 50)]


def test_nothing_owed_takes_nothing() -> None:
    for rule in AllocationRule:
        assert by_rule(100, [Debt(A, DAY, 0)], rule, ORDER) == []
        assert by_rule(100, [], rule, ORDER) == []


def test_lines_go_where_they_say_in_their_order() -> None:
    assert told(350, (C, 250), (A, 100)) == [(C, 250), (A, 100)]


def test_a_line_above_what_is_owed_takes_what_fits() -> None:
    assert told(500, (A, 150), (B, 200)) == [(A, 100), (B, 200)]


def test_lines_beyond_the_money_end_where_the_money_ends() -> None:
    assert told(120, (B, 100), (A, 50), (C, 50)) == [(B, 100), (A, 20)]


def test_a_line_for_a_receivable_that_is_not_owed_takes_nothing() -> None:
    assert told(100, (UUID(int=9), 100)) == []


def test_a_line_pays_its_own_receivable_in_the_order_of_imputation() -> None:
    interest = OwedCharge(UUID(int=7), ChargeKind.INTEREST, DAY, 30)
    debt = Debt(A, DAY, 100, (interest,))
    shares = as_told(Money(50, "MXN"), [(A, 50)], {A: (debt, "MXN")}, ORDER, {})
    assert [share.part for share in shares] == [Part(A, UUID(int=7), 30), Part(A, None, 20)]


def test_a_line_in_another_currency_settles_at_its_rate() -> None:
    rate = Rate(Decimal("0.05"), DAY)  # 20 pesos are a dollar.
    debt = (Debt(A, DAY, 100_00), "USD")
    assert as_told(Money(1000_00, "MXN"), [(A, 1000_00)], {A: debt}, ORDER, {"USD": rate}) == [
        Share(Part(A, None, 50_00), 1000_00, rate)
    ]
    # What is not owed stays: 100 dollars take 2,000 of the 2,500 pesos.
    assert as_told(Money(2500_00, "MXN"), [(A, 2500_00)], {A: debt}, ORDER, {"USD": rate}) == [
        Share(Part(A, None, 100_00), 2000_00, rate)
    ]


def test_without_a_rate_a_line_in_another_currency_takes_nothing() -> None:
    assert as_told(Money(1000, "MXN"), [(A, 1000)], {A: (Debt(A, DAY, 100), "USD")}, ORDER, {}) == []


def test_the_parts_of_a_line_across_currencies_add_up_to_what_it_spends() -> None:
    rate = Rate(Decimal("0.0588235294"), DAY)
    charges = tuple(OwedCharge(UUID(int=n), ChargeKind.INTEREST, DAY, 3_33) for n in (7, 8))
    debt = (Debt(A, DAY, 100_00, charges), "USD")
    shares = as_told(Money(1111_11, "MXN"), [(A, 1111_11)], {A: debt}, ORDER, {"USD": rate})
    assert [share.part.amount for share in shares] == [3_33, 3_33, 58_70]
    assert sum(share.spent for share in shares) == 1111_11


@given(
    money=st.integers(1, 10**15),
    balances=st.lists(st.integers(0, 10**12), max_size=20),
    rule=st.sampled_from(AllocationRule),
)
def test_parts_add_up_to_the_money_or_to_the_debt(
    money: int, balances: list[int], rule: AllocationRule
) -> None:
    debts = [Debt(UUID(int=n + 1), DAY, balance) for n, balance in enumerate(balances)]
    parts = by_rule(money, debts, rule, ORDER)
    assert sum(part.amount for part in parts) == min(money, sum(balances))
    assert all(0 < part.amount <= balances[part.receivable_id.int - 1] for part in parts)
