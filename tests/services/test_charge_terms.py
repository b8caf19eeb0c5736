"""Whose terms hold: the customer's agreement, the policy, the country's law and its figures."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from cartera.db.queries.charges import terms
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from cartera.rules.charge_rules import Basis, Lacking, Posting, Terms
from cartera.rules.imputation import ImputationOrder
from cartera.rules.interest import DayCount
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.services.charge_policies import NewAgreement, NewPolicy, set_agreement, set_policy
from cartera.services.charges import (
    posting,
)
from cartera.services.payments import (
    NewPayment,
    record_payment,
)
from cartera.services.rates import NewIndexValue, set_index_values
from tests.api.test_customer_details import statements
from tests.factories import TODAY, Factory
from tests.services.books import row
from tests.services.charging import DUE, LEGAL, assessed, pay, post, set_terms, story


@pytest.fixture
async def debt(factory: Factory, customer: Customer) -> Receivable:
    """100,000.00, thirty days overdue."""
    return await factory.receivable(customer, "100000.00", due_on=DUE)


async def test_an_agreed_order_pays_principal_first(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory)
    (charge_id,) = await post(factory, customer)
    order = ImputationOrder.PRINCIPAL_INTEREST_COST
    async with factory.write() as tx:
        await set_agreement(tx, NewAgreement(customer.id, LEGAL, order))
    await pay(factory, customer, "100000.00", TODAY)
    assert (await row(factory, Charge, charge_id)).balance_minor == 49_315
    assert (await row(factory, Receivable, debt.id)).balance_minor == 49_315
    assert (await story(factory, debt))[-1] == ("allocation", -10_000_000, TODAY, False)


async def test_an_agreement_takes_the_place_of_the_policy_for_its_customer(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory)
    agreed = Terms(Basis.AGREED, agreed_percent=Decimal(24), day_count=DayCount.ACTUAL_360)
    async with factory.write() as tx:
        await set_agreement(tx, NewAgreement(customer.id, agreed))
    (found,) = await assessed(factory, customer)
    assert (found.line.rule, found.line.amount) == ("agreed.interest", 200_000)
    async with factory.write() as tx:
        await set_agreement(tx, NewAgreement(customer.id, None))
    (found,) = await assessed(factory, customer)
    assert found.line.rule == "mx.commercial_interest"


async def test_terms_are_read_once_in_a_transaction_and_anew_once_they_have_changed(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory, Posting.AUTOMATIC)
    money = Money.parse("10.00", "MXN")
    async with factory.write() as tx:
        with statements(factory.db) as seen:
            await record_payment(tx, NewPayment(customer.id, PaymentMethod.TRANSFER, money, TODAY))
        assert [sum(_reads(each, table) for each in seen) for table in _TERMS] == [1, 1]
        for percent in (24, 12):
            agreed = Terms(Basis.AGREED, agreed_percent=Decimal(percent), day_count=DayCount.ACTUAL_365)
            await set_agreement(tx, NewAgreement(customer.id, agreed))
            assert (await terms(tx, [customer.id]))[customer.id].agreed_percent == percent
        await set_agreement(tx, NewAgreement(customer.id, None))
        assert (await terms(tx, [customer.id]))[customer.id] == LEGAL
        await set_policy(tx, NewPolicy(Terms(Basis.NONE), Posting.OFF))
        assert (await terms(tx, [customer.id]))[customer.id].basis is Basis.NONE
        assert await posting(tx) is Posting.OFF


_TERMS = ("charge_policy", "charge_agreement")


def _reads(statement: str, table: str) -> bool:
    return f"FROM {table} " in statement.replace("\n", " ")


async def test_chile_charges_9_000_on_100_000_pesos_with_the_uf_of_day_21(factory: Factory) -> None:
    chile = Factory(factory.db, factory.now)
    await chile.organization_row(country="CL", time_zone="America/Santiago", base_currency="CLP")
    consumer = await chile.customer(country="CL", debtor_type="consumer")
    await chile.receivable(consumer, "100000", currency="CLP", due_on=TODAY - timedelta(days=25))
    async with chile.write() as tx:
        await set_policy(tx, NewPolicy(LEGAL, Posting.BY_HAND))
    day_21 = TODAY - timedelta(days=4)
    (found,) = await assessed(chile, consumer)
    assert found.line == Lacking("cl.collection_cost", "cl.uf", day_21)
    assert await post(chile, consumer) == (), "what lacks a figure is not posted"
    async with chile.write() as tx:
        await set_index_values(tx, [NewIndexValue("cl.uf", day_21, Decimal("39000"), "CMF")])
    (charge_id,) = await post(chile, consumer)
    charge = await row(chile, Charge, charge_id)
    assert (charge.kind, charge.amount_minor, charge.due_on) == ("collection_cost", 9_000, day_21)
    assert await post(chile, consumer) == ()
