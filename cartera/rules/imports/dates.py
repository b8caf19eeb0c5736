"""Dates as files write them. The order of day and month is decided by the file as a whole, or asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from cartera.rules.imports.questions import Sample

# A year outside is a slip of the keyboard (0202, 2202), not a receivable.
FIRST_YEAR, LAST_YEAR = 1980, 2099

# Longer texts are no dates, and would keep a pattern busy.
LONGEST_DATE = 40

_CLOCK = re.compile(r"[T ]+\d{1,2}:\d{2}.*", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})", re.ASCII)
_COMPACT = re.compile(r"\d{8}", re.ASCII)
_DAY_FIRST_WORD = re.compile(r"(\d{1,2})[-/. ]+(?:de )?([a-z]{3,12})[-/., ]+(?:de )?(\d{2}|\d{4})", re.ASCII)
_WORD_FIRST = re.compile(r"([a-z]{3,12})\.? (\d{1,2}),? (\d{4})", re.ASCII)

_MONTHS = {
    word: month
    for month, words in enumerate(
        (
            "jan ene",
            "feb fev",
            "mar",
            "abr apr",
            "may mai",
            "jun",
            "jul",
            "ago aug",
            "sep set",
            "oct out",
            "nov",
            "dic dec dez",
        ),
        start=1,
    )
    for word in words.split()
}


class DateOrder(StrEnum):
    DMY = "DMY"
    MDY = "MDY"
    YMD = "YMD"


class DateFault(StrEnum):
    UNREADABLE = "DATE_UNREADABLE"
    IMPOSSIBLE = "DATE_IMPOSSIBLE"
    OUT_OF_RANGE = "DATE_OUT_OF_RANGE"


def read_date(text: str, order: DateOrder | None) -> date | DateFault:
    """The day that ``text`` names; its clock time, if any, is left off as written, in no time zone.

    ``order`` matters only for texts of three numbers whose first is not a four-digit year; without an order
    those are unreadable. Two-digit years up to 69 are 20xx, as in POSIX.
    """
    numbers = _numbers(text)
    if numbers is None:
        return _worded(text)
    first, middle, last = numbers
    if len(first) == 4:
        return _day(first, middle, last)
    if order is None:
        return DateFault.UNREADABLE
    if order is DateOrder.DMY:
        return _day(last, middle, first)
    if order is DateOrder.MDY:
        return _day(last, first, middle)
    return _day(first, middle, last)


def looks_like_date(text: str) -> bool:
    """Whether some reading of the text is a date, whatever the order."""
    return bool(possible_orders(text)) or isinstance(read_date(text, None), date)


def possible_orders(text: str) -> frozenset[DateOrder]:
    """The orders in which the text's three numbers are in range; empty where the text decides by itself.

    Ranges only, not the calendar: 31/02 is a wrong date, and still says that the day comes first.
    """
    numbers = _numbers(text)
    if numbers is None or len(numbers[0]) == 4:
        return frozenset()
    first, middle, last = (int(number) for number in numbers)
    orders = set()
    if 1 <= first <= 31 and 1 <= middle <= 12:
        orders.add(DateOrder.DMY)
    if 1 <= first <= 12 and 1 <= middle <= 31:
        orders.add(DateOrder.MDY)
    if len(numbers[2]) <= 2 and 1 <= middle <= 12 and 1 <= last <= 31:
        orders.add(DateOrder.YMD)
    return frozenset(orders)


def _numbers(text: str) -> tuple[str, str, str] | None:
    """The three numbers of a date; a four-digit year is first or last. None for any other text."""
    text = text.strip()
    if len(text) > LONGEST_DATE:
        return None
    if ":" in text:
        text = _CLOCK.sub("", text)
    if _COMPACT.fullmatch(text):
        # 19 and 20 are no months, so of YYYYMMDD and the two orders with the year last at most one fits.
        year_first = FIRST_YEAR <= int(text[:4]) <= LAST_YEAR and "01" <= text[4:6] <= "12"
        return (text[:4], text[4:6], text[6:]) if year_first else (text[:2], text[2:4], text[4:])
    match = _NUMBERS.fullmatch(text)
    if match is None or len(match[1]) == 3 or len(match[3]) == 3 or len(match[1]) + len(match[3]) > 6:
        return None
    return match[1], match[2], match[3]


def _worded(text: str) -> date | DateFault:
    if len(text) > LONGEST_DATE:
        return DateFault.UNREADABLE
    lowered = _CLOCK.sub("", text.strip()).lower().replace("ç", "c")
    if match := _DAY_FIRST_WORD.fullmatch(lowered):
        day, word, year = match.groups()
    elif match := _WORD_FIRST.fullmatch(lowered):
        word, day, year = match.groups()
    else:
        return DateFault.UNREADABLE
    month = _MONTHS.get(word[:3])
    return DateFault.UNREADABLE if month is None else _day(year, str(month), day)


def _day(year: str, month: str, day: str) -> date | DateFault:
    number = int(year)
    if len(year) <= 2:
        number += 2000 if number < 70 else 1900
    try:
        found = date(number, int(month), int(day))
    except ValueError:
        return DateFault.IMPOSSIBLE
    return found if FIRST_YEAR <= number <= LAST_YEAR else DateFault.OUT_OF_RANGE


@dataclass(slots=True)
class DateEvidence:
    """What all dates of a file together say about their order. Memory is bounded by ``KEPT`` distinct
    texts."""

    KEPT = 50_000

    readable: dict[DateOrder, int] = field(default_factory=lambda: dict.fromkeys(DateOrder, 0))
    informative: int = 0
    samples: dict[frozenset[DateOrder], Sample] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def add(self, line: int, heading: str, text: str) -> None:
        """Counts one cell; the same text counts once."""
        if text in self._seen:
            return
        if len(self._seen) >= self.KEPT:
            self._seen.clear()
        self._seen.add(text)
        orders = possible_orders(text)
        if not orders or (len({read_date(text, order) for order in orders}) == 1 and len(orders) > 1):
            return
        self.informative += 1
        for order in orders:
            self.readable[order] += 1
        self.samples.setdefault(orders, Sample(line, heading, text[:60]))

    def orders(self) -> tuple[DateOrder, ...]:
        """The orders that read every date; where none does, those that read some: a conflict."""
        whole = tuple(order for order, count in self.readable.items() if count == self.informative)
        return whole or tuple(order for order, count in self.readable.items() if count)

    def decided(self) -> DateOrder | None:
        """The only order that reads every date. None where several do, or where none does."""
        orders = self.orders()
        only = len(orders) == 1 and self.readable[orders[0]] == self.informative
        return orders[0] if self.informative and only else None

    @property
    def open(self) -> bool:
        """Whether the file leaves the order to be asked."""
        return bool(self.informative) and self.decided() is None
