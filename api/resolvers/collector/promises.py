"""Promises of all customers; making and cancelling them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from api.context import Info
from api.resolvers.collector.amounts import money
from api.resolvers.collector.reading import row_after
from api.schema import cursors, ids
from api.schema.collector import sources
from api.schema.collector.errors import UserErrors, does
from api.schema.collector.promises import (
    BY_DUE_DATE,
    Promise,
    PromiseConnection,
    PromiseFilter,
    narrowed_by,
)
from api.schema.permissions import needs
from api.schema.scalars import CurrencyCode, Decimal
from api.selection.lists import Asked
from api.selection.reading import OneStatement, Reading
from cartera.actors import ActorKind
from cartera.db.tables import promises as tables
from cartera.rules.permissions import Scope
from cartera.rules.promises import PromiseChannel
from cartera.services import promises as services


@strawberry.type
class PromiseQueries:
    @needs(Scope.PROMISES_READ, "By due date.", extensions=[OneStatement()])
    async def promises(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: PromiseFilter | None = None,
    ) -> PromiseConnection:
        page = cursors.page(BY_DUE_DATE, first, after, last, before)
        asked = Asked(narrowed_by(filter), BY_DUE_DATE, page)
        return PromiseConnection(reading=Reading(sources.PROMISES, asked))


@strawberry.input
class PromiseMakeInput:
    idempotency_key: str
    customer_id: strawberry.ID
    receivable_ids: list[strawberry.ID]
    amount: Decimal
    currency_code: CurrencyCode
    due_on: date
    note: str | None = None


@strawberry.type
class PromiseMakeSuccess:
    promise: Promise
    replayed: bool


@strawberry.input
class PromiseCancelInput:
    promise_id: strawberry.ID
    note: str | None = None


@strawberry.type
class PromiseCancelSuccess:
    promise: Promise


PromiseMakeResult = Annotated[PromiseMakeSuccess | UserErrors, strawberry.union("PromiseMakeResult")]
PromiseCancelResult = Annotated[PromiseCancelSuccess | UserErrors, strawberry.union("PromiseCancelResult")]


@strawberry.type
class PromiseMutations:
    @does(Scope.PROMISES_WRITE, "Note a promise to pay; it pauses chasing of the receivables that it names.")
    async def promise_make(self, info: Info, input: PromiseMakeInput) -> PromiseMakeResult:
        is_partner = info.context.actor.kind is ActorKind.TOKEN
        new = services.NewPromise(
            customer_id=ids.decode(input.customer_id, "Customer", "customerId"),
            receivable_ids=[ids.decode(each, "Receivable", "receivableIds") for each in input.receivable_ids],
            amount=money(input.amount, input.currency_code, "amount"),
            due_on=input.due_on,
            channel=PromiseChannel.PARTNER if is_partner else PromiseChannel.PHONE,
            note=input.note,
            idempotency_key=input.idempotency_key,
        )
        async with info.context.write() as tx:
            made = await services.make_promise(tx, new)
        row = await row_after(info, tables.Promise, made.promise_id)
        return PromiseMakeSuccess(promise=Promise.of(row), replayed=made.replayed)

    @does(Scope.PROMISES_WRITE, "Take back a pending promise: chasing goes on.")
    async def promise_cancel(self, info: Info, input: PromiseCancelInput) -> PromiseCancelResult:
        promise_id = ids.decode(input.promise_id, "Promise", "promiseId")
        async with info.context.write() as tx:
            await services.cancel_promise(tx, promise_id, input.note)
        return PromiseCancelSuccess(promise=Promise.of(await row_after(info, tables.Promise, promise_id)))
