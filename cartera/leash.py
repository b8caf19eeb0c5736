"""Runs a command that cannot outlive the process that started it, and as another account if asked.

    python leash.py SIGNAL PARENT UID:GID COMMAND…      ("-" in place of UID:GID keeps the account)

It runs in an interpreter of its own, so it imports the standard library only. Linux sends SIGNAL to the
command the moment PARENT is gone, even after kill -9; elsewhere the next start clears what was left behind.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(signal_name: str, parent: str, account: str, *command: str) -> None:
    if account != "-":
        uid, gid = (int(number) for number in account.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # Only now: a change of account clears the wish.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.Signals[signal_name].value)
    if os.getppid() != int(parent):
        sys.exit(f"{command[0]}: not started, its parent is gone")
    os.execv(command[0], command)  # noqa: S606  the command is ours and no shell reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
