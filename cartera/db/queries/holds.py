"""Holds as the services read them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from cartera.db.queries.visibility import visible
from cartera.db.session import Tx
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Hold
from cartera.errors import NotFound


async def held_of(tx: Tx, hold_id: UUID) -> UUID:
    """The customer on whom a hold lies. Raises NotFound for what the actor cannot see."""
    customer_id = await tx.session.scalar(
        select(Hold.customer_id)
        .join(Customer, Customer.id == Hold.customer_id)
        .where(Hold.id == hold_id, visible(tx))
    )
    if customer_id is None:
        raise NotFound("hold", "holdId")
    return customer_id
