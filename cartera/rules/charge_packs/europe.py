"""European Union: Directive 2011/7 on late payment between companies; in Spain Ley 3/2004."""

from __future__ import annotations

from decimal import Decimal

from cartera.rules.charge_rules import COMPANY, FixedCost, InterestRule, Rule
from cartera.rules.contact_packs.europe import COUNTRIES as COUNTRIES
from cartera.rules.interest import DayCount


def _rules(prefix: str, interest_source: str, compensation_source: str) -> tuple[Rule, ...]:
    return (
        InterestRule(
            id=f"{prefix}.late_interest",
            source=interest_source,
            owed_by=COMPANY,
            # The reference rate of each half-year, entered with 1 January and 1 July as its first day.
            rate_code="eu.reference",
            plus=Decimal(8),
            day_count=DayCount.ACTUAL_365,
        ),
        FixedCost(
            id=f"{prefix}.compensation",
            source=compensation_source,
            owed_by=COMPANY,
            amount=4000,
            currency="EUR",
        ),
    )


RULES = _rules(
    "eu",
    "Directive 2011/7 art. 2(6), 3: reference rate + 8 points",
    "Directive 2011/7 art. 6: EUR 40 as soon as interest is due, for each invoice",
)
SPAIN = _rules(
    "es",
    "Ley 3/2004 art. 7: reference rate + 8 points",
    "Ley 3/2004 art. 8: EUR 40, for each invoice",
)
