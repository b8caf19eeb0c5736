"""Charges: what is owed beside the principal, line by line with the rule that made it (DOMAIN §2)."""

from __future__ import annotations

from enum import StrEnum


class ChargeKind(StrEnum):
    INTEREST = "interest"
    COLLECTION_COST = "collection_cost"
    COMPENSATION = "compensation"
    BOUNCE_FEE = "bounce_fee"
    PLAN_INTEREST = "plan_interest"
    OTHER = "other"


class Component(StrEnum):
    """What a civil code tells apart when it says in which order money pays a debt."""

    COST = "cost"
    INTEREST = "interest"
    PRINCIPAL = "principal"


def component_of(kind: ChargeKind) -> Component:
    """Interest is what grows with time; every other charge is a cost of the default."""
    if kind in (ChargeKind.INTEREST, ChargeKind.PLAN_INTEREST):
        return Component.INTEREST
    return Component.COST
