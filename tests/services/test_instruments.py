"""Cheques and notes in the drawer: taken in, pausing what they pay, asked for on their day, given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from cartera.actors import Actor
from cartera.db.queries.reminders import standings
from cartera.db.tables.customers import Customer
from cartera.db.tables.instruments import Instrument, InstrumentPolicy
from cartera.db.tables.receivables import Receivable
from cartera.rules.instruments import InstrumentKind, InstrumentRole
from cartera.rules.money import MAX_MINOR, Money
from cartera.rules.reminders import SetAside
from cartera.services.instrument_policies import NewPolicy, set_policy
from cartera.services.instruments import InstrumentTaken, register_instrument
from tests.factories import TODAY, Factory
from tests.services.books import move, outbox, refused, row
from tests.services.papers import (
    FRIDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    cheque,
    give_back,
    note,
    state_of,
    take,
    tasks,
)
from tests.services.promising import account


async def aside(factory: Factory, customer: Customer) -> dict[UUID, SetAside | None]:
    async with factory.read() as tx:
        stand = (await standings(tx, [customer.id]))[customer.id]
    return {debt.receivable_id: debt.set_aside for debt in stand.debts}


async def test_a_cheque_is_taken_in_with_its_banking_days(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    before = await account(factory, customer)
    # Dated on a Saturday before a long weekend: banks take it on Tuesday, and one day of grace follows.
    paper = await take(factory, cheque([invoice], "100.00", date(2026, 11, 14)), manager)
    found = await row(factory, Instrument, paper)
    assert (found.state, found.amount_minor, found.currency) == ("received", 100_00, "MXN")
    assert (found.number, found.bank, found.drawer_name) == (
        "0001234",
        "Banco del Bajío",
        "Abarrotes Lupita",
    )
    assert (found.issued_on, found.due_on) == (FRIDAY, date(2026, 11, 14))
    assert (found.deposit_from, found.pauses_until) == (TUESDAY, WEDNESDAY)
    assert (found.actor, found.payment_id) == (str(manager), None)
    after = await account(factory, customer)
    assert (after.balance_minor, after.overdue_minor) == (before.balance_minor, before.overdue_minor)
    assert [each["change"] for each in await outbox(factory, "changed")] == ["instrument"]


async def test_one_that_pays_pauses_its_receivables_through_the_grace_and_no_other(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    await factory.contact(customer)
    other = await factory.receivable(customer, "7.00")
    await take(factory, cheque([invoice], "100.00", WEDNESDAY))
    pause = SetAside("instrument", date(2026, 11, 20))  # type: ignore[arg-type]  # a rule is its text
    assert await aside(factory, customer) == {invoice.id: pause, other.id: None}
    now = await account(factory, customer)
    said = {reason["code"]: reason for reason in now.reasons}
    assert (said["instrument"]["amount"], said["instrument"]["date"]) == (100_00, "2026-11-18")
    assert now.due_now is True  # because of the other one
    await move(factory, 3)  # Thursday: the last day of the pause
    assert (await aside(factory, customer))[invoice.id] == pause
    await move(factory, 1)
    assert (await aside(factory, customer))[invoice.id] is None
    assert "instrument" not in {reason["code"] for reason in (await account(factory, customer)).reasons}


async def test_what_is_paid_by_a_cheque_in_the_drawer_ranks_nobody(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    await factory.contact(customer)
    assert (await account(factory, customer)).priority > 0
    paper = await take(factory, cheque([invoice], "100.00", WEDNESDAY))
    paused = await account(factory, customer)
    assert (paused.priority, paused.due_now) == (0, False)
    await give_back(factory, paper)
    again = await account(factory, customer)
    assert (again.priority > 0, again.due_now) == (True, True)
    assert await state_of(factory, paper) == "returned"
    assert await aside(factory, customer) == {invoice.id: None}


async def test_one_that_secures_pauses_nothing(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    await take(factory, note([invoice], "100.00", WEDNESDAY))
    assert await aside(factory, customer) == {invoice.id: None}
    assert "instrument" not in {reason["code"] for reason in (await account(factory, customer)).reasons}


async def test_on_its_first_banking_day_the_collector_is_asked_to_deposit(factory: Factory) -> None:
    collector = await factory.member("collector")
    customer = await factory.customer(collector_id=collector.id)
    invoice = await factory.receivable(customer, "100.00")
    paper = await take(factory, cheque([invoice], "100.00", TODAY))
    # Monday is a holiday of the banks.
    assert await tasks(factory, customer, "deposit") == []
    await move(factory, 1)
    assert await tasks(factory, customer, "deposit") == [("open", collector.id)]
    await move(factory, 1)
    assert await tasks(factory, customer, "deposit") == [("open", collector.id)]
    await give_back(factory, paper)
    assert await tasks(factory, customer, "deposit") == [("done", collector.id)]


async def test_one_that_is_due_as_it_comes_is_asked_for_at_once(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    await take(factory, cheque([invoice], "100.00", FRIDAY))
    assert await tasks(factory, customer, "deposit") == [("open", None)]


async def test_a_security_is_asked_for_only_where_a_debt_of_it_is_overdue(
    factory: Factory, customer: Customer
) -> None:
    later = await factory.receivable(customer, "100.00", due_on=WEDNESDAY)
    await take(factory, note([later], "100.00", TUESDAY))
    await move(factory, 2)  # Wednesday: due, not overdue
    assert await tasks(factory, customer, "deposit") == []
    await move(factory, 1)
    assert await tasks(factory, customer, "deposit") == [("open", None)]


async def test_without_lines_it_is_for_what_is_due_first(factory: Factory, customer: Customer) -> None:
    late = await factory.receivable(customer, "30.00", due_on=TODAY - timedelta(days=1))
    later = await factory.receivable(customer, "50.00", due_on=TODAY)
    await factory.receivable(customer, "9.00", due_on=TODAY + timedelta(days=1))
    paper = await take(factory, replace(cheque([late], "60.00"), lines=None))
    async with factory.read() as tx:
        found = await tx.session.execute(
            text("SELECT receivable_id, amount_minor FROM instrument_receivable WHERE instrument_id = :id"),
            {"id": paper},
        )
        assert {tuple(each) for each in found} == {(late.id, 30_00), (later.id, 30_00)}


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"amount": Money(0, "MXN")}, "AMOUNT_NOT_POSITIVE", ["amount"]),
        ({"amount": Money(-1, "MXN")}, "AMOUNT_NOT_POSITIVE", ["amount"]),
        ({"amount": Money(MAX_MINOR + 1, "MXN")}, "TOO_LARGE", ["amount"]),
        ({"amount": Money(99_99, "MXN")}, "LINES_EXCEED_INSTRUMENT", ["lines"]),
        ({"amount": Money(100_00, "USD")}, "CURRENCY_MISMATCH", ["lines"]),
        ({"number": " "}, "WORDS_MISSING", ["number"]),
        ({"number": "1" * 201}, "TOO_LONG", ["number"]),
        ({"bank": "x" * 1_000_000}, "TOO_LONG", ["bank"]),
        ({"drawer_name": "a\0"}, "NOT_TEXT", ["drawerName"]),
        ({"received_on": TODAY + timedelta(days=1)}, "RECEIVED_IN_FUTURE", ["receivedOn"]),
        ({"issued_on": TUESDAY + timedelta(days=1)}, "DUE_BEFORE_ISSUE", ["dueOn"]),
        ({"due_on": TODAY + timedelta(days=367)}, "INSTRUMENT_TOO_FAR", ["dueOn"]),
        ({"due_on": date(2126, 11, 16)}, "INSTRUMENT_TOO_FAR", ["dueOn"]),
        ({"lines": []}, "NO_RECEIVABLES", ["lines"]),
        ({"lines": None, "role": InstrumentRole.SECURES}, "NO_RECEIVABLES", ["lines"]),
        ({"lines": [(UUID(int=n), 1) for n in range(1001)]}, "TOO_MANY", ["lines"]),
        ({"lines": [(UUID(int=1), 1)]}, "NOT_FOUND", ["lines"]),
        ({"customer_id": UUID(int=1)}, "NOT_FOUND", ["customerId"]),
    ],
)
async def test_what_cannot_be_taken_in(
    factory: Factory,
    manager: Actor,
    invoice: Receivable,
    values: dict[str, object],
    code: str,
    path: list[str],
) -> None:
    new = replace(cheque([invoice], "100.00"), **values)  # type: ignore[arg-type]  # cases
    async with refused(factory, code, *path):
        await take(factory, new, manager)


async def test_lines_are_about_what_is_owed(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    new = cheque([invoice], "500.00")
    paid = await factory.receivable(
        customer, "5.00", settled_minor=5_00, balance_minor=0, state="paid", settled_on=TODAY
    )
    foreign = await factory.receivable(await factory.customer(), "5.00")
    for lines, code, path in (
        ([(invoice.id, 0)], "AMOUNT_NOT_POSITIVE", ["lines"]),
        ([(invoice.id, 1), (invoice.id, 1)], "RECEIVABLE_TWICE", ["lines"]),
        ([(invoice.id, 100_01)], "OVER_ALLOCATED", ["lines"]),
        ([(paid.id, 1)], "RECEIVABLE_NOT_OPEN", ["lines"]),
        ([(foreign.id, 1)], "NOT_FOUND", ["lines"]),
    ):
        async with refused(factory, code, *path):
            await take(factory, replace(new, lines=lines), manager)


async def test_a_note_may_be_of_several_years(factory: Factory, invoice: Receivable) -> None:
    await take(factory, note([invoice], "100.00", TODAY + timedelta(days=3660)))
    far = cheque([invoice], "100.00", TODAY + timedelta(days=366))
    await take(factory, far)
    with pytest.raises(Exception, match="INSTRUMENT_TOO_FAR"):
        await take(factory, replace(far, due_on=TODAY + timedelta(days=3661), kind=InstrumentKind.CHEQUE))


async def test_the_same_paper_is_taken_in_once_until_it_is_given_back(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    new = cheque([invoice], "100.00")
    paper = await take(factory, new, manager)
    async with refused(factory, "INSTRUMENT_KNOWN", "number"):
        await take(factory, new, manager)
    await take(factory, replace(new, bank="Banco Azteca"), manager)
    await give_back(factory, paper)
    assert await take(factory, new, manager) != paper


async def test_a_replayed_key_answers_with_the_same_paper(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    new = replace(cheque([invoice], "100.00"), idempotency_key="k")
    paper = await take(factory, new, manager)
    async with factory.write(manager) as tx:
        assert await register_instrument(tx, new) == InstrumentTaken(paper, None, replayed=True)
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await take(factory, replace(new, due_on=THURSDAY), manager)


async def test_who_only_reads_takes_nothing_in(factory: Factory, invoice: Receivable) -> None:
    for role in ("viewer", "salesperson"):
        actor = await factory.actor(role)
        async with refused(factory, "NOT_PERMITTED"):
            await take(factory, cheque([invoice], "100.00"), actor)


async def test_a_paper_out_of_sight_is_not_there(factory: Factory, invoice: Receivable) -> None:
    paper = await take(factory, cheque([invoice], "100.00"))
    stranger = await factory.actor("collector")
    async with refused(factory, "NOT_FOUND", "instrumentId"):
        await give_back(factory, paper, stranger)


async def policy(factory: Factory) -> InstrumentPolicy | None:
    async with factory.read() as tx:
        return await tx.session.get(InstrumentPolicy, factory.organization_id)


async def test_a_policy_is_set_and_taken_back(factory: Factory, manager: Actor) -> None:
    async with factory.write(manager) as tx:
        await set_policy(tx, NewPolicy(" LGTOC 193 ", percent=Decimal("20.0")))
    found = await policy(factory)
    assert found is not None
    assert (found.fee_percent, found.fee_minor, found.source) == (20, None, "LGTOC 193")
    async with factory.write(manager) as tx:
        await set_policy(tx, NewPolicy("Contrato", amount=Money(350_00, "MXN")))
    found = await policy(factory)
    assert found is not None
    assert (found.fee_percent, found.fee_minor, found.fee_currency) == (None, 350_00, "MXN")
    async with factory.write(manager) as tx:
        await set_policy(tx, NewPolicy())
    assert await policy(factory) is None
    async with factory.read() as tx:
        told = await tx.session.execute(
            text("SELECT before, after FROM audit_entry WHERE action = 'instrument_policy.set' ORDER BY id")
        )
        stories = [tuple(each) for each in told]
    twenty = {"fee_minor": None, "currency": None, "percent": "20", "source": "LGTOC 193"}
    fixed = {"fee_minor": 350_00, "currency": "MXN", "percent": None, "source": "Contrato"}
    assert stories == [({"fee": None}, twenty), (twenty, fixed), (fixed, {"fee": None})]


async def test_what_no_policy_can_be(factory: Factory, manager: Actor) -> None:
    collector = await factory.actor("collector")
    peso = Money(1, "MXN")
    cases = [
        (
            manager,
            NewPolicy("x", amount=peso, percent=Decimal(1)),
            "FEE_AMOUNT_OR_PERCENT",
            ["bouncePercent"],
        ),
        (manager, NewPolicy("x", amount=Money(0, "MXN")), "AMOUNT_NOT_POSITIVE", ["bounceFee"]),
        (manager, NewPolicy("x", amount=Money(MAX_MINOR + 1, "MXN")), "TOO_LARGE", ["bounceFee"]),
        (manager, NewPolicy(" ", amount=peso), "WORDS_MISSING", ["source"]),
        (manager, NewPolicy("x" * 201, amount=peso), "TOO_LONG", ["source"]),
        (collector, NewPolicy("x", amount=peso), "NOT_PERMITTED", []),
        *(
            (manager, NewPolicy("x", percent=Decimal(wrong)), "PERCENT_OUT_OF_RANGE", ["bouncePercent"])
            for wrong in ("0", "-1", "100.1", "0.00000000001", "NaN")
        ),
    ]
    for actor, new, code, path in cases:
        async with refused(factory, code, *path), factory.write(actor) as tx:
            await set_policy(tx, new)
