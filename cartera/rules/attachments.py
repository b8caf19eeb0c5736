"""Attachments: which files may be attached, told by their content and never by what their sender says."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from io import BytesIO
from urllib.parse import quote
from zipfile import BadZipFile, ZipFile

MAX_BYTES = 10 * 2**20
MAX_FILES = 10
LONGEST_NAME = 150

# Parts of a workbook by which it is told from any other archive, and the part that carries macros.
_WORKBOOK = {"[Content_Types].xml", "xl/workbook.xml"}
_MACROS = "xl/vbaProject.bin"
# More entries than any honest workbook; the archive's directory alone is read.
_MOST_ENTRIES = 10_000
# Line ends, tabs and page breaks; any other control character is not text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


class MediaType(StrEnum):
    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    XML = "application/xml"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    CSV = "text/csv"
    TXT = "text/plain"


_ENDINGS: dict[MediaType, tuple[str, ...]] = {
    MediaType.PDF: (".pdf",),
    MediaType.PNG: (".png",),
    MediaType.JPEG: (".jpg", ".jpeg"),
    MediaType.XML: (".xml",),
    MediaType.XLSX: (".xlsx",),
    MediaType.CSV: (".csv",),
    MediaType.TXT: (".txt",),
}
_SIGNATURES = (
    (b"%PDF-", MediaType.PDF),
    (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
    (b"\xff\xd8\xff", MediaType.JPEG),
)


def media_type_of(content: bytes, name: str) -> MediaType | None:
    """What a file is by its content; None for what may not be attached.

    Only between CSV and other text the name decides. A workbook with macros may not be attached.
    """
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    if content.startswith(b"PK\x03\x04"):
        return MediaType.XLSX if _is_workbook(content) else None
    text = _text(content)
    if text is None:
        return None
    if text.lstrip().startswith("<?xml"):
        return MediaType.XML
    if text.lstrip().startswith("<"):
        # A page or a drawing that a browser would run.
        return None
    return MediaType.CSV if name.lower().endswith(".csv") else MediaType.TXT


def safe_name(name: str, kind: MediaType) -> str:
    """A file's name without folders, control characters and tricks, ending as its content does."""
    printable = "".join(one for one in unicodedata.normalize("NFC", name) if one.isprintable())
    base = re.split(r"[/\\]", printable)[-1].strip(" .") or "archivo"
    ending = next((one for one in _ENDINGS[kind] if base.lower().endswith(one)), None)
    if ending is None:
        return base[: LONGEST_NAME - len(_ENDINGS[kind][0])] + _ENDINGS[kind][0]
    return base[: -len(ending)][: LONGEST_NAME - len(ending)] + base[-len(ending) :]


def disposition(name: str) -> str:
    """Content-Disposition that saves a file under its name, never shows it (RFC 6266, RFC 5987)."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _is_workbook(content: bytes) -> bool:
    try:
        with ZipFile(BytesIO(content)) as archive:
            names = {entry.filename for entry in archive.infolist()[:_MOST_ENTRIES]}
    except (BadZipFile, NotImplementedError, ValueError, OSError):
        return False
    return names >= _WORKBOOK and _MACROS not in names


def _text(content: bytes) -> str | None:
    """The file as text, if it is some: UTF-8, or what older programs write; never empty."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text if text.strip() and not _CONTROL.search(text) else None
    return None
