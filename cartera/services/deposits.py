"""Deposits of cheques and notes: money booked subject to collection, until the bank has paid or refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from cartera.calendars import banking_days
from cartera.db.idempotency import earlier, remember
from cartera.db.queries.instruments import links_of
from cartera.db.session import WriteTx
from cartera.db.tables.instruments import Instrument
from cartera.errors import refuse
from cartera.rules.instruments import InstrumentKind, InstrumentRole, InstrumentState, deposit_from
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.rules.permissions import Scope
from cartera.services.books import settle_up
from cartera.services.instruments import (
    InstrumentChanged,
    InstrumentTaken,
    NewInstrument,
    ask_for_deposits,
    check_day,
    held,
    move,
    require_step,
    take_in,
)
from cartera.services.payments import NewPayment, record_payment


@dataclass(frozen=True, slots=True)
class Deposit:
    """``deposited_on`` None: today."""

    instrument_id: UUID
    deposited_on: date | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Clearing:
    """``cleared_on`` None: today."""

    instrument_id: UUID
    cleared_on: date | None = None
    idempotency_key: str | None = None


async def receive_cheque(tx: WriteTx, new: NewInstrument) -> InstrumentTaken:
    """Take in a cheque that pays and, where a bank has taken it by today, book its deposit with it.

    It counts as deposited on the first banking day on or after both its date and its receipt; where that
    is still to come the cheque waits in the drawer. Refused: as ``register_instrument``.
    """
    tx.actor.require(Scope.INSTRUMENTS_WRITE)
    new = replace(new, kind=InstrumentKind.CHEQUE, role=InstrumentRole.PAYS)
    done = await earlier(tx, "receive_cheque", new.idempotency_key, new)
    if done is not None:
        return InstrumentTaken(done["instrument"], done.get("payment"), replayed=True)
    instrument = await take_in(tx, new)
    day = deposit_from(max(new.due_on, new.received_on), banking_days(tx.organization.country))
    payment_id = None
    if day <= tx.today:
        payment_id = await _book(tx, instrument, day)
    else:
        await ask_for_deposits(tx, [new.customer_id])
        await settle_up(tx, [new.customer_id])
    await remember(tx, "receive_cheque", new.idempotency_key, instrument=instrument.id, payment=payment_id)
    return InstrumentTaken(instrument.id, payment_id, replayed=False)


async def deposit_instrument(tx: WriteTx, deposit: Deposit) -> InstrumentTaken:
    """Book its money on its receivables as far as still owed; what bounced may be presented once more.

    Refused: INSTRUMENT_NOT_HELD, INSTRUMENT_NOT_DUE, DATE_IN_FUTURE, DATE_TOO_EARLY, NOT_A_BANKING_DAY,
    NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.INSTRUMENTS_WRITE)
    done = await earlier(tx, "deposit_instrument", deposit.idempotency_key, deposit)
    if done is not None:
        return InstrumentTaken(done["instrument"], done["payment"], replayed=True)
    instrument = await held(tx, deposit.instrument_id)
    require_step(instrument, InstrumentState.DEPOSITED)
    day = deposit.deposited_on or tx.today
    _check_day(tx, instrument, day)
    payment_id = await _book(tx, instrument, day)
    await remember(
        tx, "deposit_instrument", deposit.idempotency_key, instrument=instrument.id, payment=payment_id
    )
    return InstrumentTaken(instrument.id, payment_id, replayed=False)


async def clear_instrument(tx: WriteTx, clearing: Clearing) -> InstrumentChanged:
    """The bank has paid: the money booked at deposit stands.

    Refused: INSTRUMENT_NOT_DEPOSITED, DATE_IN_FUTURE, DATE_TOO_EARLY, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.INSTRUMENTS_WRITE)
    done = await earlier(tx, "clear_instrument", clearing.idempotency_key, clearing)
    if done is not None:
        return InstrumentChanged(done["instrument"], replayed=True)
    instrument = await held(tx, clearing.instrument_id)
    require_step(instrument, InstrumentState.CLEARED)
    day = clearing.cleared_on or tx.today
    check_day(tx, day, instrument.deposited_on, "clearedOn")
    instrument.cleared_on = day
    move(tx, instrument, InstrumentState.CLEARED, cleared_on=day.isoformat())
    await remember(tx, "clear_instrument", clearing.idempotency_key, instrument=instrument.id)
    return InstrumentChanged(instrument.id, replayed=False)


def deposit_id(instrument: Instrument) -> str:
    """The external id of the payment of its latest deposit, and of the reversal of that."""
    return f"instrument:{instrument.id}:{instrument.deposit_count}"


def _check_day(tx: WriteTx, instrument: Instrument, day: date) -> None:
    if day < instrument.due_on:
        raise refuse("INSTRUMENT_NOT_DUE", "depositedOn", due_on=instrument.due_on.isoformat())
    check_day(tx, day, max(instrument.received_on, instrument.bounced_on or date.min), "depositedOn")
    is_banking_day = banking_days(tx.organization.country)
    if not is_banking_day(day):
        following = deposit_from(day, is_banking_day)
        raise refuse("NOT_A_BANKING_DAY", "depositedOn", next=following.isoformat())


async def _book(tx: WriteTx, instrument: Instrument, day: date) -> UUID:
    """Book the payment; that settles up, so all else of the step is done before."""
    links = await links_of(tx, instrument.id)
    instrument.deposit_count += 1
    instrument.deposited_on = day
    move(tx, instrument, InstrumentState.DEPOSITED, deposited_on=day.isoformat())
    await ask_for_deposits(tx, [instrument.customer_id])
    new = NewPayment(
        instrument.customer_id,
        # What a note brings in is no cheque.
        PaymentMethod.CHEQUE if instrument.kind == InstrumentKind.CHEQUE else PaymentMethod.OTHER,
        Money(instrument.amount_minor, instrument.currency),
        day,
        external_id=deposit_id(instrument),
        reference=instrument.number,
        lines=links,
    )
    recorded = await record_payment(tx, new)
    instrument.payment_id = recorded.payment_id
    return recorded.payment_id
