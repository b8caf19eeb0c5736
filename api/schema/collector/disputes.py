"""Disputes, each with its thread and files."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, and_

from api.context import Info
from api.schema import cursors, ids
from api.schema.collector import customers, sources
from api.schema.collector.actors import Actor, actor_of
from api.schema.collector.attachments import Attachment
from api.schema.collector.audit import AuditEntry, history_of
from api.schema.collector.audit_words import say_entry
from api.schema.collector.fields import column, money
from api.schema.collector.lazy import LazyCustomer, LazyReceivable
from api.schema.collector.members import Member
from api.schema.collector.nodes import Connection, Edge, Money, Node
from api.schema.collector.payments import CreditNote, receivable_of
from api.schema.permissions import needs, reads_from
from api.selection.kinds import Here, Told
from api.selection.levels import Level
from api.selection.lists import Asked, CountOf, Edges, Sums
from api.selection.reading import Reading
from api.selection.relations import Many, Source
from api.selection.statement import Build
from api.selection.tree import READS
from cartera.db.queries import audit, dispute_lists, members, rows
from cartera.db.queries import disputes as queries
from cartera.db.queries.keyset import Order
from cartera.db.statements import constant
from cartera.db.tables import disputes as tables
from cartera.db.tables import payments as payment_tables
from cartera.db.tables.attachments import Attachment as Hanging
from cartera.rules.disputes import DisputeReason, DisputeState, cycle_days
from cartera.rules.permissions import Scope

# What is said stands in the thread itself.
_SAID = "dispute.comment"


@strawberry.enum
class ThreadItemKind(Enum):
    COMMENT = "comment"
    EVENT = "event"


@strawberry.type(description="What somebody said, or what was done, as a sentence.")
class ThreadItem:
    key: strawberry.Private[UUID]
    by: strawberry.Private[str]
    id: strawberry.ID
    kind: ThreadItemKind
    at: datetime
    text: str

    @needs(Scope.RECEIVABLES_READ)
    async def actor(self, info: Info) -> Actor:
        return await actor_of(info, self.by)


def _is_past_deadline(at: Level, build: Build) -> ColumnElement[bool]:
    is_open = at[tables.Dispute.state] == constant(DisputeState.OPEN)
    return and_(is_open, at[tables.Dispute.deadline_on] < build.frame.organization.business_day)


@strawberry.type(description="What a customer contests of a receivable; not chased while open.")
class Dispute(Node):
    identified_by: ClassVar[Any] = tables.Dispute.id
    row: strawberry.Private[tables.Dispute]
    reason: DisputeReason = column(tables.Dispute.reason, DisputeReason)
    amount: Money = money(tables.Dispute.amount_minor, tables.Dispute.currency)
    state: DisputeState = column(tables.Dispute.state, DisputeState)
    opened_on: date = column(tables.Dispute.opened_on)
    deadline_on: date = column(tables.Dispute.deadline_on)
    resolved_on: date | None = column(tables.Dispute.resolved_on)
    note: str | None = column(tables.Dispute.note)
    resolution: str | None = column(
        tables.Dispute.resolution, description="Why it was resolved as it was, in words."
    )
    accepted: Money | None = money(
        tables.Dispute.accepted_minor,
        tables.Dispute.currency,
        description="What was granted of the amount.",
    )

    @classmethod
    def of(cls, row: tables.Dispute) -> Dispute:
        return cls(key=row.id, row=row)

    @reads_from(
        Told(lambda at, build: at[tables.Dispute.resolved_on] - at[tables.Dispute.opened_on]),
        "From opening to resolution; null while open.",
    )
    def cycle_days(self) -> int | None:
        return cycle_days(self.row.opened_on, self.row.resolved_on) if self.row.resolved_on else None

    @reads_from(Told(_is_past_deadline))
    def is_past_deadline(self, info: Info) -> bool:
        return self.row.state == DisputeState.OPEN and self.row.deadline_on < info.context.today

    @needs(Scope.RECEIVABLES_READ, reads=sources.receivable(tables.Dispute.receivable_id))
    async def receivable(self, info: Info) -> LazyReceivable:
        return await receivable_of(info, self.row.receivable_id)

    @needs(Scope.CUSTOMERS_READ, reads=sources.customer(tables.Dispute.customer_id))
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.row.customer_id)

    @needs(Scope.RECEIVABLES_READ, "Who is to answer it.", reads=sources.member(tables.Dispute.owner_id))
    async def owner(self, info: Info) -> Member | None:
        owner_id = self.row.owner_id
        found = await info.context.load(members.by_ids, owner_id) if owner_id else None
        return Member.of(found) if found else None

    @needs(
        Scope.PAYMENTS_READ,
        "By which the accepted amount was credited.",
        reads=sources.credit_note(tables.Dispute.credit_note_id),
    )
    async def credit_note(self, info: Info) -> CreditNote | None:
        key = self.row.credit_note_id
        found = await info.context.load(rows.by_ids, key, payment_tables.CreditNote) if key else None
        return CreditNote.of(found) if found else None

    @needs(Scope.RECEIVABLES_READ, "What was said and done, in order; of a very long thread the latest 500.")
    async def thread(self, info: Info) -> list[ThreadItem]:
        said = [
            _item(ThreadItemKind.COMMENT, row.id, row.actor, row.created_at, row.text)
            for row in await info.context.load(queries.comments, self.key) or []
        ]
        done = [
            _item(ThreadItemKind.EVENT, row.id, row.actor, row.happened_at, await say_entry(info, row))
            for row in await info.context.load(audit.histories, self.key, "dispute") or []
            if row.action != _SAID
        ]
        # Ids follow time, also within an instant.
        return sorted(said + done, key=lambda item: (item.at, item.key))

    @needs(
        Scope.RECEIVABLES_READ,
        "In the order in which they came.",
        reads=Many(
            Source.of(Hanging),
            on=Hanging.noun_id,
            key=tables.Dispute.id,
            order=(Hanging.created_at, Hanging.id),
            kept=lambda frame: (Hanging.noun == constant("dispute"), Hanging.removed_at.is_(None)),
        ),
    )
    async def attachments(self, info: Info) -> list[Attachment]:
        found = await info.context.load(queries.attachments, self.key)
        return [Attachment.of(row) for row in found or []]

    @needs(Scope.RECEIVABLES_READ, "Who did what to it, in order.")
    async def history(self, info: Info) -> list[AuditEntry]:
        return await history_of(info, self.key, "dispute")


def _item(kind: ThreadItemKind, key: UUID, by: str, at: datetime, text: str) -> ThreadItem:
    return ThreadItem(key=key, by=by, id=ids.encode("ThreadItem", key), kind=kind, at=at, text=text)


@strawberry.input
class DisputeFilter:
    state: DisputeState | None = None
    reason: DisputeReason | None = None
    customer_id: strawberry.ID | None = None
    owner_id: strawberry.ID | None = None
    past_deadline: bool | None = strawberry.field(
        default=None, description="Open, and to be answered by a day that has passed."
    )


@strawberry.type
class DisputeEdge(Edge):
    node: Dispute = strawberry.field(metadata={READS: Here()})


@strawberry.type
class DisputeConnection(Connection):
    @classmethod
    def of(cls, wanted: dispute_lists.DisputeFilter, **page: Any) -> DisputeConnection:
        """Those wanted, yet to be read. Raises Refused: BAD_PAGE, BAD_CURSOR."""
        asked = Asked(wanted, BY_DEADLINE, cursors.page(BY_DEADLINE, **page))
        return cls(reading=Reading(sources.DISPUTES, asked))

    @reads_from(Edges())
    def edges(self) -> list[DisputeEdge]:
        return [DisputeEdge(cursor=cursor, node=Dispute.of(row[0])) for cursor, row in self.reading.walked()]

    @needs(Scope.RECEIVABLES_READ, reads=CountOf())
    async def total_count(self, info: Info) -> int:
        return (await self._totals(info)).count

    @needs(
        Scope.RECEIVABLES_READ,
        "What is contested, by currency.",
        reads=Sums(tables.Dispute.currency, tables.Dispute.amount_minor),
    )
    async def totals(self, info: Info) -> list[Money]:
        return Money.each((await self._totals(info)).amount)

    async def _totals(self, info: Info) -> dispute_lists.Totals:
        return await info.context.load(dispute_lists.totals, self.narrowed) or dispute_lists.Totals()


BY_DEADLINE = Order("dispute.DEADLINE_ON", dispute_lists.DEADLINE_ON)


def narrowed_by(filter: DisputeFilter | None) -> dispute_lists.DisputeFilter:
    """Raises NotFound for an id that is none."""
    if filter is None:
        return dispute_lists.DisputeFilter()
    customer_id, owner_id = filter.customer_id, filter.owner_id
    return dispute_lists.DisputeFilter(
        state=filter.state,
        reason=filter.reason,
        customer_id=ids.decode(customer_id, "Customer", "customerId") if customer_id else None,
        owner_id=ids.decode(owner_id, "Member", "ownerId") if owner_id else None,
        past_deadline=bool(filter.past_deadline),
    )
