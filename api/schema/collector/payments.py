"""Payments, how they were allocated, and credit notes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, func

from api.context import Info
from api.schema.collector import customers, receivables, sources
from api.schema.collector.audit import AuditEntry, history_of
from api.schema.collector.fields import column, money, reads
from api.schema.collector.lazy import LazyCustomer, LazyReceivable
from api.schema.collector.nodes import Money, Node
from api.schema.permissions import needs
from api.schema.scalars import Decimal
from api.selection.kinds import Kind, MoneyOf, MoneyTold, Told
from api.selection.kinds import money as money_of
from api.selection.levels import Level
from api.selection.relations import Many, Of, Source
from api.selection.statement import Build
from api.selection.tree import Selected
from cartera.db.queries import rows
from cartera.db.tables import payments as tables
from cartera.db.tables.receivables import Entry
from cartera.db.tables.receivables import Receivable as Debt
from cartera.errors import NotFound
from cartera.rules.payments import PaymentMethod, ReversalKind
from cartera.rules.permissions import Scope

_AS_ALLOCATED = (tables.Allocation.recorded_at, tables.Allocation.id)


class _Spent(Kind):
    """What of a payment or of a credit note went to an allocation."""

    is_whole = True

    def sql(self, at: Level, asked: Selected, build: Build) -> ColumnElement[Any]:
        currency = func.coalesce(at[tables.Payment.currency], at[tables.CreditNote.currency])
        return money_of(asked, at[tables.Allocation.source_minor], currency)


@strawberry.type(description="How much of a payment went to a receivable.")
class Allocation(Node):
    identified_by: ClassVar[Any] = tables.Allocation.id
    row: strawberry.Private[tables.Allocation]
    # The receivable's, and that of the money.
    currency: strawberry.Private[str]
    source_currency: strawberry.Private[str]
    amount: Money = money(
        tables.Allocation.amount_minor,
        Debt.currency,
        description="In the receivable's currency; negative where taken back.",
    )
    spent: Money = reads(
        _Spent(),
        lambda root: Money.of(root.row.source_minor, root.source_currency),
        description="The same money in the currency in which it came in.",
    )
    rate: Decimal | None = column(
        tables.Allocation.rate, description="Across currencies: the receivable's for one unit of the money's."
    )
    rate_on: date | None = column(tables.Allocation.rate_on)
    allocated_on: date = column(tables.Allocation.allocated_on)

    @classmethod
    def of(cls, found: rows.Allocated) -> Allocation:
        return cls(
            key=found.row.id,
            row=found.row,
            currency=found.currency,
            source_currency=found.source_currency,
        )

    @needs(Scope.RECEIVABLES_READ, reads=sources.receivable(tables.Allocation.receivable_id))
    async def receivable(self, info: Info) -> LazyReceivable:
        return await receivable_of(info, self.row.receivable_id)

    @needs(
        Scope.PAYMENTS_READ,
        "What exchange rates gained (or lost, if negative), in the base currency.",
        reads=Of(
            Source.of(tables.ExchangeDifference),
            on=tables.ExchangeDifference.allocation_id,
            key=tables.Allocation.id,
            kind=MoneyOf(tables.ExchangeDifference.amount_minor, tables.ExchangeDifference.currency),
        ),
    )
    async def exchange_difference(self, info: Info) -> Money | None:
        found = await info.context.load(rows.exchange_differences, self.key)
        return Money.of(found.amount_minor, found.currency) if found else None


@strawberry.type(description="Money that came in and went back.")
class PaymentReversal:
    row: strawberry.Private[tables.PaymentReversal]
    kind: ReversalKind = column(tables.PaymentReversal.kind, ReversalKind)
    amount: Money = money(tables.PaymentReversal.amount_minor, tables.PaymentReversal.currency)
    reversed_on: date = column(tables.PaymentReversal.reversed_on)
    recorded_at: datetime = column(tables.PaymentReversal.recorded_at)
    reason: str | None = column(tables.PaymentReversal.reason)


@strawberry.type(description="Money received; what is not allocated is unapplied credit.")
class Payment(Node):
    identified_by: ClassVar[Any] = tables.Payment.id
    row: strawberry.Private[tables.Payment]
    amount: Money = money(tables.Payment.amount_minor, tables.Payment.currency)
    allocated: Money = money(tables.Payment.allocated_minor, tables.Payment.currency)
    unapplied: Money = money(tables.Payment.unapplied_minor, tables.Payment.currency)
    reversed: Money = money(
        tables.Payment.reversed_minor,
        tables.Payment.currency,
        description="Refunded, charged back, bounced or booked by mistake.",
    )
    method: PaymentMethod = column(tables.Payment.method, PaymentMethod)
    received_on: date = column(tables.Payment.received_on)
    recorded_at: datetime = column(tables.Payment.recorded_at)
    reference: str | None = column(tables.Payment.reference)

    @classmethod
    def of(cls, row: tables.Payment) -> Payment:
        return cls(key=row.id, row=row)

    @needs(Scope.CUSTOMERS_READ, reads=sources.customer(tables.Payment.customer_id))
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.row.customer_id)

    @needs(
        Scope.PAYMENTS_READ,
        reads=Many(
            sources.ALLOCATIONS,
            on=tables.Allocation.payment_id,
            key=tables.Payment.id,
            order=_AS_ALLOCATED,
        ),
    )
    async def allocations(self, info: Info) -> list[Allocation]:
        return [Allocation.of(found) for found in await info.context.load(rows.allocations, self.key) or []]

    @needs(
        Scope.PAYMENTS_READ,
        reads=Many(
            Source.of(tables.PaymentReversal),
            on=tables.PaymentReversal.payment_id,
            key=tables.Payment.id,
            order=(tables.PaymentReversal.recorded_at, tables.PaymentReversal.id),
        ),
    )
    async def reversals(self, info: Info) -> list[PaymentReversal]:
        return [PaymentReversal(row=row) for row in await info.context.load(rows.reversals, self.key) or []]

    @needs(
        Scope.RECEIVABLES_READ,
        "What coded reasons settled beside it, and what of that was taken back.",
        reads=Many(
            sources.DEDUCTIONS,
            on=Entry.payment_id,
            key=tables.Payment.id,
            order=(Entry.recorded_at, Entry.id),
        ),
    )
    async def deductions(self, info: Info) -> list[receivables.Entry]:
        found = await info.context.load(rows.deductions, self.key)
        return [receivables.Entry.of(row) for row in found or []]

    @needs(Scope.PAYMENTS_READ, "Who did what to it, in order.")
    async def history(self, info: Info) -> list[AuditEntry]:
        return await history_of(info, self.key, "payment")


@strawberry.type(description="Reduces what a customer owes; may stay unapplied.")
class CreditNote(Node):
    identified_by: ClassVar[Any] = tables.CreditNote.id
    row: strawberry.Private[tables.CreditNote]
    number: str = column(tables.CreditNote.number)
    issued_on: date = column(tables.CreditNote.issued_on)
    amount: Money = money(tables.CreditNote.amount_minor, tables.CreditNote.currency)
    applied: Money = reads(
        MoneyTold(
            lambda at, build: (
                at[tables.CreditNote.applied_minor] + at[tables.CreditNote.applied_in_erp_minor]
            ),
            tables.CreditNote.currency,
        ),
        lambda root: Money.of(root.row.applied_minor + root.row.applied_in_erp_minor, root.row.currency),
    )
    unapplied: Money = money(tables.CreditNote.unapplied_minor, tables.CreditNote.currency)
    is_annulled: bool = reads(
        Told(lambda at, build: at[tables.CreditNote.reversed_minor] > 0),
        lambda root: root.row.reversed_minor > 0,
    )
    reason: str | None = column(tables.CreditNote.reason)

    @classmethod
    def of(cls, row: tables.CreditNote) -> CreditNote:
        return cls(key=row.id, row=row)

    @needs(Scope.CUSTOMERS_READ, reads=sources.customer(tables.CreditNote.customer_id))
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.row.customer_id)

    @needs(
        Scope.PAYMENTS_READ,
        "What it reduced.",
        reads=Many(
            sources.ALLOCATIONS,
            on=tables.Allocation.credit_note_id,
            key=tables.CreditNote.id,
            order=_AS_ALLOCATED,
        ),
    )
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
    found = await info.context.load(rows.by_ids, key, Debt)
    if found is None:
        raise NotFound("receivable")
    return receivables.Receivable.of(found, info.context.today)
