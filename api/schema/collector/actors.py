"""Who did something: a member, a script, a customer in the portal, or the system itself."""

from __future__ import annotations

from uuid import UUID

import strawberry

from api.context import Info
from api.errors import catalogue
from api.schema.collector.members import Member
from cartera.actors import ActorKind
from cartera.db.queries import audit, members


@strawberry.type(description="Who did something.")
class Actor:
    kind: ActorKind
    name: str = strawberry.field(description="As a sentence begins with it, in the caller's language.")
    member: Member | None


async def actor_of(info: Info, text: str) -> Actor:
    """The actor whom a row names, such as ``member:<id>`` or ``system:<job>``."""
    kind, _, key = text.partition(":")
    words = catalogue(info.context.actor.language)
    if kind == ActorKind.MEMBER:
        row = await info.context.load(members.by_ids, UUID(key))
        found = Member.of(row) if row else None
        return Actor(kind=ActorKind.MEMBER, name=row.name if row else "…", member=found)
    if kind == ActorKind.TOKEN:
        name = await info.context.load(audit.token_names, UUID(key))
        return Actor(kind=ActorKind.TOKEN, name=words["actor.token"].format(name=name or "…"), member=None)
    known = ActorKind.PORTAL if kind == ActorKind.PORTAL else ActorKind.SYSTEM
    return Actor(kind=known, name=words[f"actor.{known}"], member=None)
