"""A message's way out: decided under lock and committed as ``sending``, sent, and what became of it recorded.

Between the two commits the message is with the provider and nobody holds a lock. Whoever finds a message
that was left there does not know whether it left: it is never sent again, a person looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import any_, delete, or_, select, update

from cartera.channels.base import Envelope, NotAccepted, NotSent
from cartera.channels.wording import Written
from cartera.db.base import new_id
from cartera.db.outbox import tell_screens
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.locks import lock
from cartera.db.queries.outbox import once
from cartera.db.session import WriteTx
from cartera.db.tables.activities import Activity
from cartera.db.tables.customers import Contact, Customer
from cartera.db.tables.messages import Message, MessageReceivable
from cartera.rules.activities import ActivityKind, ActivityOutcome, TaskKind
from cartera.rules.customers import AddressState
from cartera.rules.messages import WAITING, HoldRule, MessageState, Template
from cartera.rules.outbox import ChangeKind, Lane
from cartera.rules.reminders import Drop, Wait
from cartera.services import receipts, reminders
from cartera.services.payment_links import create_link, revoke_link
from cartera.services.receipts import ReadyReceipt
from cartera.services.reminders import Ready
from cartera.services.tasks import open_review

# A job takes so many messages at once; one look at the clock queues at most so many.
PER_JOB = 100
AT_A_TIME = 1000
# A job asked so long ago has either acted or been given up: it is asked again.
_ASK_AGAIN = timedelta(hours=1)

# Handing a message to a provider takes no longer than this, or whoever did it is gone.
SENDING_PATIENCE = timedelta(minutes=2)
TRY_AGAIN = timedelta(minutes=15)

# What a parked message says of itself.
UNCONFIRMED = "unconfirmed"


class StillSending(Exception):
    """Another job may be handing the message over just now: ask again a little later."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    message_id: UUID
    envelope: Envelope


