"""When to ask the provider about an attempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cartera.rules.payment_attempts import next_check

STARTED = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "then"),
    [
        (timedelta(0), timedelta(minutes=2)),
        (timedelta(minutes=1, seconds=59), timedelta(minutes=2)),
        (timedelta(minutes=2), timedelta(minutes=10)),
        (timedelta(minutes=10), timedelta(minutes=30)),
        (timedelta(minutes=64), timedelta(minutes=65)),
        (timedelta(minutes=65), timedelta(days=1)),
        (timedelta(days=1), timedelta(days=2)),
        (timedelta(days=2, hours=5), timedelta(days=3)),
        (timedelta(days=29, hours=1), timedelta(days=30)),
        (timedelta(days=30), None),
        (timedelta(days=400), None),
    ],
)
def test_checks_fall_on_instants_that_the_start_fixes(after: timedelta, then: timedelta | None) -> None:
    assert next_check(STARTED, STARTED + after) == (STARTED + then if then else None)


def test_checks_come_to_an_end() -> None:
    now, seen = STARTED, []
    while (due := next_check(STARTED, now)) is not None:
        assert due > now
        seen.append(due)
        now = due
    assert len(seen) == 4 + 30
