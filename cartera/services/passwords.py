"""Passwords: argon2id, off the event loop, by few threads at a time."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cartera.errors import refuse

SHORTEST, LONGEST = 10, 200

# OWASP's password storage cheat sheet, argon2id: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# Verified where there is no such login, so that the answer takes as long.
_NOBODYS = _HASHER.hash("nobody's password")


def hash_password(password: str) -> str:
    """The argon2id hash to store; takes some 20 ms. Raises Refused (PASSWORD_LENGTH)."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise refuse("PASSWORD_LENGTH", "password", shortest=SHORTEST, longest=LONGEST)
    return _HASHER.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Whether this is the password; takes as long where ``stored`` is None, and is False then."""
    try:
        return _HASHER.verify(stored or _NOBODYS, password[: LONGEST + 1]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


class Passwords:
    """Checks passwords on few threads of its own, so that a flood of logins starves nothing else."""

    def __init__(self, threads: int = 2) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")

    async def match(self, stored: str | None, password: str) -> bool:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, password_matches, stored, password)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
