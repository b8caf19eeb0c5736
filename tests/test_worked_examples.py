"""The worked examples of docs/ledger.md are what the books hold, entry by entry.

``WRITE_EXAMPLES=1 pytest tests/test_worked_examples.py`` writes them anew, to be read before they are kept.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import system
from cartera.db.queries.drift import drift
from cartera.db.tables.activities import Task
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Allocation, ExchangeDifference, Payment, PaymentReversal
from cartera.db.tables.receivables import Entry, Receivable
from cartera.gateways.base import AttemptReport, Checkout, Returned
from cartera.rules.instruments import BounceReason, InstrumentKind, InstrumentRole
from cartera.rules.money import Money, format_amount
from cartera.rules.payments import AttemptState, DeductionReason, PaymentMethod, ReversalKind
from cartera.services.attempt_reports import apply_report
from cartera.services.bounces import Bounce, GivenFee, bounce_instrument
from cartera.services.deductions import Deduction
from cartera.services.deposits import receive_cheque
from cartera.services.instruments import NewInstrument
from cartera.services.payment_attempts import AttemptLine, NewAttempt, keep_checkout, start_attempt
from cartera.services.payments import NewPayment, record_payment
from cartera.services.receivables import WriteOff, write_off
from cartera.services.reversals import NewReversal, reverse_payment
from tests.factories import TODAY, Factory
from tests.portals import visitor
from tests.services.books import move
from tests.services.planning import charge
from tests.services.test_import_invoices import apply as apply_invoices

PAGE = Path(__file__).parents[1] / "docs" / "ledger.md"
_BLOCK = r"(<!-- example: {name} -->\n).*?(<!-- end -->)"


@dataclass
class Example:
    """A customer's books while an example is played."""

    factory: Factory
    customer: Customer
    receivables: list[Receivable] = field(default_factory=list)

    async def invoice(self, amount: str, currency: str = "MXN", days_ago: int = 40) -> Receivable:
        issued = TODAY - timedelta(days=days_ago)
        made = await self.factory.receivable(
            self.customer, amount, currency=currency, issued_on=issued, due_on=issued + timedelta(days=30)
        )
        self.receivables.append(made)
        return made

    async def pay(self, amount: str, currency: str = "MXN", **told: object) -> UUID:
        money = Money.parse(amount, currency)
        method = told.pop("method", PaymentMethod.TRANSFER)
        async with self.factory.write() as tx:
            new = NewPayment(self.customer.id, method, money, tx.today, **told)  # type: ignore[arg-type]  # by name
            return (await record_payment(tx, new)).payment_id


async def refund(books: Example) -> None:
    """Overpaid by 50.00; of the 350.00 received, 120.00 are sent back three days later."""
    for amount in ("100.00", "200.00"):
        await books.invoice(amount)
    payment_id = await books.pay("350.00")
    await move(books.factory, 3)
    async with books.factory.write() as tx:
        new = NewReversal(payment_id, ReversalKind.REFUND, tx.today, 120_00, reason="paid too much")
        await reverse_payment(tx, new)


async def chargeback(books: Example) -> None:
    """Paid by card in the portal; eight days later the cardholder's bank takes all of it back."""
    bill = await books.invoice("500.00")
    factory = books.factory
    async with factory.write(await visitor(factory, books.customer)) as tx:
        attempt = await start_attempt(tx, NewAttempt((AttemptLine(bill.id, "500.00"),), "key"))
        await keep_checkout(tx, attempt.attempt_id, Checkout("chk_1", "http://127.0.0.1/x"))
    paid = AttemptReport(
        *("chk_1", attempt.attempt_id, AttemptState.SUCCEEDED, Money(500_00, "MXN")),
        *(PaymentMethod.CARD, factory.now),
    )
    await _tell(factory, paid)
    await move(factory, 8)
    back = Returned("dp_77", ReversalKind.CHARGEBACK, Money(500_00, "MXN"), factory.now)
    await _tell(
        factory,
        AttemptReport(
            *("chk_1", attempt.attempt_id, AttemptState.CHARGED_BACK, Money(500_00, "MXN")),
            *(PaymentMethod.CARD, paid.happened_at, (back,)),
        ),
    )


