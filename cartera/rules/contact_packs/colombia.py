"""Colombia: Ley 2300 de 2023 ("Dejen de fregar")."""

from __future__ import annotations

from datetime import time

from cartera.rules.contact import CONSUMER, Closed, Frequency, Hours, Pack

_SOURCE = "Ley 2300/2023"

PACK = Pack(
    rules=(
        Hours(
            id="co_hours",
            source=f"{_SOURCE} art. 3: Mon–Fri 07:00–19:00, Sat 08:00–15:00, never Sunday or holiday",
            protects=CONSUMER,
            week=((time(7), time(19)),) * 5 + ((time(8), time(15)), None),
            closed=Closed.PUBLIC_HOLIDAYS,
        ),
        Frequency(
            id="co_once_a_day",
            source=f"{_SOURCE} art. 3: after a direct contact at most one a day",
            protects=CONSUMER,
            at_most=1,
            days=1,
            only_reached=True,
        ),
        Frequency(
            id="co_one_channel",
            source=f"{_SOURCE} art. 3: after a direct contact no second channel that week",
            protects=CONSUMER,
            at_most=1,
            days=7,
            only_reached=True,
            only_other_means=True,
        ),
    ),
)
