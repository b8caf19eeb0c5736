"""Which of a customer's contacts a row speaks of.

An e-mail address is one contact's; a telephone number may be a whole office's, so the name must not
contradict; a name alone is the last resort. In doubt it is another person: nothing known is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from typing import NamedTuple, Protocol, TypeVar

from cartera.rules.customers import AddressState
from cartera.rules.imports.rows import ContactRow


class Known(Protocol):
    """A contact on the books."""

    name: str
    email: str | None
    email_state: str
    phone: str | None


class Said(NamedTuple):
    """What is said of one contact. ``name`` is empty, and an address None, where nothing is."""

    name: str
    email: str | None
    phone: str | None


_Known = TypeVar("_Known", bound=Known)


def said_by(row: ContactRow) -> list[Said]:
    """One contact for each address of the row: the first e-mail goes with the first telephone, and so on."""
    emails = [email.lower() for email in row.emails]
    pairs = zip_longest(emails, row.phones)
    return [Said(row.name, email, phone) for email, phone in pairs] or [Said(row.name, None, None)]


def contact_of(said: Said, known: Iterable[_Known], company: str) -> _Known | None:
    """The contact that is meant, or None for a new one. ``company`` is what nameless contacts are called."""
    people = list(known)
    if said.email:
        for person in people:
            if person.email == said.email:
                return person
    if said.phone:
        reached = [each for each in people if each.phone == said.phone and _takes_email(each, said)]
        fitting = [each for each in reached if _fits(each, said, company)]
        if fitting:
            return min(fitting, key=lambda each: not _same(each.name, said.name))
    named = [person for person in people if _same(person.name, said.name or company)]
    if said.email or said.phone:
        named = [person for person in named if person.email is None and person.phone is None]
    return named[0] if named else None


def has_phone(person: Known, said: Said, company: str) -> bool:
    """Whether this contact holds the telephone number that is said, for the same person."""
    return person.phone == said.phone and _fits(person, said, company)


def match_key(name: str, email: str | None, phone: str | None) -> str:
    """What no two contacts of a customer share: the e-mail address, else telephone number and name."""
    return email or " ".join(part for part in (phone, name.casefold()) if part)


def _takes_email(person: Known, said: Said) -> bool:
    """Another address is a correction only of one that is missing or known to be wrong."""
    return said.email is None or person.email is None or person.email_state == AddressState.WRONG


def _fits(person: Known, said: Said, company: str) -> bool:
    return not said.name or _same(person.name, said.name) or _same(person.name, company)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
