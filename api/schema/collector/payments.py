"""Payments, how they were allocated, and credit notes."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.schema.collector import customers, receivables
from api.schema.collector.lazy import LazyCustomer, LazyReceivable
from api.schema.collector.nodes import Money, Node
from api.schema.permissions import needs
from cartera.db.queries import rows
from cartera.db.tables import payments as tables
from cartera.db.tables import receivables as receivable_tables
from cartera.errors import NotFound
from cartera.rules.payments import PaymentMethod
from cartera.rules.permissions import Scope


@strawberry.type(description="How much of a payment went to a receivable.")
class Allocation(Node):
    receivable_key: strawberry.Private[UUID]
    amount: Money
    allocated_on: date

    @classmethod
    def of(cls, found: rows.Allocated) -> Allocation:
        return cls(
            key=found.row.id,
            receivable_key=found.row.receivable_id,
            amount=Money.of(found.row.amount_minor, found.currency),
            allocated_on=found.row.allocated_on,
        )

    @needs(Scope.RECEIVABLES_READ)
    async def receivable(self, info: Info) -> LazyReceivable:
        return await receivable_of(info, self.receivable_key)


@strawberry.type(description="Money received; what is not allocated is unapplied credit.")
class Payment(Node):
    customer_key: strawberry.Private[UUID]
    amount: Money
    allocated: Money
    unapplied: Money
    method: PaymentMethod
    received_on: date
    recorded_at: datetime
    reference: str | None

    @classmethod
    def of(cls, row: tables.Payment) -> Payment:
        return cls(
            key=row.id,
            customer_key=row.customer_id,
            amount=Money.of(row.amount_minor, row.currency),
            allocated=Money.of(row.allocated_minor, row.currency),
            unapplied=Money.of(row.unapplied_minor, row.currency),
            method=PaymentMethod(row.method),
            received_on=row.received_on,
            recorded_at=row.recorded_at,
            reference=row.reference,
        )

    @needs(Scope.CUSTOMERS_READ)
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.customer_key)

    @needs(Scope.PAYMENTS_READ)
    async def allocations(self, info: Info) -> list[Allocation]:
        return [Allocation.of(found) for found in await info.context.load(rows.allocations, self.key) or []]


@strawberry.type(description="Reduces what a customer owes; may stay unapplied.")
class CreditNote(Node):
    number: str
    issued_on: date
    amount: Money
    unapplied: Money

    @classmethod
    def of(cls, row: tables.CreditNote) -> CreditNote:
        return cls(
            key=row.id,
            number=row.number,
            issued_on=row.issued_on,
            amount=Money.of(row.amount_minor, row.currency),
            unapplied=Money.of(row.unapplied_minor, row.currency),
        )


async def receivable_of(info: Info, key: UUID) -> receivables.Receivable:
    """The receivable that a row is about. Raises NotFound where the actor does not see it."""
    found = await info.context.load(rows.by_ids, key, receivable_tables.Receivable)
    if found is None:
        raise NotFound("receivable")
    return receivables.Receivable.of(found, info.context.today)
