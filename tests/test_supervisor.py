"""Children are kept alive, stopped within a known time, and never left behind. Real processes throughout."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from cartera.process import Process, command_of, leashed, stop_all, wait_until
from cartera.supervisor import Child, Supervisor, stop_signals_interrupt, stop_signals_set

ROOT = Path(__file__).resolve().parents[1]


def child(code: str, *words: str) -> Child:
    process = Process("The child", [sys.executable, "-c", code, *words], dict(os.environ))
    return Child(process, process.start)


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def supervise(child: Child, said: list[str], meanwhile: Callable[[], object]) -> None:
    """Run a supervisor until what happens meanwhile, in another thread, has happened."""
    stop = Event()

    def then_stop() -> None:
        try:
            meanwhile()
        finally:
            stop.set()

    other = Thread(target=then_stop)
    other.start()
    Supervisor([child], said.append).run(stop)
    other.join()


def test_a_child_that_dies_is_started_again_with_growing_pauses(tmp_path: Path) -> None:
    count = tmp_path / "count"
    said: list[str] = []
    dying = child("import sys; open(sys.argv[1], 'a').write('x'); sys.exit('out of luck')", str(count))
    dying.process.log = tmp_path / "log"
    began = time.monotonic()
    supervise(dying, said, lambda: until(lambda: count.exists() and count.read_text() == "xxx"))
    assert time.monotonic() - began > 0.5 + 1.0
    assert said[:2] == [
        "The child stopped (exit code 1: out of luck); starting it again in 0.5 s.",
        "The child stopped (exit code 1: out of luck); starting it again in 1 s.",
    ]


def test_a_killed_child_is_named_by_its_signal() -> None:
    said: list[str] = []
    victim = child("import time; time.sleep(60)")

    def kill() -> None:
        until(lambda: victim.process.pid is not None)
        os.kill(victim.process.pid or 0, signal.SIGKILL)
        until(lambda: bool(said))

    supervise(victim, said, kill)
    assert said == ["The child stopped (SIGKILL); starting it again in 0.5 s."]


def test_a_child_that_hangs_is_killed_within_ten_seconds(tmp_path: Path) -> None:
    deaf = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "open(sys.argv[1], 'w').close(); time.sleep(60)"
    )
    hanging = child(deaf, str(tmp_path / "deaf"))
    supervise(hanging, [], lambda: until((tmp_path / "deaf").exists))
    assert hanging.process.exit_code() == -signal.SIGKILL


def test_a_child_that_may_hurry_is_not_killed(tmp_path: Path) -> None:
    slow = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGQUIT, lambda *_: sys.exit(7))\n"
        "open(sys.argv[1], 'w').close(); time.sleep(60)"
    )
    hurrying = child(slow, str(tmp_path / "deaf")).process
    hurrying.urgent_signal = signal.SIGQUIT
    hurrying.start()
    until((tmp_path / "deaf").exists)
    stop_all([hurrying], 0.0)
    assert hurrying.exit_code() == 7


def test_a_child_that_hangs_is_killed_though_it_was_told_to_hurry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cartera.process.URGENT_SECONDS", 0.1)
    deaf = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGQUIT, signal.SIG_IGN); open(sys.argv[1], 'w').close(); time.sleep(60)"
    )
    hanging = child(deaf, str(tmp_path / "deaf")).process
    hanging.urgent_signal = signal.SIGQUIT
    hanging.start()
    until((tmp_path / "deaf").exists)
    stop_all([hanging], 0.0)
    assert hanging.exit_code() == -signal.SIGKILL


def test_a_stop_is_obeyed_while_a_child_is_being_started() -> None:
    stop = Event()
    begun: list[str] = []

    def never_ready() -> None:
        begun.append("slow")
        # Without a stop this is an error, and no test that waits for ever.
        assert wait_until(lambda: stop.set() or False, 10.0, stop.is_set)

    slow, next_one = child(""), child("")
    slow.start = never_ready
    next_one.start = lambda: begun.append("next")
    Supervisor([slow, next_one], print).run(stop)
    assert begun == ["slow"]


def test_the_event_is_asked_and_never_waited_for() -> None:
    # Waiting holds its lock for moments, in which a signal handler that sets it would wait for ever.
    class Asked(Event):
        def wait(self, timeout: float | None = None) -> bool:
            raise AssertionError("it was waited for")

    stop = Asked()
    Supervisor([child("")], lambda _line: stop.set()).run(stop)
    assert stop.is_set()


def test_a_willing_child_is_not_waited_for() -> None:
    willing = child("import time; time.sleep(60)")
    began = time.monotonic()
    supervise(willing, [], lambda: until(lambda: "sleep(60)" in command_of(willing.process.pid or 0)))
    assert willing.process.exit_code() == -signal.SIGTERM
    assert time.monotonic() - began < 4


def test_a_child_started_by_others_is_not_stopped() -> None:
    other = child("import time; time.sleep(60)")
    other.stopped_by_others = True
    other.start()
    supervise(other, [], lambda: None)
    try:
        assert other.process.exit_code() is None
    finally:
        other.process.wait_or_kill(0.0)


def test_nothing_outlives_a_killed_supervisor() -> None:
    code = """
import os, sys
from threading import Event, Thread
from cartera.process import Process
from cartera.supervisor import Child, Supervisor
process = Process("The child", [sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ))
def started():
    process.start()
    print(process.pid, flush=True)
Supervisor([Child(process, started)], print).run(Event())
"""
    supervisor = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    until(lambda: "time.sleep(60)" in command_of(pid))
    supervisor.kill()
    supervisor.communicate()
    until(lambda: command_of(pid) == "")


def test_a_command_whose_parent_is_already_gone_does_not_start(tmp_path: Path) -> None:
    process = Process("The child", ["/bin/touch", str(tmp_path / "ran")], dict(os.environ))
    words = leashed(process.command)
    words[5] = "1"
    assert subprocess.run(words, capture_output=True, check=False).returncode == 1
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stop_signals(number: signal.Signals) -> None:
    # The tests themselves may run under nohup.
    outside = signal.signal(number, signal.SIG_DFL)
    try:
        with stop_signals_interrupt():
            with stop_signals_set() as stop:
                os.kill(os.getpid(), number)
                assert stop.wait(1.0)
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, outside)
