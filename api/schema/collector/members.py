"""Who works here, and for whom."""

from __future__ import annotations

import strawberry

from api.schema.collector.nodes import Node
from api.schema.scalars import CurrencyCode
from cartera.db.tables import organizations as tables
from cartera.rules.customers import Language
from cartera.rules.permissions import Role


@strawberry.type(description="The company that sells on credit.")
class Organization(Node):
    name: str
    country: str
    time_zone: str
    base_currency: CurrencyCode
    language: Language
    accent: str
    is_demo: bool

    @classmethod
    def of(cls, row: tables.Organization) -> Organization:
        return cls(
            key=row.organization_id,
            name=row.name,
            country=row.country,
            time_zone=row.time_zone,
            base_currency=CurrencyCode(row.base_currency),
            language=Language(row.language),
            accent=row.accent,
            is_demo=row.is_demo,
        )


@strawberry.type(description="A person of the organization.")
class Member(Node):
    name: str
    email: str
    role: Role

    @classmethod
    def of(cls, row: tables.Member) -> Member:
        return cls(key=row.id, name=row.name, email=row.email, role=Role(row.role))
