"""Keeps a few processes alive: whoever dies is started again, and all stop together within a known time."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event
from time import monotonic, sleep
from types import FrameType

from cartera.errors import UserFacingError
from cartera.process import Process, StopRequested, stop_all

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_SECONDS = 6.0
LOOK_SECONDS = 0.1
SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
# A process that ran this long has recovered: its next pause is the shortest again.
STEADY_SECONDS = 60.0


@dataclass(slots=True)
class Child:
    """A process to keep alive, and how it is started (again).

    A start that takes its time watches for the stop itself and raises StopRequested.
    """

    process: Process
    start: Callable[[], None]
    # Others started it and will stop it; we only start it again.
    stopped_by_others: bool = False
    pause: float = SHORTEST_PAUSE
    started: float = 0.0
    again_at: float | None = None


class Supervisor:
    """Runs children until `stop` is set. `say` is given one line about each that had to be started again."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self._children = children
        self._say = say

    def run(self, stop: Event) -> None:
        """Start the children, keep them alive until `stop`, then stop them, by force after STOP_SECONDS."""
        try:
            with suppress(StopRequested):
                self._keep_alive(stop)
        finally:
            ours = [child.process for child in self._children if not child.stopped_by_others]
            stop_all(ours, STOP_SECONDS)

    def _keep_alive(self, stop: Event) -> None:
        for child in self._children:
            child.started = monotonic()
            if not child.stopped_by_others:
                child.start()
        # Never stop.wait(): it holds the event's lock for moments, and a signal handler that sets the event
        # in one of them, on this same thread, waits for that lock for ever.
        while not stop.is_set():
            for child in self._children:
                self._look_after(child)
            sleep(LOOK_SECONDS)

    def _look_after(self, child: Child) -> None:
        code = child.process.exit_code()
        if code is None:
            return
        if child.again_at is None:
            if monotonic() - child.started > STEADY_SECONDS:
                child.pause = SHORTEST_PAUSE
            child.again_at = monotonic() + child.pause
            why = ": ".join(filter(None, (_told(code), child.process.last_words())))
            self._say(f"{child.process.name} stopped ({why}); starting it again in {child.pause:g} s.")
            child.pause = min(child.pause * 2, LONGEST_PAUSE)
        elif monotonic() >= child.again_at:
            child.again_at, child.started = None, monotonic()
            try:
                child.start()
            except (UserFacingError, OSError) as error:
                # It counts as one more death; the pause grows.
                self._say(str(error))


def _told(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"


@contextmanager
def stop_signals_interrupt() -> Iterator[None]:
    """Let each stop signal raise KeyboardInterrupt: whatever is under way is undone on the way out."""
    with _handling(signal.default_int_handler):
        yield


@contextmanager
def stop_signals_set() -> Iterator[Event]:
    """Let each stop signal set an event instead."""
    stop = Event()
    with _handling(lambda _number, _frame: stop.set()):
        yield stop


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    # SIGINT too where it was ignored so far, as it is in a shell's background jobs; nohup means what it says.
    heeded = [number for number in STOP_SIGNALS if not _is_nohup(number)]
    before = {number: signal.signal(number, handler) for number in heeded}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _is_nohup(number: signal.Signals) -> bool:
    return number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN
