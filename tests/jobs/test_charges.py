"""The job that posts charges, run as a worker runs it once a business day has begun."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from cartera.db.queries.locks import lock
from cartera.db.session import Database
from cartera.db.tables.charges import Charge
from cartera.db.tables.customers import Customer
from cartera.db.tables.outbox import Outbox
from cartera.db.tables.payments import Allocation, Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.money import Money
from cartera.rules.outbox import Lane
from cartera.rules.payments import PaymentMethod
from cartera.rules.receivables import EntryKind
from cartera.services.books import settle_up
from cartera.services.charge_policies import NewPolicy, set_policy
from cartera.services.charges import post_automatically
from cartera.services.ledger import Ledger
from cartera.services.payments import NewPayment, record_payment
from cartera.settings import Settings
from jobs import charges
from jobs.registry import JOBS
from jobs.runner import Runner
from tests.api.test_customer_details import statements
from tests.conftest import MovableClock
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, row


@pytest.fixture
def runner(factory: Factory, clock: MovableClock, tmp_path: Path) -> Runner:
    settings = Settings.from_environment({"CARTERA_HOME": str(tmp_path)})
    return Runner(factory.db, clock, settings, JOBS)


async def _run(factory: Factory, runner: Runner, kind: str) -> Outbox:
    async with factory.read() as tx:
        effect = (
            await tx.session.scalars(select(Outbox).where(Outbox.kind == kind, Outbox.done_at.is_(None)))
        ).one()
    await runner.run(factory.organization_id, effect.id, effect.attempts)
    return await row(factory, Outbox, effect.id)


async def _posted(factory: Factory) -> list[int]:
    async with factory.read() as tx:
        return list(await tx.session.scalars(select(Charge.amount_minor).order_by(Charge.id)))


@pytest.mark.parametrize(
    ("posting", "posted"), [(Posting.AUTOMATIC, [230, 230, 230]), (Posting.BY_HAND, []), (Posting.OFF, [])]
)
async def test_charges_are_posted_once_the_day_has_begun(
    factory: Factory,
    runner: Runner,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    posting: Posting,
    posted: list[int],
) -> None:
    """1,000.00 due on 17 October: the fourteen days of October at 6 % are 2.30."""
    monkeypatch.setattr(charges, "CHUNK", 2)
    for _ in range(3):
        await factory.receivable(await factory.customer(), "1000.00", due_on=TODAY - timedelta(days=30))
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), posting))
    clock.move(timedelta(days=1))
    async with factory.write() as tx:
        tx.later(Lane.INTERACTIVE, "begin_business_day", key="tomorrow")
    await _run(factory, runner, "begin_business_day")

    done = await _run(factory, runner, "post_charges")

    assert (done.done_at, done.failure) == (clock.now(), None)
    assert await _posted(factory) == posted
    factory.now = clock.now()
    async with factory.write() as tx:
        tx.later(Lane.BULK, "post_charges", key="again")
    await _run(factory, runner, "post_charges")
    assert await _posted(factory) == posted
    await books_agree(factory)


async def test_a_day_without_anything_to_post_costs_as_little_for_many_lines_as_for_one(
    factory: Factory,
) -> None:
    customers = [await factory.customer() for _ in range(2)]
    for place, debts in enumerate((1, 8)):
        for _ in range(debts):
            await factory.receivable(customers[place], "1000.00", due_on=TODAY - timedelta(days=90))
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), Posting.AUTOMATIC))
    async with factory.write() as tx:
        await post_automatically(tx, None, 10)
    posted = await _posted(factory)
    taken = []
    after = None
    for _ in customers:
        async with factory.write() as tx:
            with statements(factory.db) as seen:
                after = await post_automatically(tx, after, 1)
        taken.append(len(seen))
    assert await _posted(factory) == posted
    assert taken[0] == taken[1] <= 30


@contextmanager
def every_statement(db: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)


async def _late(factory: Factory, days: int = 30) -> Customer:
    made = await factory.customer()
    for _ in range(2):
        await factory.receivable(made, "1000.00", due_on=TODAY - timedelta(days=days))
    return made


async def _automatic(factory: Factory) -> None:
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), Posting.AUTOMATIC))


async def _taken(factory: Factory, limit: int = 100) -> int:
    """How many statements one batch takes."""
    with every_statement(factory.db) as seen:
        async with factory.write() as tx:
            await post_automatically(tx, None, limit)
    return len(seen)


async def test_posting_for_many_customers_takes_as_many_statements_as_for_two(factory: Factory) -> None:
    await _automatic(factory)
    taken = []
    for late in (1, 2, 30):
        for _ in range(late):
            await _late(factory)
        taken.append(await _taken(factory))
    assert await _posted(factory) == [230] * 66
    # The first time there is no interest yet that could be too much.
    assert taken[0] < taken[1] == taken[2] <= 65
    assert await _taken(factory) <= 25, "nothing more is due"
    await books_agree(factory)


async def test_each_customer_whose_interest_was_too_much_is_corrected_by_itself(factory: Factory) -> None:
    """Half of one document was never owed, which nobody has told the books of interest yet."""
    await _automatic(factory)
    customers = [await _late(factory) for _ in range(2)]
    await _taken(factory)
    for customer in customers:
        async with factory.write() as tx:
            await record_payment(tx, NewPayment(customer.id, PaymentMethod.CASH, Money(460, "MXN"), TODAY))
        await _credit_unseen(factory, customer)
    await _taken(factory)
    async with factory.read() as tx:
        for customer in customers:
            theirs = select(Entry.amount_minor).where(
                Entry.customer_id == customer.id, Entry.kind == "reversal"
            )
            # 1.15 of October's was paid and is freed; 1.31 of November's, which the payment found, was not.
            assert sorted(await tx.session.scalars(theirs)) == [-131, -115, 115]
            payment = await tx.session.scalars(select(Payment).where(Payment.customer_id == customer.id))
            paid = await tx.session.scalars(
                select(Receivable.customer_id)
                .join(Allocation, Allocation.receivable_id == Receivable.id)
                .where(Allocation.payment_id == payment.one().id)
                .distinct()
            )
            assert list(paid) == [customer.id]
    await books_agree(factory)


async def _credit_unseen(factory: Factory, customer: Customer) -> None:
    """500.00 less of the principal from the due date on, without a look at interest."""
    async with factory.write() as tx:
        first = (
            await tx.session.scalars(
                select(Receivable.id).where(Receivable.customer_id == customer.id).order_by(Receivable.id)
            )
        ).first()
        assert first is not None
        locked = await lock(tx, customers=[customer.id], receivables=[first])
        ledger = await Ledger.of(tx, locked.receivables)
        ledger.settle(first, 500_00, EntryKind.SETTLED_IN_ERP, on=TODAY - timedelta(days=30))
        await ledger.write()
        await settle_up(tx, [customer.id])


async def test_nobody_waits_for_customers_with_nothing_due(factory: Factory) -> None:
    await _automatic(factory)
    idle, due = await _late(factory, days=10), await _late(factory)
    async with factory.write() as busy:
        await lock(busy, customers=[idle.id])
        async with factory.write() as tx:
            await tx.session.execute(text("SET LOCAL lock_timeout = '200ms'"))
            await post_automatically(tx, None, 100)
    async with factory.read() as tx:
        assert set(await tx.session.scalars(select(Charge.customer_id))) == {due.id}


async def test_a_payment_that_comes_first_leaves_nothing_to_post(factory: Factory) -> None:
    """Posting has looked before it waits for the payment; what it writes is by the look after."""
    await _automatic(factory)
    customer = await _late(factory)

    async def post() -> None:
        async with factory.write() as tx:
            await post_automatically(tx, None, 100)

    async with factory.write() as tx:
        money = Money(2000_00, "MXN")
        await record_payment(tx, NewPayment(customer.id, PaymentMethod.CASH, money, TODAY))
        posting = asyncio.create_task(post())
        await asyncio.sleep(0.5)
        assert not posting.done()
    await posting
    # Thirty days of 1,000.00 each, which the payment found; it paid them first.
    assert await _posted(factory) == [493, 493]
    await books_agree(factory)
