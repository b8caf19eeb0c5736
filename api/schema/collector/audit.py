"""The audit log: who did what, when, from where, before and after, and the same as a sentence."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from api.context import Info
from api.schema import cursors, ids
from api.schema.collector.actors import Actor, actor_of
from api.schema.collector.audit_words import say_entry, tell_facts
from api.schema.collector.nodes import PageInfo
from api.schema.permissions import needs
from cartera.db.queries import audit as queries
from cartera.db.queries.keyset import Order, Slice
from cartera.db.tables.outbox import AuditEntry as Row
from cartera.rules.permissions import Scope

NEWEST_FIRST = Order("audit", queries.HAPPENED_AT, descending=True)


# What is opened by itself, by its noun.
_NODES = {
    "charge": "Charge",
    "credit_note": "CreditNote",
    "dispute": "Dispute",
    "instrument": "Instrument",
    "payment": "Payment",
    "plan": "Plan",
    "receivable": "Receivable",
}


@strawberry.type(description="Something that an entry tells, as the caller reads it.")
class AuditFact:
    name: str
    value: str


@strawberry.type(description="Somebody did something. Never changed afterwards.")
class AuditEntry:
    row: strawberry.Private[Row]
    id: strawberry.ID
    happened_at: datetime
    action: str
    noun: str
    subject_id: strawberry.ID | None = strawberry.field(
        description="The node that it is about; null where it has no page of its own."
    )
    request_id: str | None

    @classmethod
    def of(cls, row: Row) -> AuditEntry:
        return cls(
            row=row,
            id=ids.encode("AuditEntry", row.id),
            happened_at=row.happened_at,
            action=row.action,
            noun=row.noun,
            subject_id=ids.encode(_NODES[row.noun], row.noun_id) if row.noun in _NODES else None,
            request_id=row.request_id,
        )

    @strawberry.field
    def address(self, info: Info) -> str | None:
        """From where; null too for those who may not read it."""
        return self.row.address if info.context.actor.can(Scope.AUDIT_READ) else None

    @needs(Scope.ACTIVITIES_READ)
    async def actor(self, info: Info) -> Actor:
        return await actor_of(info, self.row.actor)

    @needs(Scope.ACTIVITIES_READ)
    async def before(self, info: Info) -> list[AuditFact]:
        return await _told(info, self.row, self.row.before)

    @needs(Scope.ACTIVITIES_READ)
    async def after(self, info: Info) -> list[AuditFact]:
        return await _told(info, self.row, self.row.after)

    @needs(Scope.ACTIVITIES_READ, "Who did what, in the caller's language.")
    async def sentence(self, info: Info) -> str:
        return await say_entry(info, self.row)


@strawberry.type
class AuditEdge:
    cursor: str
    node: AuditEntry


@strawberry.type
class AuditConnection:
    edges: list[AuditEdge]
    page_info: PageInfo


async def audit_of(info: Info, customer: UUID, **asked: Any) -> AuditConnection:
    """What was done with a customer, newest first, of nouns that the caller may read."""
    page = cursors.page(NEWEST_FIRST, **asked)
    found = await info.context.load(queries.pages, customer, NEWEST_FIRST, page) or Slice()
    edges = [
        AuditEdge(cursor=cursors.encode(NEWEST_FIRST, key), node=AuditEntry.of(row[0]))
        for row, key in zip(found.rows, found.keys, strict=True)
    ]
    return AuditConnection(edges=edges, page_info=PageInfo.of(found, NEWEST_FIRST))


async def history_of(info: Info, key: UUID, noun: str) -> list[AuditEntry]:
    """What was done to one row, in order."""
    return [AuditEntry.of(row) for row in await info.context.load(queries.histories, key, noun) or []]


async def _told(info: Info, row: Row, stored: dict[str, Any] | None) -> list[AuditFact]:
    facts = await tell_facts(info, row, stored)
    return [AuditFact(name=name, value=value) for name, value in facts.items()]
