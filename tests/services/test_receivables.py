"""What nobody will pay: written off, recovered, reinstated, cancelled, and what of that is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.queries.ledger import given_up
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod, ReversalKind
from cartera.services.payments import CreditUse, NewPayment, apply_credit, record_payment
from cartera.services.receivables import (
    Cancellation,
    ReceivablesChanged,
    Reinstatement,
    WriteOff,
    cancel_receivable,
    reinstate,
    write_off,
)
from cartera.services.reversals import NewReversal, Unallocation, reverse_payment, unallocate_payment
from cartera.services.settlement_policy import SettlementPolicy, set_settlement_policy
from cartera.services.waivers import NewWaiver, waive_charge
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, refused, row
from tests.services.planning import charge


async def lose(factory: Factory, *receivables: Receivable, actor: Actor | None = None, **values: Any) -> None:
    new = WriteOff(tuple(each.id for each in receivables), "Incobrable")
    async with factory.write(actor) as tx:
        await write_off(tx, replace(new, **values))


async def restore(factory: Factory, receivable: Receivable, actor: Actor | None = None) -> None:
    async with factory.write(actor) as tx:
        await reinstate(tx, Reinstatement(receivable.id, "Apareció"))


async def cancel(factory: Factory, receivable: Receivable, actor: Actor | None = None) -> None:
    async with factory.write(actor) as tx:
        await cancel_receivable(tx, Cancellation(receivable.id, "Duplicada"))


async def pay(factory: Factory, receivable: Receivable, minor: int, spare: int = 0) -> UUID:
    """By hand; ``spare`` more than the line says came in."""
    money = Money(minor + spare, receivable.currency)
    lines = [(receivable.id, minor)]
    async with factory.write() as tx:
        new = NewPayment(receivable.customer_id, PaymentMethod.CASH, money, TODAY, lines=lines)
        return (await record_payment(tx, new)).payment_id


async def back(factory: Factory, payment_id: UUID) -> None:
    async with factory.write() as tx:
        await reverse_payment(tx, NewReversal(payment_id, ReversalKind.BOUNCE, TODAY))


async def limit(factory: Factory, minor: int) -> None:
    async with factory.write() as tx:
        await set_settlement_policy(tx, SettlementPolicy(0, 0, minor))


async def debt(factory: Factory, receivable: Receivable) -> tuple[str, int, int]:
    """State, balance and what nobody paid of it."""
    found = await row(factory, Receivable, receivable.id)
    return found.state, found.balance_minor, found.written_off_minor + found.cancelled_minor


async def told(factory: Factory, receivable: Receivable) -> list[tuple[str, int, bool]]:
    """Kind, amount and whether of a charge; all but the issue, by kind and amount."""
    async with factory.read() as tx:
        found = await tx.session.scalars(
            select(Entry).where(Entry.receivable_id == receivable.id, Entry.kind != "issue")
        )
        return sorted((each.kind, each.amount_minor, each.charge_id is not None) for each in found)


@pytest.fixture
async def collector(factory: Factory) -> Actor:
    return await factory.actor("collector")


@pytest.fixture
async def debtor(factory: Factory, collector: Actor) -> Customer:
    return await factory.customer(collector_id=collector.member_id)


async def test_a_manager_gives_up_principal_and_charges(
    factory: Factory, manager: Actor, debtor: Customer
) -> None:
    one = await factory.receivable(debtor, "100.00")
    other = await factory.receivable(debtor, "50.00", currency="USD")
    await charge(factory, one, "12.00")
    await lose(factory, one, other, actor=manager)
    assert await debt(factory, one) == ("written_off", 0, 112_00)
    assert await debt(factory, other) == ("written_off", 0, 50_00)
    assert await told(factory, one) == [
        ("interest", 12_00, True),
        ("write_off", -100_00, False),
        ("write_off", -12_00, True),
    ]
    await books_agree(factory)


async def test_a_collector_gives_up_small_rests(factory: Factory, collector: Actor, debtor: Customer) -> None:
    await limit(factory, 10_00)
    small, large = [await factory.receivable(debtor, amount) for amount in ("10.00", "10.01")]
    await lose(factory, small, actor=collector)
    assert await debt(factory, small) == ("written_off", 0, 10_00)
    async with refused(factory, "WRITE_OFF_NEEDS_APPROVAL", "receivableIds"):
        await lose(factory, large, actor=collector)


async def test_the_limit_is_in_base_currency_and_needs_a_rate(
    factory: Factory, collector: Actor, debtor: Customer
) -> None:
    await limit(factory, 19_00)
    dollar = await factory.receivable(debtor, "1.00", currency="USD")
    pesos = await factory.receivable(debtor, "20", currency="CLP")
    async with refused(factory, "WRITE_OFF_NEEDS_APPROVAL", "receivableIds"):
        await lose(factory, dollar, actor=collector)
    await factory.rate("USD", "19.01")
    async with refused(factory, "WRITE_OFF_NEEDS_APPROVAL", "receivableIds"):
        await lose(factory, dollar, actor=collector)
    await factory.rate("CLP", "0.95")
    await lose(factory, pesos, actor=collector)
    assert await debt(factory, pesos) == ("written_off", 0, 20)


async def test_a_lost_document_is_recovered_with_its_charges(factory: Factory, debtor: Customer) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    await charge(factory, invoice, "12.00")
    await lose(factory, invoice)
    payment_id = await pay(factory, invoice, 40_00)
    assert await debt(factory, invoice) == ("written_off", 0, 72_00)
    assert await told(factory, invoice) == [
        # Mexico: interest first.
        ("allocation", -28_00, False),
        ("allocation", -12_00, True),
        ("interest", 12_00, True),
        ("recovery", 12_00, True),
        ("recovery", 28_00, False),
        ("write_off", -100_00, False),
        ("write_off", -12_00, True),
    ]
    await books_agree(factory)
    rest = await pay(factory, invoice, 72_00, spare=5_00)
    assert await debt(factory, invoice) == ("paid", 0, 0)
    assert (await row(factory, Payment, rest)).unapplied_minor == 5_00
    await back(factory, payment_id)
    assert await debt(factory, invoice) == ("written_off", 0, 40_00)
    await books_agree(factory)


async def test_money_by_rule_leaves_what_is_lost_alone(factory: Factory, debtor: Customer) -> None:
    lost, due = [await factory.receivable(debtor, "100.00") for _ in range(2)]
    await lose(factory, lost)
    async with factory.write() as tx:
        money = Money(150_00, "MXN")
        await record_payment(tx, NewPayment(debtor.id, PaymentMethod.CASH, money, TODAY))
    assert await debt(factory, lost) == ("written_off", 0, 100_00)
    assert await debt(factory, due) == ("paid", 0, 0)


async def test_what_was_written_off_and_not_recovered_is_owed_again(
    factory: Factory, manager: Actor, debtor: Customer
) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    await charge(factory, invoice, "12.00")
    await lose(factory, invoice)
    payment_id = await pay(factory, invoice, 40_00)
    await restore(factory, invoice, manager)
    assert await debt(factory, invoice) == ("partially_paid", 72_00, 0)
    await books_agree(factory)
    async with refused(factory, "NOT_WRITTEN_OFF", "receivableId"):
        await restore(factory, invoice, manager)
    await back(factory, payment_id)
    assert await debt(factory, invoice) == ("open", 112_00, 0)
    await lose(factory, invoice)
    await restore(factory, invoice)
    assert await debt(factory, invoice) == ("open", 112_00, 0)
    await books_agree(factory)


async def test_what_bounced_after_it_recovered_is_given_up_as_before(
    factory: Factory, debtor: Customer
) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    await charge(factory, invoice, "12.00")
    await lose(factory, invoice)
    payment_id = await pay(factory, invoice, 40_00)
    await back(factory, payment_id)
    assert await debt(factory, invoice) == ("written_off", 0, 112_00)
    assert await told(factory, invoice) == [
        ("allocation", -28_00, False),
        ("allocation", -12_00, True),
        ("interest", 12_00, True),
        ("recovery", 12_00, True),
        ("recovery", 28_00, False),
        ("reversal", -28_00, False),
        ("reversal", -12_00, True),
        ("reversal", 12_00, True),
        ("reversal", 28_00, False),
        ("write_off", -100_00, False),
        ("write_off", -12_00, True),
    ]
    async with factory.read() as tx:
        assert await given_up(tx, [invoice.id]) == _keyed(invoice, await _charge_id(factory), 100_00, 12_00)
    await books_agree(factory)
    # Money may recover it again, and it may be reinstated.
    await pay(factory, invoice, 112_00)
    assert await debt(factory, invoice) == ("paid", 0, 0)
    await books_agree(factory)


async def _charge_id(factory: Factory) -> UUID:
    async with factory.read() as tx:
        return (await tx.session.scalars(select(Charge.id))).one()


def _keyed(receivable: Receivable, charge_id: UUID, *lost: int) -> dict[tuple[UUID, UUID | None], int]:
    return {(receivable.id, None): lost[0], (receivable.id, charge_id): lost[1]}


async def test_a_part_that_bounced_of_a_recovery_falls_before_what_paid_what_was_open(
    factory: Factory, debtor: Customer
) -> None:
    """Of 100.00 given up, 30.00 are owed again when a cheque bounces; then 60.00 pay these and recover 30."""
    invoice = await factory.receivable(debtor, "100.00")
    cheque = await pay(factory, invoice, 30_00)
    await lose(factory, invoice)
    await back(factory, cheque)
    assert await debt(factory, invoice) == ("partially_paid", 30_00, 70_00)
    payment_id = await pay(factory, invoice, 60_00)
    assert await debt(factory, invoice) == ("written_off", 0, 40_00)
    expected = [("written_off", 0, 50_00), ("written_off", 0, 70_00), ("partially_paid", 10_00, 70_00)]
    for amount, after in zip((10_00, 20_00, 10_00), expected, strict=True):
        async with factory.write() as tx:
            new = NewReversal(payment_id, ReversalKind.CHARGEBACK, TODAY, amount=amount)
            await reverse_payment(tx, new)
        assert await debt(factory, invoice) == after
    await back(factory, payment_id)
    assert await debt(factory, invoice) == ("partially_paid", 30_00, 70_00)
    assert [each for each in await told(factory, invoice) if each[0] in ("recovery", "reversal")] == [
        ("recovery", 30_00, False),
        *(("reversal", minor, False) for minor in (-20_00, -10_00, 10_00, 10_00, 20_00, 20_00, 30_00)),
    ]
    await books_agree(factory)


async def test_what_is_taken_off_a_recovered_document_is_given_up_again_and_stays_credit(
    factory: Factory, debtor: Customer
) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    await lose(factory, invoice)
    payment_id = await pay(factory, invoice, 40_00)
    async with factory.write() as tx:
        await unallocate_payment(tx, Unallocation(payment_id))
    assert await debt(factory, invoice) == ("written_off", 0, 100_00)
    assert (await row(factory, Payment, payment_id)).unapplied_minor == 40_00
    await books_agree(factory)
    async with factory.write() as tx:
        await apply_credit(tx, CreditUse(payment_id, [(invoice.id, 40_00)]))
    assert await debt(factory, invoice) == ("written_off", 0, 60_00)
    await restore(factory, invoice)
    async with factory.write() as tx:
        await unallocate_payment(tx, Unallocation(payment_id))
    assert await debt(factory, invoice) == ("open", 100_00, 0), "reinstated since: nobody has given it up"
    await books_agree(factory)


async def test_a_void_document_is_cancelled_with_its_charges(
    factory: Factory, manager: Actor, debtor: Customer
) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    await charge(factory, invoice, "12.00")
    await cancel(factory, invoice, manager)
    assert await debt(factory, invoice) == ("cancelled", 0, 100_00)
    assert await told(factory, invoice) == [
        ("cancellation", -100_00, False),
        ("interest", 12_00, True),
        ("waiver", -12_00, True),
    ]
    await books_agree(factory)


async def test_a_waived_charge_does_not_stand_in_the_way_of_cancelling(
    factory: Factory, manager: Actor, debtor: Customer
) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    charge_id = await charge(factory, invoice, "12.00")
    async with factory.write(manager) as tx:
        await waive_charge(tx, NewWaiver(charge_id, "Cortesía"))
    await cancel(factory, invoice, manager)
    assert await debt(factory, invoice) == ("cancelled", 0, 100_00)
    await books_agree(factory)


async def test_a_document_of_which_anything_was_paid_is_not_cancelled(
    factory: Factory, manager: Actor, debtor: Customer
) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    await charge(factory, invoice, "12.00")
    payment_id = await pay(factory, invoice, 5_00)
    async with refused(factory, "RECEIVABLE_PARTLY_SETTLED", "receivableId"):
        await cancel(factory, invoice, manager)
    await back(factory, payment_id)
    await cancel(factory, invoice, manager)
    assert await debt(factory, invoice) == ("cancelled", 0, 100_00)


async def test_acts_are_replayed_by_their_keys(factory: Factory, manager: Actor, debtor: Customer) -> None:
    invoice, other = [await factory.receivable(debtor, "100.00") for _ in range(2)]
    both = tuple(sorted((invoice.id, other.id)))
    given_up = WriteOff((other.id, invoice.id, other.id), "Incobrable", "k")
    owed_again = Reinstatement(invoice.id, "Apareció", "k")
    void = Cancellation(invoice.id, "Duplicada", "k")
    async with factory.write(manager) as tx:
        assert await write_off(tx, given_up) == ReceivablesChanged(both, False)
        assert await reinstate(tx, owed_again) == ReceivablesChanged((invoice.id,), False)
        assert await cancel_receivable(tx, void) == ReceivablesChanged((invoice.id,), False)
    async with factory.write(manager) as tx:
        assert await write_off(tx, given_up) == ReceivablesChanged(both, True)
        assert await reinstate(tx, owed_again) == ReceivablesChanged((invoice.id,), True)
        assert await cancel_receivable(tx, void) == ReceivablesChanged((invoice.id,), True)
    for act, new in ((write_off, given_up), (reinstate, owed_again), (cancel_receivable, void)):
        async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"), factory.write(manager) as tx:
            await act(tx, replace(new, reason="Otra"))  # type: ignore[arg-type]  # each its own


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"receivable_ids": ()}, "NO_RECEIVABLES", "receivableIds"),
        ({"receivable_ids": tuple(UUID(int=n) for n in range(1001))}, "TOO_MANY", "receivableIds"),
        ({"receivable_ids": (UUID(int=1),)}, "NOT_FOUND", "receivableIds"),
        ({"reason": "  "}, "WORDS_MISSING", "reason"),
        ({"reason": "x" * 2001}, "TOO_LONG", "reason"),
    ],
)
async def test_slips_of_a_write_off_are_refused(
    factory: Factory, manager: Actor, debtor: Customer, values: dict[str, Any], code: str, path: str
) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    async with refused(factory, code, path):
        await lose(factory, invoice, actor=manager, **values)


async def test_what_is_no_debt_of_ours_is_not_found_by_its_field(factory: Factory, manager: Actor) -> None:
    nothing = Receivable(id=UUID(int=1))
    for act in (restore, cancel):
        async with refused(factory, "NOT_FOUND", "receivableId"):
            await act(factory, nothing, manager)


async def test_a_collector_neither_reinstates_nor_cancels(
    factory: Factory, collector: Actor, debtor: Customer
) -> None:
    invoice = await factory.receivable(debtor, "100.00")
    for act in (restore, cancel):
        async with refused(factory, "NOT_PERMITTED"):
            await act(factory, invoice, collector)
