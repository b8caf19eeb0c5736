"""United States: Regulation F (12 CFR 1006)."""

from __future__ import annotations

from datetime import time

from cartera.rules.activities import ActivityKind
from cartera.rules.contact import CONSUMER, Duty, Frequency, Hours, Pack

_CALL = frozenset({ActivityKind.CALL})

PACK = Pack(
    rules=(
        Hours(
            id="us_hours",
            source="12 CFR 1006.6(b)(1): 08:00–21:00 local time",
            protects=CONSUMER,
            week=((time(8), time(21)),) * 7,
        ),
        Frequency(
            id="us_seven_calls",
            source="12 CFR 1006.14(b)(2)(i)(A): at most seven calls in seven days per debt",
            protects=CONSUMER,
            at_most=7,
            days=7,
            means=_CALL,
            counts=_CALL,
        ),
        Frequency(
            id="us_after_conversation",
            source="12 CFR 1006.14(b)(2)(i)(B): no call within seven days after a conversation, day one",
            protects=CONSUMER,
            at_most=1,
            days=7,
            means=_CALL,
            counts=_CALL,
            only_reached=True,
        ),
    ),
    # 12 CFR 1006.6(e): every electronic message says how to stop them.
    duties=((Duty.OPT_OUT, CONSUMER),),
)
