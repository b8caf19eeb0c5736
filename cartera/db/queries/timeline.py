"""Customers' timelines: what was done, sent, paid, promised, disputed, credited and agreed, newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import (
    TIMESTAMP,
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    not_,
    select,
    tuple_,
    union_all,
)

from cartera.db.queries.keyset import Page
from cartera.db.queries.visibility import visible
from cartera.db.session import Tx
from cartera.db.tables.activities import Activity
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.messages import Message
from cartera.db.tables.outbox import AuditEntry
from cartera.db.tables.payments import CreditNote, Payment
from cartera.db.tables.promises import Promise
from cartera.rules.permissions import NOUN_SCOPES, Scope


class Noun(StrEnum):
    ACTIVITY = "activity"
    MESSAGE = "message"
    PAYMENT = "payment"
    PROMISE = "promise"
    DISPUTE = "dispute"
    CREDIT_NOTE = "credit_note"
    # An entry of the audit log.
    ACT = "audit_entry"


# Plans and papers are told by each step that they take: their rows say only where they stand.
_STORIES = ("plan", "instrument")
# What was done to these is told to those who may read the log.
_AUDITED = ("charge", "credit_note", "customer", "hold", "payment", "receivable")
# These entries would stand beside the row that they added.
_TOLD_BY_THEIR_ROWS = ("payment.record", "credit_note.record")


@dataclass(frozen=True, slots=True)
class Moment:
    """A row of the timeline: which noun's, its id, and when it happened."""

    noun: Noun
    id: UUID
    at: datetime


async def timelines(tx: Tx, customers: Collection[UUID], page: Page) -> dict[UUID, list[Moment]]:
    """The same page of each customer's timeline, newest first, as it is read: backwards, where the page is.

    There is one moment more than the page has where it has a next one (``keyset.cut``). A customer that the
    actor cannot see has none; nouns that the actor has no scope for are left out.
    """
    parts = [
        _part(tx, noun, source, at, customers, page)
        for noun, source, at in _sources(tx)
        if noun is Noun.ACT or tx.actor.can(NOUN_SCOPES[noun])
    ]
    found: dict[UUID, list[Moment]] = defaultdict(list)
    if parts:
        for customer_id, noun, row_id, at in await tx.session.execute(union_all(*parts)):
            found[customer_id].append(Moment(Noun(noun), row_id, at))
    for moments in found.values():
        moments.sort(key=attrgetter("at", "id"), reverse=not page.backwards)
    return {customer_id: moments[: page.size + 1] for customer_id, moments in found.items()}


def _sources(tx: Tx) -> list[tuple[Noun, Any, Any]]:
    return [
        (Noun.ACTIVITY, Activity, Activity.happened_at),
        (Noun.MESSAGE, Message, func.coalesce(Message.sent_at, Message.planned_for)),
        (Noun.PAYMENT, Payment, _day_or_moment(tx, Payment.received_on, Payment.recorded_at)),
        (Noun.PROMISE, Promise, Promise.created_at),
        (Noun.DISPUTE, Dispute, Dispute.created_at),
        (Noun.CREDIT_NOTE, CreditNote, _day_or_moment(tx, CreditNote.issued_on, CreditNote.recorded_at)),
        (Noun.ACT, AuditEntry, AuditEntry.happened_at),
    ]


def _day_or_moment(tx: Tx, day: Any, recorded_at: Any) -> ColumnElement[datetime]:
    """The moment of recording or, for what is recorded later, the end of the day on which it happened."""
    end_of_day = func.timezone(tx.organization.time_zone, cast(day + 1, TIMESTAMP))
    return func.least(recorded_at, end_of_day)


def _part(
    tx: Tx,
    noun: Noun,
    source: Any,
    at: Any,
    customers: Collection[UUID],
    page: Page,
) -> Select[Any]:
    """One noun's moments of each customer that may be on the page."""
    key = (at, source.id)
    order = [column.asc() if page.backwards else column.desc() for column in key]
    place = func.row_number().over(partition_by=source.customer_id, order_by=order)
    query = (
        select(source.customer_id, source.id, at.label("at"), place.label("place"))
        .join(Customer, Customer.id == source.customer_id)
        .where(source.customer_id.in_(customers), visible(tx))
    )
    if source is Activity:
        # The activity that tells of a message sent would stand beside the message itself.
        query = query.where(Activity.message_id.is_(None))
    elif source is AuditEntry:
        query = query.where(*_acts(tx))
    if page.start is not None:
        here, start = tuple_(*key), tuple_(*map(literal, page.start))
        query = query.where(here > start if page.backwards else here < start)
    ranked = query.subquery()
    return select(
        ranked.c.customer_id, literal(noun.value, Text).label("noun"), ranked.c.id, ranked.c.at
    ).where(ranked.c.place <= page.size + 1)


def _acts(tx: Tx) -> list[ColumnElement[bool]]:
    """The entries of the log that have no line of their own, of nouns that the actor may read."""
    nouns = _STORIES + (_AUDITED if tx.actor.can(Scope.AUDIT_READ) else ())
    readable = [noun for noun in nouns if tx.actor.can(NOUN_SCOPES[noun])]
    # What the clock posts day by day would bury what people did; it has its place among the charges.
    posted_by_clock = and_(AuditEntry.action == "charge.post", AuditEntry.actor.startswith("system:"))
    return [
        AuditEntry.noun.in_(readable),
        AuditEntry.action.not_in(_TOLD_BY_THEIR_ROWS),
        not_(posted_by_clock),
    ]
