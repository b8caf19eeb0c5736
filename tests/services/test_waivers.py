"""Waivers: who may, how much, and what is left in the books."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.outbox import AuditEntry
from cartera.db.tables.receivables import Entry, Receivable
from cartera.errors import Refused
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.charges import ChargeKind
from cartera.rules.money import Money
from cartera.rules.waivers import Limit
from cartera.services.charge_policies import NewPolicy, set_policy
from cartera.services.charges import ManualCharge, NewPosting, add_charge, post_charges
from cartera.services.waivers import NewWaiver, waive_charge
from tests.factories import TODAY, Factory
from tests.services.books import refused, row

REASON = "Cliente de veinte años, acordado con su gerente"


@pytest.fixture
async def fee(factory: Factory, invoice: Receivable) -> UUID:
    """40.00 on an invoice of 100.00."""
    async with factory.write() as tx:
        added = await add_charge(
            tx,
            ManualCharge(invoice.id, ChargeKind.BOUNCE_FEE, Money.parse("40.00", "MXN"), "Cheque devuelto"),
        )
    return added.charge_id


async def _waive(factory: Factory, actor: Actor, fee: UUID, pesos: str | None = None, **more: Any) -> bool:
    money = Money.parse(pesos, "MXN") if pesos else None
    given: dict[str, Any] = {"charge_id": fee, "reason": REASON, "amount": money} | more
    async with factory.write(actor) as tx:
        return (await waive_charge(tx, NewWaiver(**given))).replayed


async def _limit(factory: Factory, collector: Limit, manager: Limit | None = None) -> None:
    async with factory.write() as tx:
        new = NewPolicy(Terms(Basis.NONE), collector_waiver=collector, manager_waiver=manager or Limit())
        await set_policy(tx, new)


async def _collector(factory: Factory, customer: Customer) -> Actor:
    """A collector to whom the customer is assigned."""
    actor = await factory.actor("collector")
    async with factory.write() as tx:
        held = await tx.session.get_one(Customer, (factory.organization_id, customer.id))
        held.collector_id = actor.member_id
    return actor


async def test_a_waiver_settles_the_charge_and_has_an_author_and_a_reason(
    factory: Factory, invoice: Receivable, fee: UUID
) -> None:
    manager = await factory.actor("manager")
    await _waive(factory, manager, fee)
    charge = await row(factory, Charge, fee)
    assert (charge.amount_minor, charge.settled_minor, charge.balance_minor) == (4_000, 4_000, 0)
    after = await row(factory, Receivable, invoice.id)
    assert (after.amount_minor, after.charges_minor, after.charges_settled_minor, after.balance_minor) == (
        10_000,
        4_000,
        4_000,
        10_000,
    )
    async with factory.read() as tx:
        entry = (await tx.session.scalars(select(Entry).where(Entry.kind == "waiver"))).one()
        audit = (
            await tx.session.scalars(select(AuditEntry).where(AuditEntry.action == "charge.waive"))
        ).one()
    assert (entry.amount_minor, entry.charge_id, entry.note, entry.actor, entry.effective_on) == (
        -4_000,
        fee,
        REASON,
        str(manager),
        TODAY,
    )
    assert audit.before == {"balance_minor": 4_000, "currency": "MXN"}
    assert audit.after == {"balance_minor": 0, "waived_minor": 4_000, "reason": REASON}


async def test_part_of_a_charge_can_be_waived(factory: Factory, invoice: Receivable, fee: UUID) -> None:
    manager = await factory.actor("manager")
    await _waive(factory, manager, fee, "15.50")
    assert (await row(factory, Charge, fee)).balance_minor == 2_450
    assert (await row(factory, Receivable, invoice.id)).balance_minor == 12_450


async def test_a_collector_waives_up_to_the_limit_in_all(
    factory: Factory, customer: Customer, fee: UUID
) -> None:
    collector = await _collector(factory, customer)
    await _limit(factory, Limit(Decimal(25)))
    await _waive(factory, collector, fee, "6.00")
    async with refused(factory, "WAIVER_NEEDS_MANAGER", "amount"):
        await _waive(factory, collector, fee, "4.01")
    await _waive(factory, collector, fee, "4.00")
    assert (await row(factory, Charge, fee)).balance_minor == 3_000


async def test_the_refusal_names_what_is_left_and_who_may(
    factory: Factory, customer: Customer, fee: UUID
) -> None:
    collector = await _collector(factory, customer)
    for limits, code in (
        ((Limit(minor=1_000), Limit()), "WAIVER_NEEDS_MANAGER"),
        ((Limit(minor=1_000), Limit(Decimal(50))), "WAIVER_NEEDS_ADMIN"),
    ):
        await _limit(factory, *limits)
        with pytest.raises(Refused) as caught:
            await _waive(factory, collector, fee)
        (problem,) = caught.value.problems
        assert problem.code == code
        assert problem.facts == {"most": "10.00", "currency": "MXN"}


async def test_without_a_policy_a_collector_waives_nothing_and_a_manager_all(
    factory: Factory, customer: Customer, fee: UUID
) -> None:
    collector = await _collector(factory, customer)
    async with refused(factory, "WAIVER_NEEDS_MANAGER", "amount"):
        await _waive(factory, collector, fee, "0.01")
    await _waive(factory, await factory.actor("manager"), fee)
    assert (await row(factory, Charge, fee)).balance_minor == 0


async def test_waived_interest_is_not_posted_again(factory: Factory, customer: Customer) -> None:
    await factory.receivable(customer, "100000.00", due_on=TODAY - timedelta(days=30))
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), Posting.BY_HAND))
    async with factory.write() as tx:
        (charge_id,) = (await post_charges(tx, NewPosting(customer.id, TODAY))).charge_ids
    await _waive(factory, await factory.actor("admin"), charge_id)
    async with factory.write() as tx:
        assert (await post_charges(tx, NewPosting(customer.id, TODAY))).charge_ids == ()
    assert (await row(factory, Charge, charge_id)).settled_minor == 49_315


async def test_a_replayed_waiver_waives_once(factory: Factory, fee: UUID) -> None:
    manager = await factory.actor("manager")
    assert not await _waive(factory, manager, fee, "10.00", idempotency_key="k")
    assert await _waive(factory, manager, fee, "10.00", idempotency_key="k")
    assert (await row(factory, Charge, fee)).balance_minor == 3_000
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await _waive(factory, manager, fee, "11.00", idempotency_key="k")


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"reason": " \n"}, "WORDS_MISSING", "reason"),
        ({"reason": "x" * 2001}, "TOO_LONG", "reason"),
        ({"reason": "a\0b"}, "NOT_TEXT", "reason"),
        ({"amount": Money(0, "MXN")}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": Money(-5, "MXN")}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": Money(5, "USD")}, "CURRENCY_MISMATCH", "amount"),
        ({"amount": Money(4_001, "MXN")}, "WAIVER_ABOVE_BALANCE", "amount"),
        ({"charge_id": uuid4()}, "NOT_FOUND", "chargeId"),
    ],
)
async def test_bad_waivers_are_refused(
    factory: Factory, fee: UUID, values: dict[str, Any], code: str, path: str
) -> None:
    manager = await factory.actor("manager")
    async with refused(factory, code, path):
        await _waive(factory, manager, fee, **values)


async def test_a_settled_charge_has_nothing_to_waive(factory: Factory, fee: UUID) -> None:
    manager = await factory.actor("manager")
    await _waive(factory, manager, fee)
    async with refused(factory, "CHARGE_SETTLED", "chargeId"):
        await _waive(factory, manager, fee)


async def test_a_charge_out_of_sight_is_not_there(factory: Factory, fee: UUID) -> None:
    stranger = await factory.actor("collector")
    async with refused(factory, "NOT_FOUND", "chargeId"):
        await _waive(factory, stranger, fee)
    other = await factory.other()
    manager = await other.actor("manager")
    with pytest.raises(Refused) as caught:
        await _waive(other, manager, fee)
    assert caught.value.problems[0].code == "NOT_FOUND"
    viewer = await factory.actor("viewer")
    async with refused(factory, "NOT_PERMITTED"):
        await _waive(factory, viewer, fee)
