"""Exchange differences: what allocations gain or lose in the base currency, as rows of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import aliased

from cartera.db.base import new_id
from cartera.db.queries.exchange_rates import base_rates
from cartera.db.queries.ledger import Standing
from cartera.db.session import WriteTx
from cartera.db.tables.payments import Allocation, ExchangeDifference, Payment
from cartera.db.tables.receivables import Entry, Receivable
from cartera.errors import refuse
from cartera.rules.exchange import Rate, cross, difference
from cartera.rules.money import Money, MoneyError
from cartera.rules.rates import MAX_VALUE


@dataclass(frozen=True, slots=True)
class Settled:
    """An allocation: ``amount`` of the receivable for ``spent`` of the payment, minor units of each."""

    allocation_id: UUID
    receivable: Receivable
    # When that part of the receivable came into the books: its issue, or the posting of a charge.
    booked_on: date
    amount: int
    payment: Payment
    spent: int
    # When its entry takes effect, and so the difference.
    effective_on: date


@dataclass(frozen=True, slots=True)
class Undone:
    """The allocation that undoes ``amount`` (minor units of the receivable's currency) of another."""

    allocation_id: UUID
    standing: Standing
    amount: int
    effective_on: date


async def rate_between(
    tx: WriteTx, payment_currency: str, payment_day: date, currency: str, *path: str
) -> Rate:
    """Units of ``currency`` for one of the payment's, on the day it came in.

    Refused: NO_EXCHANGE_RATE, where the organization's table has none for one of them on or before that day;
    RATE_OUT_OF_RANGE, where one is so many times the other that the rate is a slip of the keyboard.
    """
    wanted = [(payment_currency, payment_day), (currency, payment_day)]
    rates = await base_rates(tx, wanted)
    for each, _ in wanted:
        if (each, payment_day) not in rates:
            raise refuse("NO_EXCHANGE_RATE", *path, currency=each, day=payment_day.isoformat())
    found = cross(rates[payment_currency, payment_day], rates[currency, payment_day])
    if not 0 < found.value <= MAX_VALUE:
        raise refuse("RATE_OUT_OF_RANGE", *path, most=str(MAX_VALUE))
    return found


async def differences(
    tx: WriteTx, settled: Sequence[Settled], undone: Sequence[Undone]
) -> list[dict[str, Any]]:
    """Rows of exchange differences; none where a rate is missing, and none where all is in base currency.

    Refused: TOO_LARGE, where what was settled is worth more in base currency than money can be.
    """
    return [*await _made(tx, settled), *await _taken_back(tx, undone)]


async def _made(tx: WriteTx, settled: Sequence[Settled]) -> list[dict[str, Any]]:
    base = tx.organization.base_currency
    foreign = [each for each in settled if {each.receivable.currency, each.payment.currency} != {base}]
    if not foreign:
        return []
    rates = await base_rates(
        tx, {day for each in foreign for day in (_booked(each), _received(each.payment))}
    )
    rows = []
    for each in foreign:
        booked, received = rates.get(_booked(each)), rates.get(_received(each.payment))
        if booked and received:
            amount = _difference(each, booked.value, received.value, base)
            if amount:
                customer_id = each.payment.customer_id
                rows.append(_row(tx, each.allocation_id, customer_id, amount, each.effective_on))
                rows[-1] |= {"booked_rate": booked.value, "settled_rate": received.value}
    return rows


def _difference(settled: Settled, booked: Decimal, received: Decimal, base: str) -> int:
    try:
        return difference(
            booked=Money(settled.amount, settled.receivable.currency),
            booked_rate=booked,
            received=Money(settled.spent, settled.payment.currency),
            rate=received,
            base=base,
        )
    except MoneyError as error:
        raise refuse(error.code, "amount", currency=base) from None


async def _taken_back(tx: WriteTx, undone: Sequence[Undone]) -> list[dict[str, Any]]:
    """A difference falls with its allocation, in proportion; the last of it takes the rest."""
    if not undone:
        return []
    left = await _left(tx, {each.standing.allocation.id for each in undone})
    rows = []
    for each in undone:
        known = left.get(each.standing.allocation.id)
        if known is None:
            continue
        minor, booked_rate, settled_rate = known
        amount = -(minor * each.amount // each.standing.left)
        if amount:
            customer_id = each.standing.entry.customer_id
            rows.append(_row(tx, each.allocation_id, customer_id, amount, each.effective_on))
            rows[-1] |= {"booked_rate": booked_rate, "settled_rate": settled_rate}
    return rows


async def _left(tx: WriteTx, allocations: set[UUID]) -> dict[UUID, tuple[int, Any, Any]]:
    """By allocation, what its reversals have left of its difference, and its two rates."""
    root, entry = aliased(Allocation), aliased(Entry)
    rows = await tx.session.execute(
        select(
            root.id,
            cast(func.sum(ExchangeDifference.amount_minor), BigInteger),
            func.min(ExchangeDifference.booked_rate),
            func.min(ExchangeDifference.settled_rate),
        )
        .join(Allocation, Allocation.id == ExchangeDifference.allocation_id)
        .join(entry, entry.id == Allocation.entry_id)
        .join(root, root.entry_id == func.coalesce(entry.reverses_id, entry.id))
        .where(root.id.in_(allocations))
        .group_by(root.id)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _booked(settled: Settled) -> tuple[str, date]:
    return settled.receivable.currency, settled.booked_on


def _received(payment: Payment) -> tuple[str, date]:
    return payment.currency, payment.received_on


def _row(tx: WriteTx, allocation_id: UUID, customer_id: UUID, amount: int, day: date) -> dict[str, Any]:
    return {
        "organization_id": tx.organization_id,
        "id": new_id(),
        "allocation_id": allocation_id,
        "customer_id": customer_id,
        "amount_minor": amount,
        "currency": tx.organization.base_currency,
        "effective_on": day,
        "recorded_at": tx.now,
    }
