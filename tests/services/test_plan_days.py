"""Interest of default and plans: days that a plan's own terms stood for, and documents that one is about."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.services.assessment import Assessed, assess_charges
from cartera.services.charge_policies import NewPolicy, set_policy
from cartera.services.charges import NewPosting, post_automatically, post_charges
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move, refused
from tests.services.planning import FIRST, asked, cancel, pay, sign, state

# Two instalments late: the second's last day is 21 January.
DEFAULT = date(2027, 1, 22)


@pytest.fixture
async def debt(factory: Factory, customer: Customer) -> Receivable:
    """100,000.00, thirty days overdue."""
    return await factory.receivable(customer, "100000.00", due_on=TODAY - timedelta(days=30))


async def charging(factory: Factory, posting: Posting) -> None:
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), posting))


async def automatically(factory: Factory) -> None:
    async with factory.write() as tx:
        await post_automatically(tx, None, 100)


async def by_hand(factory: Factory, customer: Customer, **more: Any) -> tuple[UUID, ...]:
    async with factory.write() as tx:
        return (await post_charges(tx, NewPosting(customer.id, tx.today, **more))).charge_ids


async def preview(factory: Factory, customer: Customer, *receivable_ids: UUID) -> list[Assessed]:
    async with factory.read() as tx:
        return await assess_charges(tx, customer.id, tx.today, receivable_ids)


async def of_default(factory: Factory) -> list[tuple[date | None, date | None, int]]:
    """The lines of interest of default, by their days."""
    async with factory.read() as tx:
        found = await tx.session.scalars(
            select(Charge).where(Charge.kind == "interest").order_by(Charge.from_on)
        )
        return [(each.from_on, each.to_on, each.amount_minor) for each in found]


BEFORE = (date(2026, 10, 18), date(2026, 11, 1), 230_14)


@pytest.mark.parametrize(
    ("percent", "lines"),
    [
        # The days from signing to default bore the plan's own interest: 16 days before it, 9 after it.
        (
            "12",
            [(date(2026, 11, 1), date(2026, 11, 17), 263_01), (date(2027, 1, 23), date(2027, 2, 1), 147_95)],
        ),
        # Without interest of its own the debt was due all along: 92 days.
        ("0", [(date(2026, 11, 1), date(2027, 2, 1), 1512_33)]),
    ],
)
async def test_after_a_default_no_day_bears_interest_twice(
    factory: Factory,
    manager: Actor,
    debt: Receivable,
    percent: str,
    lines: list[tuple[date, date, int]],
) -> None:
    await charging(factory, Posting.AUTOMATIC)
    await automatically(factory)
    assert await of_default(factory) == [BEFORE]
    plan_id = await sign(factory, asked([debt], annual_percent=Decimal(percent)), manager)
    await move(factory, (DEFAULT - TODAY).days)
    assert await state(factory, plan_id) == ("defaulted", 2, DEFAULT)
    await move(factory, (date(2027, 2, 1) - DEFAULT).days)
    await automatically(factory)
    assert await of_default(factory) == [BEFORE, *lines]
    await automatically(factory)
    assert await of_default(factory) == [BEFORE, *lines]
    await books_agree(factory)


async def test_money_after_a_cancelled_plan_finds_interest_of_the_days_around_it(
    factory: Factory, manager: Actor, customer: Customer, debt: Receivable
) -> None:
    """Signed thirty days overdue, cancelled ten days later, paid five days after that."""
    await charging(factory, Posting.AUTOMATIC)
    plan_id = await sign(factory, asked([debt], annual_percent=Decimal(12)), manager)
    await move(factory, 10)
    await cancel(factory, plan_id, manager)
    await move(factory, 5)
    await pay(factory, debt, "1000.00")
    assert await of_default(factory) == [
        (date(2026, 10, 18), date(2026, 11, 17), 493_15),
        (date(2026, 11, 27), date(2026, 12, 2), 82_19),
    ]
    await books_agree(factory)


async def test_who_kept_a_plan_without_interest_owes_none_of_its_days(
    factory: Factory, manager: Actor, customer: Customer, debt: Receivable
) -> None:
    await charging(factory, Posting.BY_HAND)
    await by_hand(factory, customer)
    plan_id = await sign(factory, asked([debt]), manager)
    await move(factory, (FIRST - TODAY).days)
    await pay(factory, debt, "100493.15")
    assert await state(factory, plan_id) == ("completed", 0, FIRST)
    assert await by_hand(factory, customer, receivable_ids=[debt.id]) == ()


async def test_by_hand_too_nothing_is_charged_on_what_a_plan_is_about(
    factory: Factory, manager: Actor, customer: Customer, debt: Receivable
) -> None:
    other = await factory.receivable(customer, "50000.00", due_on=TODAY - timedelta(days=30))
    await charging(factory, Posting.BY_HAND)
    await sign(factory, asked([debt], annual_percent=Decimal(12)), manager)
    assert [each.receivable_id for each in await preview(factory, customer)] == [other.id]
    async with refused(factory, "RECEIVABLE_IN_PLAN", "receivableIds"):
        await preview(factory, customer, other.id, debt.id)
    async with refused(factory, "RECEIVABLE_IN_PLAN", "receivableIds"):
        await by_hand(factory, customer, receivable_ids=[other.id, debt.id])
    await by_hand(factory, customer)
    assert await of_default(factory) == [(date(2026, 10, 18), date(2026, 11, 17), 246_58)]
    async with factory.read() as tx:
        charged = await tx.session.scalars(select(Charge.receivable_id).where(Charge.kind == "interest"))
        assert set(charged) == {other.id}
