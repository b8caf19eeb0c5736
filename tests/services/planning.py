"""Plans for tests, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.queries.locks import lock
from cartera.db.tables.activities import Task
from cartera.db.tables.charges import Charge
from cartera.db.tables.plans import Instalment, Plan
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.charges import ChargeKind
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod, ReversalKind
from cartera.rules.plan_schedules import Frequency
from cartera.rules.plans import PlanPolicy
from cartera.rules.receivables import EntryKind
from cartera.services.books import settle_up
from cartera.services.ledger import Ledger, NewCharge
from cartera.services.payments import NewPayment, record_payment
from cartera.services.plan_terms import Even, NewPlan
from cartera.services.plans import (
    PlanDone,
    PlanStep,
    activate_plan,
    approve_plan,
    cancel_plan,
    propose_plan,
    set_plan_policy,
)
from cartera.services.reversals import NewReversal, reverse_payment
from tests.factories import Factory
from tests.services.books import row

FIRST = date(2026, 12, 16)
MONTHLY = Even(3, FIRST, Frequency.MONTHLY)


def asked(receivables: Sequence[Receivable], **values: Any) -> NewPlan:
    """Three monthly instalments from a month after today."""
    new = NewPlan(receivables[0].customer_id, [each.id for each in receivables], MONTHLY)
    return replace(new, **values)


async def propose(factory: Factory, new: NewPlan, actor: Actor | None = None) -> PlanDone:
    async with factory.write(actor) as tx:
        return await propose_plan(tx, new)


async def approve(factory: Factory, plan_id: UUID, actor: Actor | None = None) -> PlanDone:
    async with factory.write(actor) as tx:
        return await approve_plan(tx, PlanStep(plan_id))


async def activate(factory: Factory, plan_id: UUID, actor: Actor | None = None) -> PlanDone:
    async with factory.write(actor) as tx:
        return await activate_plan(tx, PlanStep(plan_id))


async def cancel(factory: Factory, plan_id: UUID, actor: Actor | None = None) -> PlanDone:
    async with factory.write(actor) as tx:
        return await cancel_plan(tx, PlanStep(plan_id))


async def sign(factory: Factory, new: NewPlan, actor: Actor | None = None) -> UUID:
    """Propose and activate; the plan's id."""
    plan_id = (await propose(factory, new, actor)).plan_id
    await activate(factory, plan_id, actor)
    return plan_id


async def set_policy(factory: Factory, **values: Any) -> None:
    async with factory.write() as tx:
        await set_plan_policy(tx, replace(PlanPolicy(), **values))


async def charge(
    factory: Factory, receivable: Receivable, amount: str, kind: ChargeKind = ChargeKind.INTEREST
) -> UUID:
    """Interest that fell due today, or another charge."""
    async with factory.write() as tx:
        locked = await lock(tx, customers=[receivable.customer_id], receivables=[receivable.id])
        ledger = await Ledger.of(tx, locked.receivables)
        charge_id = ledger.add_charge(
            receivable.id,
            NewCharge(
                kind=kind,
                rule="test",
                source="test",
                amount=Money.parse(amount, receivable.currency).minor,
                due_on=tx.today,
                on=tx.today,
            ),
        )
        await ledger.write()
        await settle_up(tx, [receivable.customer_id])
        return charge_id


async def pay(
    factory: Factory,
    receivable: Receivable,
    amount: str,
    *,
    on: date | None = None,
    lines: Sequence[tuple[UUID, int]] | None = None,
) -> UUID:
    """Money of the receivable's customer, in its currency; oldest first unless told."""
    money = Money.parse(amount, receivable.currency)
    async with factory.write() as tx:
        new = NewPayment(receivable.customer_id, PaymentMethod.TRANSFER, money, on or tx.today, lines=lines)
        return (await record_payment(tx, new)).payment_id


async def bounce(factory: Factory, payment_id: UUID) -> None:
    """The whole payment goes back."""
    async with factory.write() as tx:
        await reverse_payment(tx, NewReversal(payment_id, ReversalKind.BOUNCE, tx.today))


async def book(factory: Factory, receivable: Receivable, kind: EntryKind, amount: int) -> None:
    """An entry that settles ``amount`` of the principal by what is not money in hand."""
    async with factory.write() as tx:
        locked = await lock(tx, customers=[receivable.customer_id], receivables=[receivable.id])
        ledger = await Ledger.of(tx, locked.receivables)
        ledger.settle(receivable.id, amount, kind, on=tx.today)
        await ledger.write()
        await settle_up(tx, [receivable.customer_id])


async def state(factory: Factory, plan_id: UUID) -> tuple[str, int, date | None]:
    """State, number of late instalments, the day on which it ended."""
    plan = await row(factory, Plan, plan_id)
    return plan.state, plan.late_count, plan.ended_on


async def parts(factory: Factory, plan_id: UUID) -> list[tuple[int, int, int, str]]:
    """Number, owed, paid and state of each instalment."""
    async with factory.read() as tx:
        found = await tx.session.scalars(
            select(Instalment).where(Instalment.plan_id == plan_id).order_by(Instalment.number)
        )
        return [(each.number, each.owed_minor, each.paid_minor, each.state) for each in found]


async def waivers(factory: Factory) -> list[tuple[int, bool]]:
    """Amount of each waiver, and whether it is of a charge; in the order of the books."""
    async with factory.read() as tx:
        found = await tx.session.scalars(
            select(Entry).where(Entry.kind == "waiver").order_by(Entry.recorded_at, Entry.id)
        )
        return [(each.amount_minor, each.charge_id is not None) for each in found]


async def interest_lines(factory: Factory) -> list[Charge]:
    async with factory.read() as tx:
        found = await tx.session.scalars(
            select(Charge).where(Charge.kind == "plan_interest").order_by(Charge.due_on, Charge.id)
        )
        return list(found)


async def plan_reviews(factory: Factory) -> list[str]:
    async with factory.read() as tx:
        return list(
            await tx.session.scalars(
                select(Task.state).where(Task.kind == "review_plan").order_by(Task.created_at, Task.id)
            )
        )
