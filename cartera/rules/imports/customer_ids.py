"""Customer ids of a file beside those on the books: the same, or the same only without leading zeros."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Likeness(Enum):
    SAME = "same"
    WITHOUT_ZEROS = "without_zeros"
    NEW = "new"
    SEVERAL = "several"


class KnownCustomers:
    """The external ids on the books. Memory: two entries an id."""

    def __init__(self, external_ids: Iterable[str] = ()) -> None:
        self._exact = frozenset(external_ids)
        self._stripped: dict[str, str | None] = {}
        for known in self._exact:
            bare = stripped(known)
            self._stripped[bare] = None if bare in self._stripped else known

    def likeness(self, external_id: str) -> Likeness:
        """How an id of the file stands to the books; SEVERAL where it fits more than one without zeros."""
        if external_id in self._exact:
            return Likeness.SAME
        bare = stripped(external_id)
        if bare not in self._stripped:
            return Likeness.NEW
        return Likeness.SEVERAL if self._stripped[bare] is None else Likeness.WITHOUT_ZEROS

    def matching(self, external_id: str) -> str | None:
        """The one known id that is the same without leading zeros, if it is one."""
        return self._stripped.get(stripped(external_id))


def id_of_tax_id(tax_id: str) -> str:
    """The external id that a tax id gives: 76.354.771-k and 76354771-K are one customer."""
    return tax_id.replace(".", "").replace(" ", "").upper()


def stripped(external_id: str) -> str:
    """The id without leading zeros; an id of zeros only is ``0``."""
    return external_id.lstrip("0") or "0"
