"""The clock file moves every process that reads it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cartera.clock import FileClock, SystemClock, clock_from
from cartera.errors import UserFacingError
from cartera.settings import Settings

CLOSE = timedelta(seconds=5)


def test_without_a_file_it_is_the_machines_clock(tmp_path: Path) -> None:
    plain = Settings.from_environment({"CARTERA_HOME": str(tmp_path)})
    movable = Settings.from_environment(
        {"CARTERA_HOME": str(tmp_path), "CARTERA_CLOCK_FILE": str(tmp_path / "clock")}
    )
    assert isinstance(clock_from(plain), SystemClock)
    for clock in (clock_from(plain), clock_from(movable)):
        assert abs(clock.now() - datetime.now(UTC)) < CLOSE
        assert clock.now().tzinfo is UTC


def test_moving_is_seen_by_every_other_clock_on_the_file(tmp_path: Path) -> None:
    mover, reader = FileClock(tmp_path / "clock"), FileClock(tmp_path / "clock")
    reader.now()
    mover.move(timedelta(days=3, hours=4))
    assert abs(reader.now() - datetime.now(UTC) - timedelta(days=3, hours=4)) < CLOSE
    mover.move(timedelta(days=-5))
    assert abs(reader.now() - datetime.now(UTC) + timedelta(days=1, hours=20)) < CLOSE
    assert [path.name for path in tmp_path.iterdir()] == ["clock"]


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("P3DT4H", timedelta(days=3, hours=4)),
        ("-PT90S", timedelta(seconds=-90)),
        ("+P1DT2H3M4.5S\n", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
    ],
)
def test_durations(tmp_path: Path, text: str, offset: timedelta) -> None:
    (tmp_path / "clock").write_text(text)
    assert abs(FileClock(tmp_path / "clock").now() - datetime.now(UTC) - offset) < CLOSE


def test_an_instant_stands_still_and_can_be_moved(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("2026-11-21T09:00:00-06:00")
    clock = FileClock(tmp_path / "clock")
    assert clock.now() == datetime(2026, 11, 21, 15, tzinfo=UTC)
    clock.move(timedelta(hours=2))
    assert clock.now() == datetime(2026, 11, 21, 17, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "P", "PT", "mañana", "2026-11-21T09:00:00", "P3M"])
def test_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "clock").write_text(text)
    with pytest.raises(UserFacingError, match="write a duration such as P3DT4H"):
        FileClock(tmp_path / "clock").now()
