"""The portal's page, read in one go."""

from __future__ import annotations

from api.auth.portal import Info
from api.resolvers.portal import views
from api.schema.portal.portal import Portal
from cartera.db.queries import portal as queries
from cartera.gateways.registry import Gateways


async def portal(info: Info) -> Portal:
    async with info.context.read() as tx:
        return Portal(
            organization=views.organization(tx.organization),
            customer=views.customer(await queries.customer(tx)),
            receivables=[views.receivable(row) for row in await queries.documents(tx)],
            totals=[views.total(row) for row in await queries.totals(tx)],
            payments=[views.payment(row) for row in await queries.payments(tx)],
            promises=[views.promise(row) for row in await queries.promises(tx)],
            accepts_payments=Gateways(info.context.state.settings).accepts(tx.organization_id),
            expires_at=info.context.expires_at,
            today=tx.organization.business_day,
        )
