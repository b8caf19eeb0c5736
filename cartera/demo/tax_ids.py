"""Tax identifiers with valid check digits: RFC (Mexico), NIT (Colombia), RUT (Chile).

Sources: RFC, SAT, "Anexo 3, procedimiento para obtener el dígito verificador"; NIT, DIAN, Orden
administrativa 4 of 1989; RUT, módulo 11 as published by the SII.
"""

from __future__ import annotations

import unicodedata
from random import Random

_RFC_VALUES = {char: value for value, char in enumerate("0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ")}
_RFC_TAIL = "123456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
_NIT_WEIGHTS = (3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71)


def rfc_check_digit(stem: str) -> str:
    """The last character of an RFC whose first 11 (company) or 12 (person) are ``stem``."""
    total = sum(_RFC_VALUES[char] * (13 - place) for place, char in enumerate(stem.rjust(12)))
    return "0123456789A"[-total % 11]


def nit_check_digit(number: str) -> str:
    """The digit after the hyphen of a Colombian NIT."""
    total = sum(int(digit) * weight for digit, weight in zip(reversed(number), _NIT_WEIGHTS, strict=False))
    rest = total % 11
    return str(rest if rest < 2 else 11 - rest)


def rut_check_digit(number: int) -> str:
    """The digit or K after the hyphen of a Chilean RUT."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(str(number))))
    return "0123456789K"[-total % 11]


def letters_of(name: str) -> str:
    """The ASCII capitals of a name, words apart by one space."""
    plain = unicodedata.normalize("NFD", name.upper())
    return " ".join("".join(char if "A" <= char <= "Z" else " " for char in plain if ord(char) < 128).split())


def tax_id(rng: Random, country: str, name: str, *, person: bool) -> str:
    """A tax identifier as a customer of ``country`` would carry it, hyphens and dots included."""
    if country == "MX":
        return _rfc(rng, name, person=person)
    if country == "CO":
        number = rng.randint(19_000_000, 79_000_000) if person else rng.randint(800_000_000, 901_999_999)
        return f"{number}-{nit_check_digit(str(number))}"
    number = rng.randint(8_000_000, 19_999_999) if person else rng.randint(76_000_000, 77_999_999)
    return f"{number:,}".replace(",", ".") + "-" + rut_check_digit(number)


def _rfc(rng: Random, name: str, *, person: bool) -> str:
    words = letters_of(name).split()
    if person:
        given, father, mother = words[0], words[-2], words[-1]
        vowel = next((char for char in father[1:] if char in "AEIOU"), "X")
        letters = father[0] + vowel + mother[0] + given[0]
    else:
        letters = ("".join(word[0] for word in words) + "XX")[:3]
    year = rng.randint(55, 99) if person else rng.choice((rng.randint(75, 99), rng.randint(0, 22)))
    stem = f"{letters}{year:02d}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    stem += rng.choice(_RFC_TAIL) + rng.choice(_RFC_TAIL)
    return stem + rfc_check_digit(stem)
