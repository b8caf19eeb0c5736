"""What tests of messages ask again and again: a customer who owes, the messages, the reviews asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from cartera.db.tables.activities import Task
from cartera.db.tables.customers import Customer
from cartera.db.tables.messages import Message, MessageReceivable
from cartera.db.tables.receivables import Receivable
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.rules.promises import PromiseChannel
from cartera.services.payments import NewPayment, record_payment
from cartera.services.promises import NewPromise, make_promise
from tests.conftest import MovableClock
from tests.factories import Factory
from tests.mail_server import Inbox
from tests.office import Office

# Monday the 16th is a holiday in Mexico: the first day on which companies are written to is Tuesday.
TUESDAY = date(2026, 11, 17)


def local(day: date, hour: float) -> datetime:
    """An hour of a day in Mexico City, which keeps UTC-6 all year."""
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(hours=hour)


def go(clock: MovableClock, factory: Factory, day: date, hour: float) -> None:
    """It is that hour in Mexico City, for the office and for what the factory makes."""
    clock.set(local(day, hour))
    factory.now = clock.now()


async def debtor(factory: Factory, **values: Any) -> tuple[Customer, Receivable]:
    """A customer with a contact, and one invoice of 1,234.50 MXN that is a week overdue on Tuesday."""
    customer = await factory.customer("Abarrotes Lupita", **values)
    await factory.contact(customer, email="maria@lupita.example")
    return customer, await factory.receivable(customer, "1234.50", due_on=TUESDAY - timedelta(days=7))


async def begin_day(office: Office, clock: MovableClock, factory: Factory, day: date) -> None:
    """The business day begins: reminders are planned."""
    go(clock, factory, day, 0.5)
    await office.look()


async def pass_slot(office: Office, clock: MovableClock, factory: Factory, day: date) -> None:
    """Eleven o'clock has come, by which every reminder of the day has had its time."""
    go(clock, factory, day, 11.1)
    await office.look()


async def whole_day(office: Office, clock: MovableClock, factory: Factory, day: date) -> None:
    await begin_day(office, clock, factory, day)
    await pass_slot(office, clock, factory, day)


async def messages(factory: Factory, customer: Customer | None = None) -> list[Message]:
    async with factory.read() as tx:
        query = select(Message).order_by(Message.created_at, Message.id)
        if customer:
            query = query.where(Message.customer_id == customer.id)
        return list(await tx.session.scalars(query))


async def listed(factory: Factory, message: Message) -> dict[UUID, int]:
    """What a message listed: balances in minor units by receivable."""
    async with factory.read() as tx:
        rows = await tx.session.scalars(
            select(MessageReceivable).where(MessageReceivable.message_id == message.id)
        )
        return {row.receivable_id: row.balance_minor for row in rows}


async def reviews(factory: Factory) -> list[tuple[str, str]]:
    """Kind and state of every task."""
    async with factory.read() as tx:
        rows = await tx.session.scalars(select(Task).order_by(Task.created_at, Task.id))
        return [(row.kind, row.state) for row in rows]


async def pay(
    factory: Factory, customer: Customer, amount: str, *lines: tuple[UUID, int], currency: str = "MXN"
) -> UUID:
    new = NewPayment(
        customer.id,
        PaymentMethod.TRANSFER,
        Money.parse(amount, currency),
        factory.now.date(),
        lines=list(lines) if lines else None,
    )
    async with factory.write() as tx:
        return (await record_payment(tx, new)).payment_id


async def promise(factory: Factory, receivable: Receivable, due_on: date) -> None:
    async with factory.write() as tx:
        await make_promise(
            tx,
            NewPromise(
                receivable.customer_id,
                [receivable.id],
                Money(receivable.balance_minor, receivable.currency),
                due_on,
                PromiseChannel.PHONE,
            ),
        )


def reminders_in(inbox: Inbox) -> list[str]:
    return [text for text in inbox.texts() if "/p/l/" in text]