async def _tell(factory: Factory, report: AttemptReport) -> None:
    async with factory.write(system(factory.organization_id, "process_inbox")) as tx:
        await apply_report(tx, "sandbox", report)


async def bounce(books: Example) -> None:
    """A cheque of 1,000.00 is deposited and bounces two days later; a fee of 200.00 is charged for it."""
    bill = await books.invoice("1000.00")
    # The third Monday of November is a holiday of Mexico's banks.
    await move(books.factory, 1)
    async with books.factory.write() as tx:
        cheque = NewInstrument(
            customer_id=books.customer.id,
            kind=InstrumentKind.CHEQUE,
            role=InstrumentRole.PAYS,
            number="0001234",
            amount=Money(1000_00, "MXN"),
            issued_on=tx.today,
            due_on=tx.today,
            received_on=tx.today,
            lines=[(bill.id, 1000_00)],
            bank="Banco del Bajío",
        )
        taken = await receive_cheque(tx, cheque)
    await move(books.factory, 2)
    async with books.factory.write() as tx:
        fee = GivenFee(Money(200_00, "MXN"), "Código de Comercio")
        await bounce_instrument(tx, Bounce(taken.instrument_id, BounceReason.INSUFFICIENT_FUNDS, fee=fee))


async def short_pay(books: Example) -> None:
    """Of 1,160.00 the customer withholds 106.67 of tax and the bank keeps 15.00: 1,038.33 come in."""
    bill = await books.invoice("1160.00")
    await books.pay(
        "1038.33",
        lines=[(bill.id, 1038_33)],
        deductions=(
            Deduction(bill.id, DeductionReason.WITHHOLDING, 106_67, "ISR retenido"),
            Deduction(bill.id, DeductionReason.BANK_FEE, 15_00),
        ),
    )


async def other_currency(books: Example) -> None:
    """An invoice of 1,000.00 USD, issued at 17.00 pesos a dollar, is paid with 18,500.00 pesos at 18.50."""
    await books.factory.rate("USD", "17.00", TODAY - timedelta(days=45))
    await books.factory.rate("USD", "18.50", TODAY)
    bill = await books.invoice("1000.00", "USD")
    await books.pay("18500.00", lines=[(bill.id, 18500_00)])


async def recovery(books: Example) -> None:
    """Given up, then paid in part by a cheque that goes back a week later."""
    bill = await books.invoice("1000.00")
    async with books.factory.write() as tx:
        await write_off(tx, WriteOff([bill.id], "no sign of life"))
    await move(books.factory, 7)
    payment_id = await books.pay("400.00", method=PaymentMethod.CHEQUE, lines=[(bill.id, 400_00)])
    await move(books.factory, 7)
    async with books.factory.write() as tx:
        await reverse_payment(tx, NewReversal(payment_id, ReversalKind.BOUNCE, tx.today))


async def counted_twice(books: Example) -> None:
    """100.00 pay 10.00 of interest and 90.00 of the invoice; the ERP books them on the invoice alone."""
    bill = await books.invoice("100.00")
    await charge(books.factory, bill, "10.00")
    await books.pay("100.00")
    await move(books.factory, 1)
    async with books.factory.read() as tx:
        day = tx.today
    await apply_invoices(books.factory, [], is_snapshot=True, as_of=day, force=True)


EXAMPLES: dict[str, Callable[[Example], Awaitable[None]]] = {
    "refund": refund,
    "chargeback": chargeback,
    "bounce": bounce,
    "recovery": recovery,
    "short-pay": short_pay,
    "other-currency": other_currency,
    "counted-twice": counted_twice,
}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_the_page_tells_what_the_books_hold(factory: Factory, name: str) -> None:
    books = Example(factory, await factory.customer())
    await EXAMPLES[name](books)
    told = await _told(books)
    async with factory.read() as tx:
        assert await drift(tx) == []
    page, block = PAGE.read_text("utf-8"), re.compile(_BLOCK.format(name=name), re.DOTALL)
    if os.environ.get("WRITE_EXAMPLES"):
        page = block.sub(lambda found: f"{found[1]}{told}{found[2]}", page)
        PAGE.write_text(page, "utf-8")
    found = block.search(page)
    assert found, f"docs/ledger.md has no example named {name}"
    assert found[0] == f"{found[1]}{told}{found[2]}"


