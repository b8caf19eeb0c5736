"""Mexico: general provisions for collection agencies of financial entities (CONDUSEF, DOF 2014-10-07)."""

from __future__ import annotations

from datetime import time

from cartera.rules.contact import CONSUMER, Duty, Hours, Pack

_SOURCE = "CONDUSEF, DOF 2014-10-07"

PACK = Pack(
    rules=(
        Hours(
            id="mx_hours",
            source=f"{_SOURCE}: 07:00–22:00 in the debtor's zone",
            protects=CONSUMER,
            week=((time(7), time(22)),) * 7,
        ),
    ),
    # Agency, person, creditor and contract are named in every contact.
    duties=((Duty.IDENTIFY_CREDITOR, CONSUMER),),
)
