"""What the law of a country lets a creditor charge for lateness, one file a country, with its source.

The sources are secondary; the company's counsel confirms them. Where a country has no file, or its file
has no rule for such a debtor, nothing is owed unless it was agreed.
"""

from __future__ import annotations

from decimal import Decimal

from cartera.rules.charge_packs import brazil, chile, europe, mexico
from cartera.rules.charge_rules import ANYBODY, Basis, InterestRule, Rule, ShareCost, Terms
from cartera.rules.customers import DebtorType
from cartera.rules.interest import DayCount

# Colombia, Peru and the United States have none here: the first two name effective rates, which compound,
# and no simple rate of ours may stand in for them; the last has no federal rule between private parties.
PACKS: dict[str, tuple[Rule, ...]] = {
    "BR": brazil.RULES,
    "CL": chile.RULES,
    "MX": mexico.RULES,
    **dict.fromkeys(europe.COUNTRIES, europe.RULES),
    "ES": europe.SPAIN,
}

# The most that an agreed fine may take of a consumer's debt, where the law says.
PENALTY_CEILINGS: dict[str, Decimal] = {"BR": brazil.PENALTY_CEILING}

_AGREED = "agreement with the customer"
_AGREED_INTEREST, _AGREED_PENALTY = "agreed.interest", "agreed.penalty"

# What any organization's charges may come from.
RULE_IDS = frozenset(rule.id for pack in PACKS.values() for rule in pack) | {
    _AGREED_INTEREST,
    _AGREED_PENALTY,
}


def rules_for(country: str, debtor: DebtorType, terms: Terms) -> tuple[Rule, ...]:
    """The rules that bind such a debtor of a creditor in ``country`` (ISO 3166 alpha-2) under ``terms``."""
    if terms.basis is Basis.NONE:
        return ()
    legal = tuple(rule for rule in PACKS.get(country.upper(), ()) if debtor in rule.owed_by)
    if terms.basis is Basis.LEGAL:
        return legal
    costs = tuple(rule for rule in legal if not isinstance(rule, InterestRule))
    return (*_agreed_interest(terms), *_penalty(country.upper(), debtor, terms), *costs)


def _agreed_interest(terms: Terms) -> tuple[Rule, ...]:
    if terms.agreed_percent is None:
        return ()
    return (
        InterestRule(
            id=_AGREED_INTEREST,
            source=_AGREED,
            owed_by=ANYBODY,
            percent=terms.agreed_percent,
            day_count=terms.day_count or DayCount.ACTUAL_365,
        ),
    )


def _penalty(country: str, debtor: DebtorType, terms: Terms) -> tuple[Rule, ...]:
    if terms.penalty_percent is None:
        return ()
    percent = terms.penalty_percent
    if debtor is DebtorType.CONSUMER:
        percent = min(percent, PENALTY_CEILINGS.get(country, percent))
    return (ShareCost(id=_AGREED_PENALTY, source=_AGREED, owed_by=ANYBODY, percent=percent),)
