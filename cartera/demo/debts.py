"""Receivables while their story is told: drawn, disputed, credited, paid; not yet rows.

A million of them are drawn, so a debt is a plain object with slots and its days are integers.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple
from uuid import UUID

from cartera.demo import payers
from cartera.demo.calendars import HISTORY_DAYS, Calendar
from cartera.demo.profiles import NEVER, Payer, Profile
from cartera.rules.disputes import DisputeReason, DisputeState
from cartera.rules.receivables import EntryKind, ReceivableKind

# Invoice before tax in percent of the customer's typical one: many small, few large.
_SPREAD = tuple(20 + 2 * step + step**3 // 600 for step in range(64))
# Prices are round: to the hundred pesos in Colombia, to the ten in Chile, to the unit elsewhere.
_STEP = {"USD": 1, "MXN": 1, "COP": 10_000, "CLP": 10}
_PREFIX = {"MX": "A", "CO": "FE", "CL": "F"}

_CANCELLED = 0.004
_RETURNED = 0.012
_DISPUTED = 0.012
_DISPUTED_BY_DISPUTING = 0.18
_WRITE_OFF_DAYS = 180
# Commercial interest in Mexico, percent a year, unless agreed otherwise (Código de Comercio 362).
_INTEREST_PERCENT = 6
# Colombia: retención en la fuente on purchases, per mille of the amount before tax.
_WITHHOLDING_PER_MILLE = 25


class Claim(NamedTuple):
    """A dispute; ``resolved`` is NEVER while it is open."""

    opened: int
    amount: int
    reason: DisputeReason
    resolved: int
    state: DisputeState


class Move(NamedTuple):
    """A change of the balance that is no payment; ``amount`` is signed as in ``entry``."""

    day: int
    kind: EntryKind
    amount: int


class Debt:
    """``parts`` are payments by day, past and future; ``money`` those that came, less what bounced."""

    __slots__ = (
        "amount",
        "base",
        "bounced",
        "charges",
        "charges_settled",
        "claim",
        "closed",
        "currency",
        "due",
        "id",
        "interest_id",
        "issued",
        "kind",
        "last_move",
        "last_principal",
        "money",
        "moves",
        "number",
        "parts",
        "settled",
        "withheld",
    )

    def __init__(
        self,
        id: UUID,
        kind: ReceivableKind,
        number: str,
        currency: str,
        issued: int,
        due: int,
        base: int,
        tax: int,
    ) -> None:
        self.id = id
        self.kind = kind
        self.number = number
        self.currency = currency
        # The last day on which anything happened to it, and to its principal.
        self.issued = self.last_move = self.last_principal = issued
        self.due = due
        self.base = base
        self.amount = base + (base * tax + 50) // 100
        self.charges = self.charges_settled = self.settled = self.withheld = 0
        # Its one line of interest, once charged.
        self.interest_id: UUID | None = None
        self.closed = NEVER
        self.bounced = False
        self.claim: Claim | None = None
        self.moves: list[Move] = []
        self.parts: list[tuple[int, int]] = []
        self.money: list[tuple[int, int]] = []

    @property
    def balance(self) -> int:
        return self.amount + self.charges - self.settled

    def balance_on(self, day: int) -> int:
        """What was owed at the end of ``day``."""
        moved = sum(move.amount for move in self.moves if move.day <= day)
        return self.amount + moved - sum(amount for on, amount in self.money if on <= day)

    def owed_on(self, day: int) -> int:
        """What the customer has not paid by the end of ``day``, given up or not."""
        given_up = (move for move in self.moves if move.kind is EntryKind.WRITE_OFF and move.day <= day)
        return max(0, self.balance_on(day)) - sum(move.amount for move in given_up)

    def proof_after(self, day: int) -> list[tuple[int, int]]:
        """What proves a promise of that day: later money, and tax withheld, by day."""
        withheld = [(move.day, -move.amount) for move in self.moves if move.kind is EntryKind.WITHHOLDING]
        return [(on, part) for on, part in (*self.money, *withheld) if on > day]

    def payable_on(self, day: int) -> int:
        """What money is still to come after ``day``: what is owed less the tax that will be withheld."""
        to_withhold = self.withheld if self.parts and self.parts[0][0] > day else 0
        return max(0, self.balance_on(day) - to_withhold)


class Numbers:
    """Document numbers that grow with the day of issue, although customers are told one after another."""

    def __init__(self, receivables: int) -> None:
        # Eight times the mean: a busy day has two or three times as many.
        self._block = max(20, receivables * 8 // HISTORY_DAYS)
        self._issued = [0] * HISTORY_DAYS
        self._spill = self._block * HISTORY_DAYS

    def next(self, day: int) -> int:
        """A number that no document has yet."""
        taken = self._issued[day]
        if taken < self._block:
            self._issued[day] = taken + 1
            return 1000 + day * self._block + taken
        self._spill += 1
        return 1000 + self._spill


def draw_number(rng: Random, numbers: Numbers, country: str, day: int) -> tuple[ReceivableKind, str]:
    number = numbers.next(day)
    if rng.getrandbits(6):
        return ReceivableKind.INVOICE, f"{_PREFIX[country]}-{number}"
    if rng.getrandbits(2):
        return ReceivableKind.DEBIT_NOTE, f"ND-{number}"
    return ReceivableKind.PROMISSORY_NOTE, f"PAG-{number}"


def draw_currency(rng: Random, profile: Profile) -> str:
    if profile.other_currency and rng.random() < 0.2:
        return profile.other_currency
    return profile.currency


def draw_base(rng: Random, typical: int, currency: str) -> int:
    """An amount before tax around ``typical``, minor units."""
    base = typical * _SPREAD[rng.getrandbits(6)] // 100 + (typical * rng.getrandbits(10) >> 14)
    step = _STEP[currency]
    return max(step, base - base % step)


def settle(rng: Random, profile: Profile, calendar: Calendar, debt: Debt) -> None:
    """Decide everything that happens to the debt, up to and beyond today."""
    chance = rng.random()
    if chance < _CANCELLED:
        cancelled = calendar.add_working(debt.issued, 1 + rng.getrandbits(2))
        debt.moves.append(Move(cancelled, EntryKind.CANCELLATION, -debt.amount))
        return
    if chance < _RETURNED:
        returned = debt.amount * (4 + rng.getrandbits(4)) // 100
        if returned:
            day = calendar.add_working(debt.issued, 3 + rng.getrandbits(2))
            debt.moves.append(Move(day, EntryKind.CREDIT_NOTE, -returned))
        _pay(rng, profile, calendar, debt, debt.amount - returned, debt.due)
        return
    disputed = _DISPUTED_BY_DISPUTING if profile.payer is Payer.DISPUTING else _DISPUTED
    if chance < _RETURNED + disputed:
        _dispute(rng, profile, calendar, debt)
    else:
        _pay(rng, profile, calendar, debt, debt.amount, debt.due)


def _dispute(rng: Random, profile: Profile, calendar: Calendar, debt: Debt) -> None:
    opened = calendar.next_working[debt.issued + 3 + int(rng.random() * (profile.terms + 8))]
    if opened >= HISTORY_DAYS:
        _pay(rng, profile, calendar, debt, debt.amount, debt.due)
        return
    claimed = debt.amount if rng.random() < 0.35 else max(1, debt.amount * (10 + rng.getrandbits(5)) // 100)
    resolved = calendar.next_working[opened + 5 + rng.getrandbits(6)]
    state = rng.choice(
        (DisputeState.ACCEPTED,) * 4 + (DisputeState.REJECTED,) * 4 + (DisputeState.WITHDRAWN,)
    )
    if resolved >= HISTORY_DAYS:
        resolved, state = NEVER, DisputeState.OPEN
    debt.claim = Claim(opened, claimed, _draw_reason(rng, claimed == debt.amount), resolved, state)
    owed = debt.amount
    if state is DisputeState.ACCEPTED:
        debt.moves.append(Move(resolved, EntryKind.CREDIT_NOTE, -claimed))
    if state in (DisputeState.ACCEPTED, DisputeState.OPEN):
        owed -= claimed
    if owed:
        # Nobody pays what is being argued about; the rest of an open dispute is paid as usual.
        _pay(rng, profile, calendar, debt, owed, debt.due if resolved == NEVER else max(debt.due, resolved))


def _draw_reason(rng: Random, whole: bool) -> DisputeReason:
    if whole:
        return rng.choice(
            (
                DisputeReason.NOT_RECEIVED,
                DisputeReason.MISSING_PURCHASE_ORDER,
                DisputeReason.WRONG_TAX_DATA,
                DisputeReason.DUPLICATE,
            )
        )
    return rng.choice((DisputeReason.PRICE, DisputeReason.QUANTITY, DisputeReason.QUALITY))


def _pay(rng: Random, profile: Profile, calendar: Calendar, debt: Debt, owed: int, due: int) -> None:
    withheld = min(owed - 1, debt.base * _WITHHOLDING_PER_MILLE // 1000) if profile.withholds else 0
    parts = payers.parts(rng, profile, calendar, due, owed - withheld)
    debt.parts = parts
    paid_in_full = bool(parts) and sum(amount for _, amount in parts) == owed - withheld
    if withheld and parts:
        debt.withheld = withheld
        debt.moves.append(Move(parts[0][0], EntryKind.WITHHOLDING, -withheld))
    if paid_in_full and profile.pays_interest:
        _charge_interest(rng, debt)
    elif not paid_in_full and profile.is_given_up:
        _write_off(calendar, debt)


def _charge_interest(rng: Random, debt: Debt) -> None:
    """Interest on what came more than a month late, paid with the last part or waived."""
    day, last = debt.parts[-1]
    days_late = day - debt.due
    interest = last * _INTEREST_PERCENT * days_late // 36_500
    if days_late <= 30 or interest == 0:
        return
    debt.moves.append(Move(day, EntryKind.INTEREST, interest))
    if rng.random() < 0.3:
        debt.moves.append(Move(day, EntryKind.WAIVER, -interest))
    else:
        debt.parts[-1] = (day, last + interest)


def _write_off(calendar: Calendar, debt: Debt) -> None:
    given_up = calendar.next_working[debt.due + _WRITE_OFF_DAYS]
    if given_up >= HISTORY_DAYS:
        return
    settled = sum(amount for _, amount in debt.parts) - sum(move.amount for move in debt.moves)
    if debt.amount > settled and debt.claim is None:
        debt.moves.append(Move(given_up, EntryKind.WRITE_OFF, settled - debt.amount))
