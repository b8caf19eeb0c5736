"""Cheques and promissory notes: states, the banking days that count, and what a bounce costs (DOMAIN §1, §3).

An instrument adds no balance: it is a promise on paper. Money is booked when it is deposited, and a debt
comes of it only by substitution (novación), which is an act of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Context, Decimal
from enum import StrEnum
from uuid import UUID

from cartera.rules.money import MAX_MINOR, CurrencyMismatch, Money, TooLarge


class InstrumentKind(StrEnum):
    CHEQUE = "cheque"
    PROMISSORY_NOTE = "promissory_note"


class InstrumentRole(StrEnum):
    """``PAYS`` is meant to be deposited on its date; ``SECURES`` lies in the drawer in case of need."""

    PAYS = "pays"
    SECURES = "secures"


class InstrumentState(StrEnum):
    RECEIVED = "received"
    DEPOSITED = "deposited"
    CLEARED = "cleared"
    BOUNCED = "bounced"
    RETURNED = "returned"
    SUBSTITUTED = "substituted"


class BounceReason(StrEnum):
    """Why the bank did not pay."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    ACCOUNT_CLOSED = "account_closed"
    PAYMENT_STOPPED = "payment_stopped"
    SIGNATURE = "signature"
    OUT_OF_DATE = "out_of_date"
    BANK_ERROR = "bank_error"
    OTHER = "other"


# What is drawn; anything else is refused. A substitution may be undone, which is no step of the paper's own:
# ``state_before_substitution``.
TRANSITIONS: Mapping[InstrumentState, frozenset[InstrumentState]] = {
    InstrumentState.RECEIVED: frozenset(
        {InstrumentState.DEPOSITED, InstrumentState.RETURNED, InstrumentState.SUBSTITUTED}
    ),
    InstrumentState.DEPOSITED: frozenset({InstrumentState.CLEARED, InstrumentState.BOUNCED}),
    InstrumentState.BOUNCED: frozenset(
        {InstrumentState.DEPOSITED, InstrumentState.RETURNED, InstrumentState.SUBSTITUTED}
    ),
    InstrumentState.SUBSTITUTED: frozenset(),
    InstrumentState.CLEARED: frozenset(),
    InstrumentState.RETURNED: frozenset(),
}

# A cheque dated further ahead than this is a slip of the pen; notes of several years are common.
LATEST_DAYS = {InstrumentKind.CHEQUE: 366, InstrumentKind.PROMISSORY_NOTE: 3660}

# For these the drawer answers, so the law's compensation falls due; not for a bank's or our own mistake.
DRAWER_AT_FAULT = frozenset(
    {
        BounceReason.INSUFFICIENT_FUNDS,
        BounceReason.ACCOUNT_CLOSED,
        BounceReason.PAYMENT_STOPPED,
        BounceReason.SIGNATURE,
    }
)

_HUNDRED = Decimal(100)
# Wide enough that no product of an amount and a percentage is rounded before it is meant to be.
_EXACT = Context(prec=60)


def may_become(state: InstrumentState, target: InstrumentState) -> bool:
    """Whether the step is drawn in ``TRANSITIONS``."""
    return target in TRANSITIONS[state]


def state_before_substitution(deposits: int) -> InstrumentState:
    """Where the undoing of a substitution leads back to: what has been deposited ever had bounced by then."""
    return InstrumentState.BOUNCED if deposits else InstrumentState.RECEIVED


def deposit_from(due_on: date, is_banking_day: Callable[[date], bool]) -> date:
    """The first day on which a bank takes it: its date, or the next banking day."""
    day = due_on
    while not is_banking_day(day):
        day += timedelta(days=1)
    return day


def pauses_until(due_on: date, grace_banking_days: int, is_banking_day: Callable[[date], bool]) -> date:
    """The last day on which a paying instrument in hand pauses chasing: its deposit day plus the grace."""
    day = deposit_from(due_on, is_banking_day)
    for _ in range(grace_banking_days):
        day = deposit_from(day + timedelta(days=1), is_banking_day)
    return day


def due_first(money: int, owed: Iterable[tuple[date, UUID, int]]) -> list[tuple[UUID, int]]:
    """What a paper that names no debts is for: by due date, then id, as far as ``money`` reaches.

    ``owed``: due date, receivable and balance of each, in minor units of the paper's currency.
    """
    lines = []
    for _, receivable_id, balance in sorted(owed):
        amount = min(money, balance)
        if amount > 0:
            lines.append((receivable_id, amount))
            money -= amount
    return lines


@dataclass(frozen=True, slots=True)
class BounceFee:
    """What the organization charges for a bounced cheque: a fixed amount, or a percentage of the cheque.

    ``source`` says by which law or agreement.
    """

    source: str
    amount: Money | None = None
    percent: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.amount is None) == (self.percent is None):
            raise ValueError("a bounce fee is an amount or a percentage, one of them")


# "En ningún caso la indemnización será menor del veinte por ciento del valor del cheque."
LGTOC_193 = BounceFee(source="Ley General de Títulos y Operaciones de Crédito, art. 193", percent=Decimal(20))
# What a country's law gives without an agreement; an organization takes it over by setting its policy.
STATUTORY_FEES: Mapping[str, BounceFee] = {"MX": LGTOC_193}


def bounce_fee(cheque: Money, fee: BounceFee) -> Money:
    """The fee for a bounced cheque, in its currency.

    A percentage is rounded up to the minor unit, since the law's is a least. Raises CurrencyMismatch for a
    fixed amount in another currency, which no rate of today may turn into this one, and TooLarge.
    """
    if fee.amount is not None:
        if fee.amount.currency != cheque.currency:
            raise CurrencyMismatch(fee.amount.currency, cheque.currency)
        return fee.amount
    assert fee.percent is not None
    exact = _EXACT.divide(_EXACT.multiply(Decimal(cheque.minor), fee.percent), _HUNDRED)
    minor = int(exact.to_integral_value(rounding=ROUND_CEILING))
    if minor > MAX_MINOR:
        raise TooLarge
    return Money(minor, cheque.currency)


def owes_fee(kind: InstrumentKind, reason: BounceReason, bounces_before: int) -> bool:
    """Whether the policy's fee falls due: for a cheque, by its drawer's fault, at its first bounce alone."""
    return kind is InstrumentKind.CHEQUE and reason in DRAWER_AT_FAULT and bounces_before == 0
