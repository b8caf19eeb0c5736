"""The portal of one customer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from api.schema.portal.fields import said
from api.schema.portal.money import PortalTotal, Totals
from api.schema.portal.payments import Payment
from api.schema.portal.promises import Promise
from api.schema.portal.receivables import Receivable
from api.selection.kinds import Column, Finished, Here
from api.selection.relations import Many, One, Source
from cartera.db.queries import portal as queries
from cartera.db.tables.customers import Customer as Visitor
from cartera.db.tables.organizations import Organization as Seller
from cartera.db.tables.payments import Payment as Paid
from cartera.db.tables.promises import Promise as Promised
from cartera.db.tables.receivables import Receivable as Debt
from cartera.gateways.registry import Gateways
from cartera.rules.customers import Language


@strawberry.type
class Organization:
    """The seller; always visible."""

    name: str = said(Column(Seller.name))
    contact_name: str = said(Column(Seller.contact_name))
    contact_email: str = said(Column(Seller.contact_email))
    contact_phone: str = said(Column(Seller.contact_phone))
    accent: str = said(Column(Seller.accent))


@strawberry.type
class PortalCustomer:
    name: str = said(Column(Visitor.name))
    language: Language = said(Column(Visitor.language, Language))


# Of what is known without reading; a statement selects something all the same.
_NOTHING = (Visitor.id,)


def accepts_payments(info: Any) -> bool:
    context = info.context
    return Gateways(context.state.settings).accepts(context.actor.organization_id)


@strawberry.type
class Portal:
    organization: Organization = said(
        One(Source.of(Seller), on=Seller.organization_id, key=Visitor.organization_id)
    )
    customer: PortalCustomer = said(Here())
    receivables: list[Receivable] = said(
        Many(
            Source([Debt], queries.shown_documents),
            on=Debt.customer_id,
            key=Visitor.id,
            order=(Debt.due_on, Debt.id),
            most=queries.MAX_RECEIVABLES,
        ),
        "Open ones that the link shows, oldest due first, at most 500.",
    )
    totals: list[PortalTotal] = said(Totals(), "One per currency.")
    payments: list[Payment] = said(
        Many(
            Source([Paid], queries.shown_payments),
            on=Paid.customer_id,
            key=Visitor.id,
            order=(Paid.received_on.desc(), Paid.id.desc()),
            most=queries.MAX_PAYMENTS,
        ),
        "The last 20.",
    )
    promises: list[Promise] = said(
        Many(
            Source([Promised], queries.shown_promises),
            on=Promised.customer_id,
            key=Visitor.id,
            order=(Promised.due_on, Promised.id),
            most=queries.MAX_PROMISES,
        ),
        "Pending ones.",
    )
    accepts_payments: bool = said(
        Finished(_NOTHING, lambda facts, info: accepts_payments(info)),
        "Whether money can be paid here; promises can be made in any case.",
    )
    expires_at: datetime = said(Finished(_NOTHING, lambda facts, info: info.context.expires_at))
    today: date = said(Finished(_NOTHING, lambda facts, info: info.context.organization.business_day))


# Where a portal's statement begins.
VISITORS = Source([Visitor], queries.own_customer)
