"""Disputes, each with its thread and files."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from uuid import UUID

import strawberry

from api.context import Info
from api.schema import cursors, ids
from api.schema.collector import customers
from api.schema.collector.actors import Actor, actor_of
from api.schema.collector.attachments import Attachment
from api.schema.collector.audit import AuditEntry, history_of
from api.schema.collector.audit_words import say_entry
from api.schema.collector.lazy import LazyCustomer, LazyReceivable
from api.schema.collector.members import Member
from api.schema.collector.nodes import Money, Node, PageInfo
from api.schema.collector.payments import CreditNote, receivable_of
from api.schema.permissions import needs
from cartera.db.queries import audit, dispute_lists, members, rows
from cartera.db.queries import disputes as queries
from cartera.db.queries.keyset import Order, Slice
from cartera.db.tables import disputes as tables
from cartera.db.tables import payments as payment_tables
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


@strawberry.type(description="What a customer contests of a receivable; not chased while open.")
class Dispute(Node):
    row: strawberry.Private[tables.Dispute]
    reason: DisputeReason
    amount: Money
    state: DisputeState
    opened_on: date
    deadline_on: date
    resolved_on: date | None
    note: str | None
    resolution: str | None = strawberry.field(description="Why it was resolved as it was, in words.")
    accepted: Money | None = strawberry.field(description="What was granted of the amount.")
    cycle_days: int | None = strawberry.field(description="From opening to resolution; null while open.")

    @classmethod
    def of(cls, row: tables.Dispute) -> Dispute:
        accepted = row.accepted_minor
        return cls(
            key=row.id,
            row=row,
            reason=DisputeReason(row.reason),
            amount=Money.of(row.amount_minor, row.currency),
            state=DisputeState(row.state),
            opened_on=row.opened_on,
            deadline_on=row.deadline_on,
            resolved_on=row.resolved_on,
            note=row.note,
            resolution=row.resolution,
            accepted=Money.of(accepted, row.currency) if accepted is not None else None,
            cycle_days=cycle_days(row.opened_on, row.resolved_on) if row.resolved_on else None,
        )

    @strawberry.field
    def is_past_deadline(self, info: Info) -> bool:
        return self.state is DisputeState.OPEN and self.deadline_on < info.context.today

    @needs(Scope.RECEIVABLES_READ)
    async def receivable(self, info: Info) -> LazyReceivable:
        return await receivable_of(info, self.row.receivable_id)

    @needs(Scope.CUSTOMERS_READ)
    async def customer(self, info: Info) -> LazyCustomer:
        return await customers.customer_of(info, self.row.customer_id)

    @needs(Scope.RECEIVABLES_READ, "Who is to answer it.")
    async def owner(self, info: Info) -> Member | None:
        owner_id = self.row.owner_id
        found = await info.context.load(members.by_ids, owner_id) if owner_id else None
        return Member.of(found) if found else None

    @needs(Scope.PAYMENTS_READ, "By which the accepted amount was credited.")
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

    @needs(Scope.RECEIVABLES_READ, "In the order in which they came.")
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
class DisputeEdge:
    cursor: str
    node: Dispute


@strawberry.type
class DisputeConnection:
    found: strawberry.Private[Slice]
    wanted: strawberry.Private[dispute_lists.DisputeFilter]

    @strawberry.field
    def edges(self) -> list[DisputeEdge]:
        return [
            DisputeEdge(cursor=cursors.encode(BY_DEADLINE, key), node=Dispute.of(row[0]))
            for row, key in zip(self.found.rows, self.found.keys, strict=True)
        ]

    @strawberry.field
    def page_info(self) -> PageInfo:
        return PageInfo.of(self.found, BY_DEADLINE)

    @needs(Scope.RECEIVABLES_READ)
    async def total_count(self, info: Info) -> int:
        return (await self._totals(info)).count

    @needs(Scope.RECEIVABLES_READ, "What is contested, by currency.")
    async def totals(self, info: Info) -> list[Money]:
        return Money.each((await self._totals(info)).amount)

    async def _totals(self, info: Info) -> dispute_lists.Totals:
        return await info.context.load(dispute_lists.totals, self.wanted) or dispute_lists.Totals()


BY_DEADLINE = Order("dispute.DEADLINE_ON", dispute_lists.DEADLINE_ON)


async def disputes_page(
    info: Info, wanted: dispute_lists.DisputeFilter, first: int | None, after: str | None
) -> DisputeConnection:
    page = cursors.page(BY_DEADLINE, first, after)
    async with info.context.read() as tx:
        found = await dispute_lists.page(tx, wanted, BY_DEADLINE, page)
    return DisputeConnection(found=found, wanted=wanted)


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
