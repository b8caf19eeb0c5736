"""Payments of a file on the books: each once, to the document that it names, never to a stranger's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text

from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Receivable
from cartera.rules.imports.rows import PaymentRow
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.services.imports.outcome import Outcome
from cartera.services.imports.payments import apply_payments
from tests.factories import TODAY, Factory
from tests.services.test_import_invoices import import_run


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
