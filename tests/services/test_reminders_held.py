"""What keeps a reminder back, or a receivable out of it: money in sight, promises, disputes, holds."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.db.base import new_id
from cartera.db.queries.reminders import Dossier, dossiers
from cartera.db.session import Tx
from cartera.db.tables.accounts import Account
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.payments import CreditNote, PaymentAttempt
from cartera.db.tables.receivables import Receivable
from cartera.services.holds import NewHold, place_hold
from cartera.services.payments import CreditUse, apply_credit
from cartera.services.reminders import plan_reminder_now, plan_reminders
from tests.conftest import MovableClock
from tests.factories import Factory
from tests.mail_server import Inbox
from tests.office import Office
from tests.services.correspondence import (
    TUESDAY,
    begin_day,
    debtor,
    go,
    listed,
    local,
    messages,
    pass_slot,
    pay,
    promise,
    reminders_in,
    reviews,
    whole_day,
)
from tests.services.test_import_invoices import apply, row

WEDNESDAY = TUESDAY + timedelta(days=1)


async def test_unapplied_money_holds_the_message_and_asks_for_a_look(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, receivable = await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    elsewhere = await factory.receivable(customer, "0.05", due_on=TUESDAY + timedelta(days=30))
    payment_id = await pay(factory, customer, "1234.55", (elsewhere.id, 5))
    await pass_slot(office, clock, factory, TUESDAY)
    assert reminders_in(inbox) == []
    held = next(m for m in await messages(factory) if m.template == "reminder")
    assert (held.state, held.held_by) == ("held", "unapplied_money")
    assert local(WEDNESDAY, 9) <= held.planned_for < local(WEDNESDAY, 11)
    assert await reviews(factory) == [("review_payment", "open")]
    await whole_day(office, clock, factory, WEDNESDAY)
    assert await reviews(factory) == [("review_payment", "open")], "asked once"
    async with factory.write() as tx:
        await apply_credit(tx, CreditUse(payment_id, [(receivable.id, 123_449)]))
    assert await reviews(factory) == [("review_payment", "open")], "what is left could pay the rest"
    async with factory.write() as tx:
        await apply_credit(tx, CreditUse(payment_id, [(receivable.id, 1)]))
    assert await reviews(factory) == [("review_payment", "done")]
    async with factory.read() as tx:
        assert (await tx.session.scalars(select(Account.next_action_at))).one() is None
    await whole_day(office, clock, factory, WEDNESDAY + timedelta(days=1))
    assert reminders_in(inbox) == []


async def test_an_unapplied_credit_note_holds_it_too(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, _ = await debtor(factory)
    async with factory.write() as tx:
        tx.session.add(
            CreditNote(
                organization_id=factory.organization_id,
                id=new_id(),
                customer_id=customer.id,
                external_id="NC-1",
                number="NC-1",
                issued_on=TUESDAY,
                currency="MXN",
                amount_minor=123_450,
                applied_minor=0,
                unapplied_minor=123_450,
                actor="system:test",
                recorded_at=factory.now,
            )
        )
    await whole_day(office, clock, factory, TUESDAY)
    assert inbox.messages == []
    assert [m.held_by for m in await messages(factory)] == ["unapplied_money"]


@pytest.mark.parametrize(("state", "asks"), [("created", False), ("pending", True)])
async def test_a_payment_under_way_holds_the_message(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox, state: str, asks: bool
) -> None:
    customer, _ = await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    attempt = PaymentAttempt(
        organization_id=factory.organization_id,
        id=new_id(),
        customer_id=customer.id,
        gateway="sandbox",
        state=state,
        currency="MXN",
        amount_minor=1,
        created_at=factory.now,
        expires_at=local(TUESDAY, 11.5),
        updated_at=factory.now,
    )
    async with factory.write() as tx:
        tx.session.add(attempt)
    await pass_slot(office, clock, factory, TUESDAY)
    assert inbox.messages == []
    (held,) = await messages(factory)
    assert (held.state, held.held_by) == ("held", "payment_pending")
    assert await reviews(factory) == ([("review_payment", "open")] if asks else [])
    go(clock, factory, TUESDAY, 11.5)
    await office.look()
    assert len(inbox.messages) == (0 if asks else 1), "a checkout that was left unpaid holds nothing back"


async def test_a_promise_pauses_its_receivable_and_no_other(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, promised = await debtor(factory)
    other = await factory.receivable(customer, "50.00", due_on=TUESDAY - timedelta(days=1))
    await promise(factory, promised, TUESDAY + timedelta(days=3))
    await whole_day(office, clock, factory, TUESDAY)
    (text,) = reminders_in(inbox)
    assert other.number in text
    assert promised.number not in text


async def test_a_promise_made_meanwhile_holds_the_message_and_a_broken_one_lets_it_go(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    _, promised = await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    await promise(factory, promised, WEDNESDAY)
    await pass_slot(office, clock, factory, TUESDAY)
    assert inbox.messages == []
    (held,) = await messages(factory)
    assert (held.state, held.held_by) == ("held", "promised")
    friday = TUESDAY + timedelta(days=3)
    assert local(friday, 9) <= held.planned_for < local(friday, 11), "a banking day's grace, then a day"
    await whole_day(office, clock, factory, friday)
    assert len(reminders_in(inbox)) == 1


async def test_chasing_one_invoice_does_not_silence_another_while_a_message_is_held(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, promised = await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    await promise(factory, promised, TUESDAY + timedelta(days=20))
    await pass_slot(office, clock, factory, TUESDAY)
    assert inbox.messages == []
    other = await factory.receivable(customer, "50.00", due_on=TUESDAY)
    await whole_day(office, clock, factory, WEDNESDAY)
    (text,) = reminders_in(inbox)
    assert other.number in text
    assert promised.number not in text
    assert len(await messages(factory)) == 1, "the held message was brought forward"


@pytest.mark.parametrize("sent", [True, False])
async def test_planning_leaves_alone_what_is_sent_by_hand_meanwhile(
    factory: Factory,
    office: Office,
    clock: MovableClock,
    inbox: Inbox,
    monkeypatch: pytest.MonkeyPatch,
    sent: bool,
) -> None:
    """Planning has read a held reminder; before it commits, a person sends that one, or is about to."""
    customer, promised = await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    await promise(factory, promised, TUESDAY + timedelta(days=20))
    await pass_slot(office, clock, factory, TUESDAY)
    assert [m.state for m in await messages(factory)] == ["held"]
    await factory.receivable(customer, "50.00", due_on=TUESDAY)
    go(clock, factory, WEDNESDAY, 10)
    by_hand = factory.write(await factory.actor("manager"))

    async def read_and_be_overtaken(tx: Tx, customers: list[UUID]) -> dict[UUID, Dossier]:
        found = await dossiers(tx, customers)
        monkeypatch.undo()
        await plan_reminder_now(await by_hand.__aenter__(), customer.id, None)
        if sent:
            await by_hand.__aexit__(None, None, None)
            await office.work_off()
        return found

    monkeypatch.setattr("cartera.services.reminders.dossiers", read_and_be_overtaken)
    async with factory.write() as tx:
        await plan_reminders(tx)
    if not sent:
        await by_hand.__aexit__(None, None, None)
        assert [(m.state, m.planned_for) for m in await messages(factory)] == [("planned", clock.now())]
        await office.work_off()
    assert [(m.state, m.sent_at) for m in await messages(factory)] == [("sent", clock.now())]
    await pass_slot(office, clock, factory, WEDNESDAY)
    assert (len(inbox.messages), await office.failures()) == (1, [])


async def dispute(factory: Factory, receivable: Receivable, minor: int) -> None:
    async with factory.write() as tx:
        tx.session.add(
            Dispute(
                organization_id=factory.organization_id,
                id=new_id(),
                receivable_id=receivable.id,
                customer_id=receivable.customer_id,
                reason="price",
                amount_minor=minor,
                currency="MXN",
                state="open",
                opened_on=TUESDAY,
                deadline_on=TUESDAY,
                created_at=factory.now,
            )
        )


@pytest.mark.parametrize("disputed_minor", [(123_450,), (123_400, 50), (200_000,)])
async def test_a_whole_dispute_and_a_hold_leave_their_receivable_out(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox, disputed_minor: tuple[int, ...]
) -> None:
    customer, disputed = await debtor(factory)
    held = await factory.receivable(customer, "60.00", due_on=TUESDAY - timedelta(days=1))
    other = await factory.receivable(customer, "50.00", due_on=TUESDAY - timedelta(days=1))
    for minor in disputed_minor:
        await dispute(factory, disputed, minor)
    async with factory.write() as tx:
        await place_hold(tx, NewHold(customer.id, TUESDAY, "auditoría", held.id))
    await whole_day(office, clock, factory, TUESDAY)
    (text,) = reminders_in(inbox)
    assert other.number in text
    assert disputed.number not in text
    assert held.number not in text


async def test_what_is_disputed_in_part_is_chased_for_the_rest(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, disputed = await debtor(factory)
    other = await factory.receivable(customer, "50.00", due_on=TUESDAY - timedelta(days=1))
    await dispute(factory, disputed, 1_00)
    await dispute(factory, disputed, 33_50)
    await whole_day(office, clock, factory, TUESDAY)
    (text,) = reminders_in(inbox)
    lines = [line for line in text.splitlines() if line.startswith(("- ", "Total"))]
    assert [(line.split(" · ")[0], line.rsplit(": ")[-1]) for line in lines] == [
        (f"- {disputed.number}", "1,200.00 MXN"),
        (f"- {other.number}", "50.00 MXN"),
        ("Total: 1,250.00 MXN", "1,250.00 MXN"),
    ]
    assert "1,234.50" not in text
    (sent,) = await messages(factory)
    assert await listed(factory, sent) == {disputed.id: 120_000, other.id: 5_000}


async def test_a_hold_on_the_customer_holds_the_message(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, _ = await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    async with factory.write() as tx:
        await place_hold(tx, NewHold(customer.id, WEDNESDAY, "auditoría"))
    await pass_slot(office, clock, factory, TUESDAY)
    await whole_day(office, clock, factory, WEDNESDAY)
    assert inbox.messages == []
    assert [(m.state, m.held_by) for m in await messages(factory)] == [("held", "on_hold")]
    await whole_day(office, clock, factory, WEDNESDAY + timedelta(days=1))
    assert len(inbox.messages) == 1


async def test_nobody_who_vanished_from_the_list_is_reminded(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    await debtor(factory)
    other = await factory.customer("Ferretería Luna")
    await factory.contact(other, email="pagos@luna.example")
    listed_still = await factory.receivable(other, "10.00", due_on=TUESDAY - timedelta(days=7))
    await begin_day(office, clock, factory, TUESDAY)
    assert len(await messages(factory)) == 2

    rows = [row(2, listed_still.external_id, 10_00, customer_id=other.external_id)]
    outcome = await apply(factory, rows, is_snapshot=True, force=True, as_of=TUESDAY)

    assert outcome.counts == {"unchanged": 1, "gone_from_erp": 1}
    assert {(m.state, m.held_by) for m in await messages(factory)} == {
        ("planned", None),
        ("cancelled", "gone_from_erp"),
    }
    await pass_slot(office, clock, factory, TUESDAY)
    assert [message["To"] for message in inbox.messages] == ["María López <pagos@luna.example>"]
