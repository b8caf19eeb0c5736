"""Promises of all customers."""

from __future__ import annotations

import strawberry

from api.context import Info
from api.schema import cursors
from api.schema.collector.promises import BY_DUE_DATE, PromiseConnection, PromiseFilter, narrowed_by
from api.schema.permissions import needs
from cartera.db.queries import promise_lists as queries
from cartera.rules.permissions import Scope


@strawberry.type
class PromiseQueries:
    @needs(Scope.PROMISES_READ, "By due date.")
    async def promises(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        filter: PromiseFilter | None = None,
    ) -> PromiseConnection:
        narrowed, page = narrowed_by(filter), cursors.page(BY_DUE_DATE, first, after)
        async with info.context.read() as tx:
            found = await queries.page(tx, narrowed, BY_DUE_DATE, page)
        return PromiseConnection(found=found, order=BY_DUE_DATE, narrowed=narrowed, owner=None)
