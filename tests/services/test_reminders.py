"""Reminders from planning to the customer's inbox, and everything that keeps one back."""

from __future__ import annotations

import re
from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy import select, update

from cartera.db.base import new_id
from cartera.db.queries.reminders import Dossier, dossiers
from cartera.db.session import Tx
from cartera.db.tables.accounts import Account
from cartera.db.tables.activities import Activity
from cartera.db.tables.customers import Contact, Customer
from cartera.db.tables.messages import Message
from cartera.db.tables.organizations import Organization
from cartera.db.tables.payments import CreditNote, PaymentAttempt, PaymentLink
from cartera.db.tables.receivables import Dispute, Receivable
from cartera.errors import NotPermitted
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.rules.promises import PromiseChannel
from cartera.services.holds import NewHold, place_hold
from cartera.services.payments import CreditUse, NewPayment, apply_credit, record_payment
from cartera.services.promises import NewPromise, make_promise
from cartera.services.reminders import plan_reminder_now, plan_reminders
from tests.conftest import MovableClock
from tests.factories import Factory
from tests.mail_server import Inbox, text_of
from tests.office import Office
from tests.services.books import refused
from tests.services.correspondence import (
    TUESDAY,
    begin_day,
    debtor,
    go,
    listed,
    local,
    messages,
    pass_slot,
    reviews,
    whole_day,
)

WEDNESDAY = TUESDAY + timedelta(days=1)


async def pay(
    factory: Factory, customer: Customer, amount: str, *lines: tuple[UUID, int], currency: str = "MXN"
) -> UUID:
    new = NewPayment(
        customer.id,
        PaymentMethod.TRANSFER,
        Money.parse(amount, currency),
        factory.now.date(),
        lines=list(lines) if lines else None,
    )
    async with factory.write() as tx:
        return (await record_payment(tx, new)).payment_id


async def promise(factory: Factory, receivable: Receivable, due_on: date) -> None:
    async with factory.write() as tx:
        await make_promise(
            tx,
            NewPromise(
                receivable.customer_id,
                [receivable.id],
                Money(receivable.balance_minor, receivable.currency),
                due_on,
                PromiseChannel.PHONE,
            ),
        )


def reminders_in(inbox: Inbox) -> list[str]:
    return [text for text in inbox.texts() if "/p/l/" in text]