async def queue_due_messages(tx: WriteTx) -> int:
    """Ask jobs to send what has come due; how many messages. Receipts go ahead of reminders."""
    due = (
        select(Message.id)
        .where(
            Message.state.in_(WAITING),
            Message.planned_for <= tx.now,
            or_(Message.queued_at.is_(None), Message.queued_at <= tx.now - _ASK_AGAIN),
        )
        .order_by(Message.planned_for, Message.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    rows = await tx.session.execute(
        update(Message)
        .where(Message.id == any_(once(due)))
        .values(queued_at=tx.now)
        .returning(Message.template, Message.planned_for, Message.id)
        .execution_options(synchronize_session=False)
    )
    queued = sorted(rows.all(), key=lambda row: (row.planned_for, row.id))
    for template, lane in ((Template.RECEIPT, Lane.INTERACTIVE), (Template.REMINDER, Lane.BULK)):
        ids = [str(row.id) for row in queued if row.template == template]
        for start in range(0, len(ids), PER_JOB):
            batch = ids[start : start + PER_JOB]
            tx.later(lane, "send_messages", key=str(new_id()), message_ids=batch)
    return len(queued)


async def begin_sending(tx: WriteTx, message_id: UUID, public_url: str) -> Outgoing | None:
    """Decide about a message whose time has come: what is to be sent now, or None where nothing is.

    The decision is committed with the transaction, before anything is sent. Raises StillSending.
    """
    message = await _lock_message(tx, message_id)
    if message.state == MessageState.SENDING and message.failure is None:
        assert message.sending_at is not None
        if tx.now - message.sending_at < SENDING_PATIENCE:
            raise StillSending(str(message_id))
        await _park(tx, message)
    if message.state not in WAITING or message.planned_for > tx.now:
        return None
    if message.template == Template.RECEIPT:
        return await _begin_receipt(tx, message, public_url)
    return await _begin_reminder(tx, message, public_url)


async def _begin_reminder(tx: WriteTx, message: Message, public_url: str) -> Outgoing | None:
    decided = await reminders.decide_now(tx, message)
    if isinstance(decided, Drop):
        await _cancel(tx, message, decided.rule)
        return None
    if isinstance(decided, Wait):
        await _hold(tx, message, decided)
        return None
    link, url = await create_link(tx, message.customer_id, public_url=public_url)
    message.payment_link_id = link.id
    written = reminders.compose(tx, decided, url)
    await _list_receivables(tx, message, decided)
    return await _begin(tx, message, decided.reader, written, secret=url.removeprefix(public_url))


async def _begin_receipt(tx: WriteTx, message: Message, public_url: str) -> Outgoing | None:
    decided = await receipts.decide_receipt(tx, message)
    if not isinstance(decided, ReadyReceipt):
        await _cancel(tx, message, decided)
        return None
    written = await receipts.compose_receipt(tx, decided)
    return await _begin(tx, message, decided.reader, written)


async def _begin(
    tx: WriteTx, message: Message, reader: Contact, written: Written, *, secret: str = ""
) -> Outgoing:
    """Commit to sending. What is kept of the text has lost its secret: a link opens for whoever reads it."""
    assert reader.email is not None
    message.state = MessageState.SENDING
    message.held_by = None
    message.failure = None
    message.sending_at = tx.now
    message.contact_id = reader.id
    message.sent_to = reader.email
    message.subject = written.subject
    message.body = written.text.replace(secret, "/p/l/…") if secret else written.text
    tell_screens(tx, ChangeKind.MESSAGE, message.id, message.customer_id)
    await tx.session.flush()
    seller = tx.organization
    return Outgoing(
        message.id,
        Envelope(
            key=str(message.id),
            sender_name=seller.name,
            reply_to=seller.contact_email or None,
            to_name=reader.name,
            to_address=reader.email,
            language=message.language,
            written_at=tx.now,
            subject=written.subject,
            text=written.text,
            html=written.html,
        ),
    )


async def _list_receivables(tx: WriteTx, message: Message, ready: Ready) -> None:
    tx.session.add_all(
        MessageReceivable(
            organization_id=tx.organization_id,
            message_id=message.id,
            receivable_id=debt.receivable_id,
            balance_minor=debt.balance.minor,
            due_on=debt.due_on,
        )
        for debt in ready.say.debts
    )
    await tx.session.flush()


async def record_sent(tx: WriteTx, message_id: UUID, provider_id: str) -> None:
    """The provider took the message: it is sent, and a reminder is a contact with the customer."""
    message = await _lock_message(tx, message_id)
    if message.state != MessageState.SENDING:
        return
    message.state = MessageState.SENT
    message.sent_at = tx.now
    message.provider_id = provider_id
    message.failure = None
    if message.template == Template.REMINDER:
        _log_contact(tx, message)
    await _show(tx, message)


async def record_not_sent(tx: WriteTx, message_id: UUID, error: NotSent) -> None:
    """The message certainly did not leave: it waits for another try, or has failed for good.

    An address at which nobody is becomes known as wrong, and a person is asked to look.
    """
    message = await _lock_message(tx, message_id)
    if message.state != MessageState.SENDING:
        return
    message.failure = str(error)[:500]
    if message.payment_link_id:
        await revoke_link(tx, message.payment_link_id)
    is_final = isinstance(error, NotAccepted)
    nobody_there = isinstance(error, NotAccepted) and error.wrong_address
    if nobody_there or not is_final:
        # Nothing was said: the step is still to come, by a later try or to another contact.
        await tx.session.execute(delete(MessageReceivable).where(MessageReceivable.message_id == message.id))
    if nobody_there and message.contact_id:
        await _mark_wrong(tx, message.contact_id)
    if is_final:
        message.state = MessageState.FAILED
        await open_review(tx, [message.customer_id], TaskKind.REVIEW_MESSAGE)
    else:
        message.state = MessageState.PLANNED
        message.planned_for = tx.now + TRY_AGAIN
        message.queued_at = None
    await _show(tx, message)


async def park(tx: WriteTx, message_id: UUID) -> None:
    """Nobody can tell whether the message left: it stays as it is, and a person is asked to look."""
    message = await _lock_message(tx, message_id)
    if message.state == MessageState.SENDING:
        await _park(tx, message)


async def _park(tx: WriteTx, message: Message) -> None:
    message.failure = UNCONFIRMED
    await open_review(tx, [message.customer_id], TaskKind.REVIEW_MESSAGE)
    await _show(tx, message)


async def _cancel(tx: WriteTx, message: Message, rule: HoldRule) -> None:
    message.state = MessageState.CANCELLED
    message.held_by = rule
    await _show(tx, message)


async def _hold(tx: WriteTx, message: Message, wait: Wait) -> None:
    customer = await tx.session.scalar(select(Customer).where(Customer.id == message.customer_id))
    assert customer is not None
    reminders.hold(message, wait, reminders.time_to_ask_again(tx, customer, wait))
    if wait.needs_review:
        await open_review(tx, [message.customer_id], TaskKind.REVIEW_PAYMENT)
    await _show(tx, message)


async def _lock_message(tx: WriteTx, message_id: UUID) -> Message:
    """The message as it is now, under its customer's lock. Raises NotFound."""
    customer_id = await tx.session.scalar(select(Message.customer_id).where(Message.id == message_id))
    await lock(tx, customers=[customer_id] if customer_id else [])
    return (
        await tx.session.scalars(
            select(Message)
            .where(Message.id == message_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one()


async def _mark_wrong(tx: WriteTx, contact_id: UUID) -> None:
    await tx.session.execute(
        update(Contact)
        .where(Contact.id == contact_id)
        .values(email_state=AddressState.WRONG, updated_at=tx.now)
        .execution_options(synchronize_session=False)
    )


def _log_contact(tx: WriteTx, message: Message) -> None:
    tx.session.add(
        Activity(
            organization_id=tx.organization_id,
            id=new_id(),
            customer_id=message.customer_id,
            kind=ActivityKind.EMAIL,
            outcome=ActivityOutcome.NONE,
            happened_at=tx.now,
            member_id=None,
            contact_id=message.contact_id,
            message_id=message.id,
            note=None,
            recorded_at=tx.now,
        )
    )


async def _show(tx: WriteTx, message: Message) -> None:
    await tx.session.flush()
    await refresh_accounts(tx, [message.customer_id])
    tell_screens(tx, ChangeKind.MESSAGE, message.id, message.customer_id)
