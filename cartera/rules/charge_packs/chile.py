"""Chile: collection cost of consumers, and interest and commission between companies."""

from __future__ import annotations

from decimal import Decimal

from cartera.rules.charge_rules import COMPANY, CONSUMER, InterestRule, Rule, ShareCost, TieredCost
from cartera.rules.interest import DayCount

RULES: tuple[Rule, ...] = (
    TieredCost(
        id="cl.collection_cost",
        source="Ley 19.496 art. 37: after the first 20 days, at most 9 % up to 10 UF, 6 % to 50, 3 % above",
        owed_by=CONSUMER,
        after_days=20,
        unit_code="cl.uf",
        currency="CLP",
        tiers=((10, Decimal(9)), (50, Decimal(6)), (None, Decimal(3))),
    ),
    InterestRule(
        id="cl.current_interest",
        source="Ley 19.983 as changed by Ley 21.131: current interest from the first day of default",
        owed_by=COMPANY,
        rate_code="cl.interes_corriente",
        # Ley 18.010 art. 11: years of 360 days.
        day_count=DayCount.ACTUAL_360,
    ),
    ShareCost(
        id="cl.recovery_commission",
        source="Ley 19.983 art. 2 ter: 1 % of what is unpaid, for its recovery",
        owed_by=COMPANY,
        percent=Decimal(1),
    ),
)
