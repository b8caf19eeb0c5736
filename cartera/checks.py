"""What every service asks of what somebody wrote or named, before anything is looked up."""

from __future__ import annotations

from collections.abc import Sized
from datetime import timedelta

from cartera.errors import refuse

# Earlier than this a day of receipt or of issue is a slip of the pen.
LONGEST_AGO = timedelta(days=3660)
# Rows that one call may name.
MOST_AT_ONCE = 1000
# A note or a reason in words; longer than this it is a document, to be attached.
LONGEST_TEXT = 2000
LONGEST_NAME = 200


def check_count(named: Sized, *path: str) -> None:
    """Refuse more than one call may name (TOO_MANY)."""
    if len(named) > MOST_AT_ONCE:
        raise refuse("TOO_MANY", *path, largest=MOST_AT_ONCE)


def check_text(text: str | None, *path: str, longest: int = LONGEST_TEXT) -> None:
    """Refuse a text that is too long (TOO_LONG), or that no database keeps, with NUL or half a surrogate."""
    if text is None:
        return
    if len(text) > longest:
        raise refuse("TOO_LONG", *path, longest=longest)
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise refuse("NOT_TEXT", *path)


def check_words(text: str | None, *path: str, longest: int = LONGEST_TEXT) -> str:
    """The text without spaces around it. Refused too where there is none: WORDS_MISSING."""
    check_text(text, *path, longest=longest)
    words = (text or "").strip()
    if not words:
        raise refuse("WORDS_MISSING", *path)
    return words
