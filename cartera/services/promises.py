"""Promises: make and cancel them, and bring them up to what money proves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from cartera.actors import ActorKind
from cartera.calendars import banking_days
from cartera.checks import check_count, check_text
from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries.locks import lock
from cartera.db.queries.promises import open_balances, pending_promises, pledges, promisor_of
from cartera.db.session import WriteTx
from cartera.db.tables.promises import Promise, PromiseReceivable
from cartera.db.tables.receivables import Receivable
from cartera.errors import NotFound, refuse
from cartera.rules.money import Money
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Scope
from cartera.rules.promises import LATEST_DAYS, PromiseChannel, PromiseState, last_day, superseded
from cartera.services.books import settle_up
from cartera.services.proof import prove_promises


@dataclass(frozen=True, slots=True)
class NewPromise:
    """``amount`` by ``due_on``, for the receivables named: all of one customer and one currency."""

    customer_id: UUID
    receivable_ids: Collection[UUID]
    amount: Money
    due_on: date
    channel: PromiseChannel
    note: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class PromiseMade:
    promise_id: UUID
    replayed: bool


async def make_promise(tx: WriteTx, new: NewPromise) -> PromiseMade:
    """Note a promise to pay; it pauses chasing of its receivables until its last day.

    Pending promises about the same receivables stand beside it as instalments as far as all of them fit
    within what is owed; the others are renegotiated. Refused: AMOUNT_NOT_POSITIVE,
    PROMISE_IN_PAST, PROMISE_TOO_FAR, NO_RECEIVABLES, TOO_MANY, RECEIVABLE_NOT_OPEN,
    CURRENCY_MISMATCH, PROMISE_ABOVE_BALANCE, TOO_LONG, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.PROMISES_WRITE)
    new = replace(new, receivable_ids=tuple(sorted(set(new.receivable_ids))))
    done = await earlier(tx, "make_promise", new.idempotency_key, new)
    if done is not None:
        return PromiseMade(done["promise"], replayed=True)
    _check_promise(tx, new)
    check_text(new.note, "note")
    locked = await lock(tx, customers=[new.customer_id], receivables=new.receivable_ids)
    _check_receivables(new, locked.receivables.values())
    await _renegotiate(tx, new)
    promise = _add_promise(tx, new)
    await tx.session.flush()
    tx.session.add_all(
        PromiseReceivable(
            organization_id=tx.organization_id, promise_id=promise.id, receivable_id=receivable_id
        )
        for receivable_id in new.receivable_ids
    )
    # A payment that took its time of day later may have come before us all the same.
    await settle_up(tx, [new.customer_id])
    tell_screens(tx, ChangeKind.PROMISE, promise.id, new.customer_id)
    await remember(tx, "make_promise", new.idempotency_key, promise=promise.id)
    return PromiseMade(promise.id, replayed=False)


async def cancel_promise(tx: WriteTx, promise_id: UUID, note: str | None = None) -> None:
    """Take back a pending promise: chasing goes on. Refused: PROMISE_NOT_PENDING, TOO_LONG, NOT_FOUND.

    Cancelled shortly before its date, or later, it counts as broken in the kept rate.
    """
    tx.actor.require(Scope.PROMISES_WRITE)
    check_text(note, "note")
    customer_id = await promisor_of(tx, promise_id)
    await lock(tx, customers=[customer_id])
    pending = {promise.id: promise for promise in await pending_promises(tx, customer_id)}
    if promise_id not in pending:
        raise refuse("PROMISE_NOT_PENDING", "promiseId")
    _withdraw(tx, pending[promise_id], PromiseState.CANCELLED, note=note)
    await settle_up(tx, [customer_id])


async def renegotiate_promises(tx: WriteTx, customer_id: UUID, receivable_ids: Collection[UUID]) -> None:
    """A plan or a paper takes the place of pending promises about any of these; under the account's lock."""
    pending = {promise.id: promise for promise in await pending_promises(tx, customer_id)}
    if not pending:
        return
    for pledge in (await pledges(tx, pending.values())).values():
        if pledge.receivable_ids & set(receivable_ids):
            _withdraw(tx, pending[pledge.promise_id], PromiseState.RENEGOTIATED)


