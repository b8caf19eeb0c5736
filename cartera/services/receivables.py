"""Receivables that nobody will pay: write them off, take that back, cancel what was never owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from cartera.checks import check_count, check_words
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries.accounts import base_factors
from cartera.db.queries.ledger import has_paid_charges, unreversed
from cartera.db.queries.locks import lock
from cartera.db.queries.receivables import debtors_of
from cartera.db.session import WriteTx
from cartera.db.tables.receivables import Receivable
from cartera.errors import refuse
from cartera.rules.allocation import owed
from cartera.rules.imputation import impute
from cartera.rules.money import Money
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Scope
from cartera.rules.receivables import EntryKind, ReceivableState
from cartera.services.books import settle_up
from cartera.services.ledger import Ledger


@dataclass(frozen=True, slots=True)
class WriteOff:
    """Give up what is open on receivables; ``reason`` is for whoever reads the books later."""

    receivable_ids: Sequence[UUID]
    reason: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Reinstatement:
    """What was written off is owed again."""

    receivable_id: UUID
    reason: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The document was void from the start: nothing of it is owed any more."""

    receivable_id: UUID
    reason: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class ReceivablesChanged:
    receivable_ids: tuple[UUID, ...]
    replayed: bool


async def write_off(tx: WriteTx, new: WriteOff) -> ReceivablesChanged:
    """Write off principal and charges, each by its entry; money that comes later recovers them.

    Who may not change the books may write off small rests, up to the organization's limit for one
    receivable. Refused: NO_RECEIVABLES, TOO_MANY, WORDS_MISSING, TOO_LONG, RECEIVABLE_NOT_OPEN,
    WRITE_OFF_NEEDS_APPROVAL, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.PAYMENTS_WRITE)
    new = replace(new, receivable_ids=_checked(new.receivable_ids), reason=check_words(new.reason, "reason"))
    done = await earlier(tx, "write_off", new.idempotency_key, new)
    if done is not None:
        return ReceivablesChanged(tuple(new.receivable_ids), replayed=True)
    rows = await _locked(tx, new.receivable_ids)
    for row in rows.values():
        _require_open(row)
    await _require_small(tx, rows.values())
    ledger = await Ledger.of(tx, rows)
    for row in rows.values():
        before = _facts(row)
        debt = ledger.debt(row.id)
        parts = impute(owed(debt), [debt], ledger.order_of(row.customer_id))
        ledger.write_off(row.id, parts, on=tx.today, note=new.reason)
        _audit(tx, "receivable.write_off", row, before, new.reason)
    await _finish(tx, ledger)
    await remember(tx, "write_off", new.idempotency_key)
    return ReceivablesChanged(tuple(new.receivable_ids), replayed=False)


async def reinstate(tx: WriteTx, new: Reinstatement) -> ReceivablesChanged:
    """Take a write-off back, as far as it was not recovered.

    Refused: WORDS_MISSING, TOO_LONG, NOT_WRITTEN_OFF, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.BOOKS_WRITE)
    new = replace(new, reason=check_words(new.reason, "reason"))
    done = await earlier(tx, "reinstate", new.idempotency_key, new)
    if done is not None:
        return ReceivablesChanged((new.receivable_id,), replayed=True)
    rows = await _locked(tx, [new.receivable_id], "receivableId")
    row = rows[new.receivable_id]
    if row.written_off_minor == 0:
        raise refuse("NOT_WRITTEN_OFF", "receivableId")
    ledger, before = await Ledger.of(tx, rows), _facts(row)
    left = dict(ledger.given_up)
    for entry in await unreversed(tx, row.id, EntryKind.WRITE_OFF):
        amount = min(-entry.amount_minor, left.get((row.id, entry.charge_id), 0))
        if amount:
            ledger.reverse(entry, amount, on=tx.today, note=new.reason)
            left[row.id, entry.charge_id] -= amount
    _audit(tx, "receivable.reinstate", row, before, new.reason)
    await _finish(tx, ledger)
    await remember(tx, "reinstate", new.idempotency_key, receivable=row.id)
    return ReceivablesChanged((row.id,), replayed=False)


