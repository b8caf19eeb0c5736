"""Making the folder of a new embedded PostgreSQL."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import mkdtemp

from cartera.errors import UserFacingError
from cartera.local.account import hand_over
from cartera.local.folder import Folder
from cartera.process import Account, leashed, opened_log

ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
_DRAFT = "postgres.new-"
_VERSION = "18"

# Trust, since the socket's folder lets in nobody but the account that runs the server, and root.
_OPTIONS = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
# A shell between initdb and the server it runs tells a signal as an exit code of 128 and more.
_CRASH = re.compile(r"child process (was terminated by signal|exited with exit code (12[89]|1[3-9]\d|2\d\d))")


def make_cluster(folder: Folder, programs: Path, account: Account | None, *, durable: bool) -> None:
    """Make the cluster of the folder, if there is none, with the initdb among the programs.

    It is made aside and renamed, so that a first start killed half-way leaves nothing to trip over. Raises
    UserFacingError when it cannot be made, or is of another version than the programs.
    """
    # What a killed start began may still be writing for a moment: each draft has a new name, and what
    # cannot be removed now is removed at the next start.
    for leftover in folder.home.glob(f"{_DRAFT}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if folder.postgres.exists():
        _check_version(folder.postgres)
        return
    options = _OPTIONS if durable else (*_OPTIONS, "--no-sync")
    log = folder.logs / "initdb.log"
    # Under heavy load the server that initdb runs has been seen to abort, once and for no reason that was
    # found: a crash is tried again, once and in a fresh folder. A refusal would only be repeated.
    for may_crash in (True, False):
        draft = Path(mkdtemp(prefix=_DRAFT, dir=folder.home))
        if account:
            hand_over(draft, account)
        code, said = _run(leashed([str(programs / "initdb"), f"--pgdata={draft}", *options], account), log)
        if code == 0:
            draft.rename(folder.postgres)
            return
        if not (may_crash and (code < 0 or code >= 128 or _CRASH.search(said))):
            break
    raise UserFacingError(f"PostgreSQL could not make its folder {draft} ({_reason(said)}; more in {log}).")


def _run(command: list[str], log: Path) -> tuple[int, str]:
    """The exit code and all that was said, which the log keeps."""
    made = subprocess.run(
        command,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    with os.fdopen(opened_log(log), "w", encoding="utf-8") as kept:
        kept.write(f"{made.stdout}initdb ended with code {made.returncode}\n")
    return made.returncode, made.stdout


def _reason(said: str) -> str:
    """The last line that is not about initdb cleaning up behind itself, as it does after every failure."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith("initdb: removing")]
    return telling[-1] if telling else "it said nothing"


def _check_version(cluster: Path) -> None:
    version = (cluster / "PG_VERSION").read_text("ascii").strip()
    if version != _VERSION:
        raise UserFacingError(
            f"{cluster} was made by PostgreSQL {version} and Cartera now carries {_VERSION}: "
            f"dump it with a PostgreSQL {version}, move the folder away and restore the dump."
        )
