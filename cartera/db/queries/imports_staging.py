"""The transaction's own table of a file's rows, filled by COPY as the file is read.

A temporary table: it is gone with the transaction, whichever way that ends.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import text

from cartera.db.session import COMMAND_SECONDS, WriteTx

COLUMNS = (
    "line",
    "customer_external_id",
    "customer_name",
    "tax_id",
    "new_customer_id",
    "receivable_id",
    "issue_entry_id",
    "settle_entry_id",
    "external_id",
    "kind",
    "number",
    "issued_on",
    "due_on",
    "overdue_from",
    "currency",
    "amount",
    "balance",
    "amount_is_balance",
    "settled_on",
    "product_line",
    "sales_group",
    "einvoice_id",
)

_CREATE = """
CREATE TEMP TABLE staged (
    line bigint, customer_external_id text, customer_name text, tax_id text, new_customer_id uuid,
    receivable_id uuid, issue_entry_id uuid, settle_entry_id uuid, external_id text, kind text, number text,
    issued_on date, due_on date, overdue_from date, currency text, amount bigint, balance bigint,
    amount_is_balance boolean, settled_on date, product_line text, sales_group text, einvoice_id text,
    customer_id uuid, existing_id uuid, owed bigint, old_due_on date, old_overdue_from date, problem text
) ON COMMIT DROP
"""


_CREATE_MISSING = """
CREATE TEMP TABLE missing (id uuid, customer_id uuid, currency text, owed bigint, entry_id uuid)
ON COMMIT DROP
"""


async def stage(tx: WriteTx, records: AsyncIterator[tuple[Any, ...]]) -> None:
    """COPY records (one value for each of ``COLUMNS``) into the table ``staged`` of this transaction."""
    await tx.session.execute(text(_CREATE))
    await _copy(tx, "staged", COLUMNS, records)
    await join_by_hash(tx, only=True)


async def join_by_hash(tx: WriteTx, *, only: bool) -> None:
    """Keep the planner from nested loops while a file is applied, and let it again afterwards.

    Statistics know little of an organization that has just begun: expecting one row where there are a hundred
    thousand, it would go through the whole file for each of them.
    """
    await tx.session.execute(text(f"SET LOCAL enable_nestloop = {'off' if only else 'on'}"))


async def stage_missing(tx: WriteTx, records: Sequence[tuple[Any, ...]]) -> None:
    """COPY (receivable, customer, currency, owed, entry id) into the transaction's table ``missing``."""
    await tx.session.execute(text(_CREATE_MISSING))
    await _copy(tx, "missing", ("id", "customer_id", "currency", "owed", "entry_id"), records)


async def _copy(
    tx: WriteTx,
    table: str,
    columns: Sequence[str],
    records: AsyncIterator[tuple[Any, ...]] | Sequence[tuple[Any, ...]],
) -> None:
    connection = await (await tx.session.connection()).get_raw_connection()
    driver = connection.driver_connection
    assert driver is not None
    await driver.copy_records_to_table(table, records=records, columns=columns, timeout=COMMAND_SECONDS)
    # The planner must know how many rows there are before it joins them with a million.
    await tx.session.execute(text(f"ANALYZE {table}"))
