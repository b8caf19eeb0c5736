from __future__ import annotations

from itertools import permutations

from cartera.rules.payments import AttemptState, supersedes


def test_any_order_of_reports_ends_in_the_newest() -> None:
    story = [AttemptState.PENDING, AttemptState.SUCCEEDED, AttemptState.REFUNDED]
    for order in permutations(story * 2):
        state = AttemptState.CREATED
        for reported in order:
            if supersedes(reported, state):
                state = reported
        assert state is AttemptState.REFUNDED


def test_a_late_failure_never_undoes_a_success() -> None:
    assert not supersedes(AttemptState.FAILED, AttemptState.SUCCEEDED)
    assert supersedes(AttemptState.SUCCEEDED, AttemptState.FAILED)
