"""What changes in the caller's sight, as it happens."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID

import strawberry

from api.context import CollectorContext, Info
from api.live import Missed
from api.schema.collector.changes import Change
from api.schema.permissions import tells
from cartera.db.queries.visibility import sees
from cartera.rules.permissions import CollectorScope, RowScope, Scope, row_scope


def changed_channel(organization_id: UUID) -> str:
    """Where the relay publishes what changed, after commit."""
    return f"cartera:changed:{organization_id}"


@strawberry.type
class Subscription:
    @tells(Scope.CUSTOMERS_READ, "Whatever changes in the caller's organization and sight.")
    async def changed(self, info: Info) -> AsyncGenerator[Change, None]:
        context = info.context
        channel = changed_channel(context.organization.organization_id)
        try:
            async with context.state.live.listen(channel) as listener:
                while True:
                    change = Change.of(await listener.next())
                    if await _in_sight(context, change):
                        yield change
        except Missed:
            # A screen that may have missed something connects again and reads afresh.
            if context.hang_up is not None:
                await context.hang_up()


async def _in_sight(context: CollectorContext, change: Change) -> bool:
    if not context.actor.can(change.scope):
        return False
    if change.customer_key is None or _sees_all(context):
        return True
    async with context.read() as tx:
        return await sees(tx, change.customer_key)


def _sees_all(context: CollectorContext) -> bool:
    role, policy = context.actor.role, CollectorScope(context.organization.collector_scope)
    return role is None or row_scope(role, policy) is RowScope.ALL
