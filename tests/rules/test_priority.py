from __future__ import annotations

from cartera.rules.priority import HORIZON_DAYS, History, chance_permille, habit

NOBODY = History(0, 0, 0)
SEGMENT = History(matured=1000, late=300, late_days=6000)


def test_beyond_the_horizon_nothing_can_be_late() -> None:
    payer = habit(History(20, 20, 600), SEGMENT)
    assert chance_permille(payer, -HORIZON_DAYS) == 0
    assert chance_permille(payer, -HORIZON_DAYS + 1) > 0


def test_a_late_payer_is_likelier_late_than_a_punctual_one() -> None:
    late = chance_permille(habit(History(20, 18, 540), SEGMENT), 3)
    average = chance_permille(habit(NOBODY, SEGMENT), 3)
    punctual = chance_permille(habit(History(20, 0, 0), SEGMENT), 3)
    assert late > average > punctual > 0
    assert (late, average, punctual) == (642, 291, 93)


def test_a_short_history_is_shrunk_to_the_segment() -> None:
    one_late = habit(History(1, 1, 60), SEGMENT)
    assert 0.3 < one_late.late_fraction < 0.5
    assert 6 < one_late.mean_late_days < 20


def test_without_any_history_the_fraction_stays_inside_its_bounds() -> None:
    payer = habit(NOBODY, NOBODY)
    assert (payer.late_fraction, payer.mean_late_days) == (0.02, 0.0)


def test_getting_worse_counts_by_the_recent_days() -> None:
    own = History(10, 5, 50)
    assert habit(own, SEGMENT, recent_late_days=30).mean_late_days == 30
    assert habit(own, SEGMENT, recent_late_days=1) == habit(own, SEGMENT)
