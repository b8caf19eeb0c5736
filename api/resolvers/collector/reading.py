"""The answer to a mutation, read after commit as anybody would read it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from api.context import Info
from api.schema.collector.customers import Customer, customer_of
from cartera.db.queries import rows
from cartera.errors import NotFound


async def row_after(info: Info, table: Any, key: UUID) -> Any:
    """The row as it is now. Raises NotFound where the caller does not see it."""
    (found,) = await rows_after(info, table, [key])
    return found


async def rows_after(info: Info, table: Any, keys: Sequence[UUID]) -> list[Any]:
    """As ``row_after``, for many rows in one query, in the order of their keys."""
    info.context.forget()
    found = await asyncio.gather(*(info.context.load(rows.by_ids, key, table) for key in keys))
    if None in found:
        raise NotFound(table.__tablename__)
    return list(found)


async def customer_after(info: Info, key: UUID) -> Customer:
    info.context.forget()
    return await customer_of(info, key)
