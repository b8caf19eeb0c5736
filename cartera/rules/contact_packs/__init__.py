"""Rule packs for lawful contact, one file a country, each figure with its source beside it (DOMAIN §7).

The sources are secondary; the company's counsel confirms them.
"""

from __future__ import annotations

from cartera.rules.activities import ActivityKind
from cartera.rules.contact import Duty, Frequency, Hours, Pack, Rule
from cartera.rules.contact_packs import brazil, chile, colombia, courtesy, europe, mexico, peru, united_states
from cartera.rules.customers import DebtorType

PACKS: dict[str, Pack] = {
    "MX": mexico.PACK,
    "CO": colombia.PACK,
    "CL": chile.PACK,
    "PE": peru.PACK,
    "BR": brazil.PACK,
    "US": united_states.PACK,
    **dict.fromkeys(europe.COUNTRIES, europe.PACK),
}


def rules_for(country: str, debtor: DebtorType, means: ActivityKind) -> tuple[Rule, ...]:
    """The country's rules for such a debtor and means; where it has no hours or no frequency, courtesy's.

    A frequency that counts only after a conversation leaves open how often one may try, so courtesy adds
    its own.
    """
    pack = PACKS.get(country.upper(), Pack())
    mine = [rule for rule in pack.rules if debtor in rule.protects and means in rule.means]
    has_hours = any(isinstance(rule, Hours) for rule in mine)
    has_frequency = any(isinstance(rule, Frequency) and not rule.only_reached for rule in mine)
    return (
        *mine,
        *(() if has_hours else courtesy.HOURS),
        *(() if has_frequency else courtesy.FREQUENCIES),
    )


def duties_for(country: str, debtor: DebtorType) -> frozenset[Duty]:
    """What a message to such a debtor must say."""
    pack = PACKS.get(country.upper(), Pack())
    return frozenset(duty for duty, protects in pack.duties if debtor in protects)
