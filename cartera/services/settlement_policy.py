"""What the organization settles without asking: early-payment discounts, and small rests to write off."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from cartera.db.queries.business_day import lock_organization
from cartera.db.session import WriteTx
from cartera.errors import refuse
from cartera.rules.money import MAX_MINOR
from cartera.rules.permissions import Scope

_ALL = 10_000
_LONGEST_DAYS = 365


@dataclass(frozen=True, slots=True)
class SettlementPolicy:
    """200 basis points and 10 days: 2 % within 10 days of issue. The limit is in the base currency."""

    discount_basis_points: int
    discount_days: int
    write_off_limit_minor: int


async def set_settlement_policy(tx: WriteTx, new: SettlementPolicy) -> None:
    """Refused: DISCOUNT_OUT_OF_RANGE, AMOUNT_NEGATIVE, TOO_LARGE."""
    tx.actor.require(Scope.BOOKS_WRITE)
    if not 0 <= new.discount_basis_points <= _ALL:
        raise refuse("DISCOUNT_OUT_OF_RANGE", "discountPercent")
    if not 0 <= new.discount_days <= _LONGEST_DAYS:
        raise refuse("DISCOUNT_OUT_OF_RANGE", "discountDays")
    if new.write_off_limit_minor < 0:
        raise refuse("AMOUNT_NEGATIVE", "writeOffLimit")
    if new.write_off_limit_minor > MAX_MINOR:
        raise refuse("TOO_LARGE", "writeOffLimit")
    organization = await lock_organization(tx)
    before = {name: getattr(organization, name) for name in asdict(new)}
    tx.audit("settlement_policy.set", "organization", tx.organization_id, before=before, after=asdict(new))
    for name, value in asdict(new).items():
        setattr(organization, name, value)