def _check_promise(tx: WriteTx, new: NewPromise) -> None:
    if new.amount.minor <= 0:
        raise refuse("AMOUNT_NOT_POSITIVE", "amount")
    if new.due_on < tx.today:
        raise refuse("PROMISE_IN_PAST", "dueOn", today=tx.today.isoformat())
    latest = tx.today + timedelta(days=LATEST_DAYS[new.channel])
    if new.due_on > latest:
        raise refuse("PROMISE_TOO_FAR", "dueOn", latest=latest.isoformat())
    if not new.receivable_ids:
        raise refuse("NO_RECEIVABLES", "receivableIds")
    check_count(new.receivable_ids, "receivableIds")
    check_text(new.note, "note")
    # A portal session sees just the receivables of its link, where that names any.
    shown = tx.actor.receivable_ids if tx.actor.kind is ActorKind.PORTAL else ()
    if shown and not set(new.receivable_ids) <= set(shown):
        raise NotFound("receivable", "receivableIds")


def _check_receivables(new: NewPromise, receivables: Collection[Receivable]) -> None:
    if any(row.currency != new.amount.currency for row in receivables):
        raise refuse("CURRENCY_MISMATCH", "amount", currency=new.amount.currency)
    if any(row.balance_minor == 0 for row in receivables):
        raise refuse("RECEIVABLE_NOT_OPEN", "receivableIds")
    balance = Money(sum(row.balance_minor for row in receivables), new.amount.currency)
    if balance < new.amount:
        raise refuse("PROMISE_ABOVE_BALANCE", "amount", balance=balance.decimal, currency=balance.currency)


async def _renegotiate(tx: WriteTx, new: NewPromise) -> None:
    pending = {promise.id: promise for promise in await pending_promises(tx, new.customer_id)}
    if not pending:
        return
    replaced = superseded(
        (await pledges(tx, pending.values())).values(),
        receivable_ids=frozenset(new.receivable_ids),
        promised=new.amount.minor,
        balances=await open_balances(tx, new.customer_id),
    )
    for pledge in replaced:
        _withdraw(tx, pending[pledge.promise_id], PromiseState.RENEGOTIATED)
    if replaced:
        await prove_promises(tx, [new.customer_id])


def _withdraw(tx: WriteTx, promise: Promise, state: PromiseState, note: str | None = None) -> None:
    tx.audit(
        f"promise.{state}",
        "promise",
        promise.id,
        customer_id=promise.customer_id,
        before={"state": promise.state},
        after={"state": state, "note": note},
    )
    promise.state = state
    promise.resolved_on = tx.today
    tell_screens(tx, ChangeKind.PROMISE, promise.id, promise.customer_id)


def _add_promise(tx: WriteTx, new: NewPromise) -> Promise:
    is_banking_day = banking_days(tx.organization.country)
    promise = Promise(
        organization_id=tx.organization_id,
        id=new_id(),
        customer_id=new.customer_id,
        amount_minor=new.amount.minor,
        currency=new.amount.currency,
        due_on=new.due_on,
        last_day=last_day(new.due_on, tx.organization.grace_banking_days, is_banking_day),
        state=PromiseState.PENDING,
        received_minor=0,
        channel=new.channel,
        member_id=tx.actor.member_id,
        note=new.note,
        created_at=tx.now,
        resolved_on=None,
    )
    tx.session.add(promise)
    tx.audit(
        "promise.make",
        "promise",
        promise.id,
        customer_id=new.customer_id,
        after={
            "amount_minor": new.amount.minor,
            "currency": new.amount.currency,
            "due_on": new.due_on.isoformat(),
            "channel": new.channel,
            "receivables": [str(receivable_id) for receivable_id in new.receivable_ids],
        },
    )
    return promise
