"""What tests of the books ask again and again: rows by id, totals that must agree, refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import select, text

from cartera.db.queries.drift import drift
from cartera.db.queries.drift_promises import promise_drift
from cartera.db.session import ReadTx
from cartera.db.tables.customers import Customer
from cartera.errors import Refused
from cartera.services.business_day import catch_up, roll_business_day
from tests.factories import Factory

T = TypeVar("T")


async def row(factory: Factory, table: type[T], row_id: UUID) -> T:
    """A row as it stands in the database."""
    async with factory.read() as tx:
        return await tx.session.get_one(table, (factory.organization_id, row_id))


async def books_agree(factory: Factory) -> None:
    """Every invariant of the ledger holds for the factory's organization."""
    async with factory.read() as tx:
        assert await drift(tx) == []
        assert await promise_drift(tx, list(await tx.session.scalars(select(Customer.id)))) == []


_COUNTED = (
    *("payment", "allocation", "entry", "charge", "payment_reversal", "credit_note", "exchange_difference"),
    *("promise", "promise_receivable", "activity", "task", "hold"),
    *("plan", "plan_receivable", "instalment", "plan_policy"),
    *("instrument", "instrument_receivable", "instrument_policy", "substitution_entry"),
    *("dispute", "dispute_comment", "attachment"),
    *("assignment", "outbox", "audit_entry", "idempotency_key"),
)


_HASHED = (
    *(
        "receivable",
        "payment",
        "charge",
        "credit_note",
        "account",
        "account_balance",
        "account_history",
        "promise",
        "task",
    ),
    *("customer", "contact", "plan", "instalment", "instrument", "dispute", "due_balance"),
)


# One statement, since it is asked for before and after every refusal.
_EVERYTHING = text(
    "SELECT "
    + ", ".join(
        [
            *(f'(SELECT count(*) FROM {table}) AS "{table}"' for table in _COUNTED),
            *(
                f"(SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t) AS \"{table} rows\""
                for table in _HASHED
            ),
        ]
    )
)


async def everything(tx: ReadTx) -> dict[str, Any]:
    """How many rows each table has, and a hash of those that may change."""
    return dict((await tx.session.execute(_EVERYTHING)).mappings().one())


@asynccontextmanager
async def refused(factory: Factory, code: str, *path: str) -> AsyncIterator[None]:
    """The block is refused with this one problem, and leaves no trace in any table."""
    async with factory.read() as tx:
        before = await everything(tx)
    with pytest.raises(Refused) as caught:
        yield
    assert [(problem.code, problem.path) for problem in caught.value.problems] == [(code, path)]
    async with factory.read() as tx:
        assert await everything(tx) == before


async def outbox(factory: Factory, kind: str) -> list[dict[str, Any]]:
    """Payloads of the effects of a kind that wait in the outbox, oldest first."""
    async with factory.read() as tx:
        rows = await tx.session.execute(
            text("SELECT payload FROM outbox WHERE kind = :kind ORDER BY id"), {"kind": kind}
        )
        return [payload for (payload,) in rows]


async def move(factory: Factory, days: int) -> None:
    """Let days pass, and the last of them begin."""
    factory.now += timedelta(days=days)
    async with factory.write() as tx:
        await roll_business_day(tx)
    last: UUID | None = None
    while True:
        async with factory.write() as tx:
            last = await catch_up(tx, last)
        if last is None:
            return
