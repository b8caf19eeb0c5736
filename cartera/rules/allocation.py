"""Allocation: how much of some money goes to which part of which receivable; minor units of one currency.

Without lines the money goes by a rule. With lines it goes where a person or the customer said, as far as it
is still owed there: what does not fit stays unapplied, since real money is never refused (DOMAIN §2). Which
of a receivable's parts is paid first, cost, interest or principal, is for ``imputation`` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from cartera.rules.exchange import Rate, settle_across
from cartera.rules.imputation import Debt, ImputationOrder, Part, impute
from cartera.rules.money import Money

# A receivable and how many minor units of the money go to it.
Line = tuple[UUID, int]


class AllocationRule(StrEnum):
    OLDEST_FIRST = "oldest_first"
    # Each receivable gets its share of the money by what is owed on it.
    PROPORTIONAL = "proportional"


@dataclass(frozen=True, slots=True)
class Share:
    """A part that is settled, and ``spent``: the same money in minor units of the source's currency."""

    part: Part
    spent: int
    # The receivable's currency for one unit of the source's; None within one currency.
    rate: Rate | None = None


def owed(debt: Debt) -> int:
    """All that is open on a receivable: principal and charges."""
    return debt.principal + sum(charge.balance for charge in debt.charges)


def by_rule(money: int, debts: Sequence[Debt], rule: AllocationRule, order: ImputationOrder) -> list[Part]:
    """Parts that add up to ``money`` or to all that is owed."""
    if rule is AllocationRule.OLDEST_FIRST:
        return impute(money, debts, order)
    return [part for debt, amount in _in_proportion(money, debts) for part in impute(amount, [debt], order)]


def as_told(
    money: Money,
    lines: Iterable[Line],
    debts: Mapping[UUID, tuple[Debt, str]],
    order: ImputationOrder,
    rates: Mapping[str, Rate],
) -> list[Share]:
    """Shares in the order of the lines, each no more than its line and what is owed there.

    Lines are minor units of the money's currency. ``debts``: by receivable what is owed and its currency;
    ``rates``: that currency for one unit of the money's. A line of a receivable that is not among ``debts``,
    or to whose currency there is no rate, gets nothing.
    """
    left, shares = money.minor, []
    for receivable_id, wish in lines:
        if receivable_id in debts:
            debt, currency = debts[receivable_id]
            told = Money(min(left, wish), money.currency)
            found = _share(told, debt, currency, order, rates)
            left -= sum(share.spent for share in found)
            shares += found
    return shares


def _share(
    told: Money, debt: Debt, currency: str, order: ImputationOrder, rates: Mapping[str, Rate]
) -> list[Share]:
    if currency == told.currency:
        return shares_of(impute(told.minor, [debt], order))
    rate = rates.get(currency)
    if rate is None or told.minor <= 0:
        return []
    amount, spent = settle_across(told, rate.value, Money(owed(debt), currency))
    shares, so_far = [], 0
    for part in impute(amount, [debt], order):
        before, so_far = spent * so_far // amount, so_far + part.amount
        shares.append(Share(part, spent * so_far // amount - before, rate))
    return shares


def shares_of(parts: Iterable[Part]) -> list[Share]:
    """Parts that are settled in their own currency."""
    return [Share(part, part.amount) for part in parts]


def _in_proportion(money: int, debts: Sequence[Debt]) -> list[tuple[Debt, int]]:
    """Each debt's share, rounded down; the units that are left go to the largest remainders, oldest first."""
    ranked = sorted(debts, key=lambda debt: (debt.due_on, debt.receivable_id))
    total = sum(owed(debt) for debt in ranked)
    if total == 0:
        return []
    spent = min(money, total)
    shares = [divmod(spent * owed(debt), total) for debt in ranked]
    left = spent - sum(whole for whole, _ in shares)
    by_remainder = sorted(range(len(shares)), key=lambda place: -shares[place][1])
    rounded_up = set(by_remainder[:left])
    return [(debt, shares[place][0] + (place in rounded_up)) for place, debt in enumerate(ranked)]
