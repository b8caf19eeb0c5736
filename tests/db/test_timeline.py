from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from cartera.actors import Actor
from cartera.db.base import new_id
from cartera.db.queries.keyset import Page
from cartera.db.queries.timeline import Moment, Noun, timelines
from cartera.db.tables.activities import Activity
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.messages import Message
from cartera.db.tables.payments import CreditNote
from cartera.db.tables.receivables import Receivable
from cartera.rules.activities import ActivityKind
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.rules.promises import PromiseChannel
from cartera.services.activities import NewActivity, log_activity
from cartera.services.payments import NewPayment, record_payment
from cartera.services.promises import NewPromise, make_promise
from tests.factories import TODAY, Factory


async def add(factory: Factory, table: Any, **values: Any) -> UUID:
    made = table(organization_id=factory.organization_id, id=new_id(), **values)
    async with factory.write() as tx:
        tx.session.add(made)
    return made.id  # type: ignore[no-any-return]  # every table has an id of its own


async def message(factory: Factory, customer: Customer, planned: datetime, sent: datetime | None) -> UUID:
    return await add(
        factory,
        Message,
        customer_id=customer.id,
        dedupe_key=str(new_id()),
        channel="email",
        template="reminder",
        language="es",
        state="sent" if sent else "planned",
        planned_for=planned,
        sent_at=sent,
        created_at=factory.now,
    )


async def pay(factory: Factory, customer: Customer, on: date) -> UUID:
    async with factory.write() as tx:
        new = NewPayment(customer.id, PaymentMethod.CASH, Money(1_00, "MXN"), on)
        return (await record_payment(tx, new)).payment_id


async def log(factory: Factory, customer: Customer, hours_ago: int) -> UUID:
    happened_at = factory.now - timedelta(hours=hours_ago)
    async with factory.write() as tx:
        new = NewActivity(customer.id, ActivityKind.NOTE, note="x", happened_at=happened_at)
        return (await log_activity(tx, new)).activity_id


async def story(factory: Factory, customer: Customer, actor: Actor | None = None) -> list[Moment]:
    async with factory.read(actor) as tx:
        return (await timelines(tx, [customer.id], Page(100))).get(customer.id, [])


async def dispute(factory: Factory, invoice: Receivable) -> UUID:
    return await add(
        factory,
        Dispute,
        receivable_id=invoice.id,
        customer_id=invoice.customer_id,
        reason="quantity",
        amount_minor=10_00,
        currency="MXN",
        state="open",
        opened_on=TODAY,
        deadline_on=TODAY,
        created_at=factory.now - timedelta(hours=3),
    )


async def credit_note(factory: Factory, customer: Customer) -> UUID:
    return await add(
        factory,
        CreditNote,
        customer_id=customer.id,
        external_id="NC1",
        number="NC1",
        issued_on=TODAY - timedelta(days=40),
        currency="MXN",
        amount_minor=1_00,
        applied_minor=0,
        unapplied_minor=1_00,
        actor="system:import",
        recorded_at=factory.now,
    )


async def test_everything_that_happened_stands_in_one_line(factory: Factory) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "100.00")
    note = await log(factory, customer, hours_ago=1)
    sent = await message(factory, customer, factory.now, factory.now - timedelta(hours=2))
    planned = await message(factory, customer, factory.now + timedelta(days=1), None)
    disputed = await dispute(factory, invoice)
    credited = await credit_note(factory, customer)
    paid_today = await pay(factory, customer, TODAY)
    paid_before = await pay(factory, customer, TODAY - timedelta(days=9))
    async with factory.write() as tx:
        new = NewPromise(customer.id, [invoice.id], Money(50_00, "MXN"), TODAY, PromiseChannel.PHONE)
        promised = (await make_promise(tx, new)).promise_id

    found = await story(factory, customer)

    now = factory.now
    assert found == [
        Moment(Noun.MESSAGE, planned, now + timedelta(days=1)),
        Moment(Noun.PROMISE, promised, now),
        Moment(Noun.PAYMENT, paid_today, now),
        Moment(Noun.ACTIVITY, note, now - timedelta(hours=1)),
        Moment(Noun.MESSAGE, sent, now - timedelta(hours=2)),
        Moment(Noun.DISPUTE, disputed, now - timedelta(hours=3)),
        # The end of the 7th in Mexico City: recorded later, it stands where it happened.
        Moment(Noun.PAYMENT, paid_before, datetime(2026, 11, 8, 6, tzinfo=UTC)),
        Moment(Noun.CREDIT_NOTE, credited, datetime(2026, 10, 8, 6, tzinfo=UTC)),
    ]


async def test_a_message_is_not_told_twice(factory: Factory) -> None:
    customer = await factory.customer()
    sent = await message(factory, customer, factory.now, factory.now)
    await add(
        factory,
        Activity,
        customer_id=customer.id,
        kind="email",
        outcome="none",
        happened_at=factory.now,
        message_id=sent,
        recorded_at=factory.now,
    )
    assert [(moment.noun, moment.id) for moment in await story(factory, customer)] == [(Noun.MESSAGE, sent)]


@pytest.mark.parametrize("backwards", [False, True])
async def test_pages_follow_each_other_without_gap_or_repetition(factory: Factory, backwards: bool) -> None:
    customer = await factory.customer()
    for hours in (5, 1, 1, 3, 1):
        await log(factory, customer, hours)
        await pay(factory, customer, TODAY)
    whole = await story(factory, customer)
    assert len(whole) == 10
    walked: list[Moment] = []
    async with factory.read() as tx:
        while True:
            start = (walked[-1].at, walked[-1].id) if walked else None
            step = (await timelines(tx, [customer.id], Page(3, start, backwards))).get(customer.id, [])
            walked += step[:3]
            if len(step) <= 3:
                break
    assert walked == (whole[::-1] if backwards else whole)


async def test_a_customer_out_of_sight_has_no_timeline(factory: Factory) -> None:
    mine = await factory.actor("collector")
    own, foreign = await factory.customer(collector_id=mine.member_id), await factory.customer()
    for customer in (own, foreign):
        await log(factory, customer, 1)
    assert len(await story(factory, own, mine)) == 1
    assert await story(factory, foreign, mine) == []
    assert await story(factory, own, await (await factory.other()).actor("manager")) == []
