"""The scripts that come before Cartera: bootstrap's stamps and settings, and what `make test` says."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, set up for an empty project."""
    spec = spec_from_file_location("bootstrap", SCRIPTS / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, folder in (("ROOT", "."), ("VENV", ".venv"), ("TOOLS", ".tools")):
        monkeypatch.setattr(module, name, tmp_path / folder)
        (tmp_path / folder).mkdir(exist_ok=True)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    return module


class TestStamps:
    @pytest.fixture
    def run(self, bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """What was run, by the two words that tell; nothing is really run."""
        done: list[str] = []

        def note(words: Sequence[str]) -> None:
            done.append(words[2])
            if (bootstrap.ROOT / "requirements.lock").read_text() == "new":
                raise KeyboardInterrupt

        monkeypatch.setattr(bootstrap, "uv", lambda: "uv")
        monkeypatch.setattr(bootstrap, "run", lambda words: note(words) if words[0] == "uv" else None)
        return done

    def test_the_project_is_installed_again_after_a_sync_that_was_cut_short(
        self, bootstrap: ModuleType, run: list[str]
    ) -> None:
        lock = bootstrap.ROOT / "requirements.lock"
        (bootstrap.ROOT / "pyproject.toml").touch()

        def both() -> None:
            bootstrap.install_packages()
            bootstrap.install_project()

        lock.write_text("old")
        both()
        both()
        assert run == ["sync", "install"]
        lock.write_text("new")
        with pytest.raises(KeyboardInterrupt):
            both()
        lock.write_text("old")
        both()
        assert run == ["sync", "install", "sync", "sync", "install"]


class TestPipSettings:
    MIRROR = "https://mirror.example/simple"

    @pytest.fixture(autouse=True)
    def bare(self, bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """The Python that runs bootstrap has no pip."""
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
        monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
        return self.python(tmp_path / "python", "echo 'No module named pip' >&2; exit 1")

    def python(self, path: Path, pip: str = "") -> Path:
        """A Python whose pip knows a mirror and nothing else, or does as it is told."""
        path.parent.mkdir(parents=True, exist_ok=True)
        mirror = f'[ "$*" = "-m pip config get global.index-url" ] && echo {self.MIRROR}'
        path.write_text(f"#!/bin/sh\n{pip or mirror}\n")
        path.chmod(0o755)
        return path

    def test_without_a_uv_of_our_own_they_are_asked_of_the_python_that_is_here(
        self, bootstrap: ModuleType, bare: Path
    ) -> None:
        self.python(bare)
        assert bootstrap.environment()["UV_DEFAULT_INDEX"] == self.MIRROR
        assert bootstrap.pip_setting("cert") == ""

    def test_no_pip_means_no_setting(self, bootstrap: ModuleType) -> None:
        assert "UV_DEFAULT_INDEX" not in bootstrap.environment()

    def test_fetching_uv_brings_a_pip_where_there_is_none(self, bootstrap: ModuleType) -> None:
        # Asked before the fetch and after it: the first answer must not be kept for good.
        assert bootstrap.pip_setting("index-url") == ""
        self.python(bootstrap.TOOLS / "uv" / "bin" / "python")
        assert bootstrap.pip_setting("index-url") == self.MIRROR


class TestTestScript:
    def run(self, tmp_path: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
        """`scripts/test` in a project whose pytest only says that it ran, as root, without a browser."""
        for name in ("scripts", ".venv/bin", "bin"):
            (tmp_path / name).mkdir(parents=True)
        shutil.copy(SCRIPTS / "test", tmp_path / "scripts" / "test")
        programs = {".venv/bin/python": "echo ran", "bin/apt-get": "exit 100", "bin/id": "echo 0"}
        for name, line in programs.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n")
            (tmp_path / name).chmod(0o755)
        (tmp_path / "bin" / "dirname").symlink_to(shutil.which("dirname") or "")
        environ["PATH"] = str(tmp_path / "bin")
        command = [str(tmp_path / "scripts" / "test")]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    def test_a_browser_that_cannot_be_installed_is_said(self, tmp_path: Path) -> None:
        done = self.run(tmp_path)
        assert (done.returncode, done.stdout) == (0, "Installing Chromium …\nran\n")
        assert done.stderr == (
            "Chromium is missing: install it (apt install chromium) to run the browser tests; "
            "they are skipped now.\n"
        )

    def test_in_ci_nothing_is_skipped(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, CI="true")
        assert (done.returncode, done.stdout) == (2, "Installing Chromium …\n")
        assert done.stderr == ("Chromium is missing and could not be installed here: add it to the image.\n")
