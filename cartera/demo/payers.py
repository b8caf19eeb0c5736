"""When a customer pays a receivable: one function per kind of payer, days as indices of the timeline."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from cartera.demo.calendars import Calendar
from cartera.demo.profiles import NEVER, Payer, Profile


def _punctual(rng: Random, profile: Profile, calendar: Calendar, due: int) -> int:
    if rng.random() < 0.06:
        return calendar.runs[profile.rhythm][due + 3 + rng.getrandbits(3)]
    return calendar.runs_before[profile.rhythm][due]


def _late(rng: Random, profile: Profile, calendar: Calendar, due: int) -> int:
    if rng.random() < 0.01:
        return NEVER  # lost on somebody's desk
    return calendar.runs[profile.rhythm][due + 2 + profile.lateness * (3 + rng.getrandbits(4)) // 10]


def _sinking(rng: Random, profile: Profile, calendar: Calendar, due: int) -> int:
    """Later with every month, until the day from which nothing comes any more."""
    span = profile.silent_from - profile.first_day
    elapsed = max(0, due - profile.first_day)
    paid_on = calendar.runs[profile.rhythm][
        due + 3 + 70 * elapsed * elapsed // (span * span) + rng.getrandbits(3)
    ]
    return paid_on if paid_on < profile.silent_from else NEVER


def _disputing(rng: Random, profile: Profile, calendar: Calendar, due: int) -> int:
    if rng.random() < 0.01:
        return NEVER
    return calendar.runs[profile.rhythm][due + rng.getrandbits(4)]


def _seasonal(rng: Random, profile: Profile, calendar: Calendar, due: int) -> int:
    """A school: on time while fees come in, and after the holidays what fell due during them."""
    willing = due + rng.getrandbits(3)
    able = calendar.after_recess[willing]
    if able > willing:
        able += 5 + rng.getrandbits(4)
    return calendar.runs[profile.rhythm][able]


_PAID_ON: dict[Payer, Callable[[Random, Profile, Calendar, int], int]] = {
    Payer.PUNCTUAL: _punctual,
    Payer.LATE: _late,
    Payer.SINKING: _sinking,
    Payer.DISPUTING: _disputing,
    Payer.SEASONAL: _seasonal,
    Payer.PARTIAL: _late,
}


def parts(rng: Random, profile: Profile, calendar: Calendar, due: int, amount: int) -> list[tuple[int, int]]:
    """Days and minor units in which ``amount`` is paid, past and future days; none where nothing comes."""
    paid_on = _PAID_ON[profile.payer](rng, profile, calendar, due)
    if paid_on == NEVER:
        return _last_sign_of_life(rng, profile, calendar, due, amount)
    if profile.payer is not Payer.PARTIAL or rng.random() < 0.3 or amount < 1000:
        return [(paid_on, amount)]
    first = amount * (35 + rng.getrandbits(5)) // 100
    first -= first % 1000
    rest_on = calendar.runs[profile.rhythm][paid_on + 10 + rng.getrandbits(4)]
    return [(paid_on, first), (rest_on, amount - first)] if first else [(paid_on, amount)]


def _last_sign_of_life(
    rng: Random, profile: Profile, calendar: Calendar, due: int, amount: int
) -> list[tuple[int, int]]:
    """Some of those who stop paying still send a token sum on the first call."""
    token = amount * (10 + rng.getrandbits(5)) // 100
    if token == 0 or rng.random() > 0.15:
        return []
    return [(calendar.runs[profile.rhythm][due + 8 + rng.getrandbits(3)], token)]
