"""Who a customer is and how it pays: drawn once, obeyed by its whole story.

Shares and sizes are set by hand to look like a distributor's portfolio; nothing depends on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TypeVar

from cartera.demo import words
from cartera.demo.calendars import HISTORY_DAYS, Rhythm
from cartera.rules.payments import PaymentMethod

# What one US dollar costs, in hundredths, for the size of a typical order; not an exchange rate table.
UNITS_PER_DOLLAR = {"USD": 100, "MXN": 1_850, "COP": 410_000, "CLP": 94_500}
TIME_ZONES = {
    "MX": ("America/Mexico_City",) * 7 + ("America/Monterrey",) * 2 + ("America/Tijuana",),
    "CO": ("America/Bogota",),
    "CL": ("America/Santiago",),
}
NEVER = 10**6

Key = TypeVar("Key")


class Kind(StrEnum):
    COMPANY = "company"
    SCHOOL = "school"
    CLINIC = "clinic"
    PERSON = "person"


class Payer(StrEnum):
    PUNCTUAL = "punctual"
    LATE = "late"
    SINKING = "sinking"
    DISPUTING = "disputing"
    SEASONAL = "seasonal"
    PARTIAL = "partial"


class Size(StrEnum):
    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"


KIND_SHARES = {Kind.COMPANY: 62, Kind.SCHOOL: 18, Kind.CLINIC: 15, Kind.PERSON: 5}
COUNTRY_SHARES = {"MX": 50, "CO": 30, "CL": 20}
PAYER_SHARES = {
    Payer.PUNCTUAL: 44,
    Payer.LATE: 27,
    Payer.SINKING: 11,
    Payer.DISPUTING: 8,
    Payer.PARTIAL: 10,
}
SCHOOL_PAYER_SHARES = {
    Payer.SEASONAL: 50,
    Payer.PUNCTUAL: 25,
    Payer.LATE: 10,
    Payer.SINKING: 7,
    Payer.DISPUTING: 4,
    Payer.PARTIAL: 4,
}
# Typical invoice before tax, US dollars, from and to.
_TICKETS = {
    Size.LARGE: (2_500, 12_000),
    Size.MEDIUM: (600, 2_500),
    Size.SMALL: (120, 600),
}
_TAX_PERCENT = {"MX": 16, "CO": 19, "CL": 19}
_SEGMENTS = {Kind.SCHOOL: "Educación", Kind.CLINIC: "Salud", Kind.PERSON: "Personas"}
_COMPANY_SEGMENTS = {
    Size.LARGE: "Grandes cuentas",
    Size.MEDIUM: "Empresas medianas",
    Size.SMALL: "Pequeñas empresas",
}
INDUSTRIES = {
    "retail": "Comercio",
    "construction": "Construcción",
    "manufacturing": "Manufactura",
    "food": "Alimentos",
    "logistics": "Transporte y logística",
    "hospitality": "Hotelería y turismo",
    "services": "Servicios",
    "agriculture": "Agroindustria",
    "school": "Educación",
    "clinic": "Salud",
    "person": "Profesionales",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """Days are indices of the timeline; ``ticket_cents`` is a typical invoice in hundredths of a dollar."""

    kind: Kind
    country: str
    size: Size
    industry: str
    payer: Payer
    rhythm: Rhythm
    method: PaymentMethod
    terms: int
    lateness: int
    first_day: int
    last_day: int
    silent_from: int
    currency: str
    other_currency: str | None
    ticket_cents: int
    tax_percent: int
    withholds: bool
    pays_interest: bool
    is_given_up: bool

    @property
    def segment(self) -> str:
        return _SEGMENTS.get(self.kind) or _COMPANY_SEGMENTS[self.size]

    @property
    def product_lines(self) -> tuple[str, ...]:
        return words.PRODUCT_LINES["company" if self.kind is Kind.PERSON else self.kind.value]

    def typical_minor(self, currency: str) -> int:
        """The typical invoice before tax in minor units of ``currency``."""
        minor = self.ticket_cents * UNITS_PER_DOLLAR[currency] // 100
        # Pesos of Chile have no decimals.
        return minor // 100 if currency == "CLP" else minor


def draw_profile(rng: Random, size: Size) -> Profile:
    kind = draw_by_share(rng, KIND_SHARES)
    country = draw_by_share(rng, COUNTRY_SHARES)
    payer = draw_by_share(rng, SCHOOL_PAYER_SHARES if kind is Kind.SCHOOL else PAYER_SHARES)
    is_person = kind is Kind.PERSON
    size = Size.SMALL if is_person else size
    low, high = (50, 300) if is_person else _TICKETS[size]
    first_day, last_day, silent_from = _draw_life(rng, payer)
    currency, other_currency = _draw_currencies(rng, country, kind, size)
    is_company = kind is Kind.COMPANY
    return Profile(
        kind=kind,
        country=country,
        size=size,
        industry=rng.choice(tuple(words.COMPANY_HEADS)) if is_company else kind.value,
        payer=payer,
        rhythm=rng.choice((Rhythm.ANY_DAY, Rhythm.ANY_DAY, Rhythm.FRIDAYS, Rhythm.FORTNIGHTS)),
        method=_draw_method(rng, is_person),
        terms=15 if is_person else rng.choice((15, 30, 30, 30, 45, 60, 60, 90)),
        lateness=rng.randint(6, 42),
        first_day=first_day,
        last_day=last_day,
        silent_from=silent_from,
        currency=currency,
        other_currency=other_currency,
        ticket_cents=rng.randrange(low * 100, high * 100),
        tax_percent=_TAX_PERCENT[country],
        withholds=country == "CO" and not is_person and rng.random() < 0.6,
        pays_interest=country == "MX" and is_company and rng.random() < 0.2,
        is_given_up=payer is Payer.SINKING and rng.random() < 0.5,
    )


def draw_by_share(rng: Random, shares: dict[Key, int]) -> Key:
    """A key of ``shares``, as often as its weight says."""
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def _draw_life(rng: Random, payer: Payer) -> tuple[int, int, int]:
    """First and last day of buying, and the day from which nothing is paid or answered."""
    first_day = 0 if rng.random() < 0.7 else rng.randrange(HISTORY_DAYS // 2)
    if payer is not Payer.SINKING:
        return first_day, HISTORY_DAYS - 1, NEVER
    silent_from = HISTORY_DAYS - rng.choice((rng.randint(25, 150), rng.randint(60, 330)))
    # Sales notices some weeks after the money has stopped.
    return first_day, min(silent_from + rng.randint(20, 60), HISTORY_DAYS - 1), silent_from


def _draw_currencies(rng: Random, country: str, kind: Kind, size: Size) -> tuple[str, str | None]:
    national = {"MX": "MXN", "CO": "COP", "CL": "CLP"}[country]
    chance = rng.random()
    if kind in (Kind.SCHOOL, Kind.PERSON) or size is Size.SMALL or chance > 0.3:
        return national, None
    return ("USD", None) if chance < 0.1 else (national, "USD")


def _draw_method(rng: Random, is_person: bool) -> PaymentMethod:
    if is_person:
        return rng.choice((PaymentMethod.CARD, PaymentMethod.CARD, PaymentMethod.TRANSFER))
    return rng.choice((PaymentMethod.TRANSFER,) * 8 + (PaymentMethod.CHEQUE, PaymentMethod.CARD))
