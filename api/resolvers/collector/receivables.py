"""Receivables of all customers."""

from __future__ import annotations

import strawberry

from api.context import Info
from api.schema import cursors
from api.schema.collector.receivables import (
    ReceivableConnection,
    ReceivableFilter,
    ReceivableOrder,
    narrowed_by,
    ordered_by,
)
from api.schema.permissions import needs
from cartera.db.queries import receivables as queries
from cartera.rules.permissions import Scope


@strawberry.type
class ReceivableQueries:
    @needs(Scope.RECEIVABLES_READ, "The oldest due date first.")
    async def receivables(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        filter: ReceivableFilter | None = None,
        order_by: ReceivableOrder | None = None,
    ) -> ReceivableConnection:
        narrowed, order = narrowed_by(filter), ordered_by(order_by)
        page = cursors.page(order, first, after)
        async with info.context.read() as tx:
            found = await queries.page(tx, narrowed, order, page)
        return ReceivableConnection(found=found, order=order, narrowed=narrowed, owner=None)
