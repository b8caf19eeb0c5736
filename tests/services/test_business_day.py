"""The business day begins for everybody, whatever is written while it does."""

from __future__ import annotations

from datetime import timedelta

from cartera.db.tables.customers import Customer
from cartera.rules.activities import TaskKind
from cartera.rules.promises import PromiseState
from cartera.services.business_day import catch_up, roll_business_day
from cartera.services.tasks import NewTask, schedule_task
from tests.factories import Factory
from tests.services import promising


async def test_a_write_before_a_customer_is_caught_up_hides_nothing_of_the_day(
    factory: Factory, customer: Customer
) -> None:
    debt = await factory.receivable(customer, "100.00")
    made = await promising.make(factory, promising.promised([debt], "100.00"))
    before = (await promising.account(factory, customer)).business_day
    factory.now += timedelta(days=30)
    async with factory.write() as tx:
        await roll_business_day(tx)
    async with factory.write() as tx:
        await schedule_task(tx, NewTask(customer.id, TaskKind.CALL, factory.now + timedelta(days=1)))
    assert (await promising.account(factory, customer)).business_day == before
    async with factory.write() as tx:
        assert await catch_up(tx, None) == customer.id
    async with factory.read() as tx:
        today = tx.today
    assert await promising.story(factory, made) == (PromiseState.BROKEN, 0, today)
    assert (await promising.account(factory, customer)).business_day == today


async def test_the_day_begins_while_others_write(factory: Factory, customer: Customer) -> None:
    """Every write adds rows of the organization, which neither waits for the day nor keeps it waiting."""
    other = await factory.customer()
    call = factory.now + timedelta(days=40)
    factory.now += timedelta(days=30)
    async with factory.write() as first:
        await schedule_task(first, NewTask(customer.id, TaskKind.CALL, call))
        await first.session.flush()
        async with factory.write() as tx:
            await roll_business_day(tx)
            async with factory.write() as second:
                await schedule_task(second, NewTask(other.id, TaskKind.CALL, call))
    async with factory.read() as tx:
        assert tx.organization.business_day == tx.today
