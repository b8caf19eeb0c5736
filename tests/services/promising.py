"""Promises for tests, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.tables.accounts import Account
from cartera.db.tables.activities import Task
from cartera.db.tables.customers import Customer
from cartera.db.tables.promises import Promise
from cartera.db.tables.receivables import Receivable
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.rules.promises import PromiseChannel
from cartera.services.payments import NewPayment, record_payment
from cartera.services.promises import NewPromise, PromiseMade, make_promise
from tests.factories import Factory
from tests.services.books import row

FRIDAY = date(2026, 11, 20)


def promised(receivables: Sequence[Receivable], amount: str, due_on: date = FRIDAY) -> NewPromise:
    return NewPromise(
        receivables[0].customer_id,
        [receivable.id for receivable in receivables],
        Money.parse(amount, receivables[0].currency),
        due_on,
        PromiseChannel.PHONE,
    )


async def make(factory: Factory, new: NewPromise, actor: Actor | None = None) -> PromiseMade:
    async with factory.write(actor) as tx:
        return await make_promise(tx, new)


async def pay(
    factory: Factory, customer_id: UUID, amount: str, *, on: date | None = None, to: Sequence[Receivable] = ()
) -> UUID:
    money = Money.parse(amount, "MXN")
    lines = [(receivable.id, money.minor) for receivable in to] if to else None
    async with factory.write() as tx:
        new = NewPayment(customer_id, PaymentMethod.TRANSFER, money, on or tx.today, lines=lines)
        return (await record_payment(tx, new)).payment_id


async def story(factory: Factory, made: PromiseMade) -> tuple[str, int, date | None]:
    promise = await row(factory, Promise, made.promise_id)
    return promise.state, promise.received_minor, promise.resolved_on


async def account(factory: Factory, customer: Customer) -> Account:
    async with factory.read() as tx:
        return (await tx.session.scalars(select(Account).where(Account.customer_id == customer.id))).one()


async def review_tasks(factory: Factory) -> list[str]:
    async with factory.read() as tx:
        return list(await tx.session.scalars(select(Task.state).where(Task.kind == "review_promise")))
