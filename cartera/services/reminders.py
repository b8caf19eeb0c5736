"""Reminders: planned as rows with their time, and decided anew, under lock, when the time has come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from cartera.calendars import banking_days, is_public_holiday
from cartera.channels import letters
from cartera.channels.letters import Letterhead
from cartera.channels.wording import Written
from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries.locks import lock
from cartera.db.queries.reminders import Dossier, customers_with_due, dossiers
from cartera.db.session import Tx, WriteTx
from cartera.db.tables.customers import Contact, Customer
from cartera.db.tables.messages import Message
from cartera.errors import refuse
from cartera.rules.activities import ActivityKind
from cartera.rules.contact import Blocked, Debtor, Duty, gate
from cartera.rules.contact_packs import duties_for, rules_for
from cartera.rules.customers import DebtorType
from cartera.rules.messages import WAITING, Channel, HoldRule, MessageState, Template, reader_of
from cartera.rules.outbox import ChangeKind, Lane
from cartera.rules.permissions import Scope
from cartera.rules.reminders import Decision, Drop, Say, Wait, decide, slot, spread

# Customers per transaction of an organization's planning.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class ReminderPlanned:
    message_id: UUID
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    customer_id: UUID


@dataclass(frozen=True)
class Ready:
    """A reminder that may leave now: what it says, and to whom."""

    say: Say
    reader: Contact
    dossier: Dossier


async def plan_reminders(tx: WriteTx, after: UUID | None = None) -> UUID | None:
    """Plan today's reminders of the next customers by id; the last looked at, None when there are no more.

    One message a customer, however often it is called: a reminder that waits already is brought forward to
    today rather than joined by another. Nothing is promised by planning; the truth is asked at sending.
    """
    customers = await customers_with_due(tx, after, CHUNK)
    if not customers:
        return None
    planned, forward = [], {}
    for dossier in (await dossiers(tx, customers)).values():
        customer, reader = dossier.customer, reader_of(dossier.contacts)
        # Money may be applied until the hour comes; it is looked at then.
        standing = replace(dossier.standing, unapplied=(), attempt_until=None)
        if isinstance(reader, HoldRule) or not isinstance(decide(standing, tx.today), Say):
            continue
        at = time_for(tx, dossier, slot(customer.id, tx.today, _zone(tx, customer), tx.now))
        if dossier.waiting is None:
            key = f"reminder:{customer.id}:{tx.today.isoformat()}"
            planned.append(_row(tx, customer, reader, at, key))
        else:
            forward[dossier.waiting.id] = at
    await _bring_forward(tx, forward)
    if planned:
        unless_planned = insert(Message).on_conflict_do_nothing(
            index_elements=["organization_id", "dedupe_key"]
        )
        await tx.session.execute(unless_planned, planned)
    return customers[-1]


async def _bring_forward(tx: WriteTx, times: dict[UUID, datetime]) -> None:
    """Retime those of these messages that wait for later, read afresh under their own lock.

    Nobody's account is locked by planning: a message may have left since its dossier was read, and one that
    is locked is being decided about just now.
    """
    if not times:
        return
    waiting = await tx.session.scalars(
        select(Message)
        .where(Message.id.in_(times), Message.state.in_(WAITING))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    for message in waiting:
        if times[message.id] < message.planned_for:
            _retime(message, times[message.id])


async def plan_reminder_now(tx: WriteTx, customer_id: UUID, idempotency_key: str | None) -> ReminderPlanned:
    """Plan a reminder that a person asks for: for now, or for the next instant at which it is lawful.

    Refused: REMINDER_NOTHING_DUE, REMINDER_NO_ADDRESS, REMINDER_NO_CONSENT, IDEMPOTENCY_KEY_REUSED; whatever
    else stands against it holds the message, which says why.
    """
    tx.actor.require(Scope.MESSAGES_WRITE)
    done = await earlier(tx, "plan_reminder_now", idempotency_key, _Asked(customer_id))
    if done is not None:
        return ReminderPlanned(done["message"], replayed=True)
    await lock(tx, customers=[customer_id])
    dossier = (await dossiers(tx, [customer_id]))[customer_id]
    reader = reader_of(dossier.contacts)
    if isinstance(decide(dossier.standing, tx.today, by_hand=True), Drop):
        raise refuse("REMINDER_NOTHING_DUE", "customerId")
    if reader is HoldRule.NO_CONSENT:
        raise refuse("REMINDER_NO_CONSENT", "customerId")
    if isinstance(reader, HoldRule):
        raise refuse("REMINDER_NO_ADDRESS", "customerId")
    message_id = await _plan_by_hand(tx, dossier, reader)
    await remember(tx, "plan_reminder_now", idempotency_key, message=message_id)
    return ReminderPlanned(message_id, replayed=False)


async def _plan_by_hand(tx: WriteTx, dossier: Dossier, reader: Contact) -> UUID:
    message = dossier.waiting
    if message is None:
        row = _row(tx, dossier.customer, reader, tx.now, f"by_hand:{new_id()}")
        message = Message(**row)
        tx.session.add(message)
    blocked = against(tx, dossier, tx.now, by_hand=True)
    _retime(message, tx.now)
    if blocked and blocked.next_at:
        hold(message, Wait(blocked.held_by, blocked.next_at), blocked.next_at)
    else:
        message.queued_at = tx.now
        tx.later(Lane.INTERACTIVE, "send_messages", key=str(new_id()), message_ids=[str(message.id)])
    message.asked_by = str(tx.actor)
    tx.audit("reminder.ask", "message", message.id, customer_id=dossier.customer.id)
    tell_screens(tx, ChangeKind.MESSAGE, message.id, dossier.customer.id)
    await tx.session.flush()
    return message.id


async def decide_now(tx: WriteTx, message: Message) -> Ready | Wait | Drop:
    """The truth at send: whether a reminder may leave at ``tx.now``. The caller holds the account's lock."""
    by_hand = message.asked_by is not None
    dossier = (await dossiers(tx, [message.customer_id]))[message.customer_id]
    decision: Decision = decide(dossier.standing, tx.today, by_hand=by_hand)
    if not isinstance(decision, Say):
        return decision
    reader = reader_of(dossier.contacts)
    if isinstance(reader, HoldRule):
        return Drop(reader)
    blocked = against(tx, dossier, tx.now, by_hand=by_hand)
    if blocked:
        return Wait(blocked.held_by, time_for(tx, dossier, tx.now, by_hand=by_hand))
    return Ready(decision, reader, dossier)


