"""Disputes."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import strawberry

from api.context import Info
from api.schema.collector.lazy import LazyReceivable
from api.schema.collector.nodes import Money, Node
from api.schema.collector.payments import receivable_of
from api.schema.permissions import needs
from cartera.db.tables import disputes as tables
from cartera.rules.disputes import DisputeReason, DisputeState
from cartera.rules.permissions import Scope


@strawberry.type(description="What a customer contests of a receivable; not chased while open.")
class Dispute(Node):
    receivable_key: strawberry.Private[UUID]
    reason: DisputeReason
    amount: Money
    state: DisputeState
    opened_on: date
    deadline_on: date
    resolved_on: date | None
    note: str | None

    @classmethod
    def of(cls, row: tables.Dispute) -> Dispute:
        return cls(
            key=row.id,
            receivable_key=row.receivable_id,
            reason=DisputeReason(row.reason),
            amount=Money.of(row.amount_minor, row.currency),
            state=DisputeState(row.state),
            opened_on=row.opened_on,
            deadline_on=row.deadline_on,
            resolved_on=row.resolved_on,
            note=row.note,
        )

    @needs(Scope.RECEIVABLES_READ)
    async def receivable(self, info: Info) -> LazyReceivable:
        return await receivable_of(info, self.receivable_key)
