"""Interest and cost in the books: previews, posting once, by hand, at payment, and corrected later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from cartera.db.queries.charges import terms
from cartera.db.queries.locks import lock
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.charge_rules import Basis, Lacking, Posting, Proposal, Terms
from cartera.rules.charges import ChargeKind
from cartera.rules.imputation import ImputationOrder
from cartera.rules.interest import DayCount
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod, ReversalKind
from cartera.rules.receivables import EntryKind
from cartera.services.assessment import assess_charges
from cartera.services.books import settle_up
from cartera.services.charge_policies import NewAgreement, NewPolicy, set_agreement, set_policy
from cartera.services.charges import (
    ManualCharge,
    NewPosting,
    accrue_to,
    add_charge,
    post_automatically,
    post_charges,
    posting,
)
from cartera.services.credit_notes import NewCreditNote, record_credit_note
from cartera.services.ledger import Ledger
from cartera.services.payments import (
    CreditUse,
    NewPayment,
    apply_credit,
    record_payment,
    record_payments,
)
from cartera.services.rates import NewIndexValue, set_index_values
from cartera.services.receivables import WriteOff, write_off
from cartera.services.reversals import NewReversal, reverse_payment
from tests.api.test_customer_details import statements
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, move, refused, row

LEGAL = Terms(Basis.LEGAL)
DUE = TODAY - timedelta(days=30)


@pytest.fixture
async def debt(factory: Factory, customer: Customer) -> Receivable:
    """100,000.00, thirty days overdue."""
    return await factory.receivable(customer, "100000.00", due_on=DUE)


async def _policy(factory: Factory, posting: Posting = Posting.BY_HAND, terms: Terms = LEGAL) -> None:
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(terms, posting))


async def _post(factory: Factory, customer: Customer, as_of: date = TODAY, **more: Any) -> tuple[UUID, ...]:
    async with factory.write() as tx:
        return (await post_charges(tx, NewPosting(customer.id, as_of, **more))).charge_ids


async def _pay(
    factory: Factory,
    customer: Customer,
    amount: str,
    received_on: date,
    lines: Sequence[tuple[UUID, int]] | None = None,
) -> UUID:
    async with factory.write() as tx:
        new = NewPayment(
            customer_id=customer.id,
            method=PaymentMethod.TRANSFER,
            amount=Money.parse(amount, "MXN"),
            received_on=received_on,
            lines=lines,
        )
        return (await record_payment(tx, new)).payment_id


async def _charges(factory: Factory) -> list[Charge]:
    async with factory.read() as tx:
        return list(await tx.session.scalars(select(Charge).order_by(Charge.due_on, Charge.rule)))


async def _story(factory: Factory, receivable: Receivable) -> list[tuple[str, int, date, bool]]:
    """Kind, amount, day and whether it is about a charge, of each entry after the first."""
    async with factory.read() as tx:
        rows = await tx.session.scalars(
            select(Entry)
            .where(Entry.receivable_id == receivable.id, Entry.kind != "issue")
            .order_by(Entry.id)
        )
        return [(row.kind, row.amount_minor, row.effective_on, row.charge_id is not None) for row in rows]


async def test_the_preview_says_what_could_be_posted_and_writes_nothing(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory)
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
    assert await _charges(factory) == []


async def test_without_a_policy_nothing_is_charged(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    async with factory.read() as tx:
        assert await assess_charges(tx, customer.id, TODAY) == []
    async with refused(factory, "POSTING_OFF"):
        await _post(factory, customer)
    async with factory.write() as tx:
        assert await post_automatically(tx, None, 100) is None
    assert await _charges(factory) == []


async def test_posting_adds_a_line_with_its_rule_and_leaves_the_principal(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory)
    (charge_id,) = await _post(factory, customer)
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
    assert await _story(factory, debt) == [("interest", 49_315, TODAY, True)]
    await books_agree(factory)


async def test_posting_again_adds_nothing_and_the_next_period_follows_the_last(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory)
    await _post(factory, customer, TODAY - timedelta(days=10))
    assert await _post(factory, customer, TODAY - timedelta(days=10)) == ()
    assert await _post(factory, customer, TODAY - timedelta(days=20)) == ()
    await _post(factory, customer)
    assert await _post(factory, customer) == ()
    first, second = await _charges(factory)
    assert first.to_on == second.from_on == TODAY - timedelta(days=9)
    assert (first.amount_minor, second.amount_minor) == (32_877, 16_438)


async def test_a_replayed_posting_answers_the_same_charges(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory)
    first = await _post(factory, customer, idempotency_key="k")
    assert len(first) == 1
    async with factory.write() as tx:
        again = await post_charges(tx, NewPosting(customer.id, TODAY, idempotency_key="k"))
    assert (again.charge_ids, again.replayed) == (first, True)
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await _post(factory, customer, TODAY - timedelta(days=1), idempotency_key="k")


async def test_only_the_chosen_receivables_and_rules_are_posted(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    other = await factory.receivable(customer, "50000.00", due_on=DUE)
    await _policy(factory)
    assert await _post(factory, customer, rules=("eu.compensation",)) == ()
    (charge_id,) = await _post(factory, customer, receivable_ids=[other.id])
    assert (await row(factory, Charge, charge_id)).receivable_id == other.id


async def test_postings_that_cannot_be_are_refused(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory)
    stranger = await factory.customer()
    theirs = await factory.receivable(stranger, "10.00")
    async with refused(factory, "AS_OF_IN_FUTURE", "asOf"):
        await _post(factory, customer, TODAY + timedelta(days=1))
    async with refused(factory, "DATE_TOO_EARLY", "asOf"):
        await _post(factory, customer, TODAY - timedelta(days=3661))
    async with refused(factory, "RULE_UNKNOWN", "rules"):
        await _post(factory, customer, rules=("mx.commercial_interest", "x"))
    async with refused(factory, "TOO_MANY", "receivableIds"):
        await _post(factory, customer, receivable_ids=[uuid4() for _ in range(1001)])
    async with refused(factory, "NOT_FOUND", "receivableIds"):
        await _post(factory, customer, receivable_ids=[theirs.id])
    viewer = await factory.actor("viewer")
    async with refused(factory, "NOT_PERMITTED"), factory.write(viewer) as tx:
        await post_charges(tx, NewPosting(customer.id, TODAY))
    collector = await factory.actor("collector")
    async with refused(factory, "NOT_FOUND", "customerId"), factory.write(collector) as tx:
        await post_charges(tx, NewPosting(customer.id, TODAY))


async def test_mexico_364_the_payment_takes_interest_first_and_principal_keeps_bearing(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory)
    (charge_id,) = await _post(factory, customer)
    await _pay(factory, customer, "20000.00", TODAY)
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
    await _post(factory, customer, TODAY + timedelta(days=10))
    assert (await _charges(factory))[-1].base_minor == 8_049_315
    assert (await _charges(factory))[-1].amount_minor == 13_232
    await books_agree(factory)


async def test_paying_the_principal_leaves_the_interest_owed(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory)
    await _post(factory, customer)
    await _pay(factory, customer, "100000.00", TODAY)
    after = await row(factory, Receivable, debt.id)
    assert (after.balance_minor, after.state) == (49_315, "partially_paid")
    await move(factory, 30)
    (line,) = [each.line for each in await _assessed(factory, customer)]
    assert isinstance(line, Proposal)
    assert line.base == 49_315, "what is left is principal, since the interest was paid first"


async def test_interest_says_that_the_tax_authority_wants_a_document(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory)
    await _post(factory, customer)
    async with factory.read() as tx:
        flags = await tx.session.execute(select(Entry.kind, Entry.tax_document_needed).order_by(Entry.kind))
        assert [tuple(each) for each in flags] == [("interest", True), ("issue", False)]


async def _assessed(factory: Factory, customer: Customer) -> list[Any]:
    async with factory.read() as tx:
        return await assess_charges(tx, customer.id, tx.today)


async def test_what_was_paid_late_can_be_charged_when_it_is_named(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _pay(factory, customer, "100000.00", TODAY)
    await _policy(factory)
    assert await _post(factory, customer) == ()
    (charge_id,) = await _post(factory, customer, receivable_ids=[debt.id])
    assert (await row(factory, Charge, charge_id)).amount_minor == 49_315
    after = await row(factory, Receivable, debt.id)
    assert (after.balance_minor, after.state, after.settled_on) == (49_315, "partially_paid", None)
    await books_agree(factory)


async def test_a_backdated_payment_takes_back_the_interest_of_days_it_was_not_owed(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory)
    (charge_id,) = await _post(factory, customer)
    # Half of the principal was paid ten days after it fell due, and is booked today.
    paid_on = DUE + timedelta(days=10)
    await _pay(factory, customer, "50493.15", paid_on, [(debt.id, 5_049_315)])
    assert await _post(factory, customer) == ()
    charge = await row(factory, Charge, charge_id)
    # 10 days of 100,000.00 and 20 of 50,000.00 bear 164.38 each; the line of 493.15 had been paid.
    assert (charge.amount_minor, charge.settled_minor, charge.balance_minor) == (49_315, 49_315, 0)
    assert await _story(factory, debt) == [
        ("interest", 49_315, TODAY, True),
        ("allocation", -49_315, paid_on, True),
        ("allocation", -5_000_000, paid_on, False),
        ("reversal", 16_439, TODAY, True),
        ("reversal", -16_439, TODAY, True),
        ("allocation", -16_439, TODAY, False),
    ]
    assert (await row(factory, Receivable, debt.id)).balance_minor == 4_983_561
    # A second look finds nothing more.
    assert await _post(factory, customer) == ()
    assert len(await _story(factory, debt)) == 6


async def test_unpaid_interest_of_days_not_owed_is_taken_back_by_its_own_entry(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory)
    (charge_id,) = await _post(factory, customer)
    async with factory.write() as tx:
        locked = await lock(tx, customers=[customer.id], receivables=[debt.id])
        ledger = await Ledger.of(tx, locked.receivables)
        ledger.settle(debt.id, 5_000_000, EntryKind.CREDIT_NOTE, on=DUE + timedelta(days=10))
        await ledger.write()
        await settle_up(tx, [customer.id])
    await _post(factory, customer)
    charge = await row(factory, Charge, charge_id)
    assert (charge.amount_minor, charge.balance_minor) == (49_315, 32_876)
    assert (await _story(factory, debt))[-1] == ("reversal", -16_439, TODAY, True)
    after = await row(factory, Receivable, debt.id)
    assert after.balance_minor == 5_000_000 + 32_876


async def test_interest_that_was_recovered_and_was_never_owed_is_not_given_up_again(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """It was of 70,000.00; the cheque for the rest bounces, and what replaces it came in as early."""
    await _policy(factory)
    cheque = await _pay(factory, customer, "30000.00", DUE)
    (charge_id,) = await _post(factory, customer)
    async with factory.write() as tx:
        await write_off(tx, WriteOff([debt.id], "Incobrable"))
    payment_id = await _pay(factory, customer, "70345.21", TODAY, [(debt.id, 7_034_521)])
    async with factory.write() as tx:
        await reverse_payment(tx, NewReversal(cheque, ReversalKind.BOUNCE, TODAY))
    await _pay(factory, customer, "30000.00", DUE, [(debt.id, 3_000_000)])
    # Thirty days on 40,000.00 are 197.26: 147.95 less than was posted, paid and recovered.
    assert (await row(factory, Payment, payment_id)).unapplied_minor == 14_795
    assert (await row(factory, Charge, charge_id)).balance_minor == 0
    after = await row(factory, Receivable, debt.id)
    assert (after.state, after.balance_minor, after.written_off_minor) == ("paid", 0, 0)
    await books_agree(factory)


# By itself


async def test_automatic_posting_adds_interest_when_its_month_is_over(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """Due on 17 October: the sixteenth of November posts October's days, the rest waits."""
    await _policy(factory, Posting.AUTOMATIC)
    async with factory.write() as tx:
        assert await post_automatically(tx, None, 100) == customer.id
        assert await post_automatically(tx, customer.id, 100) is None
    (charge,) = await _charges(factory)
    assert (charge.from_on, charge.to_on) == (date(2026, 10, 18), date(2026, 11, 1))
    assert charge.amount_minor == 23_014
    assert charge.posted_on == TODAY
    async with factory.write() as tx:
        await post_automatically(tx, None, 100)
    assert len(await _charges(factory)) == 1
    await move(factory, 15)
    async with factory.write() as tx:
        await post_automatically(tx, None, 100)
    assert [each.to_on for each in await _charges(factory)] == [date(2026, 11, 1), date(2026, 12, 1)]


