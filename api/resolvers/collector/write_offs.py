"""Receivables that nobody will pay: writing off, taking that back, cancelling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.resolvers.collector.reading import rows_after
from api.schema import ids
from api.schema.collector.errors import UserErrors, does
from api.schema.collector.receivables import Receivable
from cartera.db.tables import receivables as tables
from cartera.rules.permissions import Scope
from cartera.services import receivables as services


@strawberry.input
class ReceivableWriteOffInput:
    idempotency_key: str
    receivable_ids: list[strawberry.ID]
    reason: str


@strawberry.input
class ReceivableChangeInput:
    idempotency_key: str
    receivable_id: strawberry.ID
    reason: str


@strawberry.type(description="The receivables as they are now.")
class ReceivableSuccess:
    receivables: list[Receivable]
    replayed: bool


ReceivableResult = Annotated[ReceivableSuccess | UserErrors, strawberry.union("ReceivableResult")]


@strawberry.type
class WriteOffMutations:
    @does(Scope.PAYMENTS_WRITE, "Give up what is open; money that comes later recovers it.")
    async def receivable_write_off(self, info: Info, input: ReceivableWriteOffInput) -> ReceivableResult:
        receivable_ids = [
            ids.decode(each, "Receivable", "receivableIds", str(place))
            for place, each in enumerate(input.receivable_ids)
        ]
        new = services.WriteOff(tuple(receivable_ids), input.reason, input.idempotency_key)
        async with info.context.write() as tx:
            done = await services.write_off(tx, new)
        return await _after(info, done.receivable_ids, done.replayed)

    @does(Scope.BOOKS_WRITE, "Take a write-off back: it is owed again.")
    async def receivable_reinstate(self, info: Info, input: ReceivableChangeInput) -> ReceivableResult:
        receivable_id = ids.decode(input.receivable_id, "Receivable", "receivableId")
        new = services.Reinstatement(receivable_id, input.reason, input.idempotency_key)
        async with info.context.write() as tx:
            done = await services.reinstate(tx, new)
        return await _after(info, done.receivable_ids, done.replayed)

    @does(Scope.BOOKS_WRITE, "Cancel a document that was never owed.")
    async def receivable_cancel(self, info: Info, input: ReceivableChangeInput) -> ReceivableResult:
        receivable_id = ids.decode(input.receivable_id, "Receivable", "receivableId")
        new = services.Cancellation(receivable_id, input.reason, input.idempotency_key)
        async with info.context.write() as tx:
            done = await services.cancel_receivable(tx, new)
        return await _after(info, done.receivable_ids, done.replayed)


async def _after(info: Info, receivable_ids: Sequence[UUID], replayed: bool) -> ReceivableSuccess:
    rows = await rows_after(info, tables.Receivable, receivable_ids)
    found = [Receivable.of(row, info.context.today) for row in rows]
    return ReceivableSuccess(receivables=found, replayed=replayed)
