"""One cell of text from outside: what counts as empty, how it is cleaned, when it could run as a formula."""

from __future__ import annotations

import re
import unicodedata

# What programs write where nothing is known; never a name or a number that a person gave.
BLANKS = frozenset(["", "-", "--", "N/A", "n/a", "#N/A", "NULL", "null", "None", "nan", "NaN", "NaT"])

# Beyond printable ASCII and composed Latin letters, or with a run of spaces, a text needs a closer look.
_NOT_PLAIN = re.compile(r"[^\x20-\x7e\xa1-\xac\xae-\u02ff]|  ")
_FORMULA_STARTS = ("=", "+", "-", "@")
_NUMBER_CHARACTERS = frozenset("0123456789 .,()/-")


def clean(cell: str) -> str:
    """The cell's text on one line, composed (NFC), without invisible characters; empty when it says nothing.

    ``="00123"``, which spreadsheets are fed to keep leading zeros, gives ``00123``.
    """
    text = cell.strip()
    if _NOT_PLAIN.search(text):
        composed = unicodedata.normalize("NFC", text)
        visible = (" " if c.isspace() else c for c in composed if unicodedata.category(c) != "Cf")
        text = " ".join("".join(c for c in visible if c == " " or c.isprintable()).split())
    if text.startswith('="') and text.endswith('"') and '"' not in text[2:-1]:
        text = text[2:-1].strip()
    return "" if text in BLANKS else text


def starts_like_formula(text: str) -> bool:
    """Whether a spreadsheet would run the text instead of showing it."""
    return text.startswith(_FORMULA_STARTS)


def neutralised(text: str) -> str:
    """The text for a file that a spreadsheet will open: what could run gets an apostrophe before it.

    Signed amounts and telephone numbers stay as they are. Source: OWASP, "CSV Injection".
    """
    if not text or text[0] not in "=+-@\t\r" or (text[0] in "+-" and _NUMBER_CHARACTERS.issuperset(text[1:])):
        return text
    return "'" + text
