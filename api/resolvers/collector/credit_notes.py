"""Credit notes: recording them, using what is left of them, annulling them."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.resolvers.collector.amounts import money
from api.resolvers.collector.payments import AllocationInput, lines
from api.resolvers.collector.reading import customer_after, row_after
from api.schema import ids
from api.schema.collector.customers import Customer
from api.schema.collector.errors import UserErrors, does
from api.schema.collector.payments import CreditNote
from api.schema.scalars import CurrencyCode, Decimal
from cartera.db.tables import payments as tables
from cartera.rules.allocation import AllocationRule
from cartera.rules.permissions import Scope
from cartera.services import credit_notes as services


@strawberry.input
class CreditNoteRecordInput:
    idempotency_key: str
    customer_id: strawberry.ID
    number: str
    amount: Decimal
    currency_code: CurrencyCode
    issued_on: date
    allocations: list[AllocationInput] | None = strawberry.field(
        default=None, description="What it reduces; the rest stays unapplied."
    )
    reason: str | None = None


@strawberry.input
class CreditNoteApplyInput:
    idempotency_key: str
    credit_note_id: strawberry.ID
    currency_code: CurrencyCode = strawberry.field(description="Of the note, and so of the amounts.")
    allocations: list[AllocationInput] | None = strawberry.field(
        default=None, description="Left out: it goes by the rule."
    )
    rule: AllocationRule | None = None


@strawberry.input
class CreditNoteAnnulInput:
    idempotency_key: str
    credit_note_id: strawberry.ID
    reason: str


@strawberry.type(description="The credit note as it is now, and its customer.")
class CreditNoteSuccess:
    credit_note: CreditNote
    customer: Customer
    replayed: bool


CreditNoteResult = Annotated[CreditNoteSuccess | UserErrors, strawberry.union("CreditNoteResult")]


@strawberry.type
class CreditNoteMutations:
    @does(Scope.BOOKS_WRITE, "Book a credit note, and what it reduces.")
    async def credit_note_record(self, info: Info, input: CreditNoteRecordInput) -> CreditNoteResult:
        new = services.NewCreditNote(
            customer_id=ids.decode(input.customer_id, "Customer", "customerId"),
            number=input.number,
            amount=money(input.amount, input.currency_code, "amount"),
            issued_on=input.issued_on,
            lines=lines(input.allocations, input.currency_code) or (),
            reason=input.reason,
            idempotency_key=input.idempotency_key,
        )
        async with info.context.write() as tx:
            done = await services.record_credit_note(tx, new)
        return await _after(info, done.credit_note_id, done.replayed)

    @does(Scope.PAYMENTS_WRITE, "Put what is left of a credit note where it belongs.")
    async def credit_note_apply(self, info: Info, input: CreditNoteApplyInput) -> CreditNoteResult:
        use = services.CreditNoteUse(
            credit_note_id=ids.decode(input.credit_note_id, "CreditNote", "creditNoteId"),
            lines=lines(input.allocations, input.currency_code),
            rule=input.rule or AllocationRule.OLDEST_FIRST,
            currency=input.currency_code,
            idempotency_key=input.idempotency_key,
        )
        async with info.context.write() as tx:
            done = await services.apply_credit_note(tx, use)
        return await _after(info, done.credit_note_id, done.replayed)

    @does(Scope.BOOKS_WRITE, "Void a credit note: what it reduced is owed again.")
    async def credit_note_annul(self, info: Info, input: CreditNoteAnnulInput) -> CreditNoteResult:
        new = services.Annulment(
            credit_note_id=ids.decode(input.credit_note_id, "CreditNote", "creditNoteId"),
            reason=input.reason,
            idempotency_key=input.idempotency_key,
        )
        async with info.context.write() as tx:
            done = await services.annul_credit_note(tx, new)
        return await _after(info, done.credit_note_id, done.replayed)


async def _after(info: Info, credit_note_id: UUID, replayed: bool) -> CreditNoteSuccess:
    row = await row_after(info, tables.CreditNote, credit_note_id)
    customer = await customer_after(info, row.customer_id)
    return CreditNoteSuccess(credit_note=CreditNote.of(row), customer=customer, replayed=replayed)
