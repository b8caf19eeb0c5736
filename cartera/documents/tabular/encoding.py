"""Which characters the bytes are. Decided by the whole file; a file of two minds is refused with its
lines."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from cartera.documents.tabular.source import BOMS
from cartera.rules.imports.problems import Refusal, RefusalCode

LONGEST_LINE = 1024 * 1024
_BLOCK = 1024 * 1024
_SHOWN = 8

SUPPORTED = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "latin-1",
    "cp850",
    "cp437",
)

# Letters of DOS (cp850: é í ó ú ñ Ñ ü É) between letters: read as Windows-1252 these would be "Compa¤ia".
_DOS = re.compile(rb"[A-Za-z][\x81\x82\x90\xa1-\xa5]{1,3}[A-Za-z]")
# Windows-1252 leaves these five undefined.
_NOT_WINDOWS = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def detect(path: Path, head: bytes) -> str:
    """The encoding of the file, one of SUPPORTED.

    Raises Refusal: BINARY for NUL bytes, ENCODING_MIXED where some lines are UTF-8 and others are not,
    ENCODING_UNKNOWN for bytes that neither UTF-8 nor Windows-1252 explains.
    """
    for bom, name in BOMS:
        if head.startswith(bom):
            return name
    if b"\0" in head:
        return _utf16_without_mark(head)
    if _is_utf8(path):
        return "utf-8"
    _refuse_unless_windows(path)
    return "cp1252"


def named(encoding: str) -> str:
    """The encoding that a person named. Raises Refusal(ENCODING_UNSUPPORTED)."""
    try:
        canonical = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        canonical = ""
    for name in SUPPORTED:
        if codecs.lookup(name).name == canonical:
            return name
    raise Refusal(RefusalCode.ENCODING_UNSUPPORTED, encoding=encoding[:40], supported=", ".join(SUPPORTED))


def _utf16_without_mark(head: bytes) -> str:
    """Text in Latin letters has a NUL at every second byte; NULs anywhere else are no text."""
    pairs = max(1, len(head) // 2)
    even, odd = head[0::2].count(0) / pairs, head[1::2].count(0) / pairs
    if odd > 0.6 and even < 0.05:
        return "utf-16-le"
    if even > 0.6 and odd < 0.05:
        return "utf-16-be"
    raise Refusal(RefusalCode.BINARY, kind="BINARY")


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if b"\0" in block:
                raise Refusal(RefusalCode.BINARY, kind="BINARY")
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_unless_windows(path: Path) -> None:
    """Looks at every line beyond ASCII: all must be Windows-1252 and none may be UTF-8."""
    utf8: list[int] = []
    other: list[int] = []
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), start=1):
            if len(line) > LONGEST_LINE:
                raise Refusal(RefusalCode.LINE_TOO_LONG, line=number, most=LONGEST_LINE)
            if b"\0" in line:
                raise Refusal(RefusalCode.BINARY, kind="BINARY")
            if line.isascii():
                continue
            if _decodes(line):
                utf8.append(number)
            elif _NOT_WINDOWS.search(line) or _DOS.search(line):
                raise Refusal(RefusalCode.ENCODING_UNKNOWN, line=number)
            else:
                other.append(number)
    if utf8:
        fewer = other if len(other) <= len(utf8) else utf8
        more = len(fewer) - _SHOWN
        lines = ", ".join(map(str, fewer[:_SHOWN])) + (f" +{more}" if more > 0 else "")
        rest = "utf-8" if fewer is other else "cp1252"
        raise Refusal(RefusalCode.ENCODING_MIXED, lines=lines, count=len(fewer), rest=rest)


def _decodes(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