async def test_automatic_posting_takes_customers_by_id_some_at_a_time(factory: Factory) -> None:
    await _policy(factory, Posting.AUTOMATIC)
    customers = sorted([(await factory.customer()).id for _ in range(3)])
    for key in customers:
        await factory.receivable(await row(factory, Customer, key), "1000.00", due_on=DUE)
    async with factory.write() as tx:
        assert await post_automatically(tx, None, 2) == customers[1]
    assert len(await _charges(factory)) == 2
    async with factory.write() as tx:
        assert await post_automatically(tx, customers[1], 2) == customers[2]
    assert len(await _charges(factory)) == 3


async def test_interest_of_the_running_period_is_there_before_the_money_is_imputed(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory, Posting.AUTOMATIC)
    async with factory.write() as tx:
        locked = await lock(tx, customers=[customer.id], receivables=[debt.id])
        ledger = await Ledger.of(tx, locked.receivables)
        (charge_id,) = await accrue_to(tx, ledger, locked.receivables.values(), TODAY)
        assert [each.charge_id for each in ledger.debt(debt.id).charges] == [charge_id]
        await ledger.write()
        assert await accrue_to(tx, ledger, locked.receivables.values(), TODAY) == []
        await settle_up(tx, [customer.id])
    assert (await row(factory, Receivable, debt.id)).balance_minor == 10_049_315
    await books_agree(factory)


