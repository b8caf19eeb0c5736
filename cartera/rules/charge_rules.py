"""What may be charged on an overdue receivable, told line by line with its rule; nothing is posted here.

The rules of a country are data (``charge_packs``); rates and unit values come in as the organization's
dated values. Where one is missing the answer says which: it is never taken as 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar

from cartera.rules.charges import ChargeKind
from cartera.rules.customers import DebtorType
from cartera.rules.interest import (
    DatedRate,
    DayCount,
    LacksRate,
    Period,
    Step,
    interest,
    percent_of,
    principal_on,
    spared,
)

COMPANY = frozenset({DebtorType.COMPANY})
CONSUMER = frozenset({DebtorType.CONSUMER})
ANYBODY = COMPANY | CONSUMER


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRule:
    """``id`` is stable; ``source`` names the law; ``owed_by`` says of which debtors."""

    id: str
    source: str
    owed_by: frozenset[DebtorType]


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestRule(ChargeRule):
    """Percent a year: the rule's own, or the organization's dated rate ``rate_code`` and ``plus`` points."""

    kind: ClassVar[ChargeKind] = ChargeKind.INTEREST
    percent: Decimal | None = None
    rate_code: str | None = None
    plus: Decimal = Decimal(0)
    day_count: DayCount = DayCount.ACTUAL_365


@dataclass(frozen=True, slots=True, kw_only=True)
class TieredCost(ChargeRule):
    """Once, after ``after_days`` overdue: marginal percents of the principal by size in a dated unit.

    A tier is (its upper end in units, None for the last; percent). The law names the most that may be
    taken, so the result is rounded down.
    """

    kind: ClassVar[ChargeKind] = ChargeKind.COLLECTION_COST
    after_days: int
    unit_code: str
    currency: str
    tiers: tuple[tuple[int | None, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCost(ChargeRule):
    """Once, after ``after_days`` overdue: a percentage of the principal, rounded half to even."""

    kind: ClassVar[ChargeKind] = ChargeKind.COLLECTION_COST
    after_days: int = 0
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedCost(ChargeRule):
    """Once, after ``after_days`` overdue: a sum for each receivable, in minor units of ``currency``."""

    kind: ClassVar[ChargeKind] = ChargeKind.COMPENSATION
    after_days: int = 0
    amount: int
    currency: str


OnceRule = TieredCost | ShareCost | FixedCost
Rule = InterestRule | OnceRule


class Basis(StrEnum):
    """What an organization charges: nothing, what the law gives, or what was agreed with the customer."""

    NONE = "none"
    LEGAL = "legal"
    AGREED = "agreed"


class Posting(StrEnum):
    """Whether charges enter the books: never, when a person posts them, or by themselves."""

    OFF = "off"
    BY_HAND = "by_hand"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the organization's policy, or its agreement with one customer, says.

    An agreed rate takes the place of the law's interest; ``penalty_percent`` is an agreed, single fine.
    ``cap_percent`` of the receivable's amount is the most that interest on it may come to.
    """

    basis: Basis
    agreed_percent: Decimal | None = None
    penalty_percent: Decimal | None = None
    day_count: DayCount | None = None
    cap_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A charge already in the books; ``from_on``: its period's first day, or when a single one fell due."""

    rule: str
    kind: ChargeKind
    from_on: date | None
    to_on: date | None
    amount: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """A receivable as charges see it: ``steps`` are its principal by day, ``amount`` what was issued.

    ``agreed``: days that bear no interest of default, since a plan's own terms stood for them.
    """

    overdue_from: date
    currency: str
    amount: int
    steps: Sequence[Step]
    posted: Sequence[Posted] = ()
    agreed: Sequence[Period] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """The organization's dated values by code: annual percents, and what a unit (UF) is worth by day.

    A rate holds until the next; a unit is quoted daily, so only its own day's value is one.
    """

    rates: Mapping[str, Sequence[DatedRate]] = field(default_factory=dict)
    units: Mapping[str, Mapping[date, Decimal]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One line that may be posted: ``amount`` minor units, how they came about, and the day they fell due."""

    rule: str
    kind: ChargeKind
    source: str
    amount: int
    base: int
    due_on: date
    from_on: date
    to_on: date | None = None
    rate: Decimal | None = None
    day_count: DayCount | None = None


@dataclass(frozen=True, slots=True)
class Lacking:
    """A rule that cannot be computed: it needs ``code`` (a rate, a unit or a currency) on a day."""

    rule: str
    code: str
    on: date


def propose(
    item: Overdue, rules: Sequence[Rule], figures: Figures, terms: Terms, as_of: date
) -> list[Proposal | Lacking]:
    """Everything that the rules give until ``as_of``, that day included, and that is not yet posted.

    Interest goes on where the last posted interest ended, whichever rule made that, so that no day bears
    it twice, and leaves out the days that a plan's terms stood for; a single cost is proposed once in a
    receivable's life.
    """
    found: list[Proposal | Lacking] = []
    for rule in rules:
        if isinstance(rule, InterestRule):
            found += _interest(item, rule, figures, terms, as_of)
        else:
            found += _once(item, rule, figures, as_of)
    return found


def _interest(
    item: Overdue, rule: InterestRule, figures: Figures, terms: Terms, as_of: date
) -> list[Proposal | Lacking]:
    earlier = [posted for posted in item.posted if posted.kind is ChargeKind.INTEREST]
    start = max([item.overdue_from, *(posted.to_on for posted in earlier if posted.to_on)])
    if start > as_of:
        return []
    lines = interest(
        spared(item.steps, item.agreed),
        _rates(rule, figures, start),
        from_on=start,
        to_on=as_of + timedelta(days=1),
        day_count=rule.day_count,
        cap=_left_to_cap(item, terms, sum(posted.amount for posted in earlier)),
    )
    if isinstance(lines, LacksRate):
        return [Lacking(rule.id, rule.rate_code or rule.id, lines.on)]
    return [
        Proposal(
            rule=rule.id,
            kind=rule.kind,
            source=rule.source,
            amount=line.amount,
            base=line.base,
            due_on=line.to_on,
            from_on=line.from_on,
            to_on=line.to_on,
            rate=line.rate,
            day_count=rule.day_count,
        )
        for line in lines
    ]


def _rates(rule: InterestRule, figures: Figures, start: date) -> Sequence[DatedRate]:
    """The rule's dated percents; a reference rate below minus its points bears nothing, never less."""
    if rule.percent is not None:
        return [DatedRate(start, rule.percent)]
    dated = figures.rates.get(rule.rate_code or "", ())
    return [DatedRate(rate.from_on, max(rate.percent + rule.plus, Decimal(0))) for rate in dated]


def _left_to_cap(item: Overdue, terms: Terms, posted: int) -> int | None:
    if terms.cap_percent is None:
        return None
    return max(math.floor(percent_of(item.amount, terms.cap_percent)) - posted, 0)


def _once(item: Overdue, rule: OnceRule, figures: Figures, as_of: date) -> list[Proposal | Lacking]:
    falls_on = item.overdue_from + timedelta(days=rule.after_days)
    base = principal_on(item.steps, falls_on)
    if as_of < falls_on or base == 0 or any(posted.rule == rule.id for posted in item.posted):
        return []
    amount = _cost(item, rule, figures, base, falls_on)
    if isinstance(amount, Lacking):
        return [amount]
    if amount == 0:
        return []
    return [
        Proposal(
            rule=rule.id,
            kind=rule.kind,
            source=rule.source,
            amount=amount,
            base=base,
            due_on=falls_on,
            from_on=falls_on,
            rate=rule.percent if isinstance(rule, ShareCost) else None,
        )
    ]


def _cost(item: Overdue, rule: OnceRule, figures: Figures, base: int, on: date) -> int | Lacking:
    if isinstance(rule, ShareCost):
        return round(percent_of(base, rule.percent))
    if rule.currency != item.currency:
        return Lacking(rule.id, rule.currency, on)
    if isinstance(rule, FixedCost):
        return rule.amount
    unit = figures.units.get(rule.unit_code, {}).get(on)
    return Lacking(rule.id, rule.unit_code, on) if unit is None else tiered(base, rule.tiers, unit)


def tiered(base: int, tiers: Sequence[tuple[int | None, Decimal]], unit: Decimal) -> int:
    """Marginal percents of ``base`` minor units by its size in units of ``unit`` of them; rounded down."""
    total, reached = Fraction(0), Fraction(0)
    for end, percent in tiers:
        until = Fraction(base) if end is None else min(Fraction(base), end * Fraction(unit))
        total += (until - reached) * Fraction(percent) / 100
        reached = until
    return math.floor(total)
