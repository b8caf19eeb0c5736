"""Mexico: Código de Comercio 362; 363 keeps interest from bearing interest, 364 is in ``imputation``."""

from __future__ import annotations

from decimal import Decimal

from cartera.rules.charge_rules import COMPANY, InterestRule, Rule
from cartera.rules.interest import DayCount

RULES: tuple[Rule, ...] = (
    InterestRule(
        id="mx.commercial_interest",
        source="Código de Comercio 362: 6 % a year from the day after maturity, unless agreed",
        owed_by=COMPANY,
        percent=Decimal(6),
        # The article says "a year" and no more. A year of 360 days is banking custom and takes more than
        # 6 % in 365 days, so it must be agreed.
        day_count=DayCount.ACTUAL_365,
    ),
)
