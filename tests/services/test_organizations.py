"""Founding an organization: both it and its first member, or neither."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from cartera.actors import system
from cartera.db.session import Database
from cartera.db.tables.directory import LoginDirectory, OrganizationDirectory
from cartera.db.tables.organizations import Member
from cartera.errors import Refused
from cartera.rules.customers import Language
from cartera.rules.permissions import Role
from cartera.services.members import NewMember
from cartera.services.organizations import NewOrganization, found_organization

NEW = NewOrganization(
    name="Ferretería Central",
    country="mx",
    time_zone="America/Mexico_City",
    base_currency="MXN",
    language=Language.ES,
    contact_name="Luz",
    contact_email="luz@central.example",
    contact_phone="",
)
ADMIN = NewMember(email="Luz@Central.example", name="Luz", role=Role.ADMIN)


async def known(db: Database) -> tuple[int, int]:
    async with db.directory() as directory:
        organizations = await directory.scalar(select(func.count()).select_from(OrganizationDirectory))
        logins = await directory.scalar(select(func.count()).select_from(LoginDirectory))
    return organizations or 0, logins or 0


async def test_it_begins_with_its_first_member(db: Database, now: datetime) -> None:
    organization_id = await found_organization(db, NEW, ADMIN, now)
    async with db.read(system(organization_id, "test"), now) as tx:
        assert (tx.organization.country, tx.organization.holiday_policy) == ("MX", "next_banking_day")
        assert tx.organization.business_day == date(2026, 11, 16)
        member = (await tx.session.scalars(select(Member))).one()
        assert (member.email, member.role) == ("luz@central.example", "admin")
    assert await known(db) == (1, 1)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": " "}, "NAME_MISSING"),
        ({"country": "MEX"}, "COUNTRY_UNKNOWN"),
        ({"time_zone": "America/Atlantis"}, "TIME_ZONE_UNKNOWN"),
        ({"time_zone": "../etc/passwd"}, "TIME_ZONE_UNKNOWN"),
        ({"base_currency": "XXX"}, "UNKNOWN_CURRENCY"),
    ],
)
async def test_what_cannot_be_is_refused_and_leaves_nothing(
    db: Database, now: datetime, changed: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        await found_organization(db, replace(NEW, **changed), ADMIN, now)
    assert refused.value.problems[0].code == code
    assert await known(db) == (0, 0)


async def test_an_e_mail_logs_into_one_organization(db: Database, now: datetime) -> None:
    await found_organization(db, NEW, ADMIN, now)
    with pytest.raises(Refused, match="EMAIL_TAKEN"):
        await found_organization(db, replace(NEW, name="Otra"), ADMIN, now)
    assert await known(db) == (1, 1)
