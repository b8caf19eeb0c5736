"""A first start whose initdb fails: its words are kept, and a crash is tried once more."""

import os
import signal
from pathlib import Path

import pytest

from cartera.errors import UserFacingError
from cartera.local.account import let_through, needed_account
from cartera.local.folder import Folder
from cartera.local.initdb import make_cluster

SUCCESS = 'mkdir -p "$draft"; echo 18 >"$draft/PG_VERSION"'
CLEANING_UP = 'echo "initdb: removing contents of data directory \\"$draft\\"" >&2; exit 1'
REFUSED = f'echo "running bootstrap script ..."; echo "FATAL:  no room" >&2; {CLEANING_UP}'
ABORTED = f'echo "child process was terminated by signal 6: Aborted" >&2; {CLEANING_UP}'
ABORTED_IN_A_SHELL = f'echo "child process exited with exit code 134" >&2; {CLEANING_UP}'
FAILED = f'echo "child process exited with exit code 1" >&2; {CLEANING_UP}'


def initdb(folder: Folder, *behaviours: str) -> Path:
    """A folder with an initdb that behaves so at its first call, its second, …; each notes its draft."""
    programs = folder.home / "programs"
    programs.mkdir()
    lines = ["#!/bin/sh", 'draft="${1#--pgdata=}"', f'echo "$draft" >>{folder.home}/calls']
    lines += [f"case $(grep -c . {folder.home}/calls) in"]
    lines += [f"{number}) {behaviour} ;;" for number, behaviour in enumerate(behaviours, start=1)]
    (programs / "initdb").write_text("\n".join([*lines, "esac", ""]))
    (programs / "initdb").chmod(0o755)
    (folder.home / "calls").touch()
    (folder.home / "calls").chmod(0o666)
    return programs


def calls(folder: Folder) -> list[str]:
    return (folder.home / "calls").read_text().splitlines()


@pytest.fixture
def folder(own_folder: Path) -> Folder:
    folder = Folder(own_folder / "home")
    folder.make()
    if account := needed_account():
        let_through(folder.postgres, account)
    return folder


def make(folder: Folder, *behaviours: str) -> None:
    make_cluster(folder, initdb(folder, *behaviours), needed_account(), durable=True)


def test_a_refusal_is_told_by_its_reason_and_kept_whole(folder: Folder) -> None:
    with pytest.raises(UserFacingError) as refusal:
        make(folder, REFUSED, SUCCESS)
    (draft,) = calls(folder)
    log = folder.logs / "initdb.log"
    assert str(refusal.value) == (
        f"PostgreSQL could not make its folder {draft} (FATAL:  no room; more in {log})."
    )
    assert log.read_text() == (
        "running bootstrap script ...\nFATAL:  no room\n"
        f'initdb: removing contents of data directory "{draft}"\ninitdb ended with code 1\n'
    )
    assert not folder.postgres.exists()


@pytest.mark.parametrize("crash", [ABORTED, ABORTED_IN_A_SHELL, "kill -ABRT $$", "exit 134"])
def test_a_crash_is_tried_again_in_a_fresh_folder(folder: Folder, crash: str) -> None:
    make(folder, crash, SUCCESS)
    first, second = calls(folder)
    assert first != second
    assert (folder.postgres / "PG_VERSION").read_text() == "18\n"
    assert not Path(second).exists()


def test_a_second_crash_is_told(folder: Folder) -> None:
    with pytest.raises(UserFacingError, match="terminated by signal 6: Aborted; more in"):
        make(folder, ABORTED, ABORTED, SUCCESS)
    assert len(calls(folder)) == 2


def test_a_child_that_failed_without_a_crash_is_not_tried_again(folder: Folder) -> None:
    with pytest.raises(UserFacingError, match="exited with exit code 1; more in"):
        make(folder, FAILED, SUCCESS)
    assert len(calls(folder)) == 1


def test_one_that_dies_without_a_word_is_told_so(folder: Folder) -> None:
    with pytest.raises(UserFacingError, match="it said nothing"):
        make(folder, "kill -KILL $$", "kill -KILL $$")
    log = folder.logs / "initdb.log"
    assert log.read_text() == f"initdb ended with code -{signal.SIGKILL:d}\n" * 2
    assert os.stat(log).st_mode & 0o077 == 0
