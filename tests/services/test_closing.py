"""A period that closes while entries are written waits for them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from cartera.db.tables.organizations import Organization
from cartera.db.tables.receivables import Entry
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.services.payments import NewPayment, record_payment
from cartera.services.periods import Closing, close_period
from tests.factories import TODAY, Factory

YESTERDAY = TODAY - timedelta(days=1)


async def test_a_payment_under_way_is_in_the_period_that_closes_after_it(factory: Factory) -> None:
    customer = await factory.customer()
    await factory.receivable(customer, "100.00")

    async def close() -> None:
        async with factory.write() as tx:
            await close_period(tx, Closing(YESTERDAY))

    async with factory.write() as tx:
        await record_payment(tx, _paid(customer.id))
        closing = asyncio.create_task(close())
        await asyncio.sleep(0.2)
        assert not closing.done()
    await closing
    async with factory.read() as tx:
        organization = (await tx.session.scalars(select(Organization))).one()
        assert organization.closed_through == YESTERDAY
        before = (await tx.session.scalars(select(Entry).where(Entry.kind == "allocation"))).one()
    assert (before.effective_on, before.value_on) == (YESTERDAY, None)


async def test_what_began_before_the_closing_and_writes_after_it_is_late(factory: Factory) -> None:
    customer = await factory.customer()
    await factory.receivable(customer, "100.00")
    async with factory.write() as early:
        assert early.organization.closed_through is None
        async with factory.write() as tx:
            await close_period(tx, Closing(YESTERDAY))
        await record_payment(early, _paid(customer.id))
    async with factory.read() as tx:
        late = (await tx.session.scalars(select(Entry).where(Entry.kind == "allocation"))).one()
    assert (late.effective_on, late.value_on) == (TODAY, YESTERDAY)


def _paid(customer_id: UUID) -> NewPayment:
    return NewPayment(customer_id, PaymentMethod.CASH, Money(100_00, "MXN"), YESTERDAY)
