from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.base import new_id
from cartera.db.tables.accounts import Account
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Hold
from cartera.services.holds import NewHold, place_hold, release_hold
from tests.factories import TODAY, Factory
from tests.services.books import move, refused, row


async def place(factory: Factory, new: NewHold, actor: Actor | None = None) -> UUID:
    async with factory.write(actor) as tx:
        return await place_hold(tx, new)


async def priority(factory: Factory, customer: Customer) -> int:
    async with factory.read() as tx:
        return (
            await tx.session.scalars(select(Account.priority).where(Account.customer_id == customer.id))
        ).one()


@pytest.fixture
async def customer(factory: Factory) -> Customer:
    made = await factory.customer()
    await factory.contact(made)
    return made


async def test_a_hold_ranks_nothing_until_it_is_released_or_runs_out(
    factory: Factory, manager: Actor, customer: Customer
) -> None:
    await factory.receivable(customer, "100.00")
    chased = await priority(factory, customer)
    new = NewHold(customer.id, TODAY + timedelta(days=3), "Auditoría interna del cliente")
    hold_id = await place(factory, new, manager)
    held = await priority(factory, customer)
    hold = await row(factory, Hold, hold_id)
    assert (hold.until_on, hold.receivable_id, hold.actor) == (
        TODAY + timedelta(days=3),
        None,
        f"member:{manager.member_id}",
    )
    assert held < chased
    async with factory.write(manager) as tx:
        await release_hold(tx, hold_id)
    assert (await row(factory, Hold, hold_id)).released_at == factory.now
    assert await priority(factory, customer) == chased
    await place(factory, new, manager)
    await move(factory, 3)
    assert await priority(factory, customer) == held
    await move(factory, 1)
    assert await priority(factory, customer) > held


async def test_a_hold_on_one_receivable_leaves_the_others_in_chase(
    factory: Factory, manager: Actor, customer: Customer
) -> None:
    one = await factory.receivable(customer, "100.00")
    await factory.receivable(customer, "100.00")
    both = await priority(factory, customer)
    await place(factory, NewHold(customer.id, TODAY, "Nota de crédito en camino", one.id), manager)
    assert 0 < await priority(factory, customer) < both


async def test_what_cannot_be_held(factory: Factory, manager: Actor, customer: Customer) -> None:
    foreign = await factory.receivable(await factory.customer())
    yesterday = TODAY - timedelta(days=1)
    async with refused(factory, "HOLD_IN_PAST", "untilOn"):
        await place(factory, NewHold(customer.id, yesterday, "x"), manager)
    async with refused(factory, "HOLD_NEEDS_REASON", "reason"):
        await place(factory, NewHold(customer.id, TODAY, "  "), manager)
    async with refused(factory, "NOT_FOUND", "receivableId"):
        await place(factory, NewHold(customer.id, TODAY, "x", foreign.id), manager)
    async with refused(factory, "NOT_PERMITTED"):
        await place(factory, NewHold(customer.id, TODAY, "x"), await factory.actor("salesperson"))


async def test_a_hold_is_released_once(factory: Factory, manager: Actor, customer: Customer) -> None:
    hold_id = await place(factory, NewHold(customer.id, TODAY, "x"), manager)
    async with factory.write(manager) as tx:
        await release_hold(tx, hold_id)
    async with refused(factory, "HOLD_NOT_ACTIVE", "holdId"), factory.write(manager) as tx:
        await release_hold(tx, hold_id)
    ran_out = await place(factory, NewHold(customer.id, TODAY, "x"), manager)
    await move(factory, 1)
    for held in (ran_out, new_id()):
        code = "HOLD_NOT_ACTIVE" if held == ran_out else "NOT_FOUND"
        async with refused(factory, code, "holdId"), factory.write(manager) as tx:
            await release_hold(tx, held)
