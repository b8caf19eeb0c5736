"""One request's reading: a single transaction, whose statements take turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from cartera.db.session import Database, Turn
from cartera.servers import Servers
from tests.factories import Factory

CONNECTIONS = 2
TRANSACTION = "SELECT pg_backend_pid(), virtualtransaction FROM pg_locks WHERE pid = pg_backend_pid()"


@pytest.fixture
async def narrow(database: Servers) -> AsyncIterator[Database]:
    """A pool that is soon exhausted."""
    db = Database(database.app, pool_size=CONNECTIONS)
    yield db
    await db.close()


async def transaction(turn: Turn, factory: Factory) -> tuple[int, str]:
    async with turn.statements(factory.organization_id) as connection:
        return tuple(await connection.fetchrow(TRANSACTION))


async def test_the_statements_of_a_request_share_one_transaction(narrow: Database, factory: Factory) -> None:
    async with Turn(narrow) as turn:
        found = await asyncio.gather(*(transaction(turn, factory) for _ in range(3)))
    async with Turn(narrow) as turn:
        assert len(set(found)) == 1 != len({found[0], await transaction(turn, factory)})


async def test_requests_never_wait_for_the_connections_that_others_hold(
    narrow: Database, factory: Factory
) -> None:
    all_hold_one = asyncio.Barrier(CONNECTIONS)

    async def request(*, is_first: bool) -> None:
        async with Turn(narrow) as turn:
            await transaction(turn, factory)
            if is_first:
                await all_hold_one.wait()
            await asyncio.gather(*(transaction(turn, factory) for _ in range(3)))

    # A net: what waits for ever fails here.
    async with asyncio.timeout(20):
        await asyncio.gather(*(request(is_first=place < CONNECTIONS) for place in range(6)))


async def test_what_failed_leaves_its_connection_to_nobody(narrow: Database, factory: Factory) -> None:
    async with Turn(narrow) as turn:
        failed, _ = await transaction(turn, factory)
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with turn.statements(factory.organization_id) as connection:
                await connection.execute("SELECT 1 / 0")
        after = [await transaction(turn, factory) for _ in range(2)]
    assert failed not in {process for process, _ in after}
    assert len(set(after)) == 2


async def test_the_end_waits_for_a_statement_under_way(narrow: Database, factory: Factory) -> None:
    turn = Turn(narrow)
    begun = asyncio.Event()

    async def slow() -> int:
        async with turn.statements(factory.organization_id) as connection:
            begun.set()
            found: int = await connection.fetchval("SELECT 7 FROM pg_sleep(0.05)")
            return found

    running = asyncio.create_task(slow())
    await begun.wait()
    await turn.end()
    assert await running == 7
