"""Bring a database to the code's schema."""

from __future__ import annotations

import asyncio

from alembic import command
from alembic.config import Config

from cartera.db.schema_state import MIGRATIONS, NEWER, SchemaState, state
from cartera.errors import UserFacingError
from cartera.servers import DatabaseUrl


async def upgrade(owner: DatabaseUrl, revision: str = "head") -> None:
    """Migrate to the newest revision, or to ``revision``, as the tables' owner. All in one transaction.

    Raises UserFacingError where the database is newer than the code.
    """
    if await state(owner) is SchemaState.NEWER:
        raise UserFacingError(NEWER)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database"] = owner
    # Alembic's environment runs a loop of its own, hence the thread.
    await asyncio.to_thread(command.upgrade, config, revision)
