"""Organizations: founding one, before which nobody can act in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cartera.actors import system
from cartera.db.base import new_id
from cartera.db.session import Database
from cartera.db.tables.directory import OrganizationDirectory
from cartera.db.tables.organizations import Organization
from cartera.errors import refuse
from cartera.rules.aging import HolidayPolicy
from cartera.rules.customers import Language
from cartera.rules.money import MoneyError, minor_digits
from cartera.rules.permissions import CollectorScope
from cartera.services.members import NewMember, add_member

# Where a due date on a holiday moves to the next banking day by custom (DOMAIN §5).
_MOVES_DUE_DATES = frozenset({"BR", "MX"})
_ACCENT = "oklch(0.5 0.13 250)"


@dataclass(frozen=True)
class NewOrganization:
    """``country`` is ISO 3166-1 alpha-2, ``time_zone`` IANA's name, ``base_currency`` ISO 4217."""

    name: str
    country: str
    time_zone: str
    base_currency: str
    language: Language
    contact_name: str
    contact_email: str
    contact_phone: str


async def found_organization(db: Database, new: NewOrganization, admin: NewMember, now: datetime) -> UUID:
    """An organization with its first member, who may let in the others. Both or neither.

    Raises Refused: NAME_MISSING, COUNTRY_UNKNOWN, TIME_ZONE_UNKNOWN, UNKNOWN_CURRENCY, and as ``add_member``.
    """
    _check(new)
    organization_id = new_id()
    actor = system(organization_id, "found_organization")
    async with db.found(actor, _row(organization_id, new, now), now) as tx:
        tx.session.add(OrganizationDirectory(organization_id=organization_id, database="main"))
        await add_member(tx, admin)
    return organization_id


def _check(new: NewOrganization) -> None:
    if not new.name.strip():
        raise refuse("NAME_MISSING", "name")
    if len(new.country) != 2 or not new.country.isascii() or not new.country.isalpha():
        raise refuse("COUNTRY_UNKNOWN", "country")
    try:
        ZoneInfo(new.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise refuse("TIME_ZONE_UNKNOWN", "timeZone") from None
    try:
        minor_digits(new.base_currency)
    except MoneyError as error:
        raise refuse(error.code, "baseCurrency") from None


def _row(organization_id: UUID, new: NewOrganization, now: datetime) -> Organization:
    country = new.country.upper()
    policy = HolidayPolicy.NEXT_BANKING_DAY if country in _MOVES_DUE_DATES else HolidayPolicy.NONE
    return Organization(
        organization_id=organization_id,
        name=new.name.strip(),
        country=country,
        time_zone=new.time_zone,
        base_currency=new.base_currency,
        language=new.language,
        business_day=now.astimezone(ZoneInfo(new.time_zone)).date(),
        holiday_policy=policy,
        collector_scope=CollectorScope.ALL,
        grace_banking_days=1,
        snapshot_guard_percent=40,
        accent=_ACCENT,
        contact_name=new.contact_name,
        contact_email=new.contact_email,
        contact_phone=new.contact_phone,
        is_demo=False,
        created_at=now,
    )
