"""What a file of invoices means for documents that bear interest here, of which the ERP knows nothing."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from cartera.db.tables.activities import Task
from cartera.db.tables.charges import Charge
from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.charges import ChargeKind
from cartera.rules.money import Money
from cartera.rules.payments import ReversalKind
from cartera.services.charge_policies import NewPolicy, set_policy
from cartera.services.charges import NewPosting, post_charges
from cartera.services.payments import CreditUse, apply_credit
from cartera.services.reversals import NewReversal, Unallocation, reverse_payment, unallocate_payment
from cartera.services.waivers import NewWaiver, waive_charge
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move
from tests.services.planning import charge, pay
from tests.services.test_import_invoices import apply, row


async def document(factory: Factory, number: str) -> Receivable:
    async with factory.read() as tx:
        return (await tx.session.scalars(select(Receivable).where(Receivable.number == number))).one()


async def story(factory: Factory, number: str) -> list[tuple[str, int, date, bool]]:
    """Kind, amount, day and whether it is about a charge, of each entry after the first."""
    async with factory.read() as tx:
        rows = await tx.session.scalars(
            select(Entry)
            .join(Receivable, Receivable.id == Entry.receivable_id)
            .where(Receivable.number == number, Entry.kind != "issue")
            .order_by(Entry.id)
        )
        return [
            (each.kind, each.amount_minor, each.effective_on, each.charge_id is not None) for each in rows
        ]


async def reviews(factory: Factory) -> list[tuple[UUID, str | None]]:
    async with factory.read() as tx:
        rows = await tx.session.scalars(
            select(Task)
            .where(Task.kind == "review_settlement", Task.state == "open")
            .order_by(Task.created_at, Task.id)
        )
        return [(task.customer_id, task.note) for task in rows]


async def post(factory: Factory, customer_id: UUID) -> None:
    """Mexico's 6 % until today."""
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), Posting.BY_HAND))
    async with factory.write() as tx:
        await post_charges(tx, NewPosting(customer_id, TODAY))


async def charges(factory: Factory) -> list[tuple[int, int, int]]:
    """Amount, settled and balance of each charge."""
    async with factory.read() as tx:
        rows = await tx.session.scalars(select(Charge).order_by(Charge.from_on, Charge.id))
        return [(each.amount_minor, each.settled_minor, each.balance_minor) for each in rows]


# Counted twice


async def paid_here(factory: Factory, *numbers: str, amount: str = "100.00") -> list[Receivable]:
    """Each owes 100.00 and 10.00 of interest; 100.00 came in: 10.00 for interest, 90.00 for principal."""
    found = []
    for number in numbers:
        made = await document(factory, number)
        await charge(factory, made, "10.00")
        await pay(factory, made, amount, lines=[(made.id, Money.parse(amount, "MXN").minor)])
        found.append(await document(factory, number))
    return found


async def test_what_the_erp_settled_by_money_that_paid_interest_here_is_told(factory: Factory) -> None:
    await apply(factory, [row(2, "A1"), row(3, "A2", 50_000)])
    (invoice,) = await paid_here(factory, "A1")
    assert (invoice.balance_minor, invoice.charges_settled_minor) == (10_00, 10_00)
    outcome = await apply(factory, [row(2, "A2", 50_000)], is_snapshot=True)
    assert outcome.counts == {"unchanged": 1, "gone_from_erp": 1, "paid_charges_here": 1}
    assert outcome.amounts["gone_from_erp"] == [Money(10_00, "MXN")]
    assert outcome.amounts["paid_charges_here"] == [Money(10_00, "MXN")]
    assert await story(factory, "A1") == [
        ("interest", 10_00, TODAY, True),
        ("allocation", -10_00, TODAY, True),
        ("allocation", -90_00, TODAY, False),
        ("settled_in_erp", -10_00, TODAY, False),
    ]
    settled = await document(factory, "A1")
    assert (settled.state, settled.balance_minor, settled.settled_on) == ("paid", 0, TODAY)
    assert await reviews(factory) == [(settled.customer_id, "A1 · 10.00 MXN")]
    async with factory.read() as tx:
        told = await tx.session.execute(
            text("SELECT noun_id, after FROM audit_entry WHERE action = 'settled_in_erp_beside_charges'")
        )
        assert told.all() == [
            (settled.id, {"settled_minor": 10_00, "counted_twice_minor": 10_00, "currency": "MXN"})
        ]
    # The same list again settles nothing, and asks nothing.
    again = await apply(factory, [row(2, "A2", 50_000)], is_snapshot=True)
    assert again.counts == {"unchanged": 1}
    assert len(await reviews(factory)) == 1
    await books_agree(factory)


