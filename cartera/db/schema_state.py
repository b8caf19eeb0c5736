"""How a database's schema stands to the code's. Every start asks, so it asks without Alembic's weight.

Migrations are one line of numbered files, forward only; a test holds that Alembic sees the same line.
"""

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from cartera.errors import UserFacingError
from cartera.servers import DatabaseUrl

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
NEWER = "The database was migrated by a newer version of Cartera; update the code, then start again."
_HAS_TABLE = "SELECT to_regclass('alembic_version') IS NOT NULL"
_REVISION = "SELECT version_num FROM alembic_version"


class SchemaState(Enum):
    """Of a database, as seen from the code."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


def revisions() -> list[str]:
    """The code's revisions in their order; the last is the one that it needs."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


async def state(where: DatabaseUrl) -> SchemaState:
    """The state of the database behind this address."""
    connection = await asyncpg.connect(where.url, server_settings=where.server_settings)
    try:
        has_table = await connection.fetchval(_HAS_TABLE)
        return _standing(await connection.fetchval(_REVISION) if has_table else None)
    finally:
        await connection.close()


async def state_of(connection: "AsyncConnection") -> SchemaState:
    """The state of the database that this connection is open to."""
    has_table = (await connection.exec_driver_sql(_HAS_TABLE)).scalar()
    return _standing((await connection.exec_driver_sql(_REVISION)).scalar() if has_table else None)


async def require_current(where: DatabaseUrl) -> None:
    """Raises UserFacingError unless the database is at the code's revision."""
    found = await state(where)
    if found in {SchemaState.EMPTY, SchemaState.OLDER}:
        raise UserFacingError("The database is older than the code: run cartera migrate.")
    if found is SchemaState.NEWER:
        raise UserFacingError(NEWER)


def _standing(revision: str | None) -> SchemaState:
    known = revisions()
    if revision is None:
        return SchemaState.EMPTY
    if revision == known[-1]:
        return SchemaState.CURRENT
    return SchemaState.OLDER if revision in known else SchemaState.NEWER
