"""Payments, how they were allocated, and credit notes."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.schema.collector import customers, receivables
from api.schema.collector.audit import AuditEntry, history_of
from api.schema.collector.lazy import LazyCustomer, LazyReceivable
from api.schema.collector.nodes import Money, Node
from api.schema.permissions import needs
from api.schema.scalars import Decimal, plain
from cartera.db.queries import rows
from cartera.db.tables import payments as tables
from cartera.db.tables import receivables as receivable_tables
from cartera.errors import NotFound
from cartera.rules.payments import PaymentMethod, ReversalKind
from cartera.rules.permissions import Scope


@strawberry.type(description="How much of a payment went to a receivable.")
class Allocation(Node):
    receivable_key: strawberry.Private[UUID]
    amount: Money = strawberry.field(description="In the receivable's currency; negative where taken back.")
    spent: Money = strawberry.field(description="The same money in the currency in which it came in.")
    rate: Decimal | None = strawberry.field(
        description="Across currencies: the receivable's for one unit of the money's."
    )
    rate_on: date | None
    allocated_on: date

    @classmethod
    def of(cls, found: rows.Allocated) -> Allocation:
        return cls(
            key=found.row.id,
            receivable_key=found.row.receivable_id,
            amount=Money.of(found.row.amount_minor, found.currency),
            spent=Money.of(found.row.source_minor, found.source_currency),
            rate=plain(found.row.rate),
            rate_on=found.row.rate_on,
            allocated_on=found.row.allocated_on,
        )

    @needs(Scope.RECEIVABLES_READ)
    async def receivable(self, info: Info) -> LazyReceivable:
        return await receivable_of(info, self.receivable_key)

    @needs(Scope.PAYMENTS_READ, "What exchange rates gained (or lost, if negative), in the base currency.")
    async def exchange_difference(self, info: Info) -> Money | None:
        found = await info.context.load(rows.exchange_differences, self.key)
        return Money.of(found.amount_minor, found.currency) if found else None


@strawberry.type(description="Money that came in and went back.")
class PaymentReversal:
    kind: ReversalKind
    amount: Money
    reversed_on: date
    recorded_at: datetime
    reason: str | None

    @classmethod
    def of(cls, row: tables.PaymentReversal) -> PaymentReversal:
        return cls(
            kind=ReversalKind(row.kind),
            amount=Money.of(row.amount_minor, row.currency),
            reversed_on=row.reversed_on,
            recorded_at=row.recorded_at,
            reason=row.reason,
        )


@strawberry.type(description="Money received; what is not allocated is unapplied credit.")
class Payment(Node):
    customer_key: strawberry.Private[UUID]
    amount: Money
    allocated: Money
    unapplied: Money
    reversed: Money = strawberry.field(description="Refunded, charged back, bounced or booked by mistake.")
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
            reversed=Money.of(row.reversed_minor, row.currency),
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

    @needs(Scope.PAYMENTS_READ)
    async def reversals(self, info: Info) -> list[PaymentReversal]:
        found = await info.context.load(rows.reversals, self.key)
        return [PaymentReversal.of(row) for row in found or []]

    @needs(Scope.RECEIVABLES_READ, "What coded reasons settled beside it, and what of that was taken back.")
    async def deductions(self, info: Info) -> list[receivables.Entry]:
        found = await info.context.load(rows.deductions, self.key)
        return [receivables.Entry.of(row) for row in found or []]

    @needs(Scope.PAYMENTS_READ, "Who did what to it, in order.")
    async def history(self, info: Info) -> list[AuditEntry]:
        return await history_of(info, self.key, "payment")


@strawberry.type(description="Reduces what a customer owes; may stay unapplied.")
class CreditNote(Node):
    customer_key: strawberry.Private[UUID]
    number: str
    issued_on: date
    amount: Money
    applied: Money
    unapplied: Money
    is_annulled: bool
    reason: str | None

    @classmethod
    def of(cls, row: tables.CreditNote) -> CreditNote:
        return cls(
            key=row.id,
            customer_key=row.customer_id,
            number=row.number,
            issued_on=row.issued_on,
            amount=Money.of(row.amount_minor, row.currency),
            applied=Money.of(row.applied_minor + row.applied_in_erp_minor, row.currency),
            unapplied=Money.of(row.unapplied_minor, row.currency),
            is_annulled=row.reversed_minor > 0,
            reason=row.reason,
        )

    @needs(Scope.CUSTOMERS_READ)
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.customer_key)

    @needs(Scope.PAYMENTS_READ, "What it reduced.")
    async def allocations(self, info: Info) -> list[Allocation]:
        return [Allocation.of(found) for found in await info.context.load(rows.credited, self.key) or []]

    @needs(Scope.PAYMENTS_READ, "Who did what to it, in order.")
    async def history(self, info: Info) -> list[AuditEntry]:
        return await history_of(info, self.key, "credit_note")


async def payments_of(info: Info, customer: UUID) -> list[Payment]:
    return [Payment.of(row) for row in await info.context.load(rows.payments_of, customer) or []]


async def credit_notes_of(info: Info, customer: UUID) -> list[CreditNote]:
    return [CreditNote.of(row) for row in await info.context.load(rows.credit_notes_of, customer) or []]


async def receivable_of(info: Info, key: UUID) -> receivables.Receivable:
    """The receivable that a row is about. Raises NotFound where the actor does not see it."""
    found = await info.context.load(rows.by_ids, key, receivable_tables.Receivable)
    if found is None:
        raise NotFound("receivable")
    return receivables.Receivable.of(found, info.context.today)
