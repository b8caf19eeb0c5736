"""Cheques and promissory notes: taken in and given back, and what all their steps share (DOMAIN §1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from cartera.calendars import banking_days
from cartera.checks import LONGEST_AGO, LONGEST_NAME, check_text, check_words
from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries.instruments import afresh, giver_of, has_same, with_due_instrument
from cartera.db.queries.locks import lock
from cartera.db.queries.payments import oldest_open
from cartera.db.session import WriteTx
from cartera.db.tables.instruments import Instrument, InstrumentReceivable
from cartera.db.tables.receivables import Receivable
from cartera.errors import refuse
from cartera.rules.activities import TaskKind
from cartera.rules.allocation import Line
from cartera.rules.instruments import (
    LATEST_DAYS,
    InstrumentKind,
    InstrumentRole,
    InstrumentState,
    deposit_from,
    due_first,
    may_become,
    pauses_until,
)
from cartera.rules.money import MAX_MINOR, Money
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Scope
from cartera.services.allocations import check_lines
from cartera.services.books import settle_up
from cartera.services.tasks import close_reviews, open_review


@dataclass(frozen=True, slots=True)
class NewInstrument:
    """A paper received. Without ``lines`` one that pays is for what is due first.

    ``issued_on`` None: the day on which it was received, or its due date where that is earlier.
    """

    customer_id: UUID
    kind: InstrumentKind
    role: InstrumentRole
    number: str
    amount: Money
    due_on: date
    received_on: date
    lines: Sequence[Line] | None = None
    issued_on: date | None = None
    bank: str | None = None
    drawer_name: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class InstrumentTaken:
    """``payment_id``: what was booked where it could be deposited at once."""

    instrument_id: UUID
    payment_id: UUID | None
    replayed: bool


@dataclass(frozen=True, slots=True)
class Return:
    instrument_id: UUID
    note: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class InstrumentChanged:
    instrument_id: UUID
    replayed: bool


async def register_instrument(tx: WriteTx, new: NewInstrument) -> InstrumentTaken:
    """Take in a cheque or note. One that pays stops chasing of its receivables until its day and the grace.

    Refused: AMOUNT_NOT_POSITIVE, TOO_LARGE, WORDS_MISSING, TOO_LONG, NOT_TEXT, RECEIVED_IN_FUTURE,
    RECEIVED_LONG_AGO, DATE_TOO_EARLY, DUE_BEFORE_ISSUE, INSTRUMENT_TOO_FAR, NO_RECEIVABLES,
    TOO_MANY, RECEIVABLE_TWICE, LINES_EXCEED_INSTRUMENT, CURRENCY_MISMATCH, RECEIVABLE_NOT_OPEN,
    OVER_ALLOCATED, INSTRUMENT_KNOWN, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.INSTRUMENTS_WRITE)
    done = await earlier(tx, "register_instrument", new.idempotency_key, new)
    if done is not None:
        return InstrumentTaken(done["instrument"], None, replayed=True)
    instrument = await take_in(tx, new)
    await ask_for_deposits(tx, [new.customer_id])
    await settle_up(tx, [new.customer_id])
    await remember(tx, "register_instrument", new.idempotency_key, instrument=instrument.id)
    return InstrumentTaken(instrument.id, None, replayed=False)


