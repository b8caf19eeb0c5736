"""The same document twice in one file: identical, or with two contents of which nobody knows the right
one."""

from __future__ import annotations

from collections.abc import Hashable

_LINE_BITS = 40
_MASK = (1 << 64) - 1


class Seen:
    """Remembers keys and contents as 64-bit hashes: about 200 bytes a row, whatever the row holds.

    Two of a million different keys meet by chance once in 30 million files.
    """

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        self._disputed: dict[int, int] = {}

    def earlier(self, key: Hashable, content: Hashable, line: int) -> tuple[int, bool] | None:
        """The line where ``key`` was first seen and whether its content is the same; None for the first
        time."""
        digest = hash(content) & _MASK
        packed = digest << _LINE_BITS | line
        found = self._rows.setdefault(hash(key), packed)
        if found is packed or found == packed:
            return None
        first = found & ((1 << _LINE_BITS) - 1)
        if found >> _LINE_BITS == digest:
            return first, True
        self._disputed.setdefault(first, line)
        return first, False

    def disputed(self) -> dict[int, int]:
        """Lines already taken that a later line contradicts, with that line: neither can be trusted."""
        return dict(self._disputed)