async def cancel_receivable(tx: WriteTx, new: Cancellation) -> ReceivablesChanged:
    """Cancel what is open of a document that nobody has paid anything of, with its charges.

    What was waived of these nobody has paid.

    Refused: WORDS_MISSING, TOO_LONG, RECEIVABLE_NOT_OPEN, RECEIVABLE_PARTLY_SETTLED, NOT_FOUND,
    IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.BOOKS_WRITE)
    new = replace(new, reason=check_words(new.reason, "reason"))
    done = await earlier(tx, "cancel_receivable", new.idempotency_key, new)
    if done is not None:
        return ReceivablesChanged((new.receivable_id,), replayed=True)
    rows = await _locked(tx, [new.receivable_id], "receivableId")
    row = rows[new.receivable_id]
    _require_open(row, "receivableId")
    if row.settled_minor > row.charges_settled_minor or await has_paid_charges(tx, row.id):
        raise refuse("RECEIVABLE_PARTLY_SETTLED", "receivableId")
    ledger, before = await Ledger.of(tx, rows), _facts(row)
    debt = ledger.debt(row.id)
    for part in impute(owed(debt), [debt], ledger.order_of(row.customer_id)):
        kind = EntryKind.WAIVER if part.charge_id else EntryKind.CANCELLATION
        ledger.settle(row.id, part.amount, kind, on=tx.today, charge_id=part.charge_id, note=new.reason)
    _audit(tx, "receivable.cancel", row, before, new.reason)
    await _finish(tx, ledger)
    await remember(tx, "cancel_receivable", new.idempotency_key, receivable=row.id)
    return ReceivablesChanged((row.id,), replayed=False)


def _checked(receivable_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    if not receivable_ids:
        raise refuse("NO_RECEIVABLES", "receivableIds")
    check_count(receivable_ids, "receivableIds")
    return tuple(sorted(set(receivable_ids)))


async def _locked(
    tx: WriteTx, receivable_ids: Sequence[UUID], named_in: str = "receivableIds"
) -> dict[UUID, Receivable]:
    customers = await debtors_of(tx, receivable_ids, named_in)
    return (await lock(tx, customers=customers, receivables=receivable_ids)).receivables


def _require_open(row: Receivable, named_in: str = "receivableIds") -> None:
    if row.state not in (ReceivableState.OPEN, ReceivableState.PARTIALLY_PAID):
        raise refuse("RECEIVABLE_NOT_OPEN", named_in, number=row.number)


async def _require_small(tx: WriteTx, rows: Any) -> None:
    if tx.actor.can(Scope.BOOKS_WRITE):
        return
    base, limit = tx.organization.base_currency, tx.organization.write_off_limit_minor
    factors = await base_factors(tx)
    for row in rows:
        factor = factors.get(row.currency)
        if factor is None or row.balance_minor * factor > limit:
            most = Money(limit, base)
            raise refuse("WRITE_OFF_NEEDS_APPROVAL", "receivableIds", limit=most.decimal, currency=base)


def _facts(row: Receivable) -> dict[str, Any]:
    return {"state": row.state, "balance_minor": row.balance_minor}


def _audit(tx: WriteTx, action: str, row: Receivable, before: dict[str, Any], reason: str) -> None:
    after = _facts(row) | {"reason": reason, "role": tx.actor.role}
    tx.audit(action, "receivable", row.id, customer_id=row.customer_id, before=before, after=after)


async def _finish(tx: WriteTx, ledger: Ledger) -> None:
    await ledger.write()
    await settle_up(tx, {row.customer_id for row in ledger.receivables.values()})
    for row in ledger.receivables.values():
        tell_screens(tx, ChangeKind.RECEIVABLE, row.id, row.customer_id)
