"""Rows of contacts."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from cartera.rules.imports.cells import clean
from cartera.rules.imports.fields import Field
from cartera.rules.imports.problems import ProblemCode
from cartera.rules.imports.reading import Cells, Faults
from cartera.rules.imports.rows import ContactRow, Row
from cartera.rules.imports.vocabulary import contact_role, language

LONGEST_EMAIL = 254
_SEVERAL = re.compile(r"[;,|\s]+")
_SEVERAL_PHONES = re.compile(r"[;,|]|\s/\s")
_EMAIL = re.compile(r"[^@\s<>()\[\],;:\"\\]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_NOT_DIALLED = re.compile(r"[\s().\-/]+")
_PHONE = re.compile(r"\+?[0-9]{7,15}(?:(?:ext|x|int)\.?[0-9]{1,6})?", re.ASCII | re.IGNORECASE)


class ContactReader(Cells):
    """Reads ContactRow. Several addresses in one cell are parted at comma, semicolon or bar."""

    def read(self, line: int, cells: Sequence[str], faults: Faults) -> ContactRow | None:
        customer_id = self.customer(cells, faults)
        customer_name, tax_id, name, role, spoken = (self.text(field, cells, faults) for field in _TEXTS)
        emails = self._emails(cells, faults)
        phones = self._phones(cells, faults)
        if not (emails or phones or name or customer_name or faults):
            self.fault(faults, ProblemCode.VALUE_MISSING, Field.EMAIL, cells)
        if faults:
            return None
        found = language(spoken) if spoken else None
        return ContactRow(
            line, customer_id, customer_name, tax_id, name, contact_role(role), emails, phones, found
        )

    def identity(self, row: Row) -> tuple[Hashable, Hashable]:
        """A customer may have any number of contacts; only a row repeated whole is the same one."""
        return row[1:], None

    def _cell(self, field: Field, cells: Sequence[str]) -> str:
        index = self._index.get(field)
        return "" if index is None else clean(cells[index])

    def _emails(self, cells: Sequence[str], faults: Faults) -> tuple[str, ...]:
        found = [email.lower() for email in _SEVERAL.split(self._cell(Field.EMAIL, cells)) if email]
        if any(len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email) for email in found):
            self.fault(faults, ProblemCode.EMAIL_INVALID, Field.EMAIL, cells)
        return tuple(dict.fromkeys(found))

    def _phones(self, cells: Sequence[str], faults: Faults) -> tuple[str, ...]:
        parts = _SEVERAL_PHONES.split(self._cell(Field.PHONE, cells))
        found = [_NOT_DIALLED.sub("", part) for part in parts if part.strip()]
        if any(not _PHONE.fullmatch(phone) for phone in found):
            self.fault(faults, ProblemCode.PHONE_INVALID, Field.PHONE, cells)
        return tuple(dict.fromkeys(found))


_TEXTS = (Field.CUSTOMER_NAME, Field.TAX_ID, Field.CONTACT_NAME, Field.ROLE, Field.LANGUAGE)
