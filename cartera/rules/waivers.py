"""Waivers: how much of a charge a role may forgive, and who may when it is not enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import floor

from cartera.rules.interest import percent_of
from cartera.rules.permissions import Role


@dataclass(frozen=True, slots=True)
class Limit:
    """The most of one charge; ``minor`` is in the organization's base currency. None sets no bound."""

    percent: Decimal | None = None
    minor: int | None = None


@dataclass(frozen=True, slots=True)
class TooMuch:
    """``most`` minor units of the charge are within the role's limit; ``may`` is the role that may all."""

    most: int
    may: Role


NO_LIMIT = Limit()
NOTHING = Limit(Decimal(0))


def most(limit: Limit, charged: int, *, in_base: bool) -> int:
    """The most of ``charged`` minor units that the limit allows.

    A bound in base currency allows nothing of a charge in another: comparing needs a rate, and a limit is
    no place for one.
    """
    bound = charged
    if limit.percent is not None:
        bound = min(bound, floor(percent_of(charged, limit.percent)))
    if limit.minor is not None:
        bound = min(bound, limit.minor) if in_base else 0
    return bound


def refusal(
    wanted: int,
    *,
    waived: int,
    charged: int,
    in_base: bool,
    role: Role | None,
    limits: Mapping[Role, Limit],
) -> TooMuch | None:
    """Why ``wanted`` more of a charge may not be waived by the role; None when it may.

    ``limits`` names a collector's and a manager's; an administrator has none, and whoever has no role, as
    a partner's script, has a collector's.
    """
    mine = limits.get(role or Role.COLLECTOR)
    if mine is None:
        return None
    bound = most(mine, charged, in_base=in_base) - waived
    if wanted <= bound:
        return None
    managers = limits.get(Role.MANAGER, NO_LIMIT)
    manager_may = wanted + waived <= most(managers, charged, in_base=in_base)
    return TooMuch(max(bound, 0), Role.MANAGER if manager_may and role is not Role.MANAGER else Role.ADMIN)
