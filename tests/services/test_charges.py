"""Interest and cost in the books: previews, posting once, and by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.charge_rules import Proposal
from cartera.rules.charges import ChargeKind
from cartera.rules.interest import DayCount
from cartera.rules.money import Money
from cartera.services.assessment import assess_charges
from cartera.services.charges import (
    ManualCharge,
    NewPosting,
    add_charge,
    post_automatically,
    post_charges,
)
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move, refused, row
from tests.services.charging import DUE, assessed, charges_of, pay, post, set_terms, story


@pytest.fixture
async def debt(factory: Factory, customer: Customer) -> Receivable:
    """100,000.00, thirty days overdue."""
    return await factory.receivable(customer, "100000.00", due_on=DUE)


async def test_the_preview_says_what_could_be_posted_and_writes_nothing(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory)
    async with factory.read() as tx:
        (found,) = await assess_charges(tx, customer.id, TODAY)
    line = found.line
    assert isinstance(line, Proposal)
    assert (found.receivable_id, found.currency) == (debt.id, "MXN")
    assert (line.rule, line.amount, line.base, line.rate, line.day_count) == (
        "mx.commercial_interest",
        49_315,
        10_000_000,
        Decimal(6),
        DayCount.ACTUAL_365,
    )
    assert (line.from_on, line.to_on) == (DUE + timedelta(days=1), TODAY + timedelta(days=1))
    assert await charges_of(factory) == []


async def test_without_a_policy_nothing_is_charged(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    async with factory.read() as tx:
        assert await assess_charges(tx, customer.id, TODAY) == []
    async with refused(factory, "POSTING_OFF"):
        await post(factory, customer)
    async with factory.write() as tx:
        assert await post_automatically(tx, None, 100) is None
    assert await charges_of(factory) == []


async def test_posting_adds_a_line_with_its_rule_and_leaves_the_principal(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory)
    (charge_id,) = await post(factory, customer)
    charge = await row(factory, Charge, charge_id)
    assert (charge.kind, charge.rule, charge.amount_minor, charge.settled_minor, charge.balance_minor) == (
        "interest",
        "mx.commercial_interest",
        49_315,
        0,
        49_315,
    )
    assert "362" in charge.source
    assert (charge.base_minor, charge.rate, charge.day_count) == (10_000_000, Decimal(6), "actual/365")
    assert (charge.from_on, charge.to_on, charge.posted_on) == (
        DUE + timedelta(days=1),
        TODAY + timedelta(days=1),
        TODAY,
    )
    after = await row(factory, Receivable, debt.id)
    assert (after.amount_minor, after.charges_minor, after.balance_minor) == (10_000_000, 49_315, 10_049_315)
    assert await story(factory, debt) == [("interest", 49_315, TODAY, True)]
    await books_agree(factory)


async def test_posting_again_adds_nothing_and_the_next_period_follows_the_last(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory)
    await post(factory, customer, TODAY - timedelta(days=10))
    assert await post(factory, customer, TODAY - timedelta(days=10)) == ()
    assert await post(factory, customer, TODAY - timedelta(days=20)) == ()
    await post(factory, customer)
    assert await post(factory, customer) == ()
    first, second = await charges_of(factory)
    assert first.to_on == second.from_on == TODAY - timedelta(days=9)
    assert (first.amount_minor, second.amount_minor) == (32_877, 16_438)


async def test_a_replayed_posting_answers_the_same_charges(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory)
    first = await post(factory, customer, idempotency_key="k")
    assert len(first) == 1
    async with factory.write() as tx:
        again = await post_charges(tx, NewPosting(customer.id, TODAY, idempotency_key="k"))
    assert (again.charge_ids, again.replayed) == (first, True)
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await post(factory, customer, TODAY - timedelta(days=1), idempotency_key="k")


async def test_only_the_chosen_receivables_and_rules_are_posted(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    other = await factory.receivable(customer, "50000.00", due_on=DUE)
    await set_terms(factory)
    assert await post(factory, customer, rules=("eu.compensation",)) == ()
    (charge_id,) = await post(factory, customer, receivable_ids=[other.id])
    assert (await row(factory, Charge, charge_id)).receivable_id == other.id


async def test_postings_that_cannot_be_are_refused(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory)
    stranger = await factory.customer()
    theirs = await factory.receivable(stranger, "10.00")
    async with refused(factory, "AS_OF_IN_FUTURE", "asOf"):
        await post(factory, customer, TODAY + timedelta(days=1))
    async with refused(factory, "DATE_TOO_EARLY", "asOf"):
        await post(factory, customer, TODAY - timedelta(days=3661))
    async with refused(factory, "RULE_UNKNOWN", "rules"):
        await post(factory, customer, rules=("mx.commercial_interest", "x"))
    async with refused(factory, "TOO_MANY", "receivableIds"):
        await post(factory, customer, receivable_ids=[uuid4() for _ in range(1001)])
    async with refused(factory, "NOT_FOUND", "receivableIds"):
        await post(factory, customer, receivable_ids=[theirs.id])
    viewer = await factory.actor("viewer")
    async with refused(factory, "NOT_PERMITTED"), factory.write(viewer) as tx:
        await post_charges(tx, NewPosting(customer.id, TODAY))
    collector = await factory.actor("collector")
    async with refused(factory, "NOT_FOUND", "customerId"), factory.write(collector) as tx:
        await post_charges(tx, NewPosting(customer.id, TODAY))


async def test_mexico_364_the_payment_takes_interest_first_and_principal_keeps_bearing(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory)
    (charge_id,) = await post(factory, customer)
    await pay(factory, customer, "20000.00", TODAY)
    charge = await row(factory, Charge, charge_id)
    after = await row(factory, Receivable, debt.id)
    assert (charge.settled_minor, charge.balance_minor) == (49_315, 0)
    # 20,000.00 less 493.15 of interest went to the principal.
    assert (after.settled_minor, after.charges_settled_minor, after.balance_minor) == (
        2_000_000,
        49_315,
        8_049_315,
    )
    await move(factory, 10)
    await post(factory, customer, TODAY + timedelta(days=10))
    assert (await charges_of(factory))[-1].base_minor == 8_049_315
    assert (await charges_of(factory))[-1].amount_minor == 13_232
    await books_agree(factory)


async def test_paying_the_principal_leaves_the_interest_owed(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory)
    await post(factory, customer)
    await pay(factory, customer, "100000.00", TODAY)
    after = await row(factory, Receivable, debt.id)
    assert (after.balance_minor, after.state) == (49_315, "partially_paid")
    await move(factory, 30)
    (line,) = [each.line for each in await assessed(factory, customer)]
    assert isinstance(line, Proposal)
    assert line.base == 49_315, "what is left is principal, since the interest was paid first"


async def test_interest_says_that_the_tax_authority_wants_a_document(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await set_terms(factory)
    await post(factory, customer)
    async with factory.read() as tx:
        flags = await tx.session.execute(select(Entry.kind, Entry.tax_document_needed).order_by(Entry.kind))
        assert [tuple(each) for each in flags] == [("interest", True), ("issue", False)]


async def test_what_was_paid_late_can_be_charged_when_it_is_named(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await pay(factory, customer, "100000.00", TODAY)
    await set_terms(factory)
    assert await post(factory, customer) == ()
    (charge_id,) = await post(factory, customer, receivable_ids=[debt.id])
    assert (await row(factory, Charge, charge_id)).amount_minor == 49_315
    after = await row(factory, Receivable, debt.id)
    assert (after.balance_minor, after.state, after.settled_on) == (49_315, "partially_paid", None)
    await books_agree(factory)


def _by_hand(debt: Receivable, **values: Any) -> ManualCharge:
    given: dict[str, Any] = {
        "receivable_id": debt.id,
        "kind": ChargeKind.BOUNCE_FEE,
        "amount": Money.parse("350.00", "MXN"),
        "reason": "Cheque 1042 devuelto",
    } | values
    return ManualCharge(**given)


async def test_a_person_adds_a_charge_with_a_reason(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    manager = await factory.actor("manager")
    async with factory.write(manager) as tx:
        added = await add_charge(tx, _by_hand(debt, idempotency_key="k"))
    charge = await row(factory, Charge, added.charge_id)
    assert (charge.kind, charge.rule, charge.amount_minor, charge.due_on, charge.note, charge.actor) == (
        "bounce_fee",
        "by_hand",
        35_000,
        TODAY,
        "Cheque 1042 devuelto",
        str(manager),
    )
    assert await story(factory, debt) == [("fee", 35_000, TODAY, True)]
    async with factory.write(manager) as tx:
        again = await add_charge(tx, _by_hand(debt, idempotency_key="k"))
    assert (again.charge_id, again.replayed) == (added.charge_id, True)
    async with factory.write(manager) as tx:
        await add_charge(tx, _by_hand(debt))
    assert len(await charges_of(factory)) == 2
    await books_agree(factory)


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"amount": Money(0, "MXN")}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": Money(-1, "MXN")}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": Money(10**15 + 1, "MXN")}, "TOO_LARGE", "amount"),
        ({"amount": Money(1, "USD")}, "CURRENCY_MISMATCH", "amount"),
        ({"reason": "  "}, "WORDS_MISSING", "reason"),
        ({"reason": "x" * 2001}, "TOO_LONG", "reason"),
        ({"due_on": TODAY + timedelta(days=367)}, "DATE_OUT_OF_RANGE", "dueOn"),
        ({"due_on": DUE - timedelta(days=31)}, "DATE_OUT_OF_RANGE", "dueOn"),
        ({"receivable_id": uuid4()}, "NOT_FOUND", "receivableId"),
        ({"idempotency_key": ""}, "IDEMPOTENCY_KEY_LENGTH", "idempotencyKey"),
    ],
)
async def test_bad_charges_by_hand_are_refused(
    factory: Factory, debt: Receivable, values: dict[str, Any], code: str, path: str
) -> None:
    async with refused(factory, code, path), factory.write() as tx:
        await add_charge(tx, _by_hand(debt, **values))


async def test_nothing_is_charged_on_what_is_paid(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    payment = await pay(factory, customer, "100000.00", TODAY)
    assert (await row(factory, Payment, payment)).unapplied_minor == 0
    async with refused(factory, "RECEIVABLE_NOT_OPEN", "receivableId"), factory.write() as tx:
        await add_charge(tx, _by_hand(debt))