async def test_no_more_is_doubtful_than_was_paid_on_charges_nor_than_was_settled(factory: Factory) -> None:
    """The ERP got 30.00 more for A1; of A2 it shows 4.00 less than we do; no charge of A3 was paid."""
    await apply(factory, [row(2, "A1"), row(3, "A2"), row(4, "A3"), row(5, "A4", 90_000)])
    await paid_here(factory, "A1", amount="70.00")
    await paid_here(factory, "A2")
    await charge(factory, await document(factory, "A3"), "10.00", ChargeKind.COLLECTION_COST)
    listed = [row(2, "A2", balance=6_00), row(3, "A3", balance=80_00), row(4, "A4", 90_000)]
    outcome = await apply(factory, listed, is_snapshot=True)
    assert outcome.counts == {
        "gone_from_erp": 1,
        "settled_in_erp": 2,
        "unchanged": 1,
        "paid_charges_here": 2,
    }
    assert outcome.amounts["gone_from_erp"] == [Money(40_00, "MXN")]
    assert outcome.amounts["paid_charges_here"] == [Money(14_00, "MXN")]
    customer_id = (await document(factory, "A1")).customer_id
    assert await reviews(factory) == [(customer_id, "A1 · 10.00 MXN, A2 · 4.00 MXN")]
    await books_agree(factory)


async def test_each_customer_is_asked_about_once_by_a_file(factory: Factory) -> None:
    numbers = [f"A{number:02}" for number in range(1, 13)]
    others = [row(20, "B1", customer_id="C2"), row(21, "B2", 900_000, customer_id="C2")]
    await apply(factory, [row(2 + place, number) for place, number in enumerate(numbers)] + others)
    await paid_here(factory, *numbers, "B1")
    outcome = await apply(factory, [row(2, "B2", 900_000, customer_id="C2")], is_snapshot=True)
    assert outcome.counts["paid_charges_here"] == 13
    first, second = [(await document(factory, number)).customer_id for number in ("A01", "B1")]
    named = ", ".join(f"{number} · 10.00 MXN" for number in numbers[:10])
    found = await reviews(factory)
    assert dict(found) == {first: f"{named} …", second: "B1 · 10.00 MXN"}
    assert len(found) == 2


async def test_interest_that_was_waived_was_paid_by_nobody(factory: Factory) -> None:
    await apply(factory, [row(2, "A1"), row(3, "A2", 50_000)])
    invoice = await document(factory, "A1")
    charge_id = await charge(factory, invoice, "10.00")
    await waive(factory, charge_id)
    outcome = await apply(factory, [row(2, "A2", 50_000)], is_snapshot=True)
    assert outcome.counts == {"unchanged": 1, "gone_from_erp": 1}
    assert await reviews(factory) == []


async def waive(factory: Factory, charge_id: UUID) -> None:
    async with factory.write(await factory.actor("admin")) as tx:
        await waive_charge(tx, NewWaiver(charge_id, "cliente de años"))


async def test_the_way_back_where_interest_was_not_meant(factory: Factory) -> None:
    """As docs/ledger.md says; afterwards all of the money that came in pays principal, here or in the ERP."""
    await apply(factory, [row(2, "A1"), row(3, "A2", 50_000)])
    invoice = await document(factory, "A1")
    charge_id = await charge(factory, invoice, "10.00")
    payment_id = await pay(factory, invoice, "100.00", lines=[(invoice.id, 100_00)])
    await apply(factory, [row(2, "A2", 50_000)], is_snapshot=True)
    async with factory.write() as tx:
        await unallocate_payment(tx, Unallocation(payment_id, invoice.id))
    await waive(factory, charge_id)
    async with factory.write() as tx:
        await apply_credit(tx, CreditUse(payment_id, lines=[(invoice.id, 90_00)]))
    async with factory.write() as tx:
        await reverse_payment(tx, NewReversal(payment_id, ReversalKind.CORRECTION, tx.today, amount=10_00))
    assert await charges(factory) == [(10_00, 10_00, 0)]
    assert (await document(factory, "A1")).balance_minor == 0
    async with factory.read() as tx:
        payment = await tx.session.get_one(Payment, (factory.organization_id, payment_id))
        assert (payment.allocated_minor, payment.reversed_minor, payment.unapplied_minor) == (90_00, 10_00, 0)
    await books_agree(factory)


