"""How customers paid is kept, and tells on every day what all their receivables would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy import select, update

from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.drift import account_drift
from cartera.db.queries.locks import lock, lock_many
from cartera.db.tables.accounts import Account, AccountHistory, SegmentHistory
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Payment
from cartera.db.tables.receivables import Receivable
from cartera.rules.payments import ReversalKind
from cartera.rules.priority import HISTORY_DAYS, WORSE_BY_DAYS, WORSE_NEEDS
from cartera.services.business_day import catch_up, roll_business_day
from cartera.services.receivables import WriteOff, write_off
from cartera.services.reversals import NewReversal, reverse_payment
from tests.factories import TODAY, Factory
from tests.figures import pay
from tests.services.books import move

RATES = {"MXN": Decimal(1), "USD": Decimal("18.5")}


@dataclass(frozen=True)
class Told:
    """What of its history an account row says."""

    matured: int
    late: int
    late_days: int
    delay: int
    worse_by: int | None


async def told(factory: Factory, customer: Customer) -> Told:
    async with factory.read() as tx:
        row = await tx.session.get_one(Account, (factory.organization_id, customer.id))
    worse = [reason["days"] for reason in row.reasons if reason["code"] == "getting_worse"]
    return Told(row.matured_count, row.late_count, row.late_days, row.delay_days, worse[0] if worse else None)


async def recounted(factory: Factory, customer: Customer) -> Told:
    """The same from all receivables, by the words of DOMAIN §6 and in Python."""
    async with factory.read() as tx:
        today = tx.today
        every = list(
            await tx.session.scalars(select(Receivable).where(Receivable.customer_id == customer.id))
        )
    counted = [
        each
        for each in every
        if each.due_on > today - timedelta(days=HISTORY_DAYS)
        and each.state not in ("written_off", "cancelled")
        and (each.settled_on is not None or each.overdue_from <= today)
    ]
    late = {each.id: days_late(each, today) for each in counted}
    days, weight = sum(late.values()), sum(each.amount_minor * RATES[each.currency] for each in counted)
    delay = sum(each.amount_minor * RATES[each.currency] * late[each.id] for each in counted)
    newest = sorted(counted, key=lambda each: (each.settled_on or today, each.due_on, each.id))[-3:]
    recent = Decimal(sum(late[each.id] for each in newest)) / max(len(newest), 1)
    is_worse = len(counted) >= WORSE_NEEDS and recent >= Decimal(days) / len(counted) + WORSE_BY_DAYS
    owes = any(each.balance_minor for each in every)
    return Told(
        len(counted),
        sum(1 for each in counted if late[each.id]),
        days,
        half_up(delay / weight) if weight else 0,
        half_up(recent) if is_worse and owes else None,
    )


def days_late(receivable: Receivable, today: date) -> int:
    day = receivable.settled_on or today
    return (day - receivable.due_on).days if day >= receivable.overdue_from else 0


def half_up(number: Decimal) -> int:
    return int(number + Decimal("0.5"))


async def settled(factory: Factory, customer: Customer, due_on: date, late: int, **values: str) -> None:
    await factory.receivable(
        customer,
        "10.00",
        due_on=due_on,
        settled_minor=10_00,
        balance_minor=0,
        state="paid",
        settled_on=due_on + timedelta(days=late),
        **values,
    )


async def no_drift(factory: Factory, *customers: Customer) -> None:
    async with factory.write() as tx:
        assert await account_drift(tx, [each.id for each in customers], None) == []
        await tx.session.rollback()


async def test_as_days_pass_it_tells_what_all_receivables_do(factory: Factory) -> None:
    random = Random(4)
    await factory.rate("USD", "18.5", TODAY)
    customers = [await factory.customer() for _ in range(4)]
    for customer in customers:
        for _ in range(random.randint(5, 14)):
            due = TODAY - timedelta(days=random.choice((0, 3, 40, 400, 690, 727, 728, 729, 730, 731)))
            currency = random.choice(("MXN", "MXN", "USD"))
            if random.random() < 0.7:
                await settled(factory, customer, due, random.randint(-5, 60), currency=currency)
            else:
                await factory.receivable(customer, "25.00", due_on=due, currency=currency)
        await factory.receivable(customer, "30.00", due_on=TODAY + timedelta(days=2))
    for days in (1, 1, 1, 2, 30, 400):
        await move(factory, days)
        for customer in customers:
            assert await told(factory, customer) == await recounted(factory, customer)
        await no_drift(factory, *customers)


async def test_segments_count_what_is_kept_and_what_no_longer_stands(factory: Factory) -> None:
    first, second = await factory.customer(), await factory.customer()
    await settled(factory, first, TODAY - timedelta(days=729), 4)
    await settled(factory, first, TODAY - timedelta(days=20), 6)
    await settled(factory, second, TODAY - timedelta(days=20), 0)
    await factory.receivable(second, "5.00", due_on=TODAY - timedelta(days=9))

    async def segment() -> tuple[int, int, int]:
        async with factory.write() as tx:
            await roll_business_day(tx)
            row = (await tx.session.scalars(select(SegmentHistory))).one()
            await tx.session.refresh(row)
            return row.matured_count, row.late_count, row.late_days

    assert await segment() == (4, 3, 4 + 6 + 9)
    # Nobody's account has been caught up yet, and still the oldest counts no more.
    factory.now += timedelta(days=1)
    assert await segment() == (3, 2, 6 + 10)


async def test_a_day_reads_what_stands_and_recomputes_the_rest(factory: Factory) -> None:
    """Told by a tampered row: it is believed until something in it is too old."""
    customer = await factory.customer()
    await settled(factory, customer, TODAY - timedelta(days=728), 9)
    await settled(factory, customer, TODAY - timedelta(days=30), 9)
    async with factory.write() as tx:
        row = (await tx.session.scalars(select(AccountHistory))).one()
        assert (row.matured_count, row.late_days, row.stands_until) == (2, 18, TODAY + timedelta(days=2))
        row.late_days = 77
    await move(factory, 1)
    assert (await told(factory, customer)).late_days == 77
    await move(factory, 1)
    assert await told(factory, customer) == await recounted(factory, customer) == Told(1, 1, 9, 9, None)


async def test_a_tampered_history_is_drift(factory: Factory) -> None:
    customer = await factory.customer()
    await settled(factory, customer, TODAY - timedelta(days=30), 9)
    await no_drift(factory, customer)
    async with factory.write() as tx:
        await tx.session.execute(update(AccountHistory).values(late_count=0))
    async with factory.write() as tx:
        (found,) = await account_drift(tx, [customer.id])
    assert (found.noun, found.id) == ("account_history", customer.id)
    assert (found.kept, found.recomputed) == ("MXN late_count=0", "late_count=1")
    # Whoever wrote it back has mended it.
    await no_drift(factory, customer)


async def test_one_that_is_not_there_is_no_drift_and_made_by_the_day(factory: Factory) -> None:
    """As after an upgrade."""
    customer = await factory.customer()
    await settled(factory, customer, TODAY - timedelta(days=30), 9)
    async with factory.write() as tx:
        await tx.session.delete((await tx.session.scalars(select(AccountHistory))).one())
    await no_drift(factory, customer)
    await move(factory, 1)
    assert (await told(factory, customer)).matured == 1
    async with factory.read() as tx:
        assert (await tx.session.scalars(select(AccountHistory))).one().matured_count == 1


async def test_what_is_owed_again_or_given_up_is_kept_no_longer(factory: Factory) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "10.00", due_on=TODAY - timedelta(days=10))
    lost = await factory.receivable(customer, "10.00", due_on=TODAY - timedelta(days=10))
    await pay(factory, invoice, "10.00", TODAY)
    async with factory.write() as tx:
        await write_off(tx, WriteOff([lost.id], "se mudó", "k1"))
        payment = (await tx.session.scalars(select(Payment))).one().id
    assert await told(factory, customer) == Told(1, 1, 10, 10, None)
    async with factory.write() as tx:
        await reverse_payment(tx, NewReversal(payment, ReversalKind.CHARGEBACK, TODAY))
    async with factory.read() as tx:
        row = (await tx.session.scalars(select(AccountHistory))).one()
        assert (row.matured_count, row.newest, row.stands_until) == (0, [], date.max)
    await move(factory, 5)
    assert await told(factory, customer) == Told(1, 1, 15, 15, None)
    await no_drift(factory, customer)


async def test_whom_somebody_writes_to_is_passed_by_until_later(factory: Factory) -> None:
    busy, idle = await factory.customer(), await factory.customer()
    factory.now += timedelta(days=1)
    async with factory.write() as tx:
        await roll_business_day(tx)
    async with factory.write() as writer:
        await lock(writer, customers=[busy.id])
        async with factory.write() as tx:
            assert await catch_up(tx, None, passing_by=True) == idle.id
        async with factory.write() as tx:
            assert await catch_up(tx, None, passing_by=True) is None
        await refresh_accounts(writer, [busy.id])
    async with factory.write() as tx:
        assert await catch_up(tx, None, passing_by=True) == busy.id
    async with factory.write() as tx:
        await lock_many(tx, [busy.id, idle.id])
        rows = await tx.session.scalars(select(Account.business_day))
        assert set(rows) == {tx.today}
