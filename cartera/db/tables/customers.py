"""Customers, their tags and contacts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, text
from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Row, Tenant, belongs_to, check, in_organization, index, one_of, unique
from cartera.rules.customers import AddressState, ContactRole, DebtorType, Language


class Customer(Row, Base):
    __tablename__ = "customer"
    __table_args__ = (
        in_organization("customer"),
        belongs_to("customer", "collector_id", "member"),
        belongs_to("customer", "salesperson_id", "member"),
        unique("customer", "external_id"),
        one_of("customer", "language", Language),
        one_of("customer", "debtor_type", DebtorType),
        check("customer", "credit_limit", "(credit_limit_minor IS NULL) = (credit_currency IS NULL)"),
        index("customer", "name_search", "id"),
        index("customer", "tax_id", where=text("tax_id IS NOT NULL")),
        index("customer", "collector_id"),
        index("customer", "salesperson_id"),
    )

    external_id: Mapped[str]
    name: Mapped[str]
    # Lower-cased name in byte order: prefix search reaches this index under row-level security.
    name_search: Mapped[str] = mapped_column(Text(collation="C"))
    tax_id: Mapped[str | None]
    segment: Mapped[str] = mapped_column(default="")
    industry: Mapped[str | None]
    customer_group: Mapped[str | None]
    collector_id: Mapped[UUID | None]
    salesperson_id: Mapped[UUID | None]
    country: Mapped[str]
    language: Mapped[str]
    time_zone: Mapped[str]
    debtor_type: Mapped[str]
    credit_limit_minor: Mapped[int | None]
    credit_currency: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CustomerTag(Tenant, Base):
    __tablename__ = "customer_tag"
    __table_args__ = (
        belongs_to("customer_tag", "customer_id", "customer"),
        index("customer_tag", "tag", "customer_id"),
    )

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)


class Contact(Row, Base):
    __tablename__ = "contact"
    __table_args__ = (
        belongs_to("contact", "customer_id", "customer"),
        unique("contact", "customer_id", "match_key"),
        one_of("contact", "role", ContactRole),
        one_of("contact", "email_state", AddressState),
        one_of("contact", "phone_state", AddressState),
        one_of("contact", "language", Language),
    )

    customer_id: Mapped[UUID]
    # What no two contacts of a customer share (``contact_matching.match_key``).
    match_key: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    email: Mapped[str | None]
    email_state: Mapped[str]
    phone: Mapped[str | None]  # E.164 where it can be told
    phone_state: Mapped[str]
    language: Mapped[str | None]
    accepts_email: Mapped[bool]
    accepts_sms: Mapped[bool]
    accepts_whatsapp: Mapped[bool]
    is_primary: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
