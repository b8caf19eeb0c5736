"""What courtesy asks where no statute speaks: banking days, working hours, not too often."""

from __future__ import annotations

from datetime import time

from cartera.rules.contact import ANYBODY, Closed, Frequency, Hours

_SOURCE = "courtesy default"

HOURS = (
    Hours(
        id="courtesy_hours",
        source=f"{_SOURCE}: 09:00–20:00 on banking days",
        protects=ANYBODY,
        week=((time(9), time(20)),) * 5 + (None, None),
        closed=Closed.NON_BANKING_DAYS,
    ),
)

FREQUENCIES = (
    Frequency(
        id="courtesy_daily",
        source=f"{_SOURCE}: one contact a day",
        protects=ANYBODY,
        at_most=1,
        days=1,
        is_courtesy=True,
    ),
    Frequency(
        id="courtesy_weekly",
        source=f"{_SOURCE}: three contacts a week",
        protects=ANYBODY,
        at_most=3,
        days=7,
        is_courtesy=True,
    ),
)