async def _told(books: Example) -> str:
    """Everything that was written, as tables."""
    names = {row.id: f"Invoice {place}" for place, row in enumerate(books.receivables, 1)}
    return "\n".join([*await _entries(books, names), *await _money(books, names), ""])


async def _entries(books: Example, names: dict[UUID, str]) -> list[str]:
    async with books.factory.read() as tx:
        charges = {row.id: row.kind for row in await tx.session.scalars(select(Charge))}
        rows = (
            await tx.session.scalars(
                select(Entry).order_by(Entry.recorded_at, Entry.effective_on, Entry.amount_minor.desc())
            )
        ).all()
    lines = [
        "| Takes effect | Document | Part | Entry | Amount | Document's balance |",
        "|---|---|---|---|--:|--:|",
    ]
    balances = dict.fromkeys(names, 0)
    place = list(names).index
    for row in sorted(rows, key=lambda row: (row.recorded_at, row.effective_on, place(row.receivable_id))):
        balances[row.receivable_id] += row.amount_minor
        cells = (
            _day(row.effective_on),
            names[row.receivable_id],
            charges.get(row.charge_id, "principal").replace("_", " ") if row.charge_id else "principal",
            row.kind.replace("_", " "),
            f"{format_amount(row.amount_minor, row.currency)} {row.currency}",
            format_amount(balances[row.receivable_id], row.currency),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


async def _money(books: Example, names: dict[UUID, str]) -> list[str]:
    async with books.factory.read() as tx:
        payments = (await tx.session.scalars(select(Payment).order_by(Payment.id))).all()
        back = (await tx.session.scalars(select(PaymentReversal).order_by(PaymentReversal.id))).all()
        allocations = (await tx.session.scalars(select(Allocation).order_by(Allocation.id))).all()
        gains = (await tx.session.scalars(select(ExchangeDifference).order_by(ExchangeDifference.id))).all()
        tasks = (await tx.session.scalars(select(Task).order_by(Task.id))).all()
    lines = [""]
    for row in payments:
        amounts = [row.amount_minor, row.allocated_minor, row.reversed_minor, row.unapplied_minor]
        received, applied, reversed_, rest = (format_amount(each, row.currency) for each in amounts)
        lines.append(
            f"Payment of {received} {row.currency} ({row.method}): {applied} applied, {reversed_} went back,"
            f" {rest} unapplied."
        )
    lines += [
        f"Went back on {_day(row.reversed_on)}: {format_amount(row.amount_minor, row.currency)} ({row.kind})."
        for row in back
    ]
    lines += [
        f"{names[row.receivable_id]} took {format_amount(row.source_minor, 'MXN')} MXN at {row.rate:.10f}"
        f" of {_day(row.rate_on)}."
        for row in allocations
        if row.rate is not None and row.rate_on is not None
    ]
    lines += [
        f"Exchange difference, taking effect on {_day(row.effective_on)}:"
        f" {format_amount(row.amount_minor, row.currency)} {row.currency}"
        f" (booked at {row.booked_rate.normalize()}, settled at {row.settled_rate.normalize()})."
        for row in gains
    ]
    lines += [f"Task opened: {row.kind.replace('_', ' ')}{_about(row.note, names)}." for row in tasks]
    return [line if place == 0 else f"- {line}" for place, line in enumerate(lines)]


def _about(note: str | None, names: dict[UUID, str]) -> str:
    # The document's number is the test's own.
    return f" ({note.partition(' · ')[2]})" if note else ""


def _day(day: date) -> str:
    return day.isoformat()
