from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest

from cartera.calendars import banking_days
from cartera.rules.instruments import (
    LGTOC_193,
    STATUTORY_FEES,
    TRANSITIONS,
    BounceFee,
    BounceReason,
    InstrumentKind,
    InstrumentState,
    bounce_fee,
    deposit_from,
    due_first,
    may_become,
    owes_fee,
    pauses_until,
    state_before_substitution,
)
from cartera.rules.money import MAX_MINOR, CurrencyMismatch, Money, TooLarge

MEXICO = banking_days("MX")

DRAWN = {
    ("received", "deposited"),
    ("received", "returned"),
    ("received", "substituted"),
    ("deposited", "cleared"),
    ("deposited", "bounced"),
    ("bounced", "deposited"),
    ("bounced", "returned"),
    ("bounced", "substituted"),
}


@pytest.mark.parametrize(("state", "target"), list(product(InstrumentState, InstrumentState)))
def test_just_the_drawn_steps_may_be_taken(state: InstrumentState, target: InstrumentState) -> None:
    assert may_become(state, target) == ((state.value, target.value) in DRAWN)


def test_every_state_is_drawn() -> None:
    assert TRANSITIONS.keys() == set(InstrumentState)


@pytest.mark.parametrize(
    ("due_on", "first"),
    [
        (date(2026, 11, 13), date(2026, 11, 13)),  # Friday
        # Saturday and Sunday; Monday, the third of November, is a holiday of the banks.
        (date(2026, 11, 14), date(2026, 11, 17)),
        (date(2026, 11, 16), date(2026, 11, 17)),
        (date(2026, 11, 17), date(2026, 11, 17)),
        # Holy Thursday and Friday: the banks are closed, though the law knows no holiday.
        (date(2026, 4, 2), date(2026, 4, 6)),
        (date(2026, 12, 25), date(2026, 12, 28)),
    ],
)
def test_a_bank_takes_it_on_its_date_or_the_next_banking_day(due_on: date, first: date) -> None:
    assert deposit_from(due_on, MEXICO) == first


@pytest.mark.parametrize(
    ("due_on", "grace", "last"),
    [
        (date(2026, 11, 12), 0, date(2026, 11, 12)),
        (date(2026, 11, 12), 1, date(2026, 11, 13)),
        (date(2026, 11, 13), 1, date(2026, 11, 17)),
        (date(2026, 11, 14), 0, date(2026, 11, 17)),
        (date(2026, 11, 14), 2, date(2026, 11, 19)),
    ],
)
def test_the_pause_lasts_the_grace_in_banking_days(due_on: date, grace: int, last: date) -> None:
    assert pauses_until(due_on, grace, MEXICO) == last


def test_a_paper_that_names_no_debts_is_for_what_is_due_first() -> None:
    june, july = date(2026, 6, 1), date(2026, 7, 1)
    owed = [(july, UUID(int=1), 50), (june, UUID(int=3), 20), (june, UUID(int=2), 30)]
    assert due_first(60, owed) == [(UUID(int=2), 30), (UUID(int=3), 20), (UUID(int=1), 10)]
    assert due_first(50, owed) == [(UUID(int=2), 30), (UUID(int=3), 20)]
    assert due_first(10, []) == []


@pytest.mark.parametrize(
    ("cheque", "currency", "percent", "fee"),
    [
        ("1000.00", "MXN", "20", "200.00"),
        ("33.33", "MXN", "20", "6.67"),  # 6.666: never less than the law's share
        ("0.01", "MXN", "20", "0.01"),
        ("0.05", "MXN", "20", "0.01"),
        ("100001", "CLP", "20", "20001"),
        ("1.001", "KWD", "20", "0.201"),
        ("1000.00", "MXN", "2.5", "25.00"),
        ("10000000000000.00", "MXN", "33.3333333333", "3333333333330.00"),
    ],
)
def test_a_percentage_of_the_cheque_rounded_up(cheque: str, currency: str, percent: str, fee: str) -> None:
    policy = BounceFee("Contrato", percent=Decimal(percent))
    assert bounce_fee(Money.parse(cheque, currency), policy) == Money.parse(fee, currency)


def test_mexico_gives_a_fifth_of_the_cheque() -> None:
    assert STATUTORY_FEES["MX"] is LGTOC_193
    assert bounce_fee(Money.parse("11600.00", "MXN"), LGTOC_193) == Money.parse("2320.00", "MXN")


def test_a_fixed_fee_is_of_one_currency() -> None:
    fixed = BounceFee("Contrato", amount=Money.parse("350.00", "MXN"))
    assert bounce_fee(Money.parse("1.00", "MXN"), fixed) == Money.parse("350.00", "MXN")
    with pytest.raises(CurrencyMismatch):
        bounce_fee(Money.parse("1.00", "USD"), fixed)


def test_a_fee_that_no_books_hold_is_refused() -> None:
    with pytest.raises(TooLarge):
        bounce_fee(Money(MAX_MINOR, "MXN"), BounceFee("Contrato", percent=Decimal("100.0000000001")))
    assert bounce_fee(Money(MAX_MINOR, "MXN"), BounceFee("Contrato", percent=Decimal(100))).minor == MAX_MINOR


@pytest.mark.parametrize("values", [{}, {"amount": Money(1, "MXN"), "percent": Decimal(1)}])
def test_a_fee_is_an_amount_or_a_percentage(values: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        BounceFee("Contrato", **values)  # type: ignore[arg-type]  # cases


@pytest.mark.parametrize(
    ("kind", "reason", "before", "owed"),
    [
        (InstrumentKind.CHEQUE, BounceReason.INSUFFICIENT_FUNDS, 0, True),
        (InstrumentKind.CHEQUE, BounceReason.ACCOUNT_CLOSED, 0, True),
        (InstrumentKind.CHEQUE, BounceReason.PAYMENT_STOPPED, 0, True),
        (InstrumentKind.CHEQUE, BounceReason.SIGNATURE, 0, True),
        (InstrumentKind.CHEQUE, BounceReason.OUT_OF_DATE, 0, False),
        (InstrumentKind.CHEQUE, BounceReason.BANK_ERROR, 0, False),
        (InstrumentKind.CHEQUE, BounceReason.OTHER, 0, False),
        (InstrumentKind.CHEQUE, BounceReason.INSUFFICIENT_FUNDS, 1, False),
        (InstrumentKind.PROMISSORY_NOTE, BounceReason.INSUFFICIENT_FUNDS, 0, False),
    ],
)
def test_the_drawer_answers_once_for_a_cheque(
    kind: InstrumentKind, reason: BounceReason, before: int, owed: bool
) -> None:
    assert owes_fee(kind, reason, before) is owed


def test_undoing_leads_back_to_where_it_was() -> None:
    assert state_before_substitution(0) is InstrumentState.RECEIVED
    assert state_before_substitution(2) is InstrumentState.BOUNCED
