"""Which contact a row speaks of: by e-mail, then telephone and name, then name; in doubt a new one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cartera.rules.imports.contact_matching import Said, contact_of, match_key, said_by
from cartera.rules.imports.rows import ContactRow

COMPANY = "El Sol"


@dataclass
class Person:
    name: str
    email: str | None = None
    phone: str | None = None
    email_state: str = "verified"


ANA = Person("Ana", "ana@sol.example", "1")
LUIS = Person("Luis", None, "1")
OFFICE = Person(COMPANY, None, "2")
EVA = Person("Eva")
OLD = Person("Raúl", "raul@sol.exmple", "3", "wrong")
PEOPLE = [ANA, LUIS, OFFICE, EVA, OLD]

CASES = {
    "the e-mail address is enough": (Said("Otra", "ana@sol.example", "9"), ANA),
    "a number of several goes by the name": (Said("LUIS", None, "1"), LUIS),
    "a number alone is the first one's": (Said("", None, "1"), ANA),
    "a number under a name not known yet": (Said("Rosa", None, "1"), None),
    "a missing address is filled in": (Said("Luis", "luis@sol.example", "1"), LUIS),
    "a good address is not replaced": (Said("Ana", "ana2@sol.example", "1"), None),
    "a wrong address is": (Said("Raúl", "raul@sol.example", "3"), OLD),
    "a nameless one gets a name": (Said("Inés", None, "2"), OFFICE),
    "a name without any address": (Said("eva", None, None), EVA),
    "a name that gets its first address": (Said("Eva", "eva@sol.example", None), EVA),
    "a name that has another address": (Said("Luis", "luis@sol.example", None), None),
    "no name is the company's": (Said("", None, None), OFFICE),
}


@pytest.mark.parametrize("case", CASES)
def test_who_is_meant(case: str) -> None:
    said, expected = CASES[case]
    assert contact_of(said, PEOPLE, COMPANY) is expected


def test_each_address_of_a_row_is_one_contact_s() -> None:
    row = ContactRow(2, "C1", "", "", "Ana", None, ("A@sol.example", "b@sol.example"), ("1",), None)
    assert said_by(row) == [Said("Ana", "a@sol.example", "1"), Said("Ana", "b@sol.example", None)]
    assert said_by(row._replace(emails=(), phones=())) == [Said("Ana", None, None)]


def test_the_key_tells_apart_who_shares_a_telephone() -> None:
    assert match_key("Ana", "ana@sol.example", "1") == "ana@sol.example"
    assert [match_key(name, None, "1") for name in ("Ana", "Luis")] == ["1 ana", "1 luis"]
    assert match_key("Ana", None, None) == "ana"
