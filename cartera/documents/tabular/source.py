"""The file as it lies there: may it be read at all, and is it text?"""

from __future__ import annotations

import codecs
from pathlib import Path

from cartera.rules.imports.problems import Refusal, RefusalCode

# Larger lists exist only by mistake; the size is asked of the file system, nothing is read.
MAX_BYTES = 512 * 1024 * 1024
HEAD_BYTES = 64 * 1024

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "XLSX/ZIP"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "XLS"),
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "GZIP"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"<?xml", "XML"),
    (b"<!doctype html", "HTML"),
    (b"<html", "HTML"),
    (b"<table", "HTML"),
)
BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def readable_head(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The first bytes of a file worth reading.

    Raises Refusal: UNREADABLE, TOO_LARGE (before a byte is read), EMPTY, or BINARY with what it looks like.
    """
    try:
        if not path.is_file():
            raise Refusal(RefusalCode.UNREADABLE, file=path.name, reason=_absent(path))
        size = path.stat().st_size
        if size > max_bytes:
            raise Refusal(RefusalCode.TOO_LARGE, size_mb=-(-size // 2**20), most_mb=max_bytes // 2**20)
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise unreadable(path, error) from None
    _refuse_what_is_no_table(head)
    return head


def unreadable(path: Path, error: OSError) -> Refusal:
    """The refusal for an error of the file system, by a reason that ``wording`` can say."""
    denied = isinstance(error, PermissionError)
    return Refusal(RefusalCode.UNREADABLE, file=path.name, reason="DENIED" if denied else "DEVICE")


def _absent(path: Path) -> str:
    return "FOLDER" if path.is_dir() else "SPECIAL" if path.exists() else "MISSING"


def _refuse_what_is_no_table(head: bytes) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise Refusal(RefusalCode.EMPTY)
    for magic, kind in _MAGIC:
        if start[: len(magic)].lower() == magic.lower():
            raise Refusal(RefusalCode.BINARY, kind=kind)
    if start[:1] in b"{[" and start.rstrip()[-1:] in b"}]" and b'":' in start.replace(b" ", b""):
        raise Refusal(RefusalCode.BINARY, kind="JSON")
