"""What tests of the embedded servers ask of them and of their processes."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg

from cartera.process import command_of, commands
from cartera.servers import DatabaseUrl

FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def sql(where: DatabaseUrl | str, *statements: str) -> Any:
    """Run statements in a row; the answer is the last one's single value."""
    where = DatabaseUrl(where) if isinstance(where, str) else where

    async def run() -> Any:
        connection = await asyncpg.connect(where.url, server_settings=where.server_settings)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def processes_of(home: Path) -> list[int]:
    """What runs and names a path in `home`."""
    return [pid for pid, command in commands().items() if f"{home}/" in command]


def postmaster(home: Path) -> int:
    """The process of the running server."""
    return int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def checkpointer(server: int) -> int:
    """The child that writes the checkpoints: without it the server finishes no fast shutdown."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return next(int(pid) for pid in children if "checkpointer" in command_of(int(pid)))


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Keep a process from doing anything, until something kills it: at the latest, leaving does."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
