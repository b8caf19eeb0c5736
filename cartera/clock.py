"""The one place where time is read. Everything below receives `now` and `today` as values."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from cartera.errors import UserFacingError
from cartera.settings import Settings

_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d{1,6})?)S)?)?"
)


class Clock(Protocol):
    """Where a process gets the time from."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FileClock:
    """A clock that every process of a test or a demonstration moves together.

    The file holds either an ISO 8601 duration to add to the machine's clock ("P3DT4H", "-PT90S"; days, hours,
    minutes and seconds) or an aware ISO 8601 instant, at which time then stands still. Without the file, the
    clock is the machine's.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._value: datetime | timedelta = timedelta()

    def now(self) -> datetime:
        """The moved instant, aware and in UTC. Raises UserFacingError for a file that says neither."""
        value = self._read()
        return value if isinstance(value, datetime) else datetime.now(UTC) + value

    def move(self, by: timedelta) -> None:
        """Move every process that reads this file, forwards or back."""
        value = self._read() + by
        text = value.isoformat() if isinstance(value, datetime) else _as_duration(value)
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        draft.write_text(text + "\n", "ascii")
        draft.replace(self._path)

    def _read(self) -> datetime | timedelta:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._seen, self._value = None, timedelta()
            return self._value
        seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if seen != self._seen:
            self._value = _parse(self._path)
            self._seen = seen
        return self._value


def clock_from(settings: Settings) -> Clock:
    """The clock of this process: the machine's, unless CARTERA_CLOCK_FILE makes it movable."""
    return FileClock(settings.clock_file) if settings.clock_file else SystemClock()


def _parse(path: Path) -> datetime | timedelta:
    text = path.read_text("utf-8", errors="replace").strip()
    match = _DURATION.fullmatch(text)
    if match and any(match[part] for part in ("days", "hours", "minutes", "seconds")):
        parts = {part: float(number or 0) for part, number in match.groupdict().items() if part != "sign"}
        return timedelta(**parts) * (-1 if match["sign"] == "-" else 1)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise UserFacingError(
            f"The clock file {path} says {text[:40]!r}: write a duration such as P3DT4H "
            "or an instant with its offset such as 2026-11-21T09:00:00+00:00."
        )
    return instant.astimezone(UTC)


def _as_duration(value: timedelta) -> str:
    size = abs(value)
    sign = "-" if value < timedelta() else ""
    return f"{sign}P{size.days}DT{size.seconds}.{size.microseconds:06d}S"
