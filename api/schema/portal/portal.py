"""The portal of one customer."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from api.schema.portal.money import PortalTotal
from api.schema.portal.payments import Payment
from api.schema.portal.promises import Promise
from api.schema.portal.receivables import Receivable
from cartera.rules.customers import Language


@strawberry.type
class Organization:
    """The seller; always visible."""

    name: str
    contact_name: str
    contact_email: str
    contact_phone: str
    accent: str


@strawberry.type
class PortalCustomer:
    name: str
    language: Language


@strawberry.type
class Portal:
    organization: Organization
    customer: PortalCustomer
    receivables: list[Receivable] = strawberry.field(
        description="Open ones that the link shows, oldest due first, at most 500."
    )
    totals: list[PortalTotal] = strawberry.field(description="One per currency.")
    payments: list[Payment] = strawberry.field(description="The last 20.")
    promises: list[Promise] = strawberry.field(description="Pending ones.")
    accepts_payments: bool = strawberry.field(
        description="Whether money can be paid here; promises can be made in any case."
    )
    expires_at: datetime
    today: date
