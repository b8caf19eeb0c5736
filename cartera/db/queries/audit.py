"""The audit log as people read it: who did what with a customer, and the story of one row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute

from cartera.db.queries.keyset import Order, Page, Slice, fetch_each
from cartera.db.queries.visibility import visible
from cartera.db.session import Tx
from cartera.db.tables.access import ApiToken
from cartera.db.tables.customers import Customer
from cartera.db.tables.outbox import AuditEntry
from cartera.rules.permissions import NOUN_SCOPES

HAPPENED_AT = (AuditEntry.happened_at, AuditEntry.id)


async def pages(tx: Tx, customers: Collection[UUID], order: Order, page: Page) -> dict[UUID, Slice]:
    """The same page of what was done with each customer; of nouns that the actor may read."""
    seen = _seen(tx, AuditEntry.id).where(AuditEntry.customer_id.in_(customers))
    # Entries without a customer are in none of these pages.
    owner = cast(InstrumentedAttribute[UUID], AuditEntry.customer_id)
    return await fetch_each(tx, AuditEntry, owner, seen, order, page)


async def histories(tx: Tx, rows: Collection[UUID], noun: str) -> dict[UUID, list[AuditEntry]]:
    """What was done to each of these rows of a noun, in order."""
    entries = await tx.session.scalars(
        _seen(tx, AuditEntry)
        .where(AuditEntry.noun == noun, AuditEntry.noun_id.in_(rows))
        .order_by(AuditEntry.happened_at, AuditEntry.id)
    )
    found: dict[UUID, list[AuditEntry]] = defaultdict(list)
    for entry in entries:
        found[entry.noun_id].append(entry)
    return found


async def token_names(tx: Tx, ids: Collection[UUID]) -> dict[UUID, str]:
    """What the scripts are called that acted."""
    rows = await tx.session.execute(select(ApiToken.id, ApiToken.name).where(ApiToken.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _seen(tx: Tx, *columns: Any) -> Select[Any]:
    readable = [noun for noun, scope in NOUN_SCOPES.items() if tx.actor.can(scope)]
    return (
        select(*columns)
        .select_from(AuditEntry)
        .join(Customer, Customer.id == AuditEntry.customer_id)
        .where(visible(tx), AuditEntry.noun.in_(readable))
    )
