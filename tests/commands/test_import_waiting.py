"""Imports that others hold up, or that are killed: they wait, say so, and leave nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest

from cartera.db import session
from cartera.services.imports import applying
from tests.commands.shell import Shell
from tests.commands.test_import_file import TWO, WHOLE


def test_kill_minus_nine_in_the_middle_leaves_nothing(shell: Shell) -> None:
    path = shell.file(TWO)
    holder = _hold(shell)
    killed = subprocess.Popen([sys.executable, "-m", "cartera.cli", "import", str(path)], env=os.environ)
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'entry'::regclass"
    deadline = time.monotonic() + 60
    while shell.rows(waiting) == [(0,)]:
        assert killed.poll() is None, "the import ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    holder.communicate("go\n")
    while shell.rows(waiting) != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert shell.counts() == {}
    assert shell.cartera_import(path).code == 0
    assert shell.counts() == WHOLE


def test_an_import_waits_for_another_longer_than_a_request_would(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "LOCK_TIMEOUT", "100ms")
    holder = _hold(shell)
    release = threading.Timer(1.0, lambda: holder.communicate("go\n"))
    release.start()
    said = shell.cartera_import(TWO)
    release.join()
    assert (said.code, said.err) == (0, "")
    assert shell.counts() == WHOLE


def test_an_import_that_waited_too_long_says_so(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "LONGEST_WAIT", timedelta(milliseconds=500))
    holder = _hold(shell)
    said = shell.cartera_import(TWO)
    holder.communicate("go\n")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "cartera: Nothing was imported: others kept the same customers busy for too long, perhaps another "
        "import. Try again when that has ended.\n"
    )
    assert shell.counts() == {}


def _hold(shell: Shell) -> subprocess.Popen[str]:
    """A process that lets nobody write entries until it is told to go."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, shell.where.url, shell.where.role or ""],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "locked\n"
    return holder


# Keeps others from writing entries, so that an import is held after it has written its receivables.
_HOLDER = """
import asyncio, sys, asyncpg
async def hold(url, role):
    connection = await asyncpg.connect(url, server_settings={"role": role} if role else {})
    async with connection.transaction():
        await connection.execute("LOCK TABLE entry IN EXCLUSIVE MODE")
        print("locked", flush=True)
        sys.stdin.readline()
    await connection.close()
asyncio.run(hold(sys.argv[1], sys.argv[2]))
"""