# Days that are late no longer


async def owing(factory: Factory) -> Receivable:
    """100,000.00, thirty days overdue."""
    await apply(factory, [row(2, "A1", 10_000_000, **late(30))])
    return await document(factory, "A1")


def late(days: int) -> dict[str, date]:
    return {"issue_date": TODAY - timedelta(days=60), "due_date": TODAY - timedelta(days=days)}


@pytest.mark.parametrize(
    ("days", "left"),
    [
        # 6 % a year on 100,000.00 for 30, 20 and 10 days, actual/365.
        (30, 493_15),
        (20, 328_77),
        (10, 164_38),
        (0, 0),
        (-15, 0),
    ],
)
async def test_a_later_due_date_takes_back_the_interest_of_days_in_time(
    factory: Factory, days: int, left: int
) -> None:
    invoice = await owing(factory)
    await post(factory, invoice.customer_id)
    assert await charges(factory) == [(493_15, 0, 493_15)]
    await apply(factory, [row(2, "A1", 10_000_000, **late(days))])
    assert await charges(factory) == [(493_15, 493_15 - left, left)]
    back = [("reversal", left - 493_15, TODAY, True)] if left < 493_15 else []
    assert await story(factory, "A1") == [("interest", 493_15, TODAY, True), *back]
    assert (await document(factory, "A1")).balance_minor == 10_000_000 + left
    await books_agree(factory)
    # The file again changes nothing more.
    await apply(factory, [row(2, "A1", 10_000_000, **late(days))])
    assert len(await story(factory, "A1")) == 1 + len(back)


async def test_interest_that_was_paid_before_its_days_were_in_time_pays_the_document(
    factory: Factory,
) -> None:
    invoice = await owing(factory)
    await post(factory, invoice.customer_id)
    payment_id = await pay(factory, invoice, "493.15", lines=[(invoice.id, 493_15)])
    await apply(factory, [row(2, "A1", 10_000_000, **late(-15))])
    assert await story(factory, "A1") == [
        ("interest", 493_15, TODAY, True),
        ("allocation", -493_15, TODAY, True),
        ("reversal", 493_15, TODAY, True),
        ("reversal", -493_15, TODAY, True),
        ("allocation", -493_15, TODAY, False),
    ]
    after = await document(factory, "A1")
    assert (after.balance_minor, after.charges_settled_minor) == (10_000_000 - 493_15, 493_15)
    async with factory.read() as tx:
        payment = await tx.session.get_one(Payment, (factory.organization_id, payment_id))
        assert (payment.allocated_minor, payment.unapplied_minor) == (493_15, 0)
    await books_agree(factory)


async def test_interest_goes_on_from_the_new_due_date(factory: Factory) -> None:
    invoice = await owing(factory)
    await post(factory, invoice.customer_id)
    await apply(factory, [row(2, "A1", 10_000_000, **late(-5))])
    await move(factory, 15)
    async with factory.write() as tx:
        await post_charges(tx, NewPosting(invoice.customer_id, tx.today))
    # Ten days overdue by the new date.
    assert await charges(factory) == [(493_15, 493_15, 0), (164_38, 0, 164_38)]


async def test_a_settlement_of_an_earlier_day_takes_back_interest_too(factory: Factory) -> None:
    invoice = await owing(factory)
    await post(factory, invoice.customer_id)
    day = TODAY - timedelta(days=20)
    await apply(factory, [row(2, "A1", 10_000_000, balance=0, settled_date=day, **late(30))])
    assert await charges(factory) == [(493_15, 328_77, 164_38)]
    assert await story(factory, "A1") == [
        ("interest", 493_15, TODAY, True),
        ("settled_in_erp", -10_000_000, day, False),
        ("reversal", -328_77, TODAY, True),
    ]
    await books_agree(factory)


async def test_an_earlier_due_date_takes_nothing_back_nor_a_later_one_without_charges(
    factory: Factory,
) -> None:
    invoice = await owing(factory)
    await post(factory, invoice.customer_id)
    await apply(factory, [row(3, "A2")])
    moved = [row(2, "A1", 10_000_000, **late(40)), row(3, "A2", due_date=TODAY)]
    await apply(factory, moved)
    assert (await document(factory, "A2")).due_on == TODAY
    assert await story(factory, "A1") == [("interest", 493_15, TODAY, True)]
    assert await story(factory, "A2") == []
