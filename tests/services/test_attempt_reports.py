"""What a provider reports: in whatever order and number reports come, the books hold the same."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import permutations
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from cartera.actors import system
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.locks import lock
from cartera.db.tables.accounts import Account
from cartera.db.tables.activities import Task
from cartera.db.tables.customers import Customer
from cartera.db.tables.outbox import Outbox
from cartera.db.tables.payments import Allocation, Payment, PaymentAttempt, PaymentLink, PaymentReversal
from cartera.db.tables.receivables import Entry, Receivable
from cartera.gateways.base import AttemptReport, Checkout, Returned
from cartera.rules.activities import TaskKind
from cartera.rules.money import Money
from cartera.rules.payments import AttemptState, PaymentMethod, ReversalKind
from cartera.services.attempt_reports import Outcome, apply_report
from cartera.services.payment_attempts import AttemptLine, NewAttempt, keep_checkout, start_attempt
from cartera.services.payments import NewPayment, record_payment
from cartera.services.tasks import open_review
from tests.factories import TODAY, Factory
from tests.portals import visitor
from tests.services.books import books_agree

CREATED, PENDING, SUCCEEDED = AttemptState.CREATED, AttemptState.PENDING, AttemptState.SUCCEEDED
FAILED, CANCELLED = AttemptState.FAILED, AttemptState.CANCELLED
REFUNDED, CHARGED_BACK = AttemptState.REFUNDED, AttemptState.CHARGED_BACK


# Orders of the same events that each seed tries; more on demand.
ORDERS = int(os.environ.get("REPORT_ORDERS", 6))


@dataclass
class Case:
    """A customer who owes 100.00 and 60.00, and has gone off to pay 100.00 and 20.00."""

    factory: Factory
    customer: Customer
    bills: list[Receivable]
    report: AttemptReport

    async def apply(self, *states: AttemptState) -> list[Outcome]:
        return [await self.tell(replace(self.report, state=state)) for state in states]

    async def tell(self, report: AttemptReport) -> Outcome:
        async with self.factory.write(system(self.factory.organization_id, "process_inbox")) as tx:
            return await apply_report(tx, "sandbox", report)

    async def rows(self) -> dict[str, Any]:
        """What the books hold of the case, less ids and time stamps."""
        customer_id = self.customer.id
        async with self.factory.read() as tx:
            attempt = (
                await tx.session.scalars(
                    select(PaymentAttempt).where(PaymentAttempt.id == self.report.attempt_id)
                )
            ).one()
            payments = (
                await tx.session.scalars(
                    select(Payment)
                    .where(Payment.customer_id == customer_id)
                    .order_by(Payment.external_id, Payment.id)
                )
            ).all()
            shares = await tx.session.execute(
                select(Receivable.number, Allocation.amount_minor)
                .join(Receivable, Receivable.id == Allocation.receivable_id)
                .where(Receivable.customer_id == customer_id)
                .order_by(Receivable.due_on, Allocation.amount_minor)
            )
            bills = await tx.session.execute(
                select(Receivable.state, Receivable.balance_minor)
                .where(Receivable.customer_id == customer_id)
                .order_by(Receivable.due_on)
            )
            entries = await tx.session.execute(
                select(Entry.kind, Entry.amount_minor, Entry.effective_on)
                .where(Entry.customer_id == customer_id)
                .order_by(Entry.amount_minor, Entry.kind, Entry.effective_on)
            )
            account = (
                await tx.session.scalars(select(Account).where(Account.customer_id == customer_id))
            ).one()
            tasks = await tx.session.scalars(
                select(Task.kind).where(Task.customer_id == customer_id).order_by(Task.kind)
            )
            receipts = await tx.session.scalars(
                select(Outbox.key).where(
                    Outbox.kind == "send_receipt",
                    Outbox.key.in_([f"send_receipt:{payment.id}" for payment in payments]),
                )
            )
            return {
                "attempt": attempt.state,
                "payments": [
                    (p.external_id, p.amount_minor, p.allocated_minor, p.unapplied_minor, p.received_on)
                    for p in payments
                ],
                "shares": [minor for _, minor in shares],
                "bills": [tuple(row) for row in bills],
                "entries": [tuple(row) for row in entries],
                "account": (account.balance_minor, account.unapplied_minor),
                "tasks": sorted(tasks),
                "receipts": len(list(receipts)),
            }


async def make_case(factory: Factory, name: str = "1") -> Case:
    customer = await factory.customer()
    bills = [
        await factory.receivable(customer, "100.00", due_on=TODAY - timedelta(days=20)),
        await factory.receivable(customer, "60.00", due_on=TODAY - timedelta(days=10)),
    ]
    lines = (AttemptLine(bills[1].id, "20.00"), AttemptLine(bills[0].id, "100.00"))
    async with factory.write(await visitor(factory, customer)) as tx:
        started = await start_attempt(tx, NewAttempt(lines, f"key-{name}"))
        await keep_checkout(tx, started.attempt_id, Checkout(f"chk_{name}", "http://127.0.0.1/x"))
    report = AttemptReport(
        reference=f"chk_{name}",
        attempt_id=started.attempt_id,
        state=SUCCEEDED,
        money=Money(12000, "MXN"),
        method=PaymentMethod.CARD,
        happened_at=factory.now,
    )
    return Case(factory, customer, bills, report)


def booked(name: str, state: AttemptState, tasks: Sequence[str] = ()) -> dict[str, Any]:
    issued = [("issue", 6000, date(2026, 10, 7)), ("issue", 10000, date(2026, 9, 27))]
    return {
        "attempt": state,
        "payments": [(f"sandbox:chk_{name}", 12000, 12000, 0, TODAY)],
        "shares": [10000, 2000],
        "bills": [("paid", 0), ("partially_paid", 4000)],
        "entries": [("allocation", -10000, TODAY), ("allocation", -2000, TODAY), *issued],
        "account": (4000, 0),
        "tasks": list(tasks),
        "receipts": 1,
    }


async def record(factory: Factory, customer: Customer, amount: str) -> None:
    async with factory.write() as tx:
        money = Money.parse(amount, "MXN")
        await record_payment(tx, NewPayment(customer.id, PaymentMethod.CASH, money, TODAY))


async def next_action(factory: Factory, customer: Customer) -> str | None:
    async with factory.read() as tx:
        query = select(Account.next_action_kind).where(Account.customer_id == customer.id)
        return (await tx.session.scalars(query)).one()


async def test_money_is_booked_on_the_lines_that_the_customer_chose(factory: Factory) -> None:
    case = await make_case(factory)
    assert await case.apply(SUCCEEDED) == [Outcome.BOOKED]
    assert await case.rows() == booked("1", SUCCEEDED)


@pytest.mark.parametrize(
    ("states", "last", "tasks"),
    [
        ((CREATED, PENDING, SUCCEEDED, SUCCEEDED), SUCCEEDED, ()),
        ((PENDING, FAILED, SUCCEEDED), SUCCEEDED, ()),
        ((PENDING, CANCELLED, SUCCEEDED), SUCCEEDED, ()),
        ((PENDING, SUCCEEDED, REFUNDED), REFUNDED, ("review_reversal",)),
        ((SUCCEEDED, REFUNDED, CHARGED_BACK), CHARGED_BACK, ("review_reversal",)),
    ],
)
async def test_any_order_of_reports_leaves_the_same_rows(
    factory: Factory, states: tuple[AttemptState, ...], last: AttemptState, tasks: tuple[str, ...]
) -> None:
    for number, order in enumerate(sorted(set(permutations(states)))):
        case = await make_case(factory, str(number))
        outcomes = await case.apply(*order)
        assert outcomes.count(Outcome.BOOKED) == 1, order
        assert await case.rows() == booked(str(number), last, tasks), order


async def test_an_older_state_changes_nothing(factory: Factory) -> None:
    case = await make_case(factory)
    await case.apply(SUCCEEDED)
    before = await case.rows()
    older = (CREATED, PENDING, FAILED, CANCELLED, SUCCEEDED)
    assert await case.apply(*older) == [Outcome.NOTHING_NEW] * 5
    assert await case.rows() == before


async def test_two_reports_at_once_book_once(factory: Factory) -> None:
    case = await make_case(factory)
    outcomes = await asyncio.gather(*(case.tell(case.report) for _ in range(6)))
    assert sorted(outcomes) == [Outcome.BOOKED, *[Outcome.NOTHING_NEW] * 5]
    assert await case.rows() == booked("1", SUCCEEDED)


async def test_a_failed_attempt_books_nothing(factory: Factory) -> None:
    case = await make_case(factory)
    before = await case.rows()
    assert await case.apply(PENDING, FAILED) == [Outcome.MOVED, Outcome.MOVED]
    assert await case.rows() == before | {"attempt": "failed"}


async def test_what_was_really_paid_is_booked(factory: Factory) -> None:
    case = await make_case(factory)
    await case.tell(replace(case.report, money=Money(11000, "MXN")))
    rows = await case.rows()
    assert rows["payments"] == [("sandbox:chk_1", 11000, 11000, 0, TODAY)]
    assert rows["bills"] == [("paid", 0), ("partially_paid", 5000)]


async def test_what_no_longer_fits_stays_as_credit(factory: Factory) -> None:
    case = await make_case(factory)
    # The same bills are paid a second time, in another tab.
    lines = tuple(AttemptLine(bill.id, "60.00") for bill in case.bills)
    async with factory.write(await visitor(factory, case.customer)) as tx:
        other = await start_attempt(tx, NewAttempt(lines, "key-2"))
    await case.tell(replace(case.report, reference="chk_2", attempt_id=other.attempt_id))
    await case.apply(SUCCEEDED)
    rows = await case.rows()
    assert sorted(rows["payments"]) == [
        ("sandbox:chk_1", 12000, 4000, 8000, TODAY),
        ("sandbox:chk_2", 12000, 12000, 0, TODAY),
    ]
    assert rows["bills"] == [("paid", 0), ("paid", 0)]
    assert rows["account"] == (0, 8000)


async def test_a_payment_late_in_the_evening_counts_for_that_day(factory: Factory) -> None:
    case = await make_case(factory)
    # 23:30 of the day before in Mexico City, where it is 09:00 now.
    await case.tell(replace(case.report, happened_at=factory.now - timedelta(hours=9, minutes=30)))
    assert (await case.rows())["payments"][0][4] == TODAY - timedelta(days=1)


async def test_a_provider_whose_clock_runs_ahead_does_not_date_payments_ahead(factory: Factory) -> None:
    case = await make_case(factory)
    await case.tell(replace(case.report, happened_at=factory.now + timedelta(days=2)))
    assert (await case.rows())["payments"][0][4] == TODAY


async def test_a_report_of_an_attempt_that_is_not_ours_changes_nothing(factory: Factory) -> None:
    case = await make_case(factory)
    abroad = await factory.other()
    async with abroad.write() as tx:
        assert await apply_report(tx, "sandbox", case.report) is Outcome.UNKNOWN_ATTEMPT
    async with factory.write() as tx:
        assert await apply_report(tx, "another", case.report) is Outcome.UNKNOWN_ATTEMPT
    assert (await case.rows())["attempt"] == "created"


async def test_a_review_of_a_payment_is_closed_once_the_attempt_has_ended(factory: Factory) -> None:
    case = await make_case(factory)
    await case.apply(PENDING)
    async with factory.write() as tx:
        await lock(tx, customers=[case.customer.id])
        await open_review(tx, [case.customer.id], TaskKind.REVIEW_PAYMENT)
        await refresh_accounts(tx, [case.customer.id])
    await record(factory, case.customer, "0.50")
    assert await next_action(factory, case.customer) == "review_payment", "the attempt may still come"
    await case.apply(FAILED)
    assert await next_action(factory, case.customer) is None


async def test_a_review_of_money_that_went_back_waits_for_a_person(factory: Factory) -> None:
    case = await make_case(factory)
    await case.apply(SUCCEEDED, REFUNDED)
    assert await next_action(factory, case.customer) == "review_reversal"
    await record(factory, case.customer, "40.00")
    await case.apply(CHARGED_BACK)
    assert (await case.rows())["tasks"] == ["review_reversal"]
    assert await next_action(factory, case.customer) == "review_reversal"


async def test_a_link_is_used_once_nothing_it_shows_is_open(factory: Factory) -> None:
    customer = await factory.customer()
    shown, other = await factory.receivable(customer), await factory.receivable(customer)
    states = []
    for amount, key in (("40.00", "a"), ("60.00", "b")):
        actor = await visitor(factory, customer, shown)
        async with factory.write(actor) as tx:
            started = await start_attempt(tx, NewAttempt((AttemptLine(shown.id, amount),), key))
        async with factory.write() as tx:
            report = AttemptReport(
                f"chk_{key}",
                started.attempt_id,
                SUCCEEDED,
                Money.parse(amount, "MXN"),
                PaymentMethod.CARD,
                factory.now,
            )
            await apply_report(tx, "sandbox", report)
        async with factory.read() as tx:
            attempt = (
                await tx.session.scalars(
                    select(PaymentAttempt).where(PaymentAttempt.id == started.attempt_id)
                )
            ).one()
            link = (
                await tx.session.scalars(select(PaymentLink).where(PaymentLink.id == attempt.payment_link_id))
            ).one()
            states.append(link.state)
    assert states == ["active", "used"]
    assert other.balance_minor == 10000


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_and_number_of_events_of_refunds_leaves_the_same_rows(
    factory: Factory, seed: int
) -> None:
    """Each event is answered by a fetch of all that went back so far; events repeat and overtake."""
    moments = [factory.now + timedelta(minutes=minute) for minute in (1, 2, 3)]
    first = Returned("re_1", ReversalKind.REFUND, Money(3000, "MXN"), moments[0])
    second = Returned("re_2", ReversalKind.REFUND, Money(1000, "MXN"), moments[1])
    disputed = Returned("cb_1", ReversalKind.CHARGEBACK, Money(12000, "MXN"), moments[2])
    told: set[str] = set()
    for number in range(ORDERS):
        case = await make_case(factory, f"{seed}-{number}")
        reports = [
            replace(case.report, state=PENDING),
            case.report,
            replace(case.report, state=REFUNDED, returned=(_named(first, number),)),
            replace(case.report, state=REFUNDED, returned=(_named(first, number), _named(second, number))),
            replace(
                case.report,
                state=CHARGED_BACK,
                returned=tuple(_named(each, number) for each in (first, second, disputed)),
            ),
        ]
        shuffled = reports * 2
        Random(seed * 100 + number).shuffle(shuffled)
        for report in shuffled:
            await case.tell(report)
        rows = await case.rows()
        rows["payments"] = [payment[1:] for payment in rows["payments"]]
        rows["reversals"] = await reversals(factory, case.customer)
        told.add(repr(rows))
    assert len(told) == 1, told
    (only,) = told
    assert "'attempt': <AttemptState.CHARGED_BACK" in only or "'attempt': 'charged_back'" in only
    # The refunds took the last share first; the chargeback got what was left: 120 - 30 - 10.
    assert "[('chargeback', 8000), ('refund', 3000), ('refund', 1000)]" in only
    assert "'bills': [('open', 10000), ('open', 6000)]" in only
    await books_agree(factory)


def _named(back: Returned, number: int) -> Returned:
    return replace(back, reference=f"{back.reference}-{number}")


async def reversals(factory: Factory, customer: Customer) -> list[tuple[str, int]]:
    async with factory.read() as tx:
        rows = await tx.session.execute(
            select(PaymentReversal.kind, PaymentReversal.amount_minor)
            .where(PaymentReversal.customer_id == customer.id)
            .order_by(PaymentReversal.external_id)
        )
        return [tuple(row) for row in rows]


async def test_a_partial_refund_leaves_the_rest_paid(factory: Factory) -> None:
    case = await make_case(factory)
    back = Returned("re_1", ReversalKind.REFUND, Money(3000, "MXN"), factory.now)
    await case.tell(replace(case.report, state=REFUNDED, returned=(back,)))
    rows = await case.rows()
    assert rows["payments"] == [("sandbox:chk_1", 12000, 9000, 0, TODAY)]
    # 20 were on the newer bill and 10 more on the older: the last share went back first.
    assert rows["bills"] == [("partially_paid", 1000), ("open", 6000)]
    assert rows["tasks"] == ["review_reversal"]
    await books_agree(factory)
