"""Who asks."""

from __future__ import annotations

from datetime import date

import strawberry

from api.schema.collector.members import Member, Organization
from cartera.rules.permissions import Role


@strawberry.type(description="Who asks: a member, or a script by token.")
class Viewer:
    member: Member | None
    organization: Organization
    role: Role | None
    scopes: list[str]
    today: date = strawberry.field(description="The organization's business day.")
