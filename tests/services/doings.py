"""What somebody does with a customer that its timeline tells by the audit log."""

from __future__ import annotations

from datetime import timedelta

from cartera.actors import Actor, member
from cartera.db.tables.customers import Customer
from cartera.rules.charges import ChargeKind
from cartera.rules.money import Money
from cartera.rules.permissions import Role
from cartera.services.assignments import NewAssignment, assign_customers
from cartera.services.charges import ManualCharge, add_charge
from cartera.services.holds import NewHold, place_hold
from cartera.services.receivables import WriteOff, write_off
from cartera.services.waivers import NewWaiver, waive_charge
from tests.factories import TODAY, Factory
from tests.services import papers, planning


async def ana_torres(factory: Factory) -> Actor:
    row = await factory.member("manager", name="Ana Torres")
    return member(factory.organization_id, row.id, Role.MANAGER, address="203.0.113.7")


async def everything_done(factory: Factory, customer: Customer, ana: Actor, collector: Actor) -> str:
    """A plan to its end, a cheque to its bounce, and what has no line of its own; a minute after another.

    Returns the number of the document that was charged and written off.
    """
    invoices = [await factory.receivable(customer, "90.00", due_on=TODAY) for _ in range(3)]

    def next_minute() -> None:
        factory.now += timedelta(minutes=1)

    plan = (await planning.propose(factory, planning.asked(invoices[:1]), ana)).plan_id
    next_minute()
    await planning.activate(factory, plan, ana)
    next_minute()
    await planning.cancel(factory, plan, ana)
    next_minute()
    factory.now = factory.now.replace(day=17)
    paper = await papers.take(factory, papers.cheque(invoices[1:2], "90.00"), ana)
    next_minute()
    await papers.deposit(factory, paper, actor=ana)
    next_minute()
    await papers.bounce(factory, paper, actor=ana)
    next_minute()
    async with factory.write(ana) as tx:
        new = ManualCharge(invoices[2].id, ChargeKind.OTHER, Money(5_00, "MXN"), "mensajería")
        fee = (await add_charge(tx, new)).charge_id
    next_minute()
    async with factory.write(ana) as tx:
        await waive_charge(tx, NewWaiver(fee, "cliente de años", Money(2_00, "MXN")))
    next_minute()
    async with factory.write(ana) as tx:
        await write_off(tx, WriteOff([invoices[2].id], "cerró el negocio"))
    next_minute()
    async with factory.write(ana) as tx:
        await place_hold(tx, NewHold(customer.id, factory.now.date(), "duelo"))
    next_minute()
    async with factory.write(ana) as tx:
        await assign_customers(tx, NewAssignment([customer.id], collector.member_id))
    return invoices[2].number
