"""Account rows: exact figures, and the SQL says what rules.priority says."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from cartera.db.queries.accounts import refresh_accounts, refresh_segments
from cartera.db.queries.locks import lock
from cartera.db.tables.accounts import Account, AccountBalance
from cartera.db.tables.customers import Customer
from cartera.rules.priority import History, chance_permille, habit
from tests.factories import TODAY, Factory


async def account_of(factory: Factory, customer: Customer) -> Account:
    async with factory.read() as tx:
        return (await tx.session.scalars(select(Account).where(Account.customer_id == customer.id))).one()


async def test_a_customer_without_debts_has_a_blank_account(factory: Factory) -> None:
    customer = await factory.customer()
    account = await account_of(factory, customer)
    assert (account.balance_minor, account.overdue_minor, account.priority) == (0, 0, 0)
    assert account.reasons == []


async def test_balances_fall_into_buckets_by_currency(factory: Factory) -> None:
    customer = await factory.customer()
    for days, amount in ((-5, "1.00"), (1, "2.00"), (30, "4.00"), (31, "8.00"), (61, "16.00"), (91, "32.00")):
        await factory.receivable(customer, amount, due_on=TODAY - timedelta(days=days))
    await factory.receivable(customer, "500", currency="CLP", due_on=TODAY - timedelta(days=3))
    async with factory.read() as tx:
        rows = await tx.session.scalars(select(AccountBalance).order_by(AccountBalance.currency))
        clp, mxn = rows.all()
    assert (clp.currency, clp.balance_minor, clp.days_1_30_minor) == ("CLP", 500, 500)
    assert mxn.balance_minor == 6300
    assert (mxn.current_minor, mxn.days_1_30_minor, mxn.days_31_60_minor) == (100, 600, 800)
    assert (mxn.days_61_90_minor, mxn.over_90_minor, mxn.overdue_minor) == (1600, 3200, 6200)


async def test_a_currency_without_a_rate_is_said_and_left_out(factory: Factory) -> None:
    customer = await factory.customer()
    await factory.receivable(customer, "10.00", currency="MXN")
    await factory.receivable(customer, "10.00", currency="USD")
    account = await account_of(factory, customer)
    assert (account.balance_minor, account.lacks_rate, account.open_count) == (1000, True, 2)
    await factory.rate("USD", "18.5")
    async with factory.write() as tx:
        await lock(tx, customers=[customer.id])
        await refresh_accounts(tx, [customer.id])
    account = await account_of(factory, customer)
    assert (account.balance_minor, account.lacks_rate) == (1000 + 18500, False)


async def test_rates_bridge_currencies_with_other_decimals(factory: Factory) -> None:
    await factory.rate("CLP", "0.02")
    customer = await factory.customer()
    await factory.receivable(customer, "100000", currency="CLP")
    assert (await account_of(factory, customer)).balance_minor == 200_000  # 2,000.00 MXN


async def test_sql_and_rule_give_the_same_priority(factory: Factory) -> None:
    histories = [(0, 0, 0), (8, 0, 0), (8, 3, 30), (12, 12, 500), (2, 1, 4)]
    customers = []
    for matured, late, days in histories:
        customer = await factory.customer()
        customers.append(customer)
        for number in range(matured):
            due = TODAY - timedelta(days=100)
            late_days = days // late + (days % late if number == 0 else 0) if number < late else 0
            await factory.receivable(
                customer,
                "50.00",
                due_on=due,
                settled_minor=5000,
                balance_minor=0,
                state="paid",
                settled_on=due + timedelta(days=late_days),
            )
        # Due within the horizon, so that it matures for nobody's history.
        await factory.receivable(customer, "1000.00", due_on=TODAY + timedelta(days=5))
        # Due after it: adds nothing.
        await factory.receivable(customer, "7000.00", due_on=TODAY + timedelta(days=14))
    async with factory.write() as tx:
        await refresh_segments(tx)
        await lock(tx, customers=[customer.id for customer in customers])
        await refresh_accounts(tx, [customer.id for customer in customers])
    segment = History(
        sum(each[0] for each in histories),
        sum(each[1] for each in histories),
        sum(each[2] for each in histories),
    )
    for customer, history in zip(customers, histories, strict=True):
        account = await account_of(factory, customer)
        assert (account.matured_count, account.late_count, account.late_days) == history
        expected = chance_permille(habit(History(*history), segment), -5) * 100_000 // 1000
        assert account.priority == expected


async def test_open_past_due_receivables_count_as_late_to_today(factory: Factory) -> None:
    customer = await factory.customer()
    await factory.receivable(customer, "1000.00", due_on=TODAY - timedelta(days=40))
    account = await account_of(factory, customer)
    assert (account.matured_count, account.late_count, account.late_days, account.delay_days) == (
        1,
        1,
        40,
        40,
    )
    assert [reason["code"] for reason in account.reasons] == [
        "overdue_amount",
        "late_payer",
        "bounced_contact",
        "no_next_action",
    ]
    overdue = account.reasons[0]
    assert (overdue["amount"], overdue["days"], overdue["count"]) == (100_000, 40, 1)
    own = chance_permille(habit(History(1, 1, 40), History(0, 0, 0)), 40)
    assert account.priority == own * 100 + 5000 + 5000
    await factory.contact(customer)
    assert (await account_of(factory, customer)).priority == own * 100 + 5000


async def test_rows_of_another_organization_are_untouched_and_unseen(factory: Factory) -> None:
    mine, other = await factory.customer(), await factory.other()
    theirs = await other.customer()
    await other.receivable(theirs, "99.00")
    await factory.receivable(mine, "1.00")
    async with factory.read() as tx:
        assert [row.customer_id for row in await tx.session.scalars(select(Account))] == [mine.id]
    assert (await account_of(other, theirs)).balance_minor == 9900
