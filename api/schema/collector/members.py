"""Who works here, and for whom."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import strawberry

from api.schema.collector.fields import column
from api.schema.collector.nodes import Money, Node
from api.schema.scalars import CurrencyCode, Decimal
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
    closed_through: date | None = strawberry.field(description="The last day of the closed periods.")
    discount_percent: Decimal = strawberry.field(description="For paying early, of the invoice.")
    discount_days: int
    write_off_limit: Money = strawberry.field(
        description="What a collector may write off of one receivable without asking."
    )

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
            closed_through=row.closed_through,
            discount_percent=Decimal(
                f"{row.discount_basis_points // 100}.{row.discount_basis_points % 100:02}"
            ),
            discount_days=row.discount_days,
            write_off_limit=Money.of(row.write_off_limit_minor, row.base_currency),
        )


def _percent(basis_points: int) -> Decimal:
    return Decimal(f"{basis_points // 100}.{basis_points % 100:02}")


@strawberry.type(description="A person of the organization.")
class Member(Node):
    identified_by: ClassVar[Any] = tables.Member.id
    row: strawberry.Private[tables.Member]
    name: str = column(tables.Member.name)
    email: str = column(tables.Member.email)
    role: Role = column(tables.Member.role, Role)

    @classmethod
    def of(cls, row: tables.Member) -> Member:
        return cls(key=row.id, row=row)
