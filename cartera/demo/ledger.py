"""The books of one customer: receivables, entries, payments and allocations that agree to the unit."""

from __future__ import annotations

from random import Random
from typing import NamedTuple
from uuid import UUID

from cartera.demo import notes
from cartera.demo.calendars import SLOTS, Calendar
from cartera.demo.debts import Debt, Move
from cartera.demo.profiles import Payer, Profile
from cartera.demo.rows import (
    Allocation,
    Charge,
    CreditNote,
    Entry,
    Payment,
    PaymentReversal,
    Receivable,
    Rows,
)
from cartera.demo.world import ACTOR, World
from cartera.rules.charges import ChargeKind
from cartera.rules.payments import PaymentMethod, ReversalKind
from cartera.rules.receivables import EntryKind, state_of

# What was paid on one day in one currency: the debts and how much of the money went to each.
Parts = list[tuple[Debt, int]]

_REFERENCES = {"MXN": "SPEI", "COP": "PSE", "CLP": "TEF", "USD": "SWIFT"}
# Slots of the day at which entries are recorded: issue, other moves, money; so a day replays in order.
_MOVE_SLOT = 4
_MONEY_SLOT = 8


class Share(NamedTuple):
    """What of a payment went to a debt's interest, or to its principal (None)."""

    entry_id: UUID
    charge_id: UUID | None
    amount: int


