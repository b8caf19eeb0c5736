"""Bring a database to the code's schema, and tell whether it is there."""

from __future__ import annotations

import asyncio
from enum import Enum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection

from cartera.db.session import make_engine
from cartera.errors import UserFacingError
from cartera.servers import DatabaseUrl

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

NEWER = "The database was migrated by a newer version of Cartera; update the code, then start again."


class SchemaState(Enum):
    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


def _config(where: DatabaseUrl | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database"] = where
    return config


async def upgrade(owner: DatabaseUrl) -> None:
    """Migrate to the newest revision, as the tables' owner. All in one transaction.

    Raises UserFacingError where the database is newer than the code.
    """
    if await state(owner) is SchemaState.NEWER:
        raise UserFacingError(NEWER)
    # Alembic's environment runs a loop of its own, hence the thread.
    await asyncio.to_thread(command.upgrade, _config(owner), "head")


async def require_current(where: DatabaseUrl) -> None:
    """Raises UserFacingError unless the database is at the code's revision."""
    found = await state(where)
    if found in {SchemaState.EMPTY, SchemaState.OLDER}:
        raise UserFacingError("The database is older than the code: run cartera migrate.")
    if found is SchemaState.NEWER:
        raise UserFacingError(NEWER)


async def state(where: DatabaseUrl) -> SchemaState:
    """How the database's schema stands to the code's."""
    engine = make_engine(where, pool_size=1, application="cartera-schema")
    try:
        async with engine.connect() as connection:
            return await state_of(connection)
    finally:
        await engine.dispose()


async def state_of(connection: AsyncConnection) -> SchemaState:
    scripts = ScriptDirectory.from_config(_config())
    current = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    if current is None:
        return SchemaState.EMPTY
    if current == scripts.get_current_head():
        return SchemaState.CURRENT
    known = {script.revision for script in scripts.walk_revisions()}
    return SchemaState.OLDER if current in known else SchemaState.NEWER
