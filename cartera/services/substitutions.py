"""Substitution (novación): a cheque or note becomes the debt, and takes the place of what it was for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cartera.calendars import banking_days
from cartera.checks import check_text
from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries.instruments import is_spoken_for, links_of, substitution_entries
from cartera.db.queries.locks import lock
from cartera.db.session import WriteTx
from cartera.db.tables.instruments import Instrument, SubstitutionEntry
from cartera.db.tables.receivables import Entry, Receivable
from cartera.errors import refuse
from cartera.rules.aging import HolidayPolicy, overdue_from
from cartera.rules.imputation import Part, impute
from cartera.rules.instruments import InstrumentState, state_before_substitution
from cartera.rules.outbox import ChangeKind
from cartera.rules.periods import effective
from cartera.rules.permissions import Scope
from cartera.rules.receivables import EntryKind, ReceivableKind, ReceivableState
from cartera.services.books import settle_up
from cartera.services.charges import accrue_to
from cartera.services.instruments import (
    InstrumentChanged,
    ask_for_deposits,
    held,
    move,
    require_step,
)
from cartera.services.ledger import Ledger
from cartera.services.promises import renegotiate_promises


@dataclass(frozen=True, slots=True)
class Substitution:
    """The instrument takes the place of all that is still owed of what it is for, as far as linked."""

    instrument_id: UUID
    note: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Substituted:
    """``receivable_id``: the new debt."""

    instrument_id: UUID
    receivable_id: UUID
    replayed: bool


@dataclass(frozen=True, slots=True)
class Undoing:
    instrument_id: UUID
    note: str | None = None
    idempotency_key: str | None = None


async def substitute(tx: WriteTx, act: Substitution) -> Substituted:
    """Close the linked debts as far as linked and still owed, and issue a new one for exactly that sum.

    It takes effect today, after the originals' running interest is posted, as before money; the new debt is
    due on the instrument's date, or today where that has passed. Pending promises about the originals are
    renegotiated: the paper is the new word.
    Refused: INSTRUMENT_NOT_HELD, NOTHING_TO_SUBSTITUTE, TOO_LONG, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.INSTRUMENTS_WRITE)
    tx.actor.require(Scope.BOOKS_WRITE)
    check_text(act.note, "note")
    done = await earlier(tx, "substitute", act.idempotency_key, act)
    if done is not None:
        return Substituted(done["instrument"], done["receivable"], replayed=True)
    instrument = await held(tx, act.instrument_id)
    require_step(instrument, InstrumentState.SUBSTITUTED)
    links = await links_of(tx, instrument.id)
    locked = await lock(tx, customers=[instrument.customer_id], receivables=[key for key, _ in links])
    ledger = await Ledger.of(tx, locked.receivables)
    await accrue_to(tx, ledger, locked.receivables.values(), tx.today)
    order = ledger.order_of(instrument.customer_id)
    # Of each original its charges and its principal, in the order in which money would pay them.
    parts = [part for key, minor in links for part in impute(minor, [ledger.debt(key)], order)]
    if not parts:
        raise refuse("NOTHING_TO_SUBSTITUTE", "instrumentId")
    new = await _issue(tx, instrument, sum(part.amount for part in parts))
    await _close(tx, ledger, instrument, new, parts, act.note)
    await renegotiate_promises(tx, instrument.customer_id, {part.receivable_id for part in parts})
    instrument.substitute_receivable_id = new.id
    move(tx, instrument, InstrumentState.SUBSTITUTED, receivable=str(new.id), note=act.note)
    await ask_for_deposits(tx, [instrument.customer_id])
    await settle_up(tx, [instrument.customer_id])
    await remember(tx, "substitute", act.idempotency_key, instrument=instrument.id, receivable=new.id)
    return Substituted(instrument.id, new.id, replayed=False)


