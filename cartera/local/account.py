"""The account under which embedded PostgreSQL runs when we are root, since it refuses to be root."""

import os
import pwd
import shutil
import stat
import struct
import subprocess
from pathlib import Path

from cartera.errors import UserFacingError
from cartera.process import Account

NAME = "cartera"

# The kernel's form of a POSIX access control list: a version, then (tag, rights, id) for each entry.
_ACL = "system.posix_acl_access"
_ACL_VERSION = struct.pack("<I", 2)
_ENTRY = struct.Struct("<HHI")
_OWNER, _USER, _GROUP, _NAMED_GROUP, _MASK, _OTHERS = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_NOBODY_IN_PARTICULAR = 0xFFFFFFFF
_PASS = 0o1


def needed_account() -> Account | None:
    """The account to run PostgreSQL as, made at first need; None when we are not root and run it ourselves.

    Raises UserFacingError where the system lets no account be made.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        _make_account()
        entry = pwd.getpwnam(NAME)
    return Account(entry.pw_uid, entry.pw_gid)


def _make_account() -> None:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    options = ("--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin")
    made = program and subprocess.run([program, *options, NAME], capture_output=True, check=False).returncode
    # 9: another process of ours made it meanwhile.
    if made not in {0, 9}:
        raise UserFacingError(
            "PostgreSQL does not run as root, and no account for it could be made: "
            "run Cartera as another user, or set DATABASE_URL to a server."
        )


def hand_over(folder: Path, account: Account) -> None:
    """Make the account the owner of a folder and all it holds."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def let_through(path: Path, account: Account) -> None:
    """Let the account, and nobody else, pass through the folders that lead to `path`.

    It may neither list nor read them. Raises UserFacingError on a file system without access control lists.
    """
    for folder in reversed(path.resolve().parents):
        if _may_pass(folder, account):
            continue
        try:
            os.setxattr(folder, _ACL, _with_passage(_entries(folder), account))
        except OSError as error:
            raise UserFacingError(
                f"PostgreSQL runs as the account {NAME}, which cannot pass through {folder}: "
                f"run chmod o+x {folder}, or set CARTERA_HOME and the project in a folder open to it."
            ) from error


def _may_pass(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    entries = _entries(folder)
    # A later chmod narrows the mask, and with it what every entry gives.
    mask = next((rights for tag, rights, _ in entries if tag == _MASK), _PASS)
    for tag, rights, who in entries:
        if tag == _USER and who == account.uid:
            return bool(rights & mask & _PASS)
    return bool(status.st_mode & stat.S_IXOTH)


def _entries(folder: Path) -> list[tuple[int, int, int]]:
    """The folder's access control list, or the list that says the same as its mode."""
    try:
        raw = os.getxattr(folder, _ACL)
    except OSError:
        mode = folder.stat().st_mode
        rights = ((_OWNER, mode >> 6 & 7), (_GROUP, mode >> 3 & 7), (_OTHERS, mode & 7))
        return [(tag, right, _NOBODY_IN_PARTICULAR) for tag, right in rights]
    return [_ENTRY.unpack_from(raw, offset) for offset in range(4, len(raw), _ENTRY.size)]


def _with_passage(entries: list[tuple[int, int, int]], account: Account) -> bytes:
    """The same list with passage for the account; what groups may do stays as the mask left it."""
    group = next(rights for tag, rights, _ in entries if tag == _GROUP)
    mask = next((rights for tag, rights, _ in entries if tag == _MASK), group)
    masked = {_USER, _GROUP, _NAMED_GROUP}
    kept = [
        (tag, rights & mask if tag in masked else rights, who)
        for tag, rights, who in entries
        if tag != _MASK and (tag, who) != (_USER, account.uid)
    ]
    added = [(_USER, _PASS, account.uid), (_MASK, mask | _PASS, _NOBODY_IN_PARTICULAR)]
    return _ACL_VERSION + b"".join(_ENTRY.pack(*entry) for entry in sorted(kept + added))
