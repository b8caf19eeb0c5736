"""The embedded servers after a kill, and at a stop at a bad moment: nothing left behind, nothing lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cartera.errors import UserFacingError
from cartera.local import embedded
from cartera.local.folder import Folder
from cartera.local.postgres import Postgres, postgres_url
from cartera.local.redis import Redis
from cartera.process import StopRequested, command_of, stop_all
from tests.embedded import FAST, checkpointer, frozen, postmaster, processes_of, sql

ROOT = Path(__file__).resolve().parents[1]


def wait_until_gone(pid: int, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while command_of(pid):
        assert time.monotonic() < deadline, f"process {pid} still runs: {command_of(pid)}"
        time.sleep(0.02)


def start_elsewhere(home: Path) -> "subprocess.Popen[str]":
    """Another process that runs the servers of `home` until it is told to stop."""
    code = (
        "import sys, time; from pathlib import Path; from cartera.local import embedded\n"
        "with embedded(Path(sys.argv[1]), postgres_settings={'fsync': 'off'}):\n"
        "    print('ready', flush=True); time.sleep(60)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_a_first_start_killed_while_the_cluster_is_made(own_folder: Path) -> None:
    killed = start_elsewhere(own_folder)
    while not list(own_folder.glob("postgres.new-*/PG_VERSION")):
        assert killed.poll() is None
        time.sleep(0.005)
    killed.kill()
    killed.communicate()
    assert not (own_folder / "postgres").exists()
    with embedded(own_folder, postgres_settings=FAST) as servers:
        assert sql(servers.app, "SELECT 1") == 1
    # By now nothing of the killed start writes any more.
    with embedded(own_folder, postgres_settings=FAST):
        assert not list(own_folder.glob("postgres.new-*"))


def test_nothing_outlives_a_killed_holder(own_folder: Path) -> None:
    killed = start_elsewhere(own_folder)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "ready\n"
    left = processes_of(own_folder)
    assert len(left) >= 2
    killed.kill()
    killed.communicate()
    for pid in left:
        wait_until_gone(pid)
    with embedded(own_folder, postgres_settings=FAST) as servers:
        assert sql(servers.app, "SELECT 1") == 1


def test_servers_left_behind_are_stopped_first(own_folder: Path) -> None:
    folder = Folder(own_folder)
    folder.make()
    left: list[Postgres | Redis] = [Postgres(folder, FAST), Redis(folder)]
    for server in left:
        server.start()
    with embedded(own_folder, postgres_settings=FAST) as servers:
        assert [server.process.exit_code() for server in left] == [0, 0]
        assert sql(servers.app, "SELECT 1") == 1


def test_a_stale_pid_that_belongs_to_another_process(own_folder: Path) -> None:
    with embedded(own_folder, postgres_settings=FAST):
        lines = (own_folder / "postgres" / "postmaster.pid").read_text().splitlines()
    bystander = subprocess.Popen(["/bin/sleep", "60"])
    try:
        stale = "\n".join([str(bystander.pid), *lines[1:], ""])
        (own_folder / "postgres" / "postmaster.pid").write_text(stale)
        with embedded(own_folder, postgres_settings=FAST) as servers:
            assert sql(servers.app, "SELECT 1") == 1
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_killed_postmaster_can_be_started_again_at_once(own_folder: Path) -> None:
    folder = Folder(own_folder)
    folder.make()
    server = Postgres(folder, FAST)
    server.start()
    try:
        os.kill(postmaster(own_folder), signal.SIGKILL)
        server.process.wait_or_kill(time.monotonic() + 5)
        server.start()
        assert sql(postgres_url(folder, "postgres", "postgres"), "SELECT 1") == 1
    finally:
        stop_all([server.process], 5.0)


def test_a_shutdown_that_takes_too_long_is_hurried_and_loses_nothing(own_folder: Path) -> None:
    folder = Folder(own_folder)
    folder.make()
    server = Postgres(folder)
    server.start()
    address = postgres_url(folder, "postgres", "postgres")
    sql(address, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)", "SELECT 1")
    # Without its checkpointer it cannot finish what it is asked for.
    with frozen(checkpointer(postmaster(own_folder))):
        stop_all([server.process], 0.2)
    assert server.process.exit_code() != -signal.SIGKILL
    assert not (own_folder / "postgres" / "postmaster.pid").exists()
    server.start()
    try:
        assert sql(address, "SELECT id FROM kept") == 7
    finally:
        stop_all([server.process], 5.0)


def test_children_of_a_killed_server_are_waited_for_and_then_ended(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(own_folder)
    folder.make()
    server = Postgres(folder, FAST)
    server.start()
    left = checkpointer(postmaster(own_folder))
    # It holds the shared memory, as it does while it writes a long checkpoint.
    with frozen(left):
        os.kill(postmaster(own_folder), signal.SIGKILL)
        server.process.wait_or_kill(time.monotonic() + 5)
        with pytest.raises(StopRequested):
            server.start(lambda: True)
        assert command_of(left)
        monkeypatch.setattr("cartera.local.postgres._LEFTOVER_SECONDS", 0.1)
        server.start()
        assert command_of(left) == ""
    try:
        assert sql(postgres_url(folder, "postgres", "postgres"), "SELECT 1") == 1
    finally:
        stop_all([server.process], 5.0)


@pytest.mark.parametrize("kind", [Postgres, Redis])
def test_a_start_is_given_up_as_soon_as_everything_stops(
    own_folder: Path, kind: type[Postgres | Redis]
) -> None:
    folder = Folder(own_folder)
    folder.make()
    server = kind(folder)
    try:
        with pytest.raises(StopRequested):
            server.start(lambda: True)
        assert server.process.exit_code() is None
    finally:
        stop_all([server.process], 5.0)
    assert processes_of(own_folder) == []


def test_the_servers_last_words_are_told(own_folder: Path) -> None:
    with (
        pytest.raises(UserFacingError, match=r"PostgreSQL did not start .*invalid value for parameter"),
        embedded(own_folder, postgres_settings={"wal_level": "nonsense"}),
    ):
        pass
    with embedded(own_folder, postgres_settings=FAST) as servers:
        assert sql(servers.app, "SELECT 1") == 1
