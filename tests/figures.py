"""What measures are computed from, booked or written as the books would have it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from cartera.db.base import new_id
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import CreditNote
from cartera.db.tables.promises import Promise
from cartera.db.tables.receivables import Receivable
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.services.payments import NewPayment, record_payment
from tests.factories import Factory


async def pay(factory: Factory, receivable: Receivable, amount: str, on: date) -> None:
    money = Money.parse(amount, receivable.currency)
    async with factory.write() as tx:
        await record_payment(
            tx,
            NewPayment(
                receivable.customer_id, PaymentMethod.CASH, money, on, lines=[(receivable.id, money.minor)]
            ),
        )


async def credit_note(factory: Factory, customer: Customer, minor: int, issued_on: date) -> None:
    key = new_id()
    async with factory.write() as tx:
        tx.session.add(
            CreditNote(
                organization_id=factory.organization_id,
                id=key,
                customer_id=customer.id,
                external_id=str(key),
                number="NC-1",
                issued_on=issued_on,
                currency="MXN",
                amount_minor=minor,
                applied_minor=0,
                unapplied_minor=minor,
                import_run_id=None,
                actor="system:test",
                recorded_at=factory.now,
            )
        )


async def promise(
    factory: Factory,
    customer: Customer,
    state: str,
    due_on: date,
    *,
    resolved_on: date | None,
    amount: int = 100_00,
    received: int = 0,
    currency: str = "MXN",
) -> UUID:
    made = Promise(
        organization_id=factory.organization_id,
        id=new_id(),
        customer_id=customer.id,
        amount_minor=amount,
        currency=currency,
        due_on=due_on,
        last_day=due_on + timedelta(days=1),
        state=state,
        received_minor=received,
        channel="phone",
        member_id=None,
        note=None,
        created_at=factory.now,
        resolved_on=resolved_on,
    )
    async with factory.write() as tx:
        tx.session.add(made)
    return made.id
