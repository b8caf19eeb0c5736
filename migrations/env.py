"""Alembic's entry: forward only, as the owner of the tables, with a lock timeout."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from cartera.db.session import make_engine
from cartera.db.tables import metadata
from cartera.servers import DatabaseUrl

# A migration that waits longer than this for a lock would queue everybody else behind it: it gives up.
LOCK_TIMEOUT = "5s"


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        context.run_migrations()


async def connect_and_migrate(where: DatabaseUrl) -> None:
    engine = make_engine(where, pool_size=1, application="cartera-migrate")
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(connect_and_migrate(context.config.attributes["database"]))
