"""Batches of rows into the tables, many at a time.

COPY goes into a temporary table and one INSERT … SELECT from there, since PostgreSQL refuses COPY into a
table under row-level security.
"""

from __future__ import annotations

from uuid import UUID

import asyncpg

from cartera.demo.rows import Rows

# Batches after which statistics are taken: the first few, which grow, and then ever more rarely.
_ANALYZE_AFTER = frozenset((1, 2, 3, 4, 10, 40, 160))


class Loader:
    """Loads batches within the connection's transaction, whose organization is set.

    The connection's role owns the tables, for it must ANALYZE them on the way: a foreign key's check is
    planned when its parent is nearly empty, and without statistics it may read the parent through an index
    that names the organization alone, which takes longer with every row.
    """

    def __init__(self, connection: asyncpg.Connection, organization_id: UUID) -> None:
        self._connection = connection
        self._organization_id = organization_id
        self._inserts: dict[str, str] = {}
        self._batches = 0

    async def load(self, rows: Rows) -> None:
        """Add a batch; rows it refers to are in it or in an earlier one."""
        for table, columns, records in rows.tables():
            if table not in self._inserts:
                await self._stage(table, columns)
            await self._connection.copy_records_to_table(f"new_{table}", records=records, columns=columns)
            await self._connection.execute(self._inserts[table], self._organization_id)
            await self._connection.execute(f"TRUNCATE new_{table}")
        self._batches += 1
        if self._batches in _ANALYZE_AFTER:
            await self.analyze()

    async def analyze(self) -> None:
        """Take statistics of every table that was loaded, so that the first readers get good plans."""
        await self._connection.execute(f"ANALYZE {', '.join(self._inserts)}")

    async def _stage(self, table: str, columns: tuple[str, ...]) -> None:
        listed = ", ".join(columns)
        # Names of tables and columns come from ``rows``, never from outside.
        await self._connection.execute(
            f"CREATE TEMPORARY TABLE new_{table} ON COMMIT DROP AS SELECT {listed} FROM {table} WHERE false"  # noqa: S608  names of our own
        )
        self._inserts[table] = (
            f"INSERT INTO {table} (organization_id, {listed}) SELECT $1, {listed} FROM new_{table}"  # noqa: S608  names of our own
        )
