"""Payments of a file on the books: each once, to the document that it names, never to a stranger's."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import event, select, text

from cartera.db.queries.accounts import CHUNK
from cartera.db.queries.receivables import named
from cartera.db.tables.accounts import Account
from cartera.db.tables.payments import Payment
from cartera.db.tables.promises import Promise
from cartera.db.tables.receivables import Receivable
from cartera.rules.customers import Language
from cartera.rules.imports import wording
from cartera.rules.imports.rows import PaymentRow
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.rules.promises import PromiseChannel
from cartera.services.imports import payments
from cartera.services.imports.outcome import Outcome
from cartera.services.imports.payments import apply_payments
from cartera.services.promises import NewPromise, make_promise
from tests.factories import TODAY, Factory
from tests.services.books import books_agree
from tests.services.books import row as stored
from tests.services.planning import asked, charge, parts, sign, state
from tests.services.test_import_invoices import apply as apply_invoices
from tests.services.test_import_invoices import import_run
from tests.services.test_import_invoices import row as invoice


def row(line: int, customer: str, amount: int, **values: Any) -> PaymentRow:
    given = {
        "line": line,
        "company_code": "",
        "customer_id": customer,
        "customer_name": "",
        "tax_id": "",
        "payment_id": "",
        "received_date": TODAY,
        "currency": "MXN",
        "amount": amount,
        "method": PaymentMethod.TRANSFER,
        "number": "",
    } | values
    return PaymentRow(**given)


async def apply(factory: Factory, rows: list[PaymentRow]) -> Outcome:
    run = await import_run(factory)
    outcome = Outcome()
    async with factory.write() as tx:
        await apply_payments(tx, rows, run, outcome)
    return outcome


async def booked(factory: Factory) -> list[tuple[int, int]]:
    """Amount and unapplied rest of each payment, in order."""
    async with factory.read() as tx:
        rows = await tx.session.execute(
            select(Payment.amount_minor, Payment.unapplied_minor).order_by(Payment.id)
        )
        return [tuple(each) for each in rows]


async def test_a_payment_that_names_its_document_pays_it_and_the_rest_is_credit(factory: Factory) -> None:
    customer = await factory.customer(external_id="C1")
    debt = await factory.receivable(customer, "100.00", external_id="A1")
    outcome = await apply(
        factory, [row(2, "C1", 4000, number="A1"), row(3, "C1", 7000, number="A1"), row(4, "C1", 500)]
    )
    assert (outcome.counts, outcome.amounts) == ({"created": 3}, {"created": [Money(11_500, "MXN")]})
    assert await booked(factory) == [(4000, 0), (7000, 1000), (500, 500)]
    async with factory.read() as tx:
        paid = await tx.session.get_one(Receivable, (factory.organization_id, debt.id))
        assert (paid.balance_minor, paid.state) == (0, "paid")


async def test_equal_payments_of_one_file_are_two_and_the_file_again_is_none(factory: Factory) -> None:
    await factory.customer(external_id="C1")
    rows = [row(2, "C1", 4000), row(3, "C1", 4000), row(4, "C1", 4000, payment_id="P-1")]
    assert (await apply(factory, rows)).counts == {"created": 3}
    assert (await apply(factory, rows)).counts == {"unchanged": 3}
    assert await booked(factory) == [(4000, 4000)] * 3


async def test_a_known_reference_with_another_amount_is_refused(factory: Factory) -> None:
    await factory.customer(external_id="C1")
    await apply(factory, [row(2, "C1", 4000, payment_id="P-1")])
    outcome = await apply(factory, [row(2, "C1", 4001, payment_id="P-1")])
    assert [each.problems[0].code for each in outcome.bad_rows] == ["PAYMENT_CHANGED"]
    assert await booked(factory) == [(4000, 4000)]


async def test_strangers_documents_and_other_currencies_are_refused(factory: Factory) -> None:
    owner = await factory.customer(external_id="C1")
    await factory.customer(external_id="C2")
    await factory.receivable(owner, "100.00", external_id="A1")
    outcome = await apply(
        factory,
        [
            row(2, "C2", 100, number="A1"),
            row(3, "C1", 100, number="A1", currency="USD"),
            row(4, "C1", 100, number="A9"),
            row(5, "C9", 100),
        ],
    )
    refused = {each.line: each.problems[0].code for each in outcome.bad_rows}
    assert refused == {
        2: "DOCUMENT_UNKNOWN",
        3: "DOCUMENT_UNKNOWN",
        4: "DOCUMENT_UNKNOWN",
        5: "CUSTOMER_UNKNOWN",
    }
    async with factory.read() as tx:
        assert await tx.session.scalar(text("SELECT count(*) FROM payment")) == 0


async def owed(factory: Factory) -> dict[str, int]:
    """Open balance by document."""
    async with factory.read() as tx:
        rows = await tx.session.execute(select(Receivable.external_id, Receivable.balance_minor))
        return dict(tuple(each) for each in rows)


async def test_one_transfer_pays_several_documents_each_once_whatever_their_order(factory: Factory) -> None:
    customer = await factory.customer(external_id="C1")
    for number in ("A1", "A2", "A3"):
        await factory.receivable(customer, "500.00", external_id=number)
    first, second, third = (
        row(2, "C1", 10_000, payment_id="T1", number="A1"),
        row(3, "C1", 10_000, payment_id="T1", number="A2"),
        row(4, "C1", 7000, payment_id="T1", number="A3"),
    )
    assert (await apply(factory, [first])).counts == {"created": 1}
    assert (await apply(factory, [second, first])).counts == {"created": 1, "unchanged": 1}
    assert (await apply(factory, [third, second, first])).counts == {"created": 1, "unchanged": 2}
    for order in permutations([first, second, third]):
        outcome = await apply(factory, list(order))
        assert (outcome.counts, outcome.bad) == ({"unchanged": 3}, 0)
    assert await owed(factory) == {"A1": 40_000, "A2": 40_000, "A3": 43_000}
    assert await booked(factory) == [(10_000, 0), (10_000, 0), (7000, 0)]
    outcome = await apply(factory, [second._replace(amount=10_001)])
    assert [each.problems[0].code for each in outcome.bad_rows] == ["PAYMENT_CHANGED"]


async def test_a_document_s_number_in_two_companies_is_two_payments_in_any_order(factory: Factory) -> None:
    customer = await factory.customer(external_id="C1")
    for number in ("X:A1", "Y:A1"):
        await factory.receivable(customer, "500.00", external_id=number)
    theirs, ours = (row(2, "C1", 100, number="A1", company_code=code) for code in ("X", "Y"))
    assert (await apply(factory, [ours])).counts == {"created": 1}
    assert (await apply(factory, [theirs, ours])).counts == {"created": 1, "unchanged": 1}
    assert await owed(factory) == {"X:A1": 49_900, "Y:A1": 49_900}


async def test_two_files_of_the_same_customers_in_opposite_order_are_both_booked(
    factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payments, "CHUNK", 10)
    numbers = [f"A{number}" for number in range(40)]
    for number in numbers:
        customer = await factory.customer(external_id=f"C{number}")
        await factory.receivable(customer, "100.00", external_id=number)
    there = [row(2, "", 3000, number=number, payment_id="P1") for number in numbers]
    back = [row(2, "", 4000, number=number, payment_id="P2") for number in reversed(numbers)]
    outcomes = await asyncio.gather(*(apply(factory, rows) for rows in (there, back)))
    assert [outcome.counts for outcome in outcomes] == [{"created": 40}] * 2
    assert await owed(factory) == dict.fromkeys(numbers, 3000)
    await books_agree(factory)


async def test_many_payments_take_few_statements_and_leave_exact_books(factory: Factory) -> None:
    customer, other = await factory.customer(external_id="C1"), await factory.customer(external_id="C2")
    debt = await factory.receivable(customer, "100.00", external_id="A1")
    count = CHUNK + 500
    rows = [row(line, "C1", 10, number="A1", payment_id=f"P{line}") for line in range(count)]
    rows.append(row(count, "C2", 77, payment_id="other"))
    seen: list[str] = []
    engine = factory.db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note := lambda *given: seen.append(given[2]))
    outcome = await apply(factory, rows)
    event.remove(engine, "before_cursor_execute", note)
    assert len(seen) < 70
    assert outcome.counts == {"created": count + 1}
    assert outcome.amounts == {"created": [Money(10 * count + 77, "MXN")]}
    paid = await stored(factory, Receivable, debt.id)
    assert (paid.balance_minor, paid.state, paid.settled_on) == (0, "paid", TODAY)
    async with factory.read() as tx:
        totals = select(Account.customer_id, Account.balance_minor, Account.unapplied_minor)
        accounts = {key: rest for key, *rest in await tx.session.execute(totals)}
        actions = await tx.session.execute(text("SELECT action, count(*) FROM audit_entry GROUP BY action"))
        assert dict(tuple(each) for each in actions) == {"payment.record": count + 1}
    assert accounts == {customer.id: [0, 10 * count - 10_000], other.id: [0, 77]}
    await books_agree(factory)


async def test_payments_of_a_file_prove_promises(factory: Factory) -> None:
    customer = await factory.customer(external_id="C1")
    debt = await factory.receivable(customer, "100.00", external_id="A1")
    async with factory.write() as tx:
        due_on = TODAY + timedelta(days=3)
        new = NewPromise(customer.id, [debt.id], Money(5000, "MXN"), due_on, PromiseChannel.PHONE)
        made = await make_promise(tx, new)
    await apply(factory, [row(2, "C1", 2000, number="A1"), row(3, "C1", 3000, number="A1")])
    promise = await stored(factory, Promise, made.promise_id)
    assert (promise.state, promise.received_minor) == ("kept", 5000)


async def test_payments_of_a_file_pay_a_plan_at_once(factory: Factory) -> None:
    customer = await factory.customer(external_id="C1")
    debt = await factory.receivable(customer, "100.00", external_id="A1")
    await charge(factory, debt, "20.00")
    plan_id = await sign(factory, asked([debt], charges_forgiven=Money(20_00, "MXN")))
    await apply(factory, [row(2, "C1", 33_33, number="A1")])
    assert [each[3] for each in await parts(factory, plan_id)] == ["paid", "pending", "pending"]
    await apply(factory, [row(3, "C1", 66_67, number="A1")])
    assert (await state(factory, plan_id))[0] == "completed"
    assert (await stored(factory, Receivable, debt.id)).balance_minor == 0, "what it forgives is waived"
    await books_agree(factory)


REFUSED = {
    "future": (
        {"received_date": TODAY + timedelta(days=1)},
        "The payment is dated after today: 2026-11-17. "
        "Correct the date, or import it once that day has come.",
    ),
    "negative": ({"amount": -100}, "A payment cannot be negative: -1.00."),
    "large": ({"amount": 10**18}, "“the amount” is too large: 10000000000000000.00."),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_payment_that_is_refused_by_itself_is_told_why(factory: Factory, name: str) -> None:
    await factory.customer(external_id="C1")
    values, expected = REFUSED[name]
    outcome = await apply(factory, [row(2, "C1", 100)._replace(**values), row(3, "C1", 5)])
    assert [wording.say_bad_row(each, Language.EN) for each in outcome.bad_rows] == [expected]
    assert await booked(factory) == [(5, 5)]


async def test_a_payment_without_a_number_is_told_by_its_day_and_amount(factory: Factory) -> None:
    await factory.customer(external_id="C1")
    await apply(factory, [row(2, "C1", 100)])
    async with factory.write() as tx:
        (payment,) = await tx.session.scalars(select(Payment))
        payment.amount_minor = payment.unapplied_minor = 99
    outcome = await apply(factory, [row(2, "C1", 100)])
    assert [wording.say_bad_row(each, Language.EN) for each in outcome.bad_rows] == [
        "The payment “2026-11-16 · 1.00 MXN” is on the books with other data."
    ]


async def test_money_for_what_the_erp_has_settled_is_told_to_be_credit(factory: Factory) -> None:
    await apply_invoices(factory, [invoice(2, "A1"), invoice(3, "A2"), invoice(4, "A3")])
    await apply_invoices(factory, [invoice(2, "A3", balance=4000)], is_snapshot=True, force=True)
    outcome = await apply(
        factory,
        [
            row(2, "C1", 10_000, number="A1"),
            row(3, "C1", 2500, number="A2"),
            row(4, "C1", 6000, number="A3"),
        ],
    )
    assert outcome.counts == {"created": 3, "already_settled": 3}
    assert outcome.amounts["already_settled"] == [Money(14_500, "MXN")]
    assert await booked(factory) == [(10_000, 10_000), (2500, 2500), (6000, 2000)]


async def test_money_beyond_what_was_owed_here_is_plain_credit(factory: Factory) -> None:
    customer = await factory.customer(external_id="C1")
    await factory.receivable(customer, "10.00", external_id="A1")
    assert (await apply(factory, [row(2, "C1", 1500, number="A1")])).counts == {"created": 1}
    assert await booked(factory) == [(1500, 500)]


async def test_documents_are_found_by_more_numbers_than_a_statement_takes_values(factory: Factory) -> None:
    customer = await factory.customer(external_id="C1")
    debt = await factory.receivable(customer, external_id="A39999")
    async with factory.read() as tx:
        found = await named(tx, [f"A{number}" for number in range(40_000)])
    assert found == {"A39999": (debt.id, customer.id, "C1", "MXN")}
