"""Cheques and notes at the bank: deposited, cleared, bounced, presented once more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from cartera.actors import Actor
from cartera.db.tables.customers import Customer
from cartera.db.tables.instruments import Instrument
from cartera.db.tables.payments import Payment, PaymentReversal
from cartera.db.tables.receivables import Receivable
from cartera.errors import Refused
from cartera.services.deposits import receive_cheque
from cartera.services.instruments import InstrumentTaken, NewInstrument
from tests.factories import TODAY, Factory
from tests.services.books import move, refused, row
from tests.services.papers import (
    FRIDAY,
    TUESDAY,
    WEDNESDAY,
    bounce,
    cheque,
    clear,
    debt,
    deposit,
    give_back,
    note,
    replace_debts,
    state_of,
    story,
    take,
    tasks,
    undo,
)
from tests.services.promising import pay


@pytest.fixture(autouse=True)
async def banks_are_open(factory: Factory) -> None:
    """It is Tuesday: Monday is a holiday of the banks."""
    await factory.customer()
    await move(factory, 1)


async def receive(factory: Factory, new: NewInstrument, actor: Actor | None = None) -> InstrumentTaken:
    async with factory.write(actor) as tx:
        return await receive_cheque(tx, new)


async def payments(factory: Factory) -> list[Payment]:
    async with factory.read() as tx:
        return list(await tx.session.scalars(select(Payment).order_by(Payment.id)))


async def test_a_deposit_books_the_money_on_what_is_still_owed(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    second = await factory.receivable(customer, "80.00", due_on=TODAY - timedelta(days=2))
    paper = await take(factory, cheque([invoice, second], "180.00"))
    await pay(factory, customer.id, "30.00", to=[invoice])
    taken = await deposit(factory, paper, actor=manager)
    found = await row(factory, Instrument, paper)
    assert (found.state, found.deposited_on, found.payment_id) == ("deposited", TUESDAY, taken.payment_id)
    assert taken.payment_id is not None
    payment = await row(factory, Payment, taken.payment_id)
    assert (payment.method, payment.external_id, payment.reference) == (
        "cheque",
        f"instrument:{paper}:1",
        "0001234",
    )
    assert (payment.amount_minor, payment.allocated_minor, payment.unapplied_minor) == (180_00, 150_00, 30_00)
    assert payment.received_on == TUESDAY
    assert (await debt(factory, invoice), await debt(factory, second)) == (("paid", 0, 0), ("paid", 0, 0))
    assert await tasks(factory, customer, "deposit") == [("done", None)]


async def test_what_a_note_brings_in_is_no_cheque(factory: Factory, invoice: Receivable) -> None:
    paper = await take(factory, note([invoice], "100.00"))
    await deposit(factory, paper)
    (payment,) = await payments(factory)
    assert (payment.method, payment.allocated_minor) == ("other", 100_00)


async def test_clearing_only_says_so(factory: Factory, manager: Actor, invoice: Receivable) -> None:
    paper = await take(factory, cheque([invoice], "100.00"))
    await deposit(factory, paper)
    before = await story(factory, invoice.id)
    await move(factory, 2)
    await clear(factory, paper, WEDNESDAY, manager)
    found = await row(factory, Instrument, paper)
    assert (found.state, found.cleared_on) == ("cleared", WEDNESDAY)
    assert await story(factory, invoice.id) == before
    assert await debt(factory, invoice) == ("paid", 0, 0)


@pytest.mark.parametrize(
    ("due_on", "day", "code"),
    [
        (WEDNESDAY, None, "INSTRUMENT_NOT_DUE"),
        (WEDNESDAY, TUESDAY, "INSTRUMENT_NOT_DUE"),
        (FRIDAY, date(2026, 11, 12), "INSTRUMENT_NOT_DUE"),
        (date(2026, 11, 12), date(2026, 11, 12), "DATE_TOO_EARLY"),  # it was received on Friday
        (FRIDAY, WEDNESDAY, "DATE_IN_FUTURE"),
        (FRIDAY, date(2026, 11, 14), "NOT_A_BANKING_DAY"),
        (FRIDAY, TODAY, "NOT_A_BANKING_DAY"),
    ],
)
async def test_days_on_which_no_bank_takes_it(
    factory: Factory, manager: Actor, invoice: Receivable, due_on: date, day: date | None, code: str
) -> None:
    paper = await take(factory, cheque([invoice], "100.00", due_on))
    async with refused(factory, code, "depositedOn"):
        await deposit(factory, paper, day, manager)


async def test_its_own_day_is_early_enough(factory: Factory, invoice: Receivable) -> None:
    paper = await take(factory, cheque([invoice], "100.00", FRIDAY))
    await deposit(factory, paper, FRIDAY)
    assert await story(factory, invoice.id) == [("allocation", -100_00, FRIDAY)]


async def test_days_of_clearing_and_bouncing(factory: Factory, manager: Actor, invoice: Receivable) -> None:
    paper = await take(factory, cheque([invoice], "100.00"))
    await deposit(factory, paper)
    for day, code in ((WEDNESDAY, "DATE_IN_FUTURE"), (FRIDAY, "DATE_TOO_EARLY")):
        async with refused(factory, code, "clearedOn"):
            await clear(factory, paper, day, manager)
        async with refused(factory, code, "bouncedOn"):
            await bounce(factory, paper, day, actor=manager)


async def test_every_step_that_is_not_drawn_is_refused(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    async def in_state(state: str) -> tuple[Receivable, str]:
        debt_of_it = await factory.receivable(await factory.customer(), "10.00")
        paper = await take(factory, cheque([debt_of_it], "10.00"))
        if state in ("deposited", "cleared", "bounced"):
            await deposit(factory, paper)
        if state == "cleared":
            await clear(factory, paper)
        if state == "bounced":
            await bounce(factory, paper)
        if state == "returned":
            await give_back(factory, paper)
        if state == "substituted":
            await replace_debts(factory, paper)
        assert await state_of(factory, paper) == state
        papers[state] = paper
        return debt_of_it, state

    papers: dict[str, object] = {}
    steps = {
        "deposit": lambda paper: deposit(factory, paper, actor=manager),
        "clear": lambda paper: clear(factory, paper, actor=manager),
        "bounce": lambda paper: bounce(factory, paper, actor=manager),
        "return": lambda paper: give_back(factory, paper, manager),
        "substitute": lambda paper: replace_debts(factory, paper, manager),
        "undo": lambda paper: undo(factory, paper, manager),
    }
    drawn = {
        "received": {"deposit", "return", "substitute"},
        "deposited": {"clear", "bounce"},
        "cleared": set[str](),
        "bounced": {"deposit", "return", "substitute"},
        "returned": set[str](),
        "substituted": {"undo"},
    }
    codes = {"clear": "INSTRUMENT_NOT_DEPOSITED", "bounce": "INSTRUMENT_NOT_DEPOSITED"} | {
        "undo": "INSTRUMENT_NOT_SUBSTITUTED"
    }
    for state, allowed in drawn.items():
        await in_state(state)
        for step in steps.keys() - allowed:
            async with refused(factory, codes.get(step, "INSTRUMENT_NOT_HELD"), "instrumentId"):
                await steps[step](papers[state])


async def test_two_people_depositing_at_once_book_one_payment(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    paper = await take(factory, cheque([invoice], "100.00"))
    answers = await asyncio.gather(
        *(deposit(factory, paper, actor=manager) for _ in range(4)), return_exceptions=True
    )
    done = [each for each in answers if isinstance(each, InstrumentTaken)]
    late = [each.problems[0].code for each in answers if isinstance(each, Refused)]
    assert (len(done), late) == (1, ["INSTRUMENT_NOT_HELD"] * 3)
    assert [each.id for each in await payments(factory)] == [done[0].payment_id]


async def test_one_key_at_once_answers_alike(factory: Factory, manager: Actor, invoice: Receivable) -> None:
    paper = await take(factory, cheque([invoice], "100.00"))
    answers = await asyncio.gather(*(deposit(factory, paper, actor=manager, key="k") for _ in range(4)))
    assert len({(each.instrument_id, each.payment_id) for each in answers}) == 1
    assert sorted(each.replayed for each in answers) == [False, True, True, True]
    await bounce(factory, paper, actor=manager, key="k")
    again = await bounce(factory, paper, actor=manager, key="k")
    assert again.replayed
    async with factory.read() as tx:
        assert await tx.session.scalar(select(func.count()).select_from(PaymentReversal)) == 1


async def test_a_cheque_over_the_counter_is_deposited_as_it_comes(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    new = replace(cheque([invoice], "100.00", FRIDAY), received_on=TUESDAY, idempotency_key="k")
    taken = await receive(factory, new, manager)
    assert await state_of(factory, taken.instrument_id) == "deposited"
    (payment,) = await payments(factory)
    assert (payment.id, payment.received_on) == (taken.payment_id, TUESDAY)
    assert await receive(factory, new, manager) == replace(taken, replayed=True)
    assert len(await payments(factory)) == 1


async def test_a_post_dated_cheque_over_the_counter_waits_in_the_drawer(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    taken = await receive(factory, cheque([invoice], "100.00", WEDNESDAY), manager)
    assert (taken.payment_id, await state_of(factory, taken.instrument_id)) == (None, "received")
    assert await payments(factory) == []


async def test_one_that_came_on_a_holiday_counts_from_the_next_banking_day(
    factory: Factory, invoice: Receivable
) -> None:
    await receive(factory, replace(cheque([invoice], "100.00", TODAY), received_on=TODAY))
    (payment,) = await payments(factory)
    assert payment.received_on == TUESDAY


async def test_who_may(factory: Factory, customer: Customer) -> None:
    collector = await factory.actor("collector")
    assert collector.member_id is not None
    own = await factory.customer(collector_id=collector.member_id)
    invoice = await factory.receivable(own, "10.00")
    paper = await take(factory, cheque([invoice], "10.00"), collector)
    await deposit(factory, paper, actor=collector)
    # Giving money back in the books is for a manager.
    async with refused(factory, "NOT_PERMITTED"):
        await bounce(factory, paper, actor=collector)
    await clear(factory, paper, actor=collector)
