"""What the beginning of a business day reads."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from cartera.db.session import Tx, WriteTx
from cartera.db.tables.accounts import Account
from cartera.db.tables.organizations import Organization


async def lock_organization(tx: WriteTx) -> Organization:
    """The organization's row, read afresh and locked for the rest of the transaction."""
    return (
        await tx.session.scalars(
            select(Organization)
            .where(Organization.organization_id == tx.organization_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one()


async def behind(tx: Tx, after: UUID | None, limit: int) -> list[UUID]:
    """The next customers, by id, whose account rows are of an earlier day than the business day."""
    query = (
        select(Account.customer_id)
        .where(Account.business_day < tx.organization.business_day)
        .order_by(Account.customer_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Account.customer_id > after)
    return list(await tx.session.scalars(query))
