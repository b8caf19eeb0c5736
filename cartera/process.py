"""A child process that cannot outlive us and that is stopped within a known time."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

from cartera import leash

LARGEST_LOG_BYTES = 10_000_000
URGENT_SECONDS = 20.0


class StopRequested(Exception):
    """A wait was given up, since everything is to stop."""


@dataclass(frozen=True, slots=True)
class Account:
    """A system account to run a command as."""

    uid: int
    gid: int


@dataclass(slots=True)
class Process:
    """One command, started as often as need be; from the main thread only, whose end would end it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    # What it gets when its time is up, URGENT_SECONDS before it is killed; None: it is killed at once.
    urgent_signal: signal.Signals | None = None
    # What it gets when we are gone without a word. Whoever keeps no state of its own can simply end.
    orphan_signal: signal.Signals = signal.SIGKILL
    account: Account | None = None
    # Where its output goes; None: where ours goes.
    log: Path | None = None
    folder: Path | None = None
    pass_fds: Sequence[int] = ()
    # A Ctrl-C at the terminal reaches the whole group at once; those who must stop last stand apart.
    apart: bool = False
    _running: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """The process id, None before the first start."""
        return self._running.pid if self._running else None

    def start(self) -> None:
        """Start the command. Raises OSError when the log cannot be written."""
        output = opened_log(self.log) if self.log else None
        try:
            self._running = subprocess.Popen(
                leashed(self.command, self.account, self.orphan_signal),
                env=dict(self.environment),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=self.pass_fds,
                start_new_session=self.apart,
            )
        finally:
            if output is not None:
                os.close(output)

    def exit_code(self) -> int | None:
        """How it ended (negative: by that signal); None while it runs."""
        return self._running.poll() if self._running else None

    def last_words(self) -> str:
        """The last line of its log, shortened; empty without a log."""
        lines = self.log.read_text("utf-8", errors="replace").split("\n") if self.log else []
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")

    def ask_to_stop(self) -> None:
        """Send the stop signal; `wait_or_kill` then sees to it that the process ends."""
        if self._running:
            self._running.send_signal(self.stop_signal)

    def wait_or_kill(self, deadline: float) -> None:
        """Wait until it has ended; hurry, then kill it when `time.monotonic()` passes the deadline."""
        if not self._running:
            return
        if self.urgent_signal and not self._ended_by(deadline):
            self._running.send_signal(self.urgent_signal)
            deadline = monotonic() + URGENT_SECONDS
        if not self._ended_by(deadline):
            self._running.kill()
            self._running.wait()

    def _ended_by(self, deadline: float) -> bool:
        if self._running:
            with suppress(subprocess.TimeoutExpired):
                self._running.wait(max(0.0, deadline - monotonic()))
        return self.exit_code() is not None


def leashed(
    command: Sequence[str], account: Account | None = None, orphan_signal: signal.Signals = signal.SIGKILL
) -> list[str]:
    """The command line that runs `command` so that it is sent a signal the moment this process is gone."""
    who = f"{account.uid}:{account.gid}" if account else "-"
    interpreter = [sys.executable, "-I", "-S", leash.__file__]
    return [*interpreter, orphan_signal.name, str(os.getpid()), who, *command]


def command_of(pid: int) -> str:
    """The command line of a process of this machine; empty when it is gone or ending."""
    if Path("/proc/self").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    command = ["/bin/ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def commands() -> dict[int, str]:
    """The command lines of the processes of this machine, by process id."""
    if Path("/proc/self").exists():
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
        return {pid: command_of(pid) for pid in pids}
    shown = subprocess.run(["/bin/ps", "-axo", "pid=,command="], capture_output=True, text=True, check=False)
    lines = [line.split(maxsplit=1) for line in shown.stdout.splitlines()]
    return {int(pid): command for pid, command in lines}


def wait_until(done: Callable[[], bool], seconds: float, stopping: Callable[[], bool]) -> bool:
    """Look again and again until it is done; False when that took too long.

    Raises StopRequested once `stopping`, which is asked after each look, says so.
    """
    deadline = monotonic() + seconds
    while not done():
        if stopping():
            raise StopRequested
        if monotonic() > deadline:
            return False
        sleep(0.02)
    return True


def stop_all(processes: Sequence[Process], grace_seconds: float) -> None:
    """Ask all to stop at once; hurry or kill those that still run after the grace."""
    for process in processes:
        process.ask_to_stop()
    deadline = monotonic() + grace_seconds
    for process in processes:
        process.wait_or_kill(deadline)


def opened_log(log: Path) -> int:
    """A descriptor to add to the log, whose earlier part is put aside once it is large.

    Raises OSError when it cannot be written.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
