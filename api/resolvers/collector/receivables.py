"""Receivables of all customers."""

from __future__ import annotations

import strawberry

from api.context import Info
from api.schema.collector import sources
from api.schema.collector.receivables import (
    ReceivableConnection,
    ReceivableFilter,
    ReceivableOrder,
    asked_of,
)
from api.schema.permissions import needs
from api.selection.reading import OneStatement, Reading
from cartera.rules.permissions import Scope


@strawberry.type
class ReceivableQueries:
    @needs(Scope.RECEIVABLES_READ, "The oldest due date first.", extensions=[OneStatement()])
    async def receivables(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: ReceivableFilter | None = None,
        order_by: ReceivableOrder | None = None,
    ) -> ReceivableConnection:
        page = {"first": first, "after": after, "last": last, "before": before}
        asked = asked_of(filter, order_by, **page)
        return ReceivableConnection(reading=Reading(sources.RECEIVABLES, asked))
