from __future__ import annotations

from datetime import date

import pytest

from cartera.rules.promises import PromiseState, outcome

LAST = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("received", "today", "state"),
    [
        (0, LAST, PromiseState.PENDING),
        (99, LAST, PromiseState.PENDING),
        (100, LAST, PromiseState.KEPT),
        (100, date(2026, 11, 1), PromiseState.KEPT),
        (0, date(2026, 11, 21), PromiseState.BROKEN),
        (1, date(2026, 11, 21), PromiseState.PARTIALLY_KEPT),
        (100, date(2026, 11, 21), PromiseState.KEPT),
    ],
)
def test_money_proves_a_promise_and_its_last_day_judges_it(
    received: int, today: date, state: PromiseState
) -> None:
    assert outcome(promised=100, received=received, last_day=LAST, today=today) is state
