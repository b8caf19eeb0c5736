"""The folder of an installation: what lies where in CARTERA_HOME, and whose turn it is to use it."""

import fcntl
import hashlib
import os
import re
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cartera.errors import UserFacingError
from cartera.settings import writing_home

# sockaddr_un holds 108 bytes on Linux and 104 elsewhere, with the final zero.
LONGEST_SOCKET_PATH = 100
_LONGEST_SOCKET_NAME = "/.s.PGSQL.5432"
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who uses the folder: a command, its process, and whether it stays until it is told to stop."""

    command: str
    pid: str
    lasting: bool


class Folder:
    """Paths under one CARTERA_HOME, and the lock on it."""

    def __init__(self, home: Path) -> None:
        self.home = home.expanduser().absolute()
        self.postgres = self.home / "postgres"
        self.redis = self.home / "redis"
        self.logs = self.home / "log"
        self.sockets = _socket_folder(self.home)
        self._lock_file = self.home / "lock"
        self._lock: int | None = None

    def make(self) -> None:
        """Create what is missing. Raises UserFacingError where nothing can be written."""
        with writing_home(self.home):
            self.redis.mkdir(mode=0o700, exist_ok=True)
            self.sockets.mkdir(mode=0o700, exist_ok=True)
        status = self.sockets.lstat()
        # In a shared folder somebody else may have been there first.
        if not stat.S_ISDIR(status.st_mode) or (status.st_uid != os.geteuid() and os.geteuid() != 0):
            raise UserFacingError(f"{self.sockets} belongs to somebody else: remove it, or set TMPDIR.")
        self.sockets.chmod(0o700)

    def clear(self) -> None:
        """Remove a socket folder that lies outside the home; one that is still in use stays."""
        if self.sockets.parent != self.home:
            with suppress(OSError):
                self.sockets.rmdir()

    def lock(self, command: str, *, lasting: bool) -> bool:
        """Take the folder for this process until `unlock` or its end; False if another process has it."""
        self._lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.unlock()
            return False
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"{command}\n{os.getpid()}\n{'lasting' if lasting else 'brief'}\n".encode())
        return True

    def unlock(self) -> None:
        """Leave the folder to others."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def holder(self) -> Holder:
        """What the process that has the folder says of itself."""
        lines = [*self._lock_file.read_text("utf-8").splitlines(), "", "", ""]
        return Holder(lines[0] or "another command", lines[1] or "unknown", lines[2] == "lasting")


def _socket_folder(home: Path) -> Path:
    """Inside the home where that path is short and plain enough for a socket, else a short one elsewhere."""
    inside = home / "run"
    if len(os.fsencode(inside)) + len(_LONGEST_SOCKET_NAME) <= LONGEST_SOCKET_PATH and _plain(inside):
        return inside
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    shared = Path(tempfile.gettempdir())
    if len(os.fsencode(shared)) > 40 or not _plain(shared):
        shared = Path("/tmp")  # noqa: S108  the folder made in it is our own, with mode 700
    return shared / f"cartera-{os.geteuid()}-{digest}"


def _plain(path: Path) -> bool:
    """Whether the path can stand in a URL and in a server's options without quoting."""
    return _PLAIN_PATH.fullmatch(str(path)) is not None
