"""Allocation: how much of some money goes to which receivable; all amounts in minor units of one currency.

Without lines the money pays the receivable due first, then the next. With lines it goes where a person or
the customer said, as far as it is still owed there: what does not fit stays unapplied, since real money is
never refused (DOMAIN §2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Owed:
    """What is open on one receivable."""

    receivable_id: UUID
    due_on: date
    balance: int


@dataclass(frozen=True, slots=True)
class Share:
    """``amount`` > 0 of the money, for one receivable."""

    receivable_id: UUID
    amount: int


def oldest_first(money: int, owed: Iterable[Owed]) -> list[Share]:
    """Shares of ``money`` by due date, then id; they add up to ``money`` or to all that is owed."""
    ranked = sorted(owed, key=lambda item: (item.due_on, item.receivable_id))
    return _fill(money, ((item.receivable_id, item.balance) for item in ranked))


def as_told(money: int, lines: Sequence[tuple[UUID, int]], owed: Iterable[Owed]) -> list[Share]:
    """Shares of ``money`` in the order of the lines, each no more than its line and what is owed there.

    A line of a receivable that is not among ``owed`` gets nothing.
    """
    balances = {item.receivable_id: item.balance for item in owed}
    return _fill(money, ((key, min(amount, balances.get(key, 0))) for key, amount in lines))


def _fill(money: int, wishes: Iterable[tuple[UUID, int]]) -> list[Share]:
    shares = []
    for receivable_id, wish in wishes:
        amount = min(money, wish)
        if amount > 0:
            shares.append(Share(receivable_id, amount))
            money -= amount
    return shares
