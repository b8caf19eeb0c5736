"""A message's way out: sent once, tried again where it surely did not leave, parked where nobody can tell."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select, update

import jobs.messages
from cartera.db import session
from cartera.db.base import new_id
from cartera.db.queries.locks import lock
from cartera.db.tables.customers import Contact, Customer
from cartera.db.tables.messages import Message
from cartera.db.tables.outbox import Outbox
from cartera.db.tables.payments import PaymentLink
from cartera.rules.money import Money
from cartera.rules.outbox import Lane
from cartera.rules.payments import PaymentMethod
from cartera.services import messages as service
from cartera.services.payment_links import LINK_LIFETIME, create_link, expire_links
from cartera.services.payments import NewPayment, record_payment
from tests.conftest import MovableClock
from tests.factories import Factory
from tests.mail_server import Inbox, text_of
from tests.office import Office
from tests.services.correspondence import (
    TUESDAY,
    begin_day,
    debtor,
    go,
    listed,
    messages,
    reviews,
    whole_day,
)


async def ask(factory: Factory, *message_ids: UUID) -> None:
    async with factory.write() as tx:
        tx.later(
            Lane.BULK, "send_messages", key=str(new_id()), message_ids=[str(each) for each in message_ids]
        )


async def due_message(office: Office, clock: MovableClock, factory: Factory) -> Message:
    """A reminder whose time has come and that no job has been asked to send."""
    await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    go(clock, factory, TUESDAY, 11.1)
    (message,) = await messages(factory)
    return message


async def test_asked_twice_it_is_sent_once(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    message = await due_message(office, clock, factory)
    await ask(factory, message.id, message.id)
    await ask(factory, message.id)
    await asyncio.gather(office.work_off(), office.work_off())
    assert len(inbox.messages) == 1
    assert [m.state for m in await messages(factory)] == ["sent"]


async def test_the_clock_asks_once_and_in_batches(
    factory: Factory, office: Office, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await debtor(factory)
    await begin_day(office, clock, factory, TUESDAY)
    go(clock, factory, TUESDAY, 11.1)
    monkeypatch.setattr(service, "PER_JOB", 2)
    async with factory.write() as tx:
        assert await service.queue_due_messages(tx) == 3
    async with factory.write() as tx:
        assert await service.queue_due_messages(tx) == 0
        jobs = await tx.session.scalars(select(Outbox.payload).where(Outbox.kind == "send_messages"))
        assert sorted(len(payload["message_ids"]) for payload in jobs) == [1, 2]
    go(clock, factory, TUESDAY, 12.2)
    async with factory.write() as tx:
        assert await service.queue_due_messages(tx) == 3, "whoever was asked has not answered for an hour"


async def test_a_crash_between_sending_and_sent_parks_the_message(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    message = await due_message(office, clock, factory)
    async with factory.write() as tx:
        outgoing = await service.begin_sending(tx, message.id, "http://127.0.0.1:8000")
    assert outgoing is not None  # and here the worker dies
    await ask(factory, message.id)
    await office.work_off()
    assert [m.state for m in await messages(factory)] == ["sending"]
    assert await office.failures() == [f"StillSending: {message.id}"], "somebody else may be at it"

    clock.move(timedelta(minutes=3))
    await office.work_off()
    (parked,) = await messages(factory)
    assert (parked.state, parked.failure) == ("sending", service.UNCONFIRMED)
    assert await reviews(factory) == [("review_message", "open")]
    await ask(factory, message.id)
    await office.work_off()
    for days in range(1, 5):
        await whole_day(office, clock, factory, TUESDAY + timedelta(days=days))
    assert inbox.messages == []
    assert await reviews(factory) == [("review_message", "open")]


async def test_a_line_that_breaks_after_the_message_parks_it(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    inbox.hang_up = True
    await debtor(factory)
    await whole_day(office, clock, factory, TUESDAY)
    (parked,) = await messages(factory)
    assert (parked.state, parked.failure) == ("sending", service.UNCONFIRMED)
    assert await reviews(factory) == [("review_message", "open")]
    inbox.hang_up = False
    await whole_day(office, clock, factory, TUESDAY + timedelta(days=1))
    assert len(inbox.messages) == 1


async def test_not_now_is_tried_again_as_the_same_message(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    inbox.refuse_data = "451 4.3.0 later"
    await debtor(factory)
    await whole_day(office, clock, factory, TUESDAY)
    (waiting,) = await messages(factory)
    assert (waiting.state, waiting.failure) == ("planned", "451 4.3.0 later")
    assert waiting.planned_for == clock.now() + timedelta(minutes=15)
    assert await listed(factory, waiting) == {}
    inbox.refuse_data = None
    clock.move(timedelta(minutes=15))
    await office.look()
    (message,) = inbox.messages
    assert message["Message-ID"] == f"<{waiting.id}@cartera.example>"
    async with factory.read() as tx:
        links = await tx.session.scalars(select(PaymentLink.state).order_by(PaymentLink.created_at))
        assert list(links) == ["revoked", "active"], "nobody has the first link"


@pytest.mark.parametrize("patience", [jobs.messages.PATIENCE, timedelta(milliseconds=100)])
@pytest.mark.parametrize(
    ("reply", "state", "asks"),
    [
        (None, "sent", []),
        ("451 4.3.0 later", "planned", []),
        ("554 5.6.0 no", "failed", [("review_message", "open")]),
    ],
)
async def test_what_became_of_a_message_is_recorded_though_an_import_holds_the_account(
    factory: Factory,
    office: Office,
    clock: MovableClock,
    inbox: Inbox,
    monkeypatch: pytest.MonkeyPatch,
    patience: timedelta,
    reply: str | None,
    state: str,
    asks: list[tuple[str, str]],
) -> None:
    """The account is locked from when the mail server answers until half a second later."""
    message = await due_message(office, clock, factory)
    inbox.refuse_data = reply
    monkeypatch.setattr(session, "LOCK_TIMEOUT", "100ms")
    monkeypatch.setattr(jobs.messages, "PATIENCE", patience)
    importing, answer = factory.write(), inbox.handle_DATA

    async def let_go() -> None:
        await asyncio.sleep(0.5)
        await importing.__aexit__(None, None, None)

    async def lock_and_answer(server: SMTP, met: Session, envelope: Envelope) -> str:
        await lock(await importing.__aenter__(), customers=[message.customer_id])
        waiting.append(asyncio.create_task(let_go()))
        return await answer(server, met, envelope)

    waiting: list[asyncio.Task[None]] = []
    monkeypatch.setattr(inbox, "handle_DATA", lock_and_answer)
    await ask(factory, message.id)
    await office.work_off()
    (recorded,) = await messages(factory)
    assert (recorded.state, recorded.failure, len(inbox.messages)) == (state, reply, 0 if reply else 1)
    assert (await reviews(factory), await office.failures()) == (asks, [])
    await asyncio.gather(*waiting)


async def test_an_address_at_which_nobody_is_becomes_known_as_wrong(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    inbox.refuse_rcpt = "550 5.1.1 no such user"
    await debtor(factory)
    await whole_day(office, clock, factory, TUESDAY)
    (failed,) = await messages(factory)
    assert (failed.state, failed.failure) == ("failed", "550 5.1.1 no such user")
    async with factory.read() as tx:
        assert list(await tx.session.scalars(select(Contact.email_state))) == ["wrong"]
    assert await reviews(factory) == [("review_message", "open")]
    async with factory.read() as tx:
        customer = (await tx.session.scalars(select(Customer))).one()
    await factory.contact(customer, email="otra@lupita.example", is_primary=False)
    inbox.refuse_rcpt = None
    await whole_day(office, clock, factory, TUESDAY + timedelta(days=1))
    assert [message["To"] for message in inbox.messages] == ["María López <otra@lupita.example>"]


async def test_a_mail_server_that_is_away_is_waited_for(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    inbox.refuse_rcpt = "421 closing"
    message = await due_message(office, clock, factory)
    await ask(factory, message.id)
    await office.work_off()
    assert inbox.messages == []
    assert [m.state for m in await messages(factory)] == ["planned"]
    inbox.refuse_rcpt = None
    clock.move(timedelta(minutes=20))
    await office.look()
    assert len(inbox.messages) == 1


async def test_one_message_that_cannot_be_decided_about_keeps_no_other_back(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    message = await due_message(office, clock, factory)
    await ask(factory, new_id(), message.id)
    await office.work_off()
    assert len(inbox.messages) == 1


async def test_a_message_that_has_been_put_off_meanwhile_stays(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    message = await due_message(office, clock, factory)
    async with factory.write() as tx:
        later = clock.now() + timedelta(seconds=1)
        await tx.session.execute(update(Message).values(planned_for=later))
    await ask(factory, message.id)
    await office.work_off()
    assert inbox.messages == []
    assert [m.state for m in await messages(factory)] == ["planned"]


async def book(factory: Factory, new: NewPayment) -> UUID:
    async with factory.write() as tx:
        return (await record_payment(tx, new)).payment_id


async def test_a_receipt_leaves_when_money_is_booked_at_any_hour_and_once(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, receivable = await debtor(factory)
    go(clock, factory, TUESDAY, 3)
    new = NewPayment(
        customer.id, PaymentMethod.CARD, Money.parse("1000.00", "MXN"), TUESDAY, reference="AUT 77"
    )
    payment_id = await book(factory, new)
    await office.work_off()
    async with factory.write() as tx:
        tx.later(Lane.INTERACTIVE, "send_receipt", key="again", payment_id=str(payment_id))
    await office.work_off()
    (message,) = inbox.messages
    assert message["Subject"] == "Distribuidora del Valle: recibimos su pago de 1,000.00 MXN"
    text = text_of(message)
    assert "por 1,000.00 MXN con fecha 17 de noviembre de 2026" in text
    assert "Referencia: AUT 77" in text
    assert f"- {receivable.number} · Aplicado: 1,000.00 MXN · Saldo restante: 234.50 MXN" in text
    assert "Saldo pendiente de la cuenta: 234.50 MXN." in text
    assert "/p/l/" not in text
    (sent,) = await messages(factory)
    assert (sent.template, sent.state, sent.payment_id) == ("receipt", "sent", payment_id)


async def test_a_receipt_whose_mail_server_is_away_for_hours_still_leaves(
    factory: Factory, office: Office, clock: MovableClock, inbox: Inbox
) -> None:
    customer, _ = await debtor(factory)
    go(clock, factory, TUESDAY, 12)
    inbox.refuse_rcpt = "451 not now"
    await book(factory, NewPayment(customer.id, PaymentMethod.CARD, Money.parse("1.00", "MXN"), TUESDAY))
    for _ in range(20):
        await office.look()
        clock.move(timedelta(minutes=16))
    inbox.refuse_rcpt = None
    await office.look()
    assert len([text for text in inbox.texts() if "Recibimos el pago" in text]) == 1


async def test_nobody_is_mailed_a_receipt_without_an_address(
    factory: Factory, office: Office, inbox: Inbox
) -> None:
    customer = await factory.customer()
    await book(
        factory, NewPayment(customer.id, PaymentMethod.CARD, Money.parse("1.00", "MXN"), factory.now.date())
    )
    await office.work_off()
    assert inbox.messages == []
    assert [(m.state, m.held_by) for m in await messages(factory)] == [("cancelled", "no_address")]


async def test_links_expire(factory: Factory) -> None:
    customer, receivable = await debtor(factory)
    async with factory.write() as tx:
        whole, url = await create_link(tx, customer.id, public_url="https://pagos.example")
        some, _ = await create_link(tx, customer.id, [receivable.id, receivable.id])
    assert url.startswith("https://pagos.example/p/l/")
    assert whole.expires_at == factory.now + LINK_LIFETIME
    factory.now += LINK_LIFETIME - timedelta(seconds=1)
    async with factory.write() as tx:
        assert await expire_links(tx) == 0
    factory.now += timedelta(seconds=1)
    async with factory.write() as tx:
        assert await expire_links(tx) == 2
    async with factory.read() as tx:
        assert set(await tx.session.scalars(select(PaymentLink.state))) == {"expired"}
    assert whole.token_hash != some.token_hash