async def test_a_reminder_is_planned_when_the_day_begins_and_leaves_in_its_slot(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, receivable = await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    (planned,) = await messages(factory)
    assert (planned.state, planned.template, planned.channel) == ("planned", "reminder", "email")
    assert planned.dedupe_key == f"reminder:{customer.id}:2026-11-17"
    assert local(TUESDAY, 9) <= planned.planned_for < local(TUESDAY, 11)

    clock.set(planned.planned_for - timedelta(seconds=1))
    await office.look()
    assert inbox.messages == []
    clock.set(planned.planned_for)
    await office.look()

    (message,) = inbox.messages
    assert message["To"] == "María López <maria@lupita.example>"
    assert message["From"] == "Distribuidora del Valle <avisos@cartera.example>"
    assert message["Reply-To"] == "Distribuidora del Valle <cobranza@delvalle.example>"
    assert message["Message-ID"] == f"<{planned.id}@cartera.example>"
    text = text_of(message)
    assert "la cuenta de Abarrotes Lupita" in text
    assert "1,234.50 MXN" in text
    assert "10 de noviembre de 2026 (venció hace 7 días)" in text
    (sent,) = await messages(factory)
    assert (sent.state, sent.sent_to, sent.failure) == ("sent", "maria@lupita.example", None)
    assert (sent.sent_at, sent.provider_id) == (clock.now(), message["Message-ID"])
    assert await listed(factory, sent) == {receivable.id: 123_450}
    async with factory.read() as tx:
        activity = (await tx.session.scalars(select(Activity))).one()
        assert (activity.kind, activity.message_id) == ("email", sent.id)
        account = (await tx.session.scalars(select(Account))).one()
        assert (account.last_contact_kind, account.last_contact_at) == ("email", clock.now())
    assert await office.failures() == []


async def test_the_link_opens_by_a_token_that_is_kept_nowhere(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, _ = await debtor(factory)
    await whole_day(office, clock, factory, TUESDAY)
    (text,) = reminders_in(inbox)
    found = re.search(r"http://127\.0\.0\.1:8000/p/l/([\w-]{32})\n", text)
    assert found is not None
    (message,) = await messages(factory)
    async with factory.read() as tx:
        link = (await tx.session.scalars(select(PaymentLink))).one()
    assert link.token_hash == sha256(found[1].encode()).digest()
    assert (link.customer_id, link.state) == (customer.id, "active")
    assert message.payment_link_id == link.id
    assert message.body is not None
    assert found[1] not in message.body
    assert "/p/l/…" in message.body


async def test_no_reminder_after_the_customer_has_paid(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, _ = await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    go(clock, factory, TUESDAY, 8.9)
    await pay(factory, customer, "1234.50")
    await pass_slot(office, clock, factory, TUESDAY)
    assert reminders_in(inbox) == []
    assert [(m.template, m.state, m.held_by) for m in await messages(factory)] == [
        ("reminder", "cancelled", "nothing_due"),
        ("receipt", "sent", None),
    ]


async def test_what_is_partly_paid_is_still_chased_for_the_rest(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, receivable = await debtor(factory)
    await pay(factory, customer, "1000.00")
    await whole_day(office, clock, factory, TUESDAY)
    (text,) = reminders_in(inbox)
    assert "234.50 MXN" in text
    assert "1,234.50" not in text
    reminder = next(m for m in await messages(factory) if m.template == "reminder")
    assert await listed(factory, reminder) == {receivable.id: 23_450}


async def test_never_at_three_in_the_morning(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    await debtor(factory, debtor_type="consumer", time_zone="America/Tijuana")
    await begin_day(office, clock, factory, TUESDAY)
    async with factory.write() as tx:
        await tx.session.execute(update(Message).values(planned_for=local(TUESDAY, 3)))
    go(clock, factory, TUESDAY, 3)
    await office.look()
    assert inbox.messages == []
    (held,) = await messages(factory)
    assert (held.state, held.held_by) == ("held", "contact_hours")
    assert local(TUESDAY, 9) <= held.planned_for < local(TUESDAY, 11), "07:00 in Tijuana, spread"
    clock.set(held.planned_for)
    await office.look()
    assert len(inbox.messages) == 1


async def test_no_reminder_on_a_holiday_or_weekend(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    await debtor(factory)
    go(clock, factory, date(2026, 11, 16), 9)
    async with factory.write() as tx:
        await plan_reminders(tx)
    (planned,) = await messages(factory)
    assert local(TUESDAY, 9) <= planned.planned_for < local(TUESDAY, 11)


async def test_planning_again_plans_nothing_more_and_a_step_is_said_once(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    for _ in range(2):
        async with factory.write() as tx:
            await plan_reminders(tx)
    assert len(await messages(factory)) == 1
    await pass_slot(office, clock, factory, TUESDAY)
    async with factory.write() as tx:
        await plan_reminders(tx)
    for days in range(1, 8):
        await whole_day(office, clock, factory, TUESDAY + timedelta(days=days))
    assert len(inbox.messages) == 1
    await whole_day(office, clock, factory, TUESDAY + timedelta(days=8))
    assert len(inbox.messages) == 2
    assert inbox.messages[1]["Subject"].startswith("Distribuidora del Valle: saldo vencido")


async def test_after_an_outage_only_the_latest_step_goes(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    await whole_day(office, clock, factory, TUESDAY + timedelta(days=24))
    (message,) = inbox.messages
    assert message["Subject"].startswith("Distribuidora del Valle: saldo vencido por regularizar")
    assert "venció hace 31 días" in text_of(message)
    await whole_day(office, clock, factory, TUESDAY + timedelta(days=25))
    assert len(inbox.messages) == 1


async def test_invoices_that_were_open_before_get_their_step_too(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, _ = await debtor(factory)
    await factory.receivable(customer, "10.00", due_on=TUESDAY - timedelta(days=100))
    await factory.receivable(customer, "20.00", due_on=TUESDAY + timedelta(days=3))
    await factory.receivable(customer, "30.00", due_on=TUESDAY + timedelta(days=4))
    await whole_day(office, clock, factory, TUESDAY)
    (text,) = reminders_in(inbox)
    assert "Total: 1,264.50 MXN" in text
    assert "vence en 3 días" in text
    assert "30.00" not in text


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


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"accepts_email": False}, "no_consent"),
        ({"email_state": "wrong"}, "no_address"),
        ({"email": None}, "no_address"),
    ],
)
async def test_who_cannot_or_does_not_want_to_be_written_to_is_not(
    factory: Factory,
    office: Office,
    clock: MovableClock,
    inbox: Inbox,
    values: dict[str, object],
    rule: str,
) -> None:
    customer, _ = await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    async with factory.write() as tx:
        await tx.session.execute(update(Contact).values(**values))
    await pass_slot(office, clock, factory, TUESDAY)
    assert inbox.messages == []
    assert [(m.state, m.held_by) for m in await messages(factory)] == [("cancelled", rule)]
    await whole_day(office, clock, factory, WEDNESDAY)
    assert len(await messages(factory)) == 1, "nobody to write to: nothing is planned"
    manager = await factory.actor()
    async with refused(factory, f"REMINDER_{rule.upper()}", "customerId"), factory.write(manager) as tx:
        await plan_reminder_now(tx, customer.id, "key")


async def test_a_reminder_goes_to_the_primary_contact_in_their_language(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, _ = await debtor(factory)
    await factory.contact(customer, email="a@lupita.example", role="management", is_primary=False)
    async with factory.write() as tx:
        await tx.session.execute(
            update(Contact).where(Contact.email == "maria@lupita.example").values(is_primary=False)
        )
    await factory.contact(customer, email="joao@lupita.example", name="João", language="pt", role="other")
    await whole_day(office, clock, factory, TUESDAY)
    (message,) = inbox.messages
    assert message["To"] == "João <joao@lupita.example>"
    assert message["Subject"].startswith("Distribuidora del Valle: lembrete de pagamento")
    (sent,) = await messages(factory)
    assert sent.language == "pt"


async def test_no_organization_writes_to_anothers_customers(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    other = await factory.other()
    await debtor(other)
    async with factory.write() as tx:
        await plan_reminders(tx)
    assert await messages(factory) == []
    assert await messages(other) == []


async def test_the_day_is_the_organizations_own(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    await debtor(factory)
    go(clock, factory, TUESDAY, -0.1)
    await office.look()
    assert await messages(factory) == []
    go(clock, factory, TUESDAY, 0)
    await office.look()
    assert len(await messages(factory)) == 1
    async with factory.read() as tx:
        assert (await tx.session.scalars(select(Organization.business_day))).one() == TUESDAY


async def test_by_hand_it_leaves_at_once_even_after_a_call(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, _ = await debtor(factory)
    manager = await factory.actor()
    go(clock, factory, TUESDAY, 14)
    async with factory.write() as tx:
        tx.session.add(
            Activity(
                organization_id=factory.organization_id,
                id=new_id(),
                customer_id=customer.id,
                kind="call",
                outcome="reached",
                happened_at=factory.now,
                recorded_at=factory.now,
            )
        )
    async with factory.write(manager) as tx:
        first = await plan_reminder_now(tx, customer.id, "key")
    async with factory.write(manager) as tx:
        again = await plan_reminder_now(tx, customer.id, "key")
    assert (again.message_id, first.replayed, again.replayed) == (first.message_id, False, True)
    await office.work_off()
    assert len(inbox.messages) == 1
    (sent,) = await messages(factory)
    assert (sent.id, sent.state, sent.asked_by) == (first.message_id, "sent", str(manager))


async def test_by_hand_it_brings_forward_what_is_planned_and_is_never_the_second_of_a_day(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, _ = await debtor(factory)
    manager = await factory.actor()
    await begin_day(office, clock, factory, TUESDAY)
    (planned,) = await messages(factory)
    go(clock, factory, TUESDAY, 9)
    async with factory.write(manager) as tx:
        assert (await plan_reminder_now(tx, customer.id, "1")).message_id == planned.id
    await pass_slot(office, clock, factory, TUESDAY)
    assert len(inbox.messages) == 1
    async with factory.write(manager) as tx:
        second = await plan_reminder_now(tx, customer.id, "2")
    await office.look()
    assert len(inbox.messages) == 1
    held = next(m for m in await messages(factory) if m.id == second.message_id)
    assert (held.state, held.held_by, held.planned_for) == ("held", "contact_frequency", local(WEDNESDAY, 9))


async def test_by_hand_at_night_it_waits_for_the_morning(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, _ = await debtor(factory)
    go(clock, factory, TUESDAY, 22)
    manager = await factory.actor()
    async with factory.write(manager) as tx:
        await plan_reminder_now(tx, customer.id, "1")
    await office.look()
    assert inbox.messages == []
    (held,) = await messages(factory)
    assert (held.state, held.held_by, held.planned_for) == ("held", "contact_hours", local(WEDNESDAY, 9))


async def test_by_hand_refusals_change_nothing(factory: Factory, clock: MovableClock) -> None:
    manager = await factory.actor()
    go(clock, factory, TUESDAY, 12)
    nothing = await factory.customer()
    await factory.contact(nothing)
    await factory.receivable(nothing, "5.00", due_on=TUESDAY + timedelta(days=4))
    async with refused(factory, "REMINDER_NOTHING_DUE", "customerId"), factory.write(manager) as tx:
        await plan_reminder_now(tx, nothing.id, "1")
    unreachable = await factory.customer()
    await factory.receivable(unreachable, "5.00", due_on=TUESDAY)
    async with refused(factory, "REMINDER_NO_ADDRESS", "customerId"), factory.write(manager) as tx:
        await plan_reminder_now(tx, unreachable.id, "1")
    async with refused(factory, "NOT_FOUND"), factory.write(manager) as tx:
        await plan_reminder_now(tx, new_id(), "1")
    viewer = await factory.actor("viewer")
    with pytest.raises(NotPermitted):
        async with factory.write(viewer) as tx:
            await plan_reminder_now(tx, nothing.id, "1")
    assert await messages(factory) == []
