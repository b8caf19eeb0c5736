"""Reminders from planning to the customer's inbox."""

from __future__ import annotations

import re
from datetime import date, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select, update

from cartera.db.base import new_id
from cartera.db.tables.accounts import Account
from cartera.db.tables.activities import Activity
from cartera.db.tables.customers import Contact
from cartera.db.tables.messages import Message
from cartera.db.tables.organizations import Organization
from cartera.db.tables.payments import PaymentLink
from cartera.errors import NotPermitted
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
    pay,
    reminders_in,
    whole_day,
)

WEDNESDAY = TUESDAY + timedelta(days=1)


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
    async with refused(factory, "NOT_FOUND", "customerId"), factory.write(manager) as tx:
        await plan_reminder_now(tx, new_id(), "1")
    viewer = await factory.actor("viewer")
    with pytest.raises(NotPermitted):
        async with factory.write(viewer) as tx:
            await plan_reminder_now(tx, nothing.id, "1")
    assert await messages(factory) == []
