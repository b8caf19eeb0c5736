"""Amounts as files write them. Which of point and comma is the decimal sign is decided by the file, or
asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from typing import NamedTuple

from cartera.rules.imports.questions import Sample
from cartera.rules.money import NotAnAmount, minor_digits, parse_amount

_MARK = r"(?:[A-Za-z]{1,3}\$?|[$€£¥₡₲]|S/\.?)"
_AMOUNT = re.compile(
    rf"(\()?([-+−])?({_MARK})?\s?([-+−])?([0-9.,' ]*[0-9][0-9.,' ]*?)(-)?\s?({_MARK})?(\))?", re.ASCII
)
# Longer texts are no amounts, and would keep a pattern busy.
LONGEST_AMOUNT = 100
_SPACES = re.compile(r"[\s’]+")


class DecimalSign(StrEnum):
    POINT = "point"
    COMMA = "comma"


class Written(NamedTuple):
    """An amount as written: its digits with their signs between them, whether negative, its currency mark."""

    body: str
    negative: bool
    mark: str


_CHARACTER = {DecimalSign.POINT: ".", DecimalSign.COMMA: ","}
_SIGN_OF = {character: sign for sign, character in _CHARACTER.items()}
# Groups of three, parted by the other sign, an apostrophe or a space; always the same one.
_GROUPED = {
    DecimalSign.POINT: re.compile(r"[1-9][0-9]{0,2}([,' ])[0-9]{3}(?:\1[0-9]{3})*"),
    DecimalSign.COMMA: re.compile(r"[1-9][0-9]{0,2}([.' ])[0-9]{3}(?:\1[0-9]{3})*"),
}


def written(cell: str) -> Written | None:
    """The parts of an amount, or None where the cell holds none.

    A minus before or after (as SAP writes it) and parentheses make it negative.
    """
    if cell.replace(".", "").replace(",", "").isdecimal() and cell.isascii():
        return Written(cell, False, "")
    if len(cell) > LONGEST_AMOUNT:
        return None
    match = _AMOUNT.fullmatch(_SPACES.sub(lambda run: " " if run[0].isspace() else "'", cell.strip()))
    if match is None:
        return None
    opening, sign, lead, inner, body, trailing, tail, closing = match.groups()
    if bool(opening) != bool(closing) or sum(map(bool, (opening, sign, inner, trailing))) > 1:
        return None
    if lead and tail:
        return None
    return Written(
        body, bool(opening or trailing) or (sign or inner) in ("-", "−"), (lead or tail or "").upper()
    )


def signs_possible(body: str) -> frozenset[DecimalSign]:
    """The decimal signs under which the digits are well formed; both where point and comma decide nothing."""
    return frozenset(sign for sign in DecimalSign if plain(body, sign) is not None)


def is_ambiguous(body: str) -> bool:
    """Whether the two decimal signs give two different amounts, as in 1.234."""
    return ("." in body or "," in body) and len(signs_possible(body)) == 2


def plain(body: str, sign: DecimalSign | None) -> str | None:
    """Digits with a decimal point and nothing else, or None where the groups are not of three digits.

    Without a sign only digits can be read.
    """
    if sign is None:
        return body if body.isdecimal() else None
    whole, separator, fraction = body.partition(_CHARACTER[sign])
    if separator and not fraction.isdecimal() and fraction:
        return None
    digits = whole if whole.isdecimal() or not whole else _ungrouped(whole, sign)
    if digits is None or not (digits or fraction):
        return None
    return f"{digits or '0'}.{fraction}" if fraction else digits


def _ungrouped(whole: str, sign: DecimalSign) -> str | None:
    match = _GROUPED[sign].fullmatch(whole)
    return whole.replace(match[1], "") if match else None


def fraction_length(body: str, sign: DecimalSign | None) -> int:
    """Decimals as written, zeros at the end left off."""
    return len(body.partition(_CHARACTER[sign])[2].rstrip("0")) if sign else 0


class AmountReader:
    """Reads amounts of one currency written with one decimal sign (None: digits only)."""

    def __init__(self, currency: str, sign: DecimalSign | None) -> None:
        self.currency = currency
        self._sign = sign
        self._digits = minor_digits(currency)
        self._other = "," if sign is DecimalSign.POINT else "." if sign is DecimalSign.COMMA else ""
        # Twelve digits before the sign stay far below MAX_MINOR, so that nothing else need be checked.
        grouped = rf"|[1-9][0-9]{{0,2}}(?:{re.escape(self._other)}[0-9]{{3}}){{1,3}}" if sign else ""
        fraction = (
            rf"{re.escape(_CHARACTER[sign])}([0-9]{{{self._digits}}})" if sign and self._digits else "()"
        )
        self._usual = re.compile(rf"(-?)([0-9]{{1,12}}{grouped}){fraction}")

    def quick(self, cell: str) -> int | None:
        """Signed minor units of an amount with exactly the currency's decimals and no mark, which most
        are."""
        match = self._usual.fullmatch(cell)
        if match is None:
            return None
        negative, whole, fraction = match.groups()
        minor = int(whole.replace(self._other, "") + fraction) if self._other else int(whole + fraction)
        return -minor if negative else minor

    def parts(self, cell: str) -> Written:
        """The amount as written. Raises NotAnAmount."""
        parts = written(cell)
        if parts is None or plain(parts.body, self._sign) is None:
            raise NotAnAmount(cell)
        return parts

    def is_too_precise(self, parts: Written) -> bool:
        return fraction_length(parts.body, self._sign) > self._digits

    def minor(self, parts: Written, *, rounded: bool = False) -> int:
        """Signed minor units; with ``rounded``, decimals beyond the currency's are rounded half to even.

        Raises NotAnAmount, TooPrecise and TooLarge as ``cartera.rules.money.parse_amount``.
        """
        digits = plain(parts.body, self._sign)
        if digits is None:
            raise NotAnAmount(parts.body)
        if rounded and self.is_too_precise(parts):
            with localcontext(prec=len(digits) + self._digits):
                digits = f"{Decimal(digits).quantize(Decimal(1).scaleb(-self._digits), ROUND_HALF_EVEN):f}"
        minor = parse_amount(digits, self.currency)
        return -minor if parts.negative else minor


@dataclass(slots=True)
class AmountEvidence:
    """What all amounts of a file together say about the decimal sign. Constant memory."""

    decided_by: dict[DecimalSign, Sample] = field(default_factory=dict)
    ambiguous: Sample | None = None

    def add(self, line: int, heading: str, body: str) -> None:
        """Counts one amount's digits and signs."""
        # Two decimals are what nearly all amounts have: once seen, they say nothing new.
        if body.isdecimal() or _SIGN_OF.get(body[-3:-2]) in self.decided_by:
            return
        signs = signs_possible(body)
        if len(signs) == 1:
            sign = next(iter(signs))
            if sign not in self.decided_by:
                self.decided_by[sign] = Sample(line, heading, body[:60])
        elif signs and self.ambiguous is None:
            self.ambiguous = Sample(line, heading, body[:60])

    def decided(self) -> DecimalSign | None:
        return next(iter(self.decided_by)) if len(self.decided_by) == 1 else None

    @property
    def open(self) -> bool:
        """Whether the file leaves the sign to be asked: nothing decides it, or amounts contradict each
        other."""
        return len(self.decided_by) == 2 or (not self.decided_by and self.ambiguous is not None)