class Books:
    """Writes one customer's debts as rows."""

    def __init__(self, world: World, rows: Rows, rng: Random, customer_id: UUID, profile: Profile) -> None:
        self.world = world
        self.rows = rows
        self.rng = rng
        self.customer_id = customer_id
        self.profile = profile
        self.product_lines = profile.product_lines

    def write(self, debts: list[Debt], calendar: Calendar, salesperson_id: UUID) -> None:
        """Receivables with all that happened to them before today."""
        self._issue(debts)
        self._move(debts)
        self._receive(debts, calendar)
        self._receivables(debts, salesperson_id)

    def _issue(self, debts: list[Debt]) -> None:
        ids, dates, moments = self.world.ids, self.world.dates, self.world.moments
        customer_id, entries = self.customer_id, self.rows.entry
        for debt in debts:
            day = debt.issued
            entries.append(
                Entry(
                    next(ids),
                    debt.id,
                    customer_id,
                    EntryKind.ISSUE,
                    debt.amount,
                    debt.currency,
                    dates[day],
                    moments[day * SLOTS],
                    None,
                    None,
                    None,
                    None,
                    False,
                    ACTOR,
                    None,
                )
            )

    def _move(self, debts: list[Debt]) -> None:
        """Entries that are no payments; those of the future are forgotten."""
        for debt in debts:
            if debt.moves:
                debt.moves = [move for move in debt.moves if move.day < self.world.now]
                for place, move in enumerate(debt.moves):
                    self._record_move(debt, move, place)

    def _record_move(self, debt: Debt, move: Move, place: int) -> None:
        world = self.world
        moment = world.moment(move.day, _MOVE_SLOT + place)
        note_id = self._credit_note(debt, move) if move.kind is EntryKind.CREDIT_NOTE else None
        entry_id = next(world.ids)
        charge_id = self._charge(debt, move)
        self.rows.entry.append(
            Entry(
                entry_id,
                debt.id,
                self.customer_id,
                move.kind,
                move.amount,
                debt.currency,
                world.date(move.day),
                moment,
                charge_id,
                None,
                note_id,
                None,
                move.kind is EntryKind.INTEREST,
                ACTOR,
                None,
            )
        )
        if note_id:
            self._allocate(None, note_id, debt, entry_id, -move.amount, move.day)
        if move.amount > 0:
            debt.charges += move.amount
        else:
            debt.settled -= move.amount
        _happened(debt, move.day, charge_id)

    def _charge(self, debt: Debt, move: Move) -> UUID | None:
        """The line of interest that a move is about; None for one that is about the principal."""
        if move.kind is EntryKind.INTEREST:
            debt.interest_id = next(self.world.ids)
        elif move.kind is not EntryKind.WAIVER:
            return None
        else:
            debt.charges_settled -= move.amount
        return debt.interest_id

    def _credit_note(self, debt: Debt, move: Move) -> UUID:
        world = self.world
        number = f"NC-{next(world.credit_notes)}"
        note_id = next(world.ids)
        amount = -move.amount
        # Now and then a note is for more than the debt that it was written for.
        spare = amount // 2 if self.rng.random() < 0.03 else 0
        self.rows.credit_note.append(
            CreditNote(
                note_id,
                self.customer_id,
                number,
                number,
                world.date(move.day),
                debt.currency,
                amount + spare,
                amount,
                0,
                0,
                spare,
                ACTOR,
                world.moment(move.day, _MOVE_SLOT),
            )
        )
        return note_id

    def _receive(self, debts: list[Debt], calendar: Calendar) -> None:
        now = self.world.now
        runs: dict[tuple[int, str], Parts] = {}
        for debt in debts:
            for day, amount in debt.parts:
                if day < now:
                    runs.setdefault((day, debt.currency), []).append((debt, amount))
        bounced = self._bounce(runs, calendar)
        for (day, currency), parts in sorted(runs.items(), key=_by_day):
            bounces_on = bounced.get((day, currency))
            self._payment(day, currency, parts, bounces_on)

    def _bounce(self, runs: dict[tuple[int, str], Parts], calendar: Calendar) -> dict[tuple[int, str], int]:
        """Let some cheques of bad payers bounce, and be paid again later. Adds those payments to ``runs``."""
        profile = self.profile
        if profile.method is not PaymentMethod.CHEQUE or profile.payer is Payer.PUNCTUAL:
            return {}
        bounced: dict[tuple[int, str], int] = {}
        for day, currency in sorted(runs):
            again = (calendar.runs[profile.rhythm][day + 10], currency)
            if self.rng.random() > 0.05 or again in runs:
                continue
            bounces_on = calendar.add_working(day, 2)
            if bounces_on < self.world.now:
                bounced[day, currency] = bounces_on
                if again[0] < self.world.now:
                    runs[again] = list(runs[day, currency])
        return bounced

    def _payment(self, day: int, currency: str, parts: Parts, bounces_on: int | None) -> None:
        world = self.world
        payment_id = next(world.ids)
        moment = world.moment(day, _MONEY_SLOT + self.rng.getrandbits(3))
        settled = [
            (debt, share) for debt, amount in parts for share in self._pay(payment_id, debt, amount, day)
        ]
        allocated = sum(amount for _, amount in parts)
        spare = 0
        if bounces_on is None:
            spare = self._overpaid(day, allocated)
        else:
            for debt, share in settled:
                self._reverse(payment_id, debt, share, bounces_on)
            self._bounced(payment_id, allocated, currency, bounces_on)
        reversed_minor = 0 if bounces_on is None else allocated
        number = next(world.payments)
        self.rows.payment.append(
            Payment(
                payment_id,
                self.customer_id,
                f"P-{number}",
                self.profile.method,
                currency,
                allocated + spare,
                allocated - reversed_minor,
                reversed_minor,
                spare,
                world.dates[day],
                self._reference(currency, number),
                ACTOR,
                moment,
            )
        )

    def _overpaid(self, day: int, allocated: int) -> int:
        """What a recent payment brought beyond what was owed; older surpluses have found their place."""
        if day > self.world.now - 30 and self.rng.random() < 0.04:
            return allocated * (1 + self.rng.getrandbits(3)) // 100
        return 0

    def _reference(self, currency: str, number: int) -> str:
        method = self.profile.method
        if method is PaymentMethod.TRANSFER:
            return f"{_REFERENCES[currency]} {40_000_000 + number * 7}"
        return f"Cheque {1_000 + number}" if method is PaymentMethod.CHEQUE else f"Tarjeta {number:08d}"

    def _pay(self, payment_id: UUID, debt: Debt, amount: int, day: int) -> list[Share]:
        """Interest is paid before principal."""
        interest = min(amount, debt.charges - debt.charges_settled)
        split = ((debt.interest_id, interest), (None, amount - interest))
        return [
            self._allocate_money(payment_id, debt, charge_id, part, day) for charge_id, part in split if part
        ]

    def _allocate_money(
        self, payment_id: UUID, debt: Debt, charge_id: UUID | None, amount: int, day: int
    ) -> Share:
        world = self.world
        entry_id = next(world.ids)
        on, moment = world.dates[day], world.moments[day * SLOTS + _MONEY_SLOT + 8]
        self.rows.entry.append(
            Entry(
                entry_id,
                debt.id,
                self.customer_id,
                EntryKind.ALLOCATION,
                -amount,
                debt.currency,
                on,
                moment,
                charge_id,
                payment_id,
                None,
                None,
                False,
                ACTOR,
                None,
            )
        )
        self.rows.allocation.append(
            Allocation(next(world.ids), payment_id, None, debt.id, entry_id, amount, amount, on, moment)
        )
        debt.settled += amount
        if charge_id:
            debt.charges_settled += amount
        debt.money.append((day, amount))
        _happened(debt, day, charge_id)
        return Share(entry_id, charge_id, amount)

    def _allocate(
        self, payment_id: UUID | None, note_id: UUID | None, debt: Debt, entry_id: UUID, amount: int, day: int
    ) -> None:
        world = self.world
        self.rows.allocation.append(
            Allocation(
                next(world.ids),
                payment_id,
                note_id,
                debt.id,
                entry_id,
                amount,
                amount,
                world.date(day),
                world.moment(day, SLOTS - 1),
            )
        )

    def _bounced(self, payment_id: UUID, amount: int, currency: str, day: int) -> None:
        world = self.world
        self.rows.payment_reversal.append(
            PaymentReversal(
                next(world.ids),
                payment_id,
                self.customer_id,
                ReversalKind.BOUNCE,
                amount,
                currency,
                f"cartera:{payment_id}",
                notes.CHEQUE_BOUNCED,
                world.date(day),
                world.moment(day, SLOTS - 1),
                ACTOR,
            )
        )

    def _reverse(self, payment_id: UUID, debt: Debt, share: Share, day: int) -> None:
        """The cheque bounced: the debt is owed again."""
        world, amount = self.world, share.amount
        reversal_id = next(world.ids)
        self.rows.entry.append(
            Entry(
                reversal_id,
                debt.id,
                self.customer_id,
                EntryKind.REVERSAL,
                amount,
                debt.currency,
                world.date(day),
                world.moment(day, SLOTS - 1),
                share.charge_id,
                payment_id,
                None,
                share.entry_id,
                False,
                ACTOR,
                notes.CHEQUE_BOUNCED,
            )
        )
        self._allocate(payment_id, None, debt, reversal_id, -amount, day)
        debt.settled -= amount
        if share.charge_id:
            debt.charges_settled -= amount
        debt.bounced = True
        debt.money.append((day, -amount))
        _happened(debt, day, share.charge_id)

    def _receivables(self, debts: list[Debt], salesperson_id: UUID) -> None:
        wants_order = self.rng.random() < 0.3
        rows = self.rows.receivable
        for debt in debts:
            balance = debt.balance
            if balance == 0:
                debt.closed = debt.last_move
            rows.append(self._receivable(debt, balance, salesperson_id, wants_order))
            if debt.interest_id:
                self.rows.charge.append(self._interest(debt, debt.interest_id))

    def _interest(self, debt: Debt, charge_id: UUID) -> Charge:
        world = self.world
        day = next(move.day for move in debt.moves if move.kind is EntryKind.INTEREST)
        return Charge(
            charge_id,
            debt.id,
            self.customer_id,
            ChargeKind.INTEREST,
            "mx.commercial_interest",
            "Código de Comercio 362",
            debt.currency,
            debt.charges,
            debt.charges_settled,
            debt.charges - debt.charges_settled,
            world.date(day),
            world.date(day),
            world.moment(day, _MOVE_SLOT),
            ACTOR,
        )

    def _receivable(self, debt: Debt, balance: int, salesperson_id: UUID, wants_order: bool) -> Receivable:
        world, rng, country = self.world, self.rng, self.profile.country
        return Receivable(
            debt.id,
            self.customer_id,
            debt.number,
            debt.kind,
            debt.number,
            world.dates[debt.issued],
            world.dates[debt.due],
            world.overdue_from[debt.due],
            debt.currency,
            debt.amount,
            debt.charges,
            debt.settled,
            debt.charges_settled,
            _moved(debt, EntryKind.WRITE_OFF),
            _moved(debt, EntryKind.CANCELLATION),
            balance,
            state_of(
                debt.amount + debt.charges,
                debt.settled,
                written_off=_moved(debt, EntryKind.WRITE_OFF),
                cancelled=_moved(debt, EntryKind.CANCELLATION),
            ),
            world.dates[debt.last_principal] if balance == 0 else None,
            self.product_lines[rng.getrandbits(2)],
            _SALES_GROUPS[country],
            salesperson_id,
            f"OC-{rng.getrandbits(20)}" if wants_order else None,
            _einvoice_id(rng, country, debt.number),
            world.moments[debt.issued * SLOTS],
            world.moments[debt.last_move * SLOTS + SLOTS - 1],
        )


_SALES_GROUPS = {"MX": "Ventas México", "CO": "Ventas Colombia", "CL": "Ventas Chile"}


def _by_day(run: tuple[tuple[int, str], Parts]) -> tuple[int, str]:
    return run[0]


def _happened(debt: Debt, day: int, charge_id: UUID | None) -> None:
    if day > debt.last_move:
        debt.last_move = day
    if charge_id is None and day > debt.last_principal:
        debt.last_principal = day


def _moved(debt: Debt, kind: EntryKind) -> int:
    return -sum(move.amount for move in debt.moves if move.kind is kind)


def _einvoice_id(rng: Random, country: str, number: str) -> str:
    """The tax authority's id: UUID of a CFDI, CUFE (SHA-384) in Colombia, type and folio in Chile."""
    if country == "MX":
        text = f"{rng.getrandbits(128):032X}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-A{text[17:20]}-{text[20:]}"
    if country == "CO":
        return f"{rng.getrandbits(384):096x}"
    return f"33-{number.rpartition('-')[2]}"
