"""What is due in any organization, as the relay's role may read it: days and hours, nothing of anybody."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cartera.db.tables.messages import Message
from cartera.db.tables.organizations import Organization
from cartera.rules.messages import WAITING


async def days_begun(connection: AsyncConnection, now: datetime) -> list[tuple[UUID, date]]:
    """Organizations in whose zone it is a later day than their books', and that day."""
    rows = await connection.execute(
        select(Organization.organization_id, Organization.time_zone, Organization.business_day)
    )
    days = (
        (organization_id, now.astimezone(ZoneInfo(zone)).date(), day) for organization_id, zone, day in rows
    )
    return [(organization_id, today) for organization_id, today, day in days if today > day]


async def messages_due(connection: AsyncConnection, now: datetime) -> list[UUID]:
    """Organizations with a planned or held message whose time has come."""
    rows = await connection.scalars(
        select(Message.organization_id)
        .where(Message.state.in_(WAITING), Message.planned_for <= now)
        .group_by(Message.organization_id)
    )
    return list(rows)
