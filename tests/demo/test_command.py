"""`cartera seed` as one types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cartera.cli import main
from cartera.servers import Servers


def seed(home: Path, database: Servers, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        **database.environment(),
        "CARTERA_HOME": str(home),
        "SECRET_KEY": "a key of the tests that is long enough",
    }
    return subprocess.run(
        [sys.executable, "-m", "cartera.cli", "seed", *options],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


async def test_prints_progress_and_logins_then_refuses_the_same_name(
    tmp_path: Path, database: Servers
) -> None:
    options = ("--customers", "30", "--receivables", "500", "--organization", "Norte Insumos")
    done = seed(tmp_path, database, *options)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[-9:-5] == [
        "500 of 500 receivables",
        "accounts of 30 customers",
        "Norte Insumos: 30 customers, 500 receivables.",
        "Everybody's password: cobranza-demo",
    ]
    assert [line.split() for line in lines[-5:]] == [
        [role, f"{role}@norte-insumos.example"]
        for role in ("admin", "manager", "viewer", "collector", "salesperson")
    ]

    again = seed(tmp_path, database, *options)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == (
        "cartera: Norte Insumos has its data already; seed another organization with --organization NAME.\n"
    )


@pytest.mark.parametrize("number", ["0", "-3", "1e6", "a lot", "20000000"])
def test_an_impossible_size_is_one_sentence(capsys: pytest.CaptureFixture[str], number: str) -> None:
    assert main(["seed", "--receivables", number]) == 2
    printed, error = capsys.readouterr()
    assert printed == ""
    assert error == (
        "cartera: argument --receivables: set it to a whole number from 1 to 10,000,000; "
        "cartera seed --help shows how.\n"
    )