@pytest.mark.parametrize("posting", [Posting.OFF, Posting.BY_HAND])
async def test_a_payment_accrues_nothing_where_posting_is_not_automatic(
    factory: Factory, customer: Customer, debt: Receivable, posting: Posting
) -> None:
    await _policy(factory, posting)
    async with factory.write() as tx:
        locked = await lock(tx, customers=[customer.id], receivables=[debt.id])
        ledger = await Ledger.of(tx, locked.receivables)
        assert await accrue_to(tx, ledger, locked.receivables.values(), TODAY) == []


async def test_a_payment_finds_the_interest_of_its_own_day_and_pays_it_first(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """Paid in full to the cent of the principal, the interest is still there: it came first."""
    await _policy(factory, Posting.AUTOMATIC)
    await _pay(factory, customer, "100000.00", TODAY, [(debt.id, 10_000_000)])
    assert await _story(factory, debt) == [
        ("interest", 49_315, TODAY, True),
        ("allocation", -49_315, TODAY, True),
        ("allocation", -9_950_685, TODAY, False),
    ]
    assert (await row(factory, Receivable, debt.id)).balance_minor == 49_315
    await books_agree(factory)


async def test_an_older_payment_takes_back_interest_at_once(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """November's sixteenth posts October's interest; then a payment of 20 October turns up."""
    await _policy(factory, Posting.AUTOMATIC)
    async with factory.write() as tx:
        await post_automatically(tx, None, 100)
    (charge,) = await _charges(factory)
    assert charge.amount_minor == 23_014
    await _pay(factory, customer, "100000.00", date(2026, 10, 20))
    story = await _story(factory, debt)
    # The 23,014 were paid first, so 99,769.86 were principal: 11 days on 230.14 bear 0.42 besides 49.32.
    assert story[-3:] == [
        ("reversal", 18_040, TODAY, True),
        ("reversal", -18_040, TODAY, True),
        ("allocation", -18_040, TODAY, False),
    ]
    assert (await row(factory, Receivable, debt.id)).balance_minor == 4_974
    await books_agree(factory)


async def test_an_agreed_order_pays_principal_first(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory)
    (charge_id,) = await _post(factory, customer)
    order = ImputationOrder.PRINCIPAL_INTEREST_COST
    async with factory.write() as tx:
        await set_agreement(tx, NewAgreement(customer.id, LEGAL, order))
    await _pay(factory, customer, "100000.00", TODAY)
    assert (await row(factory, Charge, charge_id)).balance_minor == 49_315
    assert (await row(factory, Receivable, debt.id)).balance_minor == 49_315
    assert (await _story(factory, debt))[-1] == ("allocation", -10_000_000, TODAY, False)


# Agreements and figures


async def test_an_agreement_takes_the_place_of_the_policy_for_its_customer(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory)
    agreed = Terms(Basis.AGREED, agreed_percent=Decimal(24), day_count=DayCount.ACTUAL_360)
    async with factory.write() as tx:
        await set_agreement(tx, NewAgreement(customer.id, agreed))
    (found,) = await _assessed(factory, customer)
    assert (found.line.rule, found.line.amount) == ("agreed.interest", 200_000)
    async with factory.write() as tx:
        await set_agreement(tx, NewAgreement(customer.id, None))
    (found,) = await _assessed(factory, customer)
    assert found.line.rule == "mx.commercial_interest"


async def test_terms_are_read_once_in_a_transaction_and_anew_once_they_have_changed(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory, Posting.AUTOMATIC)
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
    (found,) = await _assessed(chile, consumer)
    assert found.line == Lacking("cl.collection_cost", "cl.uf", day_21)
    assert await _post(chile, consumer) == (), "what lacks a figure is not posted"
    async with chile.write() as tx:
        await set_index_values(tx, [NewIndexValue("cl.uf", day_21, Decimal("39000"), "CMF")])
    (charge_id,) = await _post(chile, consumer)
    charge = await row(chile, Charge, charge_id)
    assert (charge.kind, charge.amount_minor, charge.due_on) == ("collection_cost", 9_000, day_21)
    assert await _post(chile, consumer) == ()


# By hand


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
    assert await _story(factory, debt) == [("fee", 35_000, TODAY, True)]
    async with factory.write(manager) as tx:
        again = await add_charge(tx, _by_hand(debt, idempotency_key="k"))
    assert (again.charge_id, again.replayed) == (added.charge_id, True)
    async with factory.write(manager) as tx:
        await add_charge(tx, _by_hand(debt))
    assert len(await _charges(factory)) == 2
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
    payment = await _pay(factory, customer, "100000.00", TODAY)
    assert (await row(factory, Payment, payment)).unapplied_minor == 0
    async with refused(factory, "RECEIVABLE_NOT_OPEN", "receivableId"), factory.write() as tx:
        await add_charge(tx, _by_hand(debt))


async def test_credit_applied_later_lets_no_interest_vanish(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """Thirty days ran until the money came in; applied two days later it still pays them first."""
    await _policy(factory, Posting.AUTOMATIC)
    payment_id = await _pay(factory, customer, "100000.00", TODAY, [])
    await move(factory, 2)
    async with factory.write() as tx:
        await apply_credit(tx, CreditUse(payment_id))
    (charge,) = await _charges(factory)
    assert (charge.amount_minor, charge.balance_minor, charge.to_on) == (49_315, 0, TODAY + timedelta(days=1))
    assert (await row(factory, Receivable, debt.id)).balance_minor == 49_315
    await books_agree(factory)


async def test_payments_of_a_file_bear_interest_on_what_the_earlier_ones_left(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """As one by one: half is paid ten days late, the rest twenty days later, in whatever order they stand."""
    await _policy(factory, Posting.AUTOMATIC)
    early, late = (
        NewPayment(
            customer_id=customer.id,
            method=PaymentMethod.TRANSFER,
            amount=Money.parse(amount, "MXN"),
            received_on=day,
            external_id=f"file:{day}",
            lines=[(debt.id, Money.parse(amount, "MXN").minor)],
        )
        for amount, day in (("50000.00", DUE + timedelta(days=10)), ("60000.00", TODAY))
    )
    async with factory.write() as tx:
        await record_payments(tx, [early, late])
        await settle_up(tx, [customer.id])
    # Ten days on 100,000.00 are 164.38; then twenty days on the 50,164.38 that are left are 164.92.
    assert [each.amount_minor for each in await _charges(factory)] == [16_438, 16_492]
    assert [each.balance_minor for each in await _charges(factory)] == [0, 0]
    await books_agree(factory)


async def test_payments_of_a_file_in_another_order_take_back_what_is_too_much(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    await _policy(factory, Posting.AUTOMATIC)
    payments = [
        NewPayment(
            customer_id=customer.id,
            method=PaymentMethod.TRANSFER,
            amount=Money.parse(amount, "MXN"),
            received_on=day,
            external_id=f"file:{day}",
            lines=[(debt.id, Money.parse(amount, "MXN").minor)],
        )
        for amount, day in (("60000.00", TODAY), ("50000.00", DUE + timedelta(days=10)))
    ]
    async with factory.write() as tx:
        bookings = await record_payments(tx, payments)
        await settle_up(tx, [customer.id])
    (charge,) = await _charges(factory)
    # All but the first ten days of 49,315 on what the earlier payment of the two had settled is taken back.
    assert charge.amount_minor == 49_315
    async with factory.read() as tx:
        back = await tx.session.scalar(
            select(Entry.amount_minor).where(
                Entry.kind == "reversal", Entry.charge_id == charge.id, Entry.payment_id.is_(None)
            )
        )
    assert back is not None
    assert back < 0
    assert sum(each.payment.unapplied_minor for each in bookings) > 0
    await books_agree(factory)


async def test_money_freed_of_interest_pays_nothing_of_another_customer(factory: Factory) -> None:
    """A file has an older payment of the one customer, and one of another, whose debt fell due before."""
    one, another = await factory.customer(), await factory.customer()
    theirs = await factory.receivable(another, "500.00", due_on=DUE - timedelta(days=9))
    owed = await factory.receivable(one, "100000.00", due_on=DUE)
    await _policy(factory)
    await _post(factory, one)
    await _pay(factory, one, "493.15", TODAY, [(owed.id, 49_315)])
    payments = [
        NewPayment(
            customer_id=customer.id,
            method=PaymentMethod.TRANSFER,
            amount=Money.parse(amount, "MXN"),
            received_on=DUE,
            external_id=f"file:{amount}",
            lines=[(debt.id, Money.parse(amount, "MXN").minor)],
        )
        for customer, debt, amount in ((one, owed, "100000.00"), (another, theirs, "10.00"))
    ]
    async with factory.write() as tx:
        await record_payments(tx, payments)
        await settle_up(tx, [one.id, another.id])
    assert (await row(factory, Receivable, theirs.id)).balance_minor == 490_00
    async with factory.read() as tx:
        unapplied = await tx.session.scalars(select(Payment.unapplied_minor).order_by(Payment.amount_minor))
        assert list(unapplied) == [0, 493_15, 0]
    await books_agree(factory)


async def test_a_credit_note_of_an_earlier_day_takes_back_interest_at_once(
    factory: Factory, customer: Customer, debt: Receivable
) -> None:
    """Nothing was ever owed late of what the note says was not owed on the due date."""
    await _policy(factory)
    await _post(factory, customer)
    async with factory.write() as tx:
        money = Money.parse("100000.00", "MXN")
        await record_credit_note(
            tx, NewCreditNote(customer.id, "NC-1", money, DUE, lines=[(debt.id, money.minor)])
        )
    stored = await row(factory, Receivable, debt.id)
    assert (stored.balance_minor, stored.state) == (0, "paid")
    assert (await _story(factory, debt))[-1] == ("reversal", -49_315, TODAY, True)
    await books_agree(factory)
