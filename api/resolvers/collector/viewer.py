"""Who asks, and who else works here."""

from __future__ import annotations

import strawberry

from api.context import Info
from api.schema.collector.members import Member, Organization
from api.schema.collector.viewer import Viewer
from api.schema.permissions import anybody, needs
from cartera.db.queries import members
from cartera.rules.permissions import Scope


@strawberry.type
class ViewerQueries:
    @anybody()
    async def viewer(self, info: Info) -> Viewer:
        context = info.context
        who = context.actor.member_id
        found = await context.load(members.by_ids, who) if who else None
        return Viewer(
            member=Member.of(found) if found else None,
            organization=Organization.of(context.organization),
            role=context.actor.role,
            scopes=sorted(context.actor.scopes),
            today=context.today,
        )

    @needs(Scope.MEMBERS_READ, "Everybody who works here, by name.")
    async def members(self, info: Info) -> list[Member]:
        async with info.context.read() as tx:
            return [Member.of(row) for row in await members.active(tx)]
