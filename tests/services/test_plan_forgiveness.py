"""What a plan forgives is waived once all else is paid, and owed again when that money goes back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from cartera.actors import Actor
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.imputation import ImputationOrder
from cartera.rules.money import Money
from cartera.services.charge_policies import NewPolicy
from cartera.services.charge_policies import set_policy as set_charge_policy
from cartera.services.plans import PlanStep, cancel_plan
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move, row
from tests.services.planning import (
    FIRST,
    asked,
    bounce,
    charge,
    interest_lines,
    parts,
    pay,
    set_policy,
    sign,
    state,
    waivers,
)
from tests.services.promising import account
from tests.services.test_plan_proof import LAST_DAY, owed


async def test_what_a_plan_forgives_is_waived_once_all_else_is_paid(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    await set_policy(factory, max_principal_percent=10)
    later = await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=1))
    await charge(factory, invoice, "20.00")
    plan_id = await sign(
        factory,
        asked(
            [invoice, later],
            charges_forgiven=Money(20_00, "MXN"),
            principal_forgiven=Money(15_00, "MXN"),
        ),
        manager,
    )
    await pay(factory, invoice, "184.99")
    assert await state(factory, plan_id) == ("active", 0, None)
    assert await waivers(factory) == []
    await pay(factory, invoice, "0.01")
    assert await state(factory, plan_id) == ("completed", 0, TODAY)
    assert sum(amount for amount, _ in await waivers(factory)) == -35_00
    assert (await owed(factory, invoice), await owed(factory, later)) == (0, 0)
    assert (await account(factory, customer)).balance_minor == 0
    await books_agree(factory)


async def test_what_was_forgiven_is_owed_again_when_the_money_that_earned_it_goes_back(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    await set_policy(factory, max_principal_percent=10)
    await charge(factory, invoice, "20.00")
    told = asked([invoice], charges_forgiven=Money(20_00, "MXN"), principal_forgiven=Money(10_00, "MXN"))
    plan_id = await sign(factory, told, manager)
    payment_id = await pay(factory, invoice, "90.00")
    assert await state(factory, plan_id) == ("completed", 0, TODAY)
    assert await owed(factory, invoice) == 0
    await bounce(factory, payment_id)
    assert await owed(factory, invoice) == 120_00
    assert await state(factory, plan_id) == ("completed", 0, TODAY)
    assert (await account(factory, customer)).balance_minor == 120_00
    await books_agree(factory)


async def test_charges_to_be_forgiven_are_paid_last_and_waived_as_charges(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    """20.00 and then 10.00 of interest, of which 15.00 are forgiven: 10.00 and half of the rest."""
    await charge(factory, invoice, "20.00")
    factory.now += timedelta(days=1)
    await charge(factory, invoice, "10.00")
    plan_id = await sign(factory, asked([invoice], charges_forgiven=Money(15_00, "MXN")), manager)
    await pay(factory, invoice, "100.00")
    paid = await row(factory, Receivable, invoice.id)
    assert (paid.charges_settled_minor, paid.settled_minor) == (0, 100_00), "principal alone"
    await pay(factory, invoice, "15.00")
    assert (await state(factory, plan_id))[0] == "completed"
    assert await waivers(factory) == [(-5_00, True), (-10_00, True)]
    assert await owed(factory, invoice) == 0


async def test_interest_to_come_is_paid_last_and_waived_on_default_whatever_was_paid(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    plan_id = await sign(factory, asked([invoice], annual_percent=Decimal(12)), manager)
    await move(factory, (FIRST - TODAY).days)
    await pay(factory, invoice, "34.33")
    assert [each.balance_minor for each in await interest_lines(factory)] == [0, 69, 34]
    assert [each[3] for each in await parts(factory, plan_id)] == ["paid", "pending", "pending"]
    async with factory.write(manager) as tx:
        await cancel_plan(tx, PlanStep(plan_id))
    assert await waivers(factory) == [(-69, True), (-34, True)]
    assert await owed(factory, invoice) == 66_67


async def test_a_default_forgives_nothing(factory: Factory, manager: Actor, invoice: Receivable) -> None:
    await set_policy(factory, default_after=1)
    await charge(factory, invoice, "20.00")
    plan_id = await sign(factory, asked([invoice], charges_forgiven=Money(20_00, "MXN")), manager)
    await move(factory, (LAST_DAY - TODAY).days + 1)
    assert (await state(factory, plan_id))[0] == "defaulted"
    assert (await waivers(factory), await owed(factory, invoice)) == ([], 120_00)


async def test_document_by_document_money_passes_by_what_is_to_be_forgiven(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    """The older document's interest is forgiven at the end, so its money goes to the younger one."""
    younger = await factory.receivable(customer, "100.00", due_on=TODAY)
    by_document = ImputationOrder.INTEREST_COST_PRINCIPAL_BY_DOCUMENT
    async with factory.write() as tx:
        policy = NewPolicy(Terms(Basis.NONE), Posting.OFF, imputation=by_document)
        await set_charge_policy(tx, policy)
    await charge(factory, invoice, "50.00")
    plan_id = await sign(factory, asked([invoice, younger], charges_forgiven=Money(50_00, "MXN")), manager)
    await pay(factory, invoice, "150.00")
    assert (await owed(factory, invoice), await owed(factory, younger)) == (50_00, 50_00)
    await pay(factory, invoice, "50.00")
    assert (await state(factory, plan_id))[0] == "completed"
    assert await waivers(factory) == [(-50_00, True)]
    await books_agree(factory)
