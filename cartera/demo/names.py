"""Names of customers and people, and the reserved addresses that they can be written to at.

E-mail domains end in ``.example`` (RFC 2606) and telephone numbers use subscriber blocks of zeros that no
numbering plan assigns: whatever the demo sends can reach nobody.
"""

from __future__ import annotations

from random import Random

from cartera.demo import words
from cartera.demo.profiles import Kind
from cartera.demo.tax_ids import letters_of

_PHONE_STEMS = {"MX": "+5255", "CO": "+57300", "CL": "+569"}
_PHONE_DIGITS = {"MX": 8, "CO": 7, "CL": 8}


def person(rng: Random, country: str) -> str:
    """A given name and two surnames, as the three countries write them."""
    given = rng.choice(words.FEMALE_NAMES if rng.random() < 0.5 else words.MALE_NAMES)
    first, second = rng.sample(words.SURNAMES[country], 2)
    return f"{given} {first} {second}"


def short_name(full: str) -> str:
    """Given name and first surname of ``person``'s result."""
    return full.rpartition(" ")[0]


def slug(name: str) -> str:
    """The letters of a name as part of an address: "Almacenes Peña" gives almacenes-pena."""
    return letters_of(name).lower().replace(" ", "-")


def phone(rng: Random, country: str) -> str:
    """An E.164 number that is not assigned to anybody."""
    digits = _PHONE_DIGITS[country]
    return _PHONE_STEMS[country] + "0000" + f"{rng.randrange(10 ** (digits - 4)):0{digits - 4}d}"


class Names:
    """Customer names without a double in one portfolio."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def customer(self, rng: Random, kind: Kind, country: str, industry: str) -> tuple[str, str]:
        """Legal name and trade name of a new customer; both the same for a person."""
        city = rng.choice(words.CITIES[country])
        for attempt in range(100):
            trade = self._trade_name(rng, kind, country, industry)
            if attempt > 3:
                trade = f"{trade} de {city}"
            if attempt > 20:
                trade = f"{trade} {attempt}"
            if trade not in self._taken:
                break
        self._taken.add(trade)
        if kind is Kind.PERSON:
            return trade, trade
        return f"{trade} {rng.choice(words.LEGAL_FORMS[country, kind.value])}", trade

    def _trade_name(self, rng: Random, kind: Kind, country: str, industry: str) -> str:
        if kind is Kind.PERSON:
            return person(rng, country)
        if kind is Kind.SCHOOL:
            return f"{rng.choice(words.SCHOOL_HEADS[country])} {rng.choice(words.SCHOOL_NAMES)}"
        if kind is Kind.CLINIC:
            return f"{rng.choice(words.CLINIC_HEADS[country])} {rng.choice(words.CLINIC_NAMES)}"
        head = rng.choice(words.COMPANY_HEADS[industry])
        if rng.random() < 0.55:
            return f"{head} {rng.choice(words.PLACES[country])}"
        first, second = rng.sample(words.SURNAMES[country], 2)
        return f"{head} {first} {second}" if rng.random() < 0.6 else f"{head} {first} y {second}"
