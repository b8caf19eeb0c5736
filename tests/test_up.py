"""`cartera up` as a user meets it: real processes, real signals, real servers."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from cartera.process import command_of
from cartera.servers import Servers
from tests.embedded import checkpointer, frozen

ROOT = Path(__file__).resolve().parents[1]


class Installation:
    """One CARTERA_HOME and the commands run on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        self.environ = {
            **kept,
            "CARTERA_HOME": str(home),
            "PORT": str(self.port),
            "CARTERA_DEMO": "no",
            "TRUSTED_PROXIES": "127.0.0.1",
        }

    def start(self, command: str = "up") -> "subprocess.Popen[str]":
        with (self.home.parent / "out").open("a") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "cartera.cli", command],
                cwd=ROOT,
                env=self.environ,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def run(self, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "cartera.cli", *words],
            cwd=ROOT,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def said(self) -> str:
        return (self.home.parent / "out").read_text()

    def ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=2.0)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def processes(self, of: str = "") -> list[int]:
        """Ours: what names the home in its command line, and web and worker by the parent's environment."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            try:
                environ = (entry / "environ").read_bytes()
            except OSError:
                continue
            command = command_of(int(entry.name))
            if (
                str(self.home) in command or f"CARTERA_HOME={self.home}".encode() in environ
            ) and of in command:
                found.append(int(entry.name))
        return found


def until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with TemporaryDirectory(prefix="cartera-test-") as folder:
        yield Installation(Path(folder, "home"))


@contextmanager
def up_and_ready(installation: Installation) -> Iterator["subprocess.Popen[str]"]:
    up = installation.start()
    try:
        until(lambda: installation.ready() or up.poll() is not None, 90)
        assert up.poll() is None, installation.said()
        yield up
    finally:
        up.kill()
        up.wait()
        until(lambda: not installation.processes(), 20)


@pytest.fixture(scope="class")
def up(installation: Installation) -> Iterator["subprocess.Popen[str]"]:
    with up_and_ready(installation) as up:
        yield up


class TestRunning:
    """One start for all of these; the last one stops it."""

    def test_it_says_where_to_go(self, installation: Installation, up: "subprocess.Popen[str]") -> None:
        until(
            lambda: f"Cartera is ready at http://127.0.0.1:{installation.port}\n" in installation.said(), 10
        )

    def test_a_second_one_on_the_same_home_says_so(
        self, installation: Installation, up: "subprocess.Popen[str]"
    ) -> None:
        second = installation.run("up", PORT=str(Installation(installation.home).port))
        assert second.returncode == 2
        assert second.stderr == (
            f"cartera: {installation.home} is in use by cartera up (process {up.pid}): "
            "stop it first, or set CARTERA_HOME to another folder.\n"
        )
        assert installation.ready()

    def test_other_commands_use_its_servers(
        self, installation: Installation, up: "subprocess.Popen[str]"
    ) -> None:
        migrated = installation.run("migrate")
        assert (migrated.returncode, migrated.stdout) == (0, "The database was up to date already.\n")
        assert installation.ready()

    def test_visitors_are_told_apart_behind_a_balancer(
        self, installation: Installation, up: "subprocess.Popen[str]"
    ) -> None:
        def log_in(visitor: str) -> int:
            connection = HTTPConnection("127.0.0.1", installation.port, timeout=5.0)
            headers = {"X-Forwarded-For": visitor, "X-Requested-With": "test"}
            connection.request("POST", "/session", '{"email": "a@b.example", "password": "x"}', headers)
            status = connection.getresponse().status
            connection.close()
            return status

        assert [log_in("198.51.100.1") for _ in range(11)] == [401] * 10 + [429]
        assert log_in("198.51.100.2") == 401

    def test_what_dies_is_started_again(
        self, installation: Installation, up: "subprocess.Popen[str]"
    ) -> None:
        names = ("cli serve", "cli worker", "postgres -D", "redis-server")
        dead = [pid for name in names for pid in installation.processes(name)[:1]]
        assert len(dead) == 4
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not set(dead) & set(installation.processes()), 10)
        until(installation.ready, 60)
        assert up.poll() is None
        for name in ("The web server", "The worker", "PostgreSQL", "Redis"):
            assert f"{name} stopped (SIGKILL" in installation.said()

    def test_a_signal_to_its_group_stops_all_of_it(
        self, installation: Installation, up: "subprocess.Popen[str]"
    ) -> None:
        group = os.getpgid(up.pid)
        for name in ("cli serve", "cli worker"):
            assert [os.getpgid(pid) for pid in installation.processes(name)] == [group]
        began = time.monotonic()
        os.killpg(group, signal.SIGINT)
        assert up.wait(timeout=15) == 0
        assert time.monotonic() - began < 10
        assert installation.said().endswith("Stopped.\n")
        assert installation.processes() == []


def test_nothing_outlives_it_when_it_is_killed(installation: Installation) -> None:
    with up_and_ready(installation) as up:
        assert len(installation.processes()) >= 5
        up.kill()
        up.wait()
        until(lambda: not installation.processes(), 10)


def test_a_stop_that_its_children_ignore_takes_under_ten_seconds(installation: Installation) -> None:
    with up_and_ready(installation) as up:
        for name in ("cli serve", "cli worker"):
            os.kill(installation.processes(name)[0], signal.SIGSTOP)
        began = time.monotonic()
        up.terminate()
        assert up.wait(timeout=15) == 0
        assert time.monotonic() - began < 10
        assert installation.processes() == []


def test_a_stop_is_obeyed_while_postgresql_is_started_again(installation: Installation) -> None:
    with up_and_ready(installation) as up:
        server = installation.processes("postgres -D")[0]
        # A new one waits for what is left of the old one, and this never ends by itself.
        left = checkpointer(server)
        with frozen(left):
            os.kill(server, signal.SIGKILL)
            until(lambda: "PostgreSQL stopped (SIGKILL" in installation.said(), 10)
            # The announced pause, and then some.
            time.sleep(1.5)
            up.terminate()
            assert up.wait(timeout=15) == 0
            assert command_of(left)


def test_a_first_start_killed_at_any_moment_can_be_repeated(own_folder: Path) -> None:
    fresh = Installation(own_folder / "home")
    for seconds in (0.7, 1.4, 2.1, 2.8):
        up = fresh.start()
        time.sleep(seconds)
        up.kill()
        up.wait()
    until(lambda: not fresh.processes(), 20)
    migrated = fresh.run("migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert fresh.run("migrate").stdout == "The database was up to date already.\n"


@pytest.mark.parametrize(
    ("revision", "advice"),
    [
        (
            "9999",
            "The database was migrated by a newer version of Cartera; update the code, then start again.",
        ),
        (None, "The database is older than the code: run cartera migrate."),
    ],
)
def test_a_database_of_another_version_is_one_sentence(
    own_folder: Path, own_database: Servers, revision: str | None, advice: str
) -> None:
    async def set_revision() -> None:
        connection = await asyncpg.connect(own_database.owner.url)
        await connection.execute("DELETE FROM alembic_version")
        if revision:
            await connection.execute("INSERT INTO alembic_version VALUES ($1)", revision)
        await connection.close()

    asyncio.run(set_revision())
    installation = Installation(own_folder / "home")
    refused = installation.run("serve", SECRET_KEY="k" * 40, **own_database.environment())
    assert (refused.returncode, refused.stderr) == (2, f"cartera: {advice}\n")
    if revision:
        refused = installation.run("up", SECRET_KEY="k" * 40, **own_database.environment())
        assert (refused.returncode, refused.stderr) == (2, f"cartera: {advice}\n")