async def return_instrument(tx: WriteTx, given: Return) -> InstrumentChanged:
    """Give the paper back to the customer: it pauses nothing any more.

    Refused: INSTRUMENT_NOT_HELD, TOO_LONG, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.INSTRUMENTS_WRITE)
    check_text(given.note, "note")
    done = await earlier(tx, "return_instrument", given.idempotency_key, given)
    if done is not None:
        return InstrumentChanged(done["instrument"], replayed=True)
    instrument = await held(tx, given.instrument_id)
    require_step(instrument, InstrumentState.RETURNED)
    move(tx, instrument, InstrumentState.RETURNED, note=given.note)
    await ask_for_deposits(tx, [instrument.customer_id])
    await settle_up(tx, [instrument.customer_id])
    await remember(tx, "return_instrument", given.idempotency_key, instrument=instrument.id)
    return InstrumentChanged(instrument.id, replayed=False)


async def ask_for_deposits(tx: WriteTx, customers: Collection[UUID]) -> None:
    """Have a task ask for the deposit of what a bank takes by now; close it where nothing is left to take.

    The caller holds the locks of the account rows and refreshes these afterwards.
    """
    await tx.session.flush()
    due = await with_due_instrument(tx, customers)
    await open_review(tx, due, TaskKind.DEPOSIT)
    await close_reviews(tx, set(customers) - due, TaskKind.DEPOSIT)


async def held(tx: WriteTx, instrument_id: UUID) -> Instrument:
    """The instrument as it is now, under its customer's lock. Raises NotFound."""
    customer_id = await giver_of(tx, instrument_id)
    await lock(tx, customers=[customer_id])
    return await afresh(tx, instrument_id)


def require_step(instrument: Instrument, target: InstrumentState) -> None:
    """Refuse what is not drawn, by what the instrument would have to be for it."""
    state = InstrumentState(instrument.state)
    if may_become(state, target):
        return
    if target in (InstrumentState.CLEARED, InstrumentState.BOUNCED):
        raise refuse("INSTRUMENT_NOT_DEPOSITED", "instrumentId", state=state.value)
    raise refuse("INSTRUMENT_NOT_HELD", "instrumentId", state=state.value)


def check_day(tx: WriteTx, day: date, earliest: date | None, path: str) -> None:
    """Refuse a day that is to come, or before what it follows: DATE_IN_FUTURE, DATE_TOO_EARLY."""
    if day > tx.today:
        raise refuse("DATE_IN_FUTURE", path, today=tx.today.isoformat())
    if earliest is not None and day < earliest:
        raise refuse("DATE_TOO_EARLY", path, earliest=earliest.isoformat())


def move(tx: WriteTx, instrument: Instrument, state: InstrumentState, **facts: Any) -> None:
    """Set the state, with its line in the audit."""
    tx.audit(
        f"instrument.{state}",
        "instrument",
        instrument.id,
        customer_id=instrument.customer_id,
        before={"state": instrument.state},
        after={"state": state, **{name: value for name, value in facts.items() if value is not None}},
    )
    instrument.state = state
    tell_screens(tx, ChangeKind.INSTRUMENT, instrument.id, instrument.customer_id)


async def take_in(tx: WriteTx, new: NewInstrument) -> Instrument:
    """Lock, check and add; the caller asks for deposits and settles up."""
    new = replace(new, number=new.number.strip(), bank=_plain(new.bank), drawer_name=_plain(new.drawer_name))
    check_new(tx, new)
    await lock(tx, customers=[new.customer_id])
    if new.lines is None:
        receivables = await oldest_open(tx, new.customer_id, new.amount)
    else:
        receivables = [receivable_id for receivable_id, _ in new.lines]
    locked = await lock(tx, customers=[new.customer_id], receivables=receivables, named_in="lines")
    lines = _lines(new, locked.receivables)
    if await has_same(tx, new.customer_id, new.kind, new.bank, new.number):
        raise refuse("INSTRUMENT_KNOWN", "number")
    instrument = _row(tx, new)
    tx.session.add(instrument)
    await tx.session.flush()
    tx.session.add_all(
        InstrumentReceivable(
            organization_id=tx.organization_id,
            instrument_id=instrument.id,
            receivable_id=receivable_id,
            amount_minor=amount,
        )
        for receivable_id, amount in lines
    )
    _audit_new(tx, instrument, lines)
    await tx.session.flush()
    return instrument


def _plain(text: str | None) -> str | None:
    return (text or "").strip() or None


