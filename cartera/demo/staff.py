"""The people of the demo organization, and its exchange rates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random
from uuid import UUID

from cartera.demo import names
from cartera.demo.calendars import Timeline
from cartera.demo.rows import ExchangeRate, Member, Rows, Team, TeamMember
from cartera.rules.customers import Language
from cartera.rules.permissions import Role

_TEAMS = {"Equipo México": ("MX",), "Equipo Andino": ("CO", "CL")}
_CUSTOMERS_PER_COLLECTOR = 400
# The role's own address of the first of its kind, so that a visitor can guess it.
_FIRST_ADDRESS = {
    Role.ADMIN: "admin",
    Role.MANAGER: "manager",
    Role.COLLECTOR: "collector",
    Role.SALESPERSON: "salesperson",
    Role.VIEWER: "viewer",
}
# Pesos of Mexico for one unit, in millionths, two years ago: round figures, then a seeded walk.
_RATES = {"USD": 18_600_000, "COP": 4_500, "CLP": 19_600}


@dataclass(frozen=True)
class Staff:
    """Who looks after the customers of a country: (member id, name)."""

    collectors: dict[str, list[tuple[UUID, str]]]
    salespeople: dict[str, list[tuple[UUID, str]]]


class _Hiring:
    def __init__(self, rng: Random, ids: Iterator[UUID], rows: Rows, domain: str, since: datetime) -> None:
        self.rng, self.ids, self.rows, self.domain, self.since = rng, ids, rows, domain, since
        self._addresses: set[str] = set()

    def hire(self, role: Role, country: str) -> tuple[UUID, str]:
        full = names.short_name(names.person(self.rng, country))
        address = _FIRST_ADDRESS[role]
        if address in self._addresses:
            address = names.slug(full).replace("-", ".")
        if address in self._addresses:
            address = f"{address}{len(self._addresses)}"
        self._addresses.add(address)
        member_id = next(self.ids)
        email = f"{address}@{self.domain}"
        self.rows.member.append(Member(member_id, email, full, role, Language.ES, True, self.since))
        return member_id, full


def hire(
    rng: Random, ids: Iterator[UUID], rows: Rows, *, domain: str, since: datetime, customers: int
) -> Staff:
    """Members and teams for so many customers: an admin, a manager, a viewer, collectors, salespeople."""
    hiring = _Hiring(rng, ids, rows, domain, since)
    hiring.hire(Role.ADMIN, "MX")
    hiring.hire(Role.MANAGER, "MX")
    hiring.hire(Role.VIEWER, "MX")
    per_team = max(3, customers // (_CUSTOMERS_PER_COLLECTOR * len(_TEAMS)))
    staff = Staff({}, {})
    for name, countries in _TEAMS.items():
        team_id = next(ids)
        rows.team.append(Team(team_id, name))
        collectors = [hiring.hire(Role.COLLECTOR, countries[0]) for _ in range(per_team)]
        rows.team_member.extend(TeamMember(team_id, member_id) for member_id, _ in collectors)
        for country in countries:
            staff.collectors[country] = collectors
            staff.salespeople[country] = [hiring.hire(Role.SALESPERSON, country) for _ in range(2)]
    return staff


def quote_rates(rng: Random, ids: Iterator[UUID], rows: Rows, timeline: Timeline) -> None:
    """A rate for each foreign currency on the first of every month, units of the base for one of it."""
    firsts = [day for day in timeline.dates[: timeline.now + 1] if day.day == 1]
    for currency, start in _RATES.items():
        millionths = start
        for day in [timeline.dates[0], *firsts]:
            rate = Decimal(millionths).scaleb(-6)
            rows.exchange_rate.append(ExchangeRate(next(ids), currency, day, rate, "Demostración"))
            millionths = millionths * (985 + rng.randrange(31)) // 1000
