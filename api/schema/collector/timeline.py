"""One customer's timeline, newest first."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

import strawberry

from api.context import Info
from api.schema import cursors
from api.schema.collector.activities import Activity
from api.schema.collector.audit import AuditEntry
from api.schema.collector.disputes import Dispute
from api.schema.collector.messages import Message
from api.schema.collector.nodes import PageInfo
from api.schema.collector.payments import CreditNote, Payment
from api.schema.collector.promises import Promise
from cartera.db.queries import rows
from cartera.db.queries.keyset import Order, cut
from cartera.db.queries.timeline import Moment, Noun, timelines
from cartera.db.tables import activities, disputes, messages, outbox, payments, promises

TimelineItem = Annotated[
    Activity | Message | Payment | Promise | Dispute | CreditNote | AuditEntry,
    strawberry.union(name="TimelineItem"),
]

# Each noun's table and type.
_NOUNS: dict[Noun, tuple[Any, Any]] = {
    Noun.ACTIVITY: (activities.Activity, Activity),
    Noun.MESSAGE: (messages.Message, Message),
    Noun.PAYMENT: (payments.Payment, Payment),
    Noun.PROMISE: (promises.Promise, Promise),
    Noun.DISPUTE: (disputes.Dispute, Dispute),
    Noun.CREDIT_NOTE: (payments.CreditNote, CreditNote),
    Noun.ACT: (outbox.AuditEntry, AuditEntry),
}
# Moments of all nouns are of the same types as an activity's, which is what a cursor has to know.
NEWEST_FIRST = Order("timeline", (activities.Activity.happened_at, activities.Activity.id), descending=True)


@strawberry.type
class TimelineEdge:
    cursor: str
    node: TimelineItem


@strawberry.type
class TimelineConnection:
    edges: list[TimelineEdge]
    page_info: PageInfo


async def timeline_of(info: Info, customer: UUID, **asked: Any) -> TimelineConnection:
    """A page of the customer's timeline: a statement for the order, one a noun for the rows, shared with
    the other customers of a list."""
    page = cursors.page(NEWEST_FIRST, **asked)
    moments = await info.context.load(timelines, customer, page) or []
    found = cut([(moment, moment.at, moment.id) for moment in moments], NEWEST_FIRST, page)
    edges = await asyncio.gather(*(_edge(info, moment) for moment, *_ in found.rows))
    return TimelineConnection(
        edges=[edge for edge in edges if edge], page_info=PageInfo.of(found, NEWEST_FIRST)
    )


async def _edge(info: Info, moment: Moment) -> TimelineEdge | None:
    table, kind = _NOUNS[moment.noun]
    row = await info.context.load(rows.by_ids, moment.id, table)
    if row is None:
        return None
    return TimelineEdge(cursor=cursors.encode(NEWEST_FIRST, (moment.at, moment.id)), node=kind.of(row))
