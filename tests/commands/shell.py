"""The command line as somebody at a terminal meets it, and what it left in the database."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from cartera.cli import main
from cartera.servers import DatabaseUrl

# Everything that an import may touch; the organization and what it came with are not among it.
BOOKS = (
    "customer",
    "contact",
    "receivable",
    "entry",
    "account",
    "account_balance",
    "credit_note",
    "payment",
    "allocation",
    "import_run",
    "import_mapping",
    "import_problem",
    "outbox",
    "audit_entry",
)


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@dataclass
class Shell:
    folder: Path
    where: DatabaseUrl
    organization_id: UUID
    capture: pytest.CaptureFixture[str]

    def file(self, text: str | bytes, name: str = "list.csv") -> Path:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def run(self, *words: str | Path) -> Said:
        code = main([str(word) for word in words])
        said = self.capture.readouterr()
        return Said(code, said.out, said.err)

    def cartera_import(self, text: str | bytes | Path, *options: str | Path) -> Said:
        path = text if isinstance(text, Path) else self.file(text)
        return self.run("import", path, *options)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer to a query about the organization's rows."""
        return asyncio.run(self._rows(query))

    def counts(self) -> dict[str, int]:
        """Rows of each table of the books that has any."""
        found = {table: self.rows(f"SELECT count(*) FROM {table}")[0][0] for table in BOOKS}
        return {table: count for table, count in found.items() if count}

    def physical(self) -> list[tuple[Any, ...]]:
        """Where every row of the books lies and which transaction wrote it: equal means untouched."""
        tables = ("customer", "contact", "receivable", "entry", "account", "account_balance", "payment")
        return [
            (table, *row)
            for table in (*tables, "allocation", "credit_note")
            for row in self.rows(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY ctid")
        ]

    async def _rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(self.where.url, server_settings=self.where.server_settings)
        try:
            await connection.execute(f"SET app.organization = '{self.organization_id}'")
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()
