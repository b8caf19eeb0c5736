from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartera.rules.charges import ChargeKind, Component, component_of
from cartera.rules.imputation import (
    ELSEWHERE,
    Debt,
    ImputationOrder,
    OwedCharge,
    Part,
    default_order,
    impute,
    order_and_source,
)

JAN, FEB, MAR, APR = (date(2026, month, 1) for month in (1, 2, 3, 4))
A, B = UUID(int=1), UUID(int=2)
A_INTEREST, A_LATER_INTEREST, B_INTEREST, A_COST, B_COST = (UUID(int=n) for n in (11, 12, 13, 14, 15))

OLD = Debt(
    A,
    JAN,
    principal=1_000,
    charges=(
        OwedCharge(A_LATER_INTEREST, ChargeKind.INTEREST, APR, 30),
        OwedCharge(A_INTEREST, ChargeKind.INTEREST, FEB, 20),
        OwedCharge(A_COST, ChargeKind.COLLECTION_COST, FEB, 7),
    ),
)
NEW = Debt(
    B,
    FEB,
    principal=500,
    charges=(
        OwedCharge(B_INTEREST, ChargeKind.PLAN_INTEREST, MAR, 10),
        OwedCharge(B_COST, ChargeKind.COMPENSATION, MAR, 40),
    ),
)


def test_a_charge_that_waits_is_paid_after_everything_else() -> None:
    waiting = [
        replace(debt, charges=[replace(each, waits=each.due_on == FEB) for each in debt.charges])
        for debt in (OLD, NEW)
    ]
    for order in ImputationOrder:
        parts = impute(10_000, waiting, order)
        assert [part.charge_id for part in parts][-2:] == sorted((A_COST, A_INTEREST))
        assert sum(part.amount for part in parts) == sum(
            part.amount for part in impute(10_000, [OLD, NEW], order)
        )


def test_mexico_364_pays_all_interest_by_maturity_before_any_principal() -> None:
    assert impute(1_200, [NEW, OLD], default_order("MX")) == [
        Part(A, A_INTEREST, 20),
        Part(B, B_INTEREST, 10),
        Part(A, A_LATER_INTEREST, 30),
        Part(A, A_COST, 7),
        Part(B, B_COST, 40),
        Part(A, None, 1_000),
        Part(B, None, 93),
    ]


def test_mexico_364_a_payment_smaller_than_the_interest_touches_no_principal() -> None:
    assert impute(25, [OLD, NEW], default_order("MX")) == [Part(A, A_INTEREST, 20), Part(B, B_INTEREST, 5)]


def test_chile_1595_pays_the_older_document_whole_interest_first() -> None:
    assert impute(1_100, [NEW, OLD], default_order("CL")) == [
        Part(A, A_INTEREST, 20),
        Part(A, A_LATER_INTEREST, 30),
        Part(A, A_COST, 7),
        Part(A, None, 1_000),
        Part(B, B_INTEREST, 10),
        Part(B, B_COST, 33),
    ]


def test_elsewhere_expenses_come_first_within_the_document() -> None:
    assert impute(30, [NEW, OLD], default_order("KE")) == [
        Part(A, A_COST, 7),
        Part(A, A_INTEREST, 20),
        Part(A, A_LATER_INTEREST, 3),
    ]


def test_an_agreement_may_put_the_principal_first() -> None:
    order = ImputationOrder.PRINCIPAL_INTEREST_COST
    assert impute(1_505, [OLD, NEW], order) == [
        Part(A, None, 1_000),
        Part(B, None, 500),
        Part(A, A_INTEREST, 5),
    ]


def test_money_beyond_everything_is_left_over() -> None:
    parts = impute(10_000, [OLD, NEW], default_order("MX"))
    assert sum(part.amount for part in parts) == 1_607


@pytest.mark.parametrize(
    ("country", "components", "by_document"),
    [
        ("MX", "interest cost principal", False),
        ("CL", "interest cost principal", True),
        ("CO", "interest cost principal", True),
        ("PE", "interest cost principal", True),
        ("BR", "interest cost principal", True),
        ("AR", "interest cost principal", True),
        ("ES", "interest cost principal", True),
        ("US", "interest cost principal", True),
        ("DE", "cost interest principal", True),
        ("JP", "cost interest principal", True),
    ],
)
def test_each_country_has_its_order_with_a_source(country: str, components: str, by_document: bool) -> None:
    found = order_and_source(country.lower())
    assert found.order is default_order(country)
    assert found.order.components == tuple(Component(word) for word in components.split())
    assert found.order.by_document is by_document
    assert any(letter.isdigit() for letter in found.source)


def test_a_country_without_an_entry_says_where_its_order_comes_from() -> None:
    assert order_and_source("JP") is ELSEWHERE
    assert "UNIDROIT" in ELSEWHERE.source


def test_every_kind_of_charge_is_interest_or_cost() -> None:
    assert {kind.value: component_of(kind).value for kind in ChargeKind} == {
        "interest": "interest",
        "plan_interest": "interest",
        "collection_cost": "cost",
        "compensation": "cost",
        "bounce_fee": "cost",
        "other": "cost",
    }


DEBTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 10**12),
        st.lists(
            st.tuples(st.sampled_from(ChargeKind), st.integers(0, 3), st.integers(0, 10**9)), max_size=4
        ),
    ),
    max_size=6,
)


def _debts(drawn: list[tuple[int, int, list[tuple[ChargeKind, int, int]]]]) -> list[Debt]:
    days = (JAN, FEB, MAR, APR)
    return [
        Debt(
            UUID(int=n + 1),
            days[due],
            principal,
            tuple(
                OwedCharge(UUID(int=100 * (n + 1) + m), kind, days[ripe], balance)
                for m, (kind, ripe, balance) in enumerate(charges)
            ),
        )
        for n, (due, principal, charges) in enumerate(drawn)
    ]


@given(money=st.integers(0, 10**13), drawn=DEBTS, order=st.sampled_from(ImputationOrder), data=st.data())
def test_parts_add_up_never_exceed_and_do_not_depend_on_the_order_given(
    money: int,
    drawn: list[tuple[int, int, list[tuple[ChargeKind, int, int]]]],
    order: ImputationOrder,
    data: st.DataObject,
) -> None:
    debts = _debts(drawn)
    owed: dict[tuple[UUID, UUID | None], int] = {
        (debt.receivable_id, charge.charge_id): charge.balance for debt in debts for charge in debt.charges
    }
    owed |= {(debt.receivable_id, None): debt.principal for debt in debts}

    parts = impute(money, debts, order)

    assert sum(part.amount for part in parts) == min(money, sum(owed.values()))
    keys = [(part.receivable_id, part.charge_id) for part in parts]
    assert len(keys) == len(set(keys))
    assert all(0 < part.amount <= owed[part.receivable_id, part.charge_id] for part in parts)
    assert impute(money, data.draw(st.permutations(debts)), order) == parts
