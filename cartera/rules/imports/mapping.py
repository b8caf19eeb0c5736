"""How a file of one shape is read: settled once, remembered per organization, said as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cartera.rules.currencies import MINOR_DIGITS
from cartera.rules.imports.amounts import DecimalSign
from cartera.rules.imports.answers import Answers, ExtraDecimals, SettledShort, Zeros, read_options
from cartera.rules.imports.dates import DateOrder
from cartera.rules.imports.fields import Field, FileKind
from cartera.rules.imports.headings import normalised

VERSION = 1

# The two columns that a download of bad rows adds: corrected and sent back, the file has its old shape.
OWN_HEADINGS = frozenset(
    ["cartera linea", "cartera line", "cartera linha", "cartera motivo", "cartera reason"]
)


class MappingError(ValueError):
    """A stored mapping that this version cannot read. ``str()`` is for developers."""


def shape(header: Sequence[str], kind: FileKind) -> str:
    """What files of one origin have in common: 32 hex digits over the kind and the normalised headings."""
    names = (normalised(heading) for heading in header)
    text = "\x1f".join([kind, *(name for name in names if name not in OWN_HEADINGS)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def shapes(header: Sequence[str]) -> dict[FileKind, str]:
    """The shapes under which a file with this header may be remembered."""
    return {kind: shape(header, kind) for kind in FileKind}


@dataclass(frozen=True, slots=True)
class FileMapping:
    """Everything needed to read rows without a question left.

    ``columns`` gives the heading of each field. ``date_order`` and ``decimal`` are None where no cell
    needs one; ``currency`` is None where every row names its own. ``extra_decimals`` None refuses, as
    REFUSE does.
    """

    kind: FileKind
    columns: Mapping[Field, str]
    date_order: DateOrder | None = None
    decimal: DecimalSign | None = None
    currency: str | None = None
    currency_for: Mapping[tuple[str, str], str] = field(default_factory=lambda: MappingProxyType({}))
    zeros: Zeros | None = None
    terms_days: int | None = None
    settled_short: SettledShort | None = None
    extra_decimals: ExtraDecimals | None = None

    def answers(self) -> Answers:
        """What this mapping answers for the next file of the same shape."""
        return Answers(
            kind=self.kind,
            columns={heading: field_ for field_, heading in self.columns.items()},
            date_order=self.date_order,
            decimal=self.decimal,
            currency=self.currency,
            currency_for=self.currency_for,
            zeros=self.zeros,
            terms_days=self.terms_days,
            settled_short=self.settled_short,
            extra_decimals=self.extra_decimals,
        )

    def to_document(self) -> dict[str, Any]:
        """The mapping as JSON can hold it."""
        return {
            "version": VERSION,
            "kind": self.kind,
            "columns": {str(field_): heading for field_, heading in self.columns.items()},
            "date_order": self.date_order,
            "decimal": self.decimal,
            "currency": self.currency,
            "currency_for": [
                {"heading": heading, "value": value, "currency": code}
                for (heading, value), code in sorted(self.currency_for.items())
            ],
            "zeros": self.zeros,
            "terms_days": self.terms_days,
            "settled_short": self.settled_short,
            "extra_decimals": self.extra_decimals,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> FileMapping:
        """The mapping that ``to_document`` gave. Raises MappingError."""
        try:
            return _read(document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MappingError(f"not a mapping of version {VERSION}: {error}") from error


def _read(document: Mapping[str, Any]) -> FileMapping:
    if document["version"] != VERSION:
        raise ValueError(f"version {document['version']}")
    days = document["terms_days"]
    answers = read_options(
        date_order=document["date_order"],
        decimal=document["decimal"],
        currency=document["currency"],
        zeros=document["zeros"],
        terms=None if days is None else str(days),
        settled_short=document["settled_short"],
        extra_decimals=document["extra_decimals"],
    )
    currency_for = {
        (group["heading"], group["value"]): group["currency"] for group in document["currency_for"]
    }
    if not MINOR_DIGITS.keys() >= set(currency_for.values()):
        raise ValueError("currency_for")
    return FileMapping(
        kind=FileKind(document["kind"]),
        columns={Field(name): str(heading) for name, heading in document["columns"].items()},
        date_order=answers.date_order,
        decimal=answers.decimal,
        currency=answers.currency,
        currency_for=currency_for,
        zeros=answers.zeros,
        terms_days=answers.terms_days,
        settled_short=answers.settled_short,
        extra_decimals=answers.extra_decimals,
    )
