"""Brazil: legal interest where none was agreed.

A fine of 2 % and interest of 1 % a month are usual in contracts: both are agreed terms, not the law's.
"""

from __future__ import annotations

from decimal import Decimal

from cartera.rules.charge_rules import ANYBODY, InterestRule, Rule

RULES: tuple[Rule, ...] = (
    InterestRule(
        id="br.legal_interest",
        source="Código Civil 406 (Lei 14.905/2024): the legal rate that the central bank publishes",
        owed_by=ANYBODY,
        rate_code="br.taxa_legal",
    ),
)

# CDC 52 §1: a consumer's fine for lateness ends at 2 %.
PENALTY_CEILING = Decimal(2)
