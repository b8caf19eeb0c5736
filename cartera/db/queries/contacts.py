"""Contacts as an import reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from cartera.db.session import Tx
from cartera.db.tables.customers import Contact


async def of_customers(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[Contact]]:
    """The contacts of up to some thousand customers, by customer, the oldest first."""
    found: dict[UUID, list[Contact]] = defaultdict(list)
    for contact in await tx.session.scalars(
        select(Contact).where(Contact.customer_id.in_(customers)).order_by(Contact.id)
    ):
        found[contact.customer_id].append(contact)
    return found