async def undo_substitution(tx: WriteTx, act: Undoing) -> InstrumentChanged:
    """Cancel the new debt, as long as nobody has touched it, and let the originals stand again.

    Interest that was posted with the substitution stays owed: the days ran all the same. Promises that it
    renegotiated stay so: the customer has given no word since, and is to be asked for a new one.
    Refused: INSTRUMENT_NOT_SUBSTITUTED, SUBSTITUTE_IN_USE, TOO_LONG, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.INSTRUMENTS_WRITE)
    tx.actor.require(Scope.BOOKS_WRITE)
    check_text(act.note, "note")
    done = await earlier(tx, "undo_substitution", act.idempotency_key, act)
    if done is not None:
        return InstrumentChanged(done["instrument"], replayed=True)
    instrument = await held(tx, act.instrument_id)
    if instrument.substitute_receivable_id is None:
        raise refuse("INSTRUMENT_NOT_SUBSTITUTED", "instrumentId", state=instrument.state)
    await _reopen(tx, instrument, instrument.substitute_receivable_id, act.note)
    instrument.substitute_receivable_id = None
    move(tx, instrument, state_before_substitution(instrument.deposit_count), note=act.note)
    await ask_for_deposits(tx, [instrument.customer_id])
    await settle_up(tx, [instrument.customer_id])
    await remember(tx, "undo_substitution", act.idempotency_key, instrument=instrument.id)
    return InstrumentChanged(instrument.id, replayed=False)


async def _issue(tx: WriteTx, instrument: Instrument, minor: int) -> Receivable:
    """The new debt, with its issue entry."""
    issued_on = tx.today
    due_on = max(instrument.due_on, issued_on)
    policy = HolidayPolicy(tx.organization.holiday_policy)
    receivable = Receivable(
        organization_id=tx.organization_id,
        id=(key := new_id()),
        customer_id=instrument.customer_id,
        external_id=f"substitution:{key}",
        # The kinds of instruments bear the names of the kinds of debts that they become.
        kind=ReceivableKind(instrument.kind),
        number=instrument.number,
        issued_on=issued_on,
        due_on=due_on,
        overdue_from=overdue_from(due_on, policy, banking_days(tx.organization.country)),
        currency=instrument.currency,
        amount_minor=minor,
        charges_minor=0,
        settled_minor=0,
        balance_minor=minor,
        state=ReceivableState.OPEN,
        substitutes_instrument_id=instrument.id,
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.session.add(receivable)
    await tx.session.flush()
    tx.session.add(_issue_entry(tx, receivable, issued_on))
    await tx.session.flush()
    return receivable


def _issue_entry(tx: WriteTx, receivable: Receivable, day: date) -> Entry:
    days = effective(day, tx.organization.closed_through)
    return Entry(
        organization_id=tx.organization_id,
        id=new_id(),
        receivable_id=receivable.id,
        customer_id=receivable.customer_id,
        kind=EntryKind.ISSUE,
        amount_minor=receivable.amount_minor,
        currency=receivable.currency,
        effective_on=days.effective_on,
        value_on=days.value_on,
        recorded_at=tx.now,
        actor=str(tx.actor),
    )


async def _close(
    tx: WriteTx,
    ledger: Ledger,
    instrument: Instrument,
    new: Receivable,
    parts: Sequence[Part],
    note: str | None,
) -> None:
    closed = [
        ledger.settle(
            part.receivable_id,
            part.amount,
            EntryKind.SUBSTITUTION,
            on=tx.today,
            charge_id=part.charge_id,
            note=note,
        )
        for part in parts
    ]
    await ledger.write()
    tx.session.add_all(
        SubstitutionEntry(
            organization_id=tx.organization_id,
            entry_id=entry_id,
            instrument_id=instrument.id,
            receivable_id=new.id,
        )
        for entry_id in closed
    )


async def _reopen(tx: WriteTx, instrument: Instrument, new_key: UUID, note: str | None) -> None:
    links = await links_of(tx, instrument.id)
    locked = await lock(
        tx, customers=[instrument.customer_id], receivables=[new_key, *(key for key, _ in links)]
    )
    new = locked.receivables[new_key]
    if new.settled_minor or new.charges_minor or await is_spoken_for(tx, new_key):
        raise refuse("SUBSTITUTE_IN_USE", "instrumentId")
    ledger = await Ledger.of(tx, locked.receivables)
    for entry in await substitution_entries(tx, new_key):
        ledger.reverse(entry, -entry.amount_minor, on=tx.today, note=note)
    ledger.settle(new_key, new.amount_minor, EntryKind.CANCELLATION, on=tx.today, note=note)
    await ledger.write()
    tell_screens(tx, ChangeKind.CUSTOMER, instrument.customer_id, instrument.customer_id)
