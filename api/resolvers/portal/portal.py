"""The portal's page, said by one statement."""

from __future__ import annotations

from api.auth.portal import Info
from api.resolvers.portal import views
from api.schema.portal.portal import VISITORS, Portal, accepts_payments
from api.selection.planning import RowRoot
from api.selection.reading import read_row
from cartera.db.queries import portal as queries
from cartera.db.tables.customers import Customer


async def portal(info: Info) -> Portal:
    customer_id = info.context.actor.customer_id
    assert customer_id is not None, "whoever is let in has come through a customer's link"
    root = RowRoot(VISITORS, Customer.id, customer_id)
    found: Portal = await read_row(info, "Portal", root, lambda: _walk(info))
    return found


async def _walk(info: Info) -> Portal:
    async with info.context.read() as tx:
        return Portal(
            organization=views.organization(tx.organization),
            customer=views.customer(await queries.customer(tx)),
            receivables=[views.receivable(row) for row in await queries.documents(tx)],
            totals=[views.total(row) for row in await queries.totals(tx)],
            payments=[views.payment(row) for row in await queries.payments(tx)],
            promises=[views.promise(row) for row in await queries.promises(tx)],
            accepts_payments=accepts_payments(info),
            expires_at=info.context.expires_at,
            today=info.context.organization.business_day,
        )
