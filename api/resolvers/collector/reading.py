"""The answer to a mutation, read after commit as anybody would read it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.context import Info
from api.schema.collector.customers import Customer, customer_of
from cartera.db.queries import rows
from cartera.errors import NotFound


async def row_after(info: Info, table: Any, key: UUID) -> Any:
    """The row as it is now. Raises NotFound where the caller does not see it."""
    info.context.forget()
    found = await info.context.load(rows.by_ids, key, table)
    if found is None:
        raise NotFound(table.__tablename__)
    return found


async def customer_after(info: Info, key: UUID) -> Customer:
    info.context.forget()
    return await customer_of(info, key)
