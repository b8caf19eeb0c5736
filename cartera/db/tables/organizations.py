"""Organizations (the tenants), their members and teams, exchange rates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric
from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Row, Tenant, belongs_to, check, in_organization, index, one_of, unique
from cartera.rules.aging import HolidayPolicy
from cartera.rules.customers import Language
from cartera.rules.permissions import CollectorScope, Role


class Organization(Tenant, Base):
    __tablename__ = "organization"
    __table_args__ = (
        one_of("organization", "language", Language),
        one_of("organization", "holiday_policy", HolidayPolicy),
        one_of("organization", "collector_scope", CollectorScope),
        check("organization", "snapshot_guard", "snapshot_guard_percent BETWEEN 0 AND 100"),
        check("organization", "discount", "discount_basis_points BETWEEN 0 AND 10000 AND discount_days >= 0"),
        check("organization", "write_off", "write_off_limit_minor >= 0"),
    )

    name: Mapped[str]
    country: Mapped[str]  # ISO 3166-1 alpha-2
    time_zone: Mapped[str]  # IANA
    base_currency: Mapped[str]
    language: Mapped[str]
    # The day to which its account rows have been rolled; "today" of every reading.
    business_day: Mapped[date]
    holiday_policy: Mapped[str]
    collector_scope: Mapped[str]
    grace_banking_days: Mapped[int]
    # A snapshot that would settle more than this share of the open amount is refused unless forced.
    snapshot_guard_percent: Mapped[int]
    # The books are closed to and including this day: what arrives later takes effect on the next one.
    closed_through: Mapped[date | None]
    # Early-payment discount that every sale grants: 200 and 10 say 2 % within 10 days of issue.
    discount_basis_points: Mapped[int] = mapped_column(default=0)
    discount_days: Mapped[int] = mapped_column(default=0)
    # What a collector may write off of one receivable, in the base currency; more needs books:write.
    write_off_limit_minor: Mapped[int] = mapped_column(default=0)
    accent: Mapped[str]  # an OKLCH hue or CSS colour of its brand
    contact_name: Mapped[str]
    contact_email: Mapped[str]
    contact_phone: Mapped[str]
    is_demo: Mapped[bool]
    created_at: Mapped[datetime]


class Member(Row, Base):
    __tablename__ = "member"
    __table_args__ = (
        in_organization("member"),
        unique("member", "email"),
        one_of("member", "role", Role),
        one_of("member", "language", Language),
    )

    email: Mapped[str]  # lower case
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str]
    password_hash: Mapped[str | None]
    is_active: Mapped[bool]
    created_at: Mapped[datetime]


class Team(Row, Base):
    __tablename__ = "team"
    __table_args__ = (in_organization("team"), unique("team", "name"))

    name: Mapped[str]


class TeamMember(Tenant, Base):
    __tablename__ = "team_member"
    __table_args__ = (
        belongs_to("team_member", "team_id", "team"),
        belongs_to("team_member", "member_id", "member"),
    )

    team_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)


class ExchangeRate(Row, Base):
    """Units of the organization's base currency for one unit of ``currency`` on a day."""

    __tablename__ = "exchange_rate"
    __table_args__ = (
        in_organization("exchange_rate"),
        unique("exchange_rate", "currency", "quoted_on"),
        check("exchange_rate", "positive", "rate > 0"),
        index("exchange_rate", "quoted_on", "currency", suffix="day"),
    )

    currency: Mapped[str]
    quoted_on: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(Numeric(24, 10))
    source: Mapped[str]
