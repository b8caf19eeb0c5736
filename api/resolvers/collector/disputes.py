"""Disputes of all customers; opening, discussing and resolving them."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.resolvers.collector.amounts import money
from api.resolvers.collector.reading import customer_after, row_after
from api.schema import ids
from api.schema.collector.customers import Customer
from api.schema.collector.disputes import (
    Dispute,
    DisputeConnection,
    DisputeFilter,
    narrowed_by,
)
from api.schema.collector.errors import UserErrors, does
from api.schema.permissions import needs
from api.schema.scalars import CurrencyCode, Decimal
from api.selection.reading import OneStatement
from cartera.db.tables import disputes as tables
from cartera.errors import refuse
from cartera.rules.disputes import DisputeReason
from cartera.rules.money import Money
from cartera.rules.permissions import Scope
from cartera.services import attachments
from cartera.services import disputes as services
from cartera.services.dispute_acceptance import Acceptance, accept


@strawberry.type
class DisputeQueries:
    @needs(Scope.RECEIVABLES_READ, "By deadline.", extensions=[OneStatement()])
    async def disputes(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: DisputeFilter | None = None,
    ) -> DisputeConnection:
        page = {"first": first, "after": after, "last": last, "before": before}
        return DisputeConnection.of(narrowed_by(filter), **page)


@strawberry.input
class DisputeOpenInput:
    idempotency_key: str
    receivable_id: strawberry.ID
    reason: DisputeReason
    amount: Decimal
    currency_code: CurrencyCode
    note: str | None = None
    owner_id: strawberry.ID | None = strawberry.field(
        default=None, description="Without one, the customer's collector."
    )
    deadline_on: date | None = strawberry.field(
        default=None, description="Without one, the reason's number of banking days."
    )


@strawberry.input
class DisputeCommentInput:
    idempotency_key: str
    dispute_id: strawberry.ID
    text: str


@strawberry.input
class DisputeAssignInput:
    idempotency_key: str
    dispute_id: strawberry.ID
    owner_id: strawberry.ID


@strawberry.input
class DisputeDeadlineSetInput:
    idempotency_key: str
    dispute_id: strawberry.ID
    deadline_on: date


@strawberry.input
class DisputeAcceptInput:
    idempotency_key: str
    dispute_id: strawberry.ID
    credit_note_number: str
    amount: Decimal | None = strawberry.field(
        default=None, description="In the receivable's currency; without one, all that is contested."
    )
    currency_code: CurrencyCode | None = None
    issued_on: date | None = strawberry.field(default=None, description="Today unless another day is given.")
    note: str | None = None


@strawberry.input
class DisputeRejectInput:
    idempotency_key: str
    dispute_id: strawberry.ID
    reason: str


@strawberry.input
class DisputeWithdrawInput:
    idempotency_key: str
    dispute_id: strawberry.ID
    reason: str | None = None


@strawberry.input
class AttachmentRemoveInput:
    attachment_id: strawberry.ID


@strawberry.type
class DisputeSuccess:
    dispute: Dispute
    customer: Customer
    replayed: bool


DisputeResult = Annotated[DisputeSuccess | UserErrors, strawberry.union("DisputeResult")]


@strawberry.type
class DisputeMutations:
    @does(Scope.DISPUTES_WRITE, "Note what a customer contests; that much is not chased while it is open.")
    async def dispute_open(self, info: Info, input: DisputeOpenInput) -> DisputeResult:
        new = services.NewDispute(
            receivable_id=ids.decode(input.receivable_id, "Receivable", "receivableId"),
            reason=input.reason,
            amount=money(input.amount, input.currency_code, "amount"),
            note=input.note,
            owner_id=ids.decode(input.owner_id, "Member", "ownerId") if input.owner_id else None,
            deadline_on=input.deadline_on,
            idempotency_key=input.idempotency_key,
        )
        async with info.context.write() as tx:
            done = await services.open_dispute(tx, new)
        return await _after(info, done)

    @does(Scope.DISPUTES_WRITE, "Add to the thread.")
    async def dispute_comment(self, info: Info, input: DisputeCommentInput) -> DisputeResult:
        new = services.NewComment(_dispute(input.dispute_id), input.text, input.idempotency_key)
        async with info.context.write() as tx:
            done = await services.comment(tx, new)
        return await _after(info, done)

    @does(Scope.DISPUTES_WRITE, "Give an open dispute another owner.")
    async def dispute_assign(self, info: Info, input: DisputeAssignInput) -> DisputeResult:
        owner_id = ids.decode(input.owner_id, "Member", "ownerId")
        new = services.Assignment(_dispute(input.dispute_id), owner_id, input.idempotency_key)
        async with info.context.write() as tx:
            done = await services.assign(tx, new)
        return await _after(info, done)

    @does(Scope.DISPUTES_WRITE, "Set by when an open dispute is to be answered.")
    async def dispute_deadline_set(self, info: Info, input: DisputeDeadlineSetInput) -> DisputeResult:
        new = services.NewDeadline(_dispute(input.dispute_id), input.deadline_on, input.idempotency_key)
        async with info.context.write() as tx:
            done = await services.set_deadline(tx, new)
        return await _after(info, done)

    @does(Scope.BOOKS_WRITE, "The customer is right, wholly or in part: a credit note settles that much.")
    async def dispute_accept(self, info: Info, input: DisputeAcceptInput) -> DisputeResult:
        new = Acceptance(
            dispute_id=_dispute(input.dispute_id),
            credit_note_number=input.credit_note_number,
            amount=_accepted(input),
            issued_on=input.issued_on,
            note=input.note,
            idempotency_key=input.idempotency_key,
        )
        async with info.context.write() as tx:
            done = await accept(tx, new)
        return await _after(info, done)

    @does(Scope.DISPUTES_WRITE, "Close an open dispute, saying why the customer is not right.")
    async def dispute_reject(self, info: Info, input: DisputeRejectInput) -> DisputeResult:
        closing = services.Closing(_dispute(input.dispute_id), input.reason, input.idempotency_key)
        async with info.context.write() as tx:
            done = await services.reject(tx, closing)
        return await _after(info, done)

    @does(Scope.DISPUTES_WRITE, "Close an open dispute that the customer has given up.")
    async def dispute_withdraw(self, info: Info, input: DisputeWithdrawInput) -> DisputeResult:
        closing = services.Closing(_dispute(input.dispute_id), input.reason, input.idempotency_key)
        async with info.context.write() as tx:
            done = await services.withdraw(tx, closing)
        return await _after(info, done)

    @does(Scope.DISPUTES_WRITE, "Take a file away from its dispute.")
    async def attachment_remove(self, info: Info, input: AttachmentRemoveInput) -> DisputeResult:
        attachment_id = ids.decode(input.attachment_id, "Attachment", "attachmentId")
        async with info.context.write() as tx:
            dispute_id = await attachments.remove(tx, attachment_id)
        return await _after(info, services.DisputeDone(dispute_id, replayed=False))


def _dispute(text: str) -> UUID:
    return ids.decode(text, "Dispute", "disputeId")


def _accepted(input: DisputeAcceptInput) -> Money | None:
    if input.amount is None:
        return None
    if input.currency_code is None:
        raise refuse("CURRENCY_MISSING", "currencyCode")
    return money(input.amount, input.currency_code, "amount")


async def _after(info: Info, done: services.DisputeDone) -> DisputeSuccess:
    row = await row_after(info, tables.Dispute, done.dispute_id)
    customer = await customer_after(info, row.customer_id)
    return DisputeSuccess(dispute=Dispute.of(row), customer=customer, replayed=done.replayed)