def check_new(tx: WriteTx, new: NewInstrument) -> None:
    """Refuse what ``register_instrument`` says of an instrument by itself, whatever is on the books."""
    if new.amount.minor <= 0:
        raise refuse("AMOUNT_NOT_POSITIVE", "amount")
    if new.amount.minor > MAX_MINOR:
        raise refuse("TOO_LARGE", "amount")
    check_words(new.number, "number", longest=LONGEST_NAME)
    check_text(new.bank, "bank", longest=LONGEST_NAME)
    check_text(new.drawer_name, "drawerName", longest=LONGEST_NAME)
    if new.received_on > tx.today:
        raise refuse("RECEIVED_IN_FUTURE", "receivedOn", today=tx.today.isoformat())
    earliest = tx.today - LONGEST_AGO
    if new.received_on < earliest:
        raise refuse("RECEIVED_LONG_AGO", "receivedOn", earliest=earliest.isoformat())
    for field, day in (("issuedOn", new.issued_on), ("dueOn", new.due_on)):
        if day is not None and day < earliest:
            raise refuse("DATE_TOO_EARLY", field, earliest=earliest.isoformat())
    if new.issued_on is not None and new.due_on < new.issued_on:
        raise refuse("DUE_BEFORE_ISSUE", "dueOn", issued_on=new.issued_on.isoformat())
    latest = tx.today + timedelta(days=LATEST_DAYS[new.kind])
    if new.due_on > latest:
        raise refuse("INSTRUMENT_TOO_FAR", "dueOn", latest=latest.isoformat())
    _check_lines(new)


def _check_lines(new: NewInstrument) -> None:
    if new.lines is None and new.role is InstrumentRole.PAYS:
        return
    lines = new.lines or ()
    if not lines:
        raise refuse("NO_RECEIVABLES", "lines")
    check_lines(lines, "lines")
    if sum(amount for _, amount in lines) > new.amount.minor:
        raise refuse("LINES_EXCEED_INSTRUMENT", "lines")


def _lines(new: NewInstrument, receivables: dict[UUID, Receivable]) -> list[Line]:
    """What it is for; checked against what is owed."""
    if new.lines is None:
        return due_first(
            new.amount.minor, [(row.due_on, row.id, row.balance_minor) for row in receivables.values()]
        )
    if any(row.currency != new.amount.currency for row in receivables.values()):
        raise refuse("CURRENCY_MISMATCH", "lines", currency=new.amount.currency)
    for receivable_id, amount in new.lines:
        balance = receivables[receivable_id].balance_minor
        if balance == 0:
            raise refuse("RECEIVABLE_NOT_OPEN", "lines")
        if amount > balance:
            raise refuse("OVER_ALLOCATED", "lines")
    return list(new.lines)


def _row(tx: WriteTx, new: NewInstrument) -> Instrument:
    is_banking_day = banking_days(tx.organization.country)
    return Instrument(
        organization_id=tx.organization_id,
        id=new_id(),
        customer_id=new.customer_id,
        kind=new.kind,
        role=new.role,
        number=new.number,
        bank=new.bank,
        drawer_name=new.drawer_name,
        currency=new.amount.currency,
        amount_minor=new.amount.minor,
        issued_on=new.issued_on or min(new.due_on, new.received_on),
        due_on=new.due_on,
        deposit_from=deposit_from(new.due_on, is_banking_day),
        pauses_until=pauses_until(new.due_on, tx.organization.grace_banking_days, is_banking_day),
        state=InstrumentState.RECEIVED,
        payment_id=None,
        deposit_count=0,
        bounce_count=0,
        substitute_receivable_id=None,
        received_on=new.received_on,
        deposited_on=None,
        cleared_on=None,
        bounced_on=None,
        bounce_reason=None,
        actor=str(tx.actor),
        recorded_at=tx.now,
    )


def _audit_new(tx: WriteTx, instrument: Instrument, lines: Sequence[Line]) -> None:
    tx.audit(
        "instrument.register",
        "instrument",
        instrument.id,
        customer_id=instrument.customer_id,
        after={
            "kind": instrument.kind,
            "role": instrument.role,
            "number": instrument.number,
            "amount_minor": instrument.amount_minor,
            "currency": instrument.currency,
            "due_on": instrument.due_on.isoformat(),
            "lines": {str(receivable_id): amount for receivable_id, amount in lines},
        },
    )
    tell_screens(tx, ChangeKind.INSTRUMENT, instrument.id, instrument.customer_id)
