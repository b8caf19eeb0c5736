"""A shell in which the servers of the test are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartera.servers import Servers
from tests.commands.shell import Shell
from tests.factories import Factory


@pytest.fixture
def shell(
    database: Servers,
    factory: Factory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    for name, value in database.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECRET_KEY", "s" * 40)
    monkeypatch.setenv("CARTERA_HOME", str(tmp_path / "home"))
    clock = tmp_path / "clock"
    clock.write_text(factory.now.isoformat())
    monkeypatch.setenv("CARTERA_CLOCK_FILE", str(clock))
    return Shell(tmp_path, database.owner, factory.organization_id, capsys)