def compose(tx: Tx, ready: Ready, url: str) -> Written:
    """The reminder's text, with the payment link ``url``."""
    head = letterhead(tx, ready.dossier.customer, ready.reader)
    return letters.reminder(head, ready.say.debts, ready.say.tone, tx.today, url)


def letterhead(tx: Tx, customer: Customer, reader: Contact) -> Letterhead:
    seller = tx.organization
    duties = duties_for(customer.country, DebtorType(customer.debtor_type))
    return Letterhead(
        seller=seller.name,
        contact_name=seller.contact_name,
        contact_email=seller.contact_email,
        contact_phone=seller.contact_phone,
        accent=seller.accent,
        language=reader.language or customer.language,
        country=customer.country,
        name=reader.name or customer.name,
        customer=customer.name,
        opt_out=Duty.OPT_OUT in duties,
    )


def against(tx: Tx, dossier: Dossier, at: datetime, *, by_hand: bool = False) -> Blocked | None:
    """What the contact gate has against an e-mail to the customer at an instant."""
    customer = dossier.customer
    kind = DebtorType(customer.debtor_type)
    debtor = Debtor(
        customer.country,
        kind,
        _zone(tx, customer),
        partial(is_public_holiday, customer.country),
        banking_days(customer.country),
        dossier.past,
    )
    rules = rules_for(customer.country, kind, ActivityKind.EMAIL)
    return gate(debtor, ActivityKind.EMAIL, at, rules, by_hand=by_hand)


def time_for(tx: Tx, dossier: Dossier, at: datetime, *, by_hand: bool = False) -> datetime:
    """``at`` if it is lawful, else a place of the customer's own after the first lawful instant."""
    blocked = against(tx, dossier, at, by_hand=by_hand)
    if blocked is None or blocked.next_at is None:
        return at
    day = blocked.next_at.astimezone(_zone(tx, dossier.customer)).date()
    apart = blocked.next_at + spread(dossier.customer.id, day)
    return apart if against(tx, dossier, apart, by_hand=by_hand) is None else blocked.next_at


def time_to_ask_again(tx: Tx, customer: Customer, wait: Wait) -> datetime:
    """When a held message is decided about again: at the instant, or in the customer's place on the day."""
    if isinstance(wait.until, datetime):
        return wait.until
    return slot(customer.id, wait.until, _zone(tx, customer), tx.now)


def hold(message: Message, wait: Wait, until: datetime) -> None:
    """Hold a message with the rule and the next time at which it is decided about."""
    message.state = MessageState.HELD
    message.held_by = wait.rule
    message.planned_for = until
    message.queued_at = None


def _retime(message: Message, at: datetime) -> None:
    message.state = MessageState.PLANNED
    message.held_by = None
    message.planned_for = at
    message.queued_at = None


def _row(tx: WriteTx, customer: Customer, reader: Contact, at: datetime, key: str) -> dict[str, Any]:
    return {
        "organization_id": tx.organization_id,
        "id": new_id(),
        "customer_id": customer.id,
        "contact_id": reader.id,
        "dedupe_key": key,
        "channel": Channel.EMAIL.value,
        "template": Template.REMINDER.value,
        "language": reader.language or customer.language,
        "state": MessageState.PLANNED.value,
        "planned_for": at,
        "created_at": tx.now,
    }


def _zone(tx: Tx, customer: Customer) -> ZoneInfo:
    try:
        return ZoneInfo(customer.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(tx.organization.time_zone)
