"""Chile: Ley 19.496 art. 37, as changed by Ley 21.320."""

from __future__ import annotations

from datetime import time

from cartera.rules.contact import CONSUMER, SPOKEN, WRITTEN, Closed, Frequency, Hours, Pack

_SOURCE = "Ley 19.496 art. 37, Ley 21.320"

PACK = Pack(
    rules=(
        Hours(
            id="cl_hours",
            source=f"{_SOURCE}: Mon–Sat 08:00–20:00, not on holidays",
            protects=CONSUMER,
            week=((time(8), time(20)),) * 6 + (None,),
            closed=Closed.PUBLIC_HOLIDAYS,
        ),
        Frequency(
            id="cl_one_call",
            source=f"{_SOURCE}: one call or visit a week",
            protects=CONSUMER,
            at_most=1,
            days=7,
            means=SPOKEN,
            counts=SPOKEN,
        ),
        Frequency(
            id="cl_two_messages",
            source=f"{_SOURCE}: two other messages a week",
            protects=CONSUMER,
            at_most=2,
            days=7,
            means=WRITTEN,
            counts=WRITTEN,
        ),
        Frequency(
            id="cl_two_days_apart",
            source=f"{_SOURCE}: other messages at least two days apart",
            protects=CONSUMER,
            at_most=1,
            days=2,
            means=WRITTEN,
            counts=WRITTEN,
        ),
    ),
)
