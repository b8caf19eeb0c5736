"""Who works here, and for whom."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import strawberry
from sqlalchemy import ColumnElement, Numeric, Text, cast, literal_column

from api.schema.collector.fields import column, money, reads
from api.schema.collector.nodes import Money, Node
from api.schema.scalars import CurrencyCode, Decimal
from api.selection.kinds import Told
from cartera.db.tables import organizations as tables
from cartera.rules.customers import Language
from cartera.rules.permissions import Role


def _percent_sql(basis_points: ColumnElement[int]) -> ColumnElement[str]:
    return cast(basis_points * literal_column("0.01", Numeric()), Text)


def _percent(basis_points: int) -> Decimal:
    return Decimal(f"{basis_points // 100}.{basis_points % 100:02}")


@strawberry.type(description="The company that sells on credit.")
class Organization(Node):
    identified_by: ClassVar[Any] = tables.Organization.organization_id
    row: strawberry.Private[tables.Organization]
    name: str = column(tables.Organization.name)
    country: str = column(tables.Organization.country)
    time_zone: str = column(tables.Organization.time_zone)
    base_currency: CurrencyCode = column(tables.Organization.base_currency)
    language: Language = column(tables.Organization.language, Language)
    accent: str = column(tables.Organization.accent)
    is_demo: bool = column(tables.Organization.is_demo)
    closed_through: date | None = column(
        tables.Organization.closed_through, description="The last day of the closed periods."
    )
    discount_percent: Decimal = reads(
        Told(lambda at, build: _percent_sql(at[tables.Organization.discount_basis_points])),
        lambda root: _percent(root.row.discount_basis_points),
        description="For paying early, of the invoice.",
    )
    discount_days: int = column(tables.Organization.discount_days)
    write_off_limit: Money = money(
        tables.Organization.write_off_limit_minor,
        tables.Organization.base_currency,
        description="What a collector may write off of one receivable without asking.",
    )

    @classmethod
    def of(cls, row: tables.Organization) -> Organization:
        return cls(key=row.organization_id, row=row)


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
