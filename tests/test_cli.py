"""The command line: what it offers, and one sentence with exit code 2 for what the user can put right."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cartera import cli
from cartera.settings import VARIABLES

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment without a setting of ours but the home."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)
        monkeypatch.delenv(f"{variable.name}_FILE", raising=False)
    monkeypatch.setenv("CARTERA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_without_arguments_it_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    shown = capsys.readouterr().out
    for name, (module, summary) in cli.COMMANDS.items():
        assert f"  {name} " in shown
        assert summary in shown
        assert (ROOT / "cartera" / "commands" / f"{module}.py").exists()


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: cartera {name}")


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["upp"], "there is no command 'upp'; cartera --help lists them."),
        (["migrate", "--down"], "unrecognized arguments: --down; cartera migrate --help shows how."),
        (["token"], "one of the arguments --role --scope is required; cartera token --help shows how."),
    ],
)
def test_a_slip_is_one_line(
    words: list[str], advice: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", f"cartera: {advice}\n")
    assert not home.exists()


def test_a_wrong_setting_is_one_line(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "many")
    assert cli.main(["up"]) == 2
    assert capsys.readouterr().err == "cartera: PORT is 'many': set it to a whole number from 1 to 65535.\n"
    assert not home.exists()


@pytest.mark.parametrize("command", ["up", "serve"])
def test_a_port_in_use_is_one_line_and_starts_nothing(
    command: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        assert cli.main([command]) == 2
    assert capsys.readouterr().err == (
        f"cartera: 127.0.0.1:{port} is in use by another program: "
        "stop that one, or set PORT to another number.\n"
    )
    assert [path.name for path in home.iterdir()] == ["secret_key"]


def test_a_reader_that_leaves_early_is_no_error() -> None:
    shown = subprocess.run(
        f"{sys.executable} -m cartera.cli --help | true",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stderr == ""
