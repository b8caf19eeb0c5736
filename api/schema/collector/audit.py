"""The audit log: who did what, when, from where, before and after, and the same as a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry

from api.context import Info
from api.errors import catalogue
from api.schema import cursors, ids
from api.schema.collector.actors import Actor, actor_of
from api.schema.collector.nodes import PageInfo
from api.schema.permissions import needs
from cartera.channels import figures
from cartera.db.queries import audit as queries
from cartera.db.queries import members
from cartera.db.queries.keyset import Order, Slice
from cartera.db.tables.outbox import AuditEntry as Row
from cartera.rules.money import Money
from cartera.rules.permissions import Scope

NEWEST_FIRST = Order("audit", queries.HAPPENED_AT, descending=True)

# Facts that name a member.
_MEMBERS = ("assignee_id", "collector_id", "owner_id")


class _Facts(dict[str, Any]):
    def __missing__(self, fact: str) -> str:
        return "…"


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
    request_id: str | None

    @classmethod
    def of(cls, row: Row) -> AuditEntry:
        return cls(
            row=row,
            id=ids.encode("AuditEntry", row.id),
            happened_at=row.happened_at,
            action=row.action,
            noun=row.noun,
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
        return await _told(info, self.row.before or {})

    @needs(Scope.ACTIVITIES_READ)
    async def after(self, info: Info) -> list[AuditFact]:
        return await _told(info, self.row.after or {})

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


async def audit_of(info: Info, customer: UUID, first: int | None, after: str | None) -> AuditConnection:
    """What was done with a customer, newest first, of nouns that the caller may read."""
    page = cursors.page(NEWEST_FIRST, first, after)
    found = await info.context.load(queries.pages, customer, NEWEST_FIRST, page) or Slice()
    edges = [
        AuditEdge(cursor=cursors.encode(NEWEST_FIRST, key), node=AuditEntry.of(row[0]))
        for row, key in zip(found.rows, found.keys, strict=True)
    ]
    return AuditConnection(edges=edges, page_info=PageInfo.of(found, NEWEST_FIRST))


async def history_of(info: Info, key: UUID, noun: str) -> list[AuditEntry]:
    """What was done to one row, in order."""
    return [AuditEntry.of(row) for row in await info.context.load(queries.histories, key, noun) or []]


async def say_entry(info: Info, row: Row) -> str:
    """An entry's action and facts as a sentence. A test sees to it that every action has one."""
    words = catalogue(info.context.actor.language)
    facts = await _facts(info, {**(row.before or {}), **(row.after or {})})
    who = (await actor_of(info, row.actor)).name
    # An earlier version may have written what the code no longer does.
    sentence = words.get(f"audit.{row.action}", f"{{who}}: {row.action}")
    return sentence.format_map(_Facts(facts, who=who))


async def _told(info: Info, stored: dict[str, Any]) -> list[AuditFact]:
    return [AuditFact(name=name, value=value) for name, value in (await _facts(info, stored)).items()]


async def _facts(info: Info, stored: dict[str, Any]) -> dict[str, str]:
    """Facts as the caller reads them: amounts with their currency, days in words, members by name."""
    locale = figures.locale_of(info.context.actor.language, info.context.organization.country)
    currency = stored.get("currency")
    found: dict[str, str] = {}
    for name, value in _present(stored):
        if name.endswith("_minor"):
            # Minor units say nothing without their currency.
            if currency:
                found[name.removesuffix("_minor")] = figures.amount(Money(value, currency), locale)
        elif name.endswith("_on"):
            found[name] = figures.day(date.fromisoformat(value), locale)
        elif name in _MEMBERS:
            member = await info.context.load(members.by_ids, UUID(value))
            found[name.removesuffix("_id")] = member.name if member else "…"
        else:
            found[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return found


def _present(stored: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    return ((name, value) for name, value in stored.items() if value is not None)
