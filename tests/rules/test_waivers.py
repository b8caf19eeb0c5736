from __future__ import annotations

from decimal import Decimal

import pytest

from cartera.rules.permissions import Role
from cartera.rules.waivers import NO_LIMIT, NOTHING, Limit, TooMuch, most, refusal

HALF = Limit(Decimal(50))


@pytest.mark.parametrize(
    ("limit", "in_base", "bound"),
    [
        (NO_LIMIT, True, 1_001),
        (NOTHING, True, 0),
        (HALF, True, 500),
        (HALF, False, 500),
        (Limit(minor=300), True, 300),
        (Limit(minor=300), False, 0),
        (Limit(Decimal(50), 300), True, 300),
        (Limit(Decimal(10), 300), True, 100),
    ],
)
def test_the_tighter_bound_holds_and_a_share_is_rounded_down(limit: Limit, in_base: bool, bound: int) -> None:
    assert most(limit, 1_001, in_base=in_base) == bound


@pytest.mark.parametrize(
    ("wanted", "waived", "role", "found"),
    [
        (500, 0, Role.COLLECTOR, None),
        (501, 0, Role.COLLECTOR, TooMuch(500, Role.MANAGER)),
        (1, 500, Role.COLLECTOR, TooMuch(0, Role.MANAGER)),
        (400, 100, None, None),
        (401, 100, None, TooMuch(400, Role.MANAGER)),
        (901, 0, Role.COLLECTOR, TooMuch(500, Role.ADMIN)),
        (900, 0, Role.MANAGER, None),
        (901, 0, Role.MANAGER, TooMuch(900, Role.ADMIN)),
        (1_000, 0, Role.ADMIN, None),
    ],
)
def test_who_asks_for_too_much_is_told_the_rest_and_who_may(
    wanted: int, waived: int, role: Role | None, found: TooMuch | None
) -> None:
    limits = {Role.COLLECTOR: HALF, Role.MANAGER: Limit(Decimal(90))}
    assert refusal(wanted, waived=waived, charged=1_000, in_base=True, role=role, limits=limits) == found
