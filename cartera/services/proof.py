"""Proof of promises: what money has come in by now decides their state (DOMAIN §3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from cartera.db.outbox import tell_screens
from cartera.db.queries.promises import (
    Waiting,
    evidence,
    pledges,
    promises_in_play,
    still_owed,
    waiting_money,
)
from cartera.db.queries.reminders import standings
from cartera.db.queries.tasks import open_tasks
from cartera.db.session import WriteTx
from cartera.db.tables.promises import Promise
from cartera.rules.activities import TaskKind
from cartera.rules.outbox import ChangeKind
from cartera.rules.promises import PromiseState, awaits_application, outcome, prove, shaken
from cartera.rules.reminders import money_in_sight
from cartera.services.tasks import close_reviews, open_review


async def prove_promises(tx: WriteTx, customers: Collection[UUID]) -> None:
    """Bring these customers' promises up to what money proves today.

    The caller holds the locks of their account rows and refreshes these afterwards. Whatever settles
    receivables calls this: money keeps a promise at once, and money that came in time but is recorded
    late mends one that was judged. A promise past its last day is judged, also one that was kept by money
    since taken off, unless money in sight could keep it: then it awaits application, and a task asks a
    person to look. Where what it named was credited, waived or cancelled, only the rest counts. Reviews of
    money that has gone where it belongs, or can come no more, are closed.
    """
    await tx.session.flush()
    awaiting = await _prove(tx, await promises_in_play(tx, customers))
    watched = {promise.customer_id for promise in awaiting}
    await open_review(tx, watched, TaskKind.REVIEW_PROMISE)
    await close_reviews(tx, set(customers) - watched, TaskKind.REVIEW_PROMISE)
    await _close_payment_reviews(tx, customers)


async def _prove(tx: WriteTx, in_play: dict[UUID, list[Promise]]) -> list[Promise]:
    """Prove and judge; the promises that await application."""
    if not in_play:
        return []
    made = await pledges(tx, [promise for group in in_play.values() for promise in group])
    money = await evidence(tx, in_play)
    owed = await still_owed(tx, in_play)
    unproven, due = [], {}
    for customer_id, promises in in_play.items():
        proofs = prove([made[promise.id] for promise in promises], money.get(customer_id, ()), owed)
        for promise in promises:
            proof = proofs[promise.id]
            if promise.state != PromiseState.KEPT or shaken(made[promise.id], money.get(customer_id, ())):
                promise.received_minor = proof.received
                due[promise.id] = proof.due
                unproven.append(promise)
            else:
                # A credit note may have made little enough of it; what is paid since counts all the same.
                promise.received_minor = max(promise.received_minor, proof.received)
    awaiting = await _awaiting(tx, unproven, due)
    for promise in unproven:
        state = PromiseState.PENDING if promise in awaiting else _outcome(tx, promise, due[promise.id])
        _judge(tx, promise, state)
    return awaiting


async def _close_payment_reviews(tx: WriteTx, customers: Collection[UUID]) -> None:
    asked = {task.customer_id for task in await open_tasks(tx, customers, [TaskKind.REVIEW_PAYMENT])}
    if asked:
        stand = await standings(tx, asked)
        idle = [customer_id for customer_id in asked if not money_in_sight(stand[customer_id])]
        await close_reviews(tx, idle, TaskKind.REVIEW_PAYMENT)


async def _awaiting(tx: WriteTx, promises: Iterable[Promise], due: Mapping[UUID, int]) -> list[Promise]:
    """Promises past their last day, pending or no longer kept, that money in sight could still keep."""
    matured = [
        promise
        for promise in promises
        if promise.state in (PromiseState.PENDING, PromiseState.KEPT) and promise.last_day < tx.today
    ]
    if not matured:
        return []
    waiting = await waiting_money(tx, {promise.customer_id for promise in matured})
    return [
        promise
        for promise in matured
        if awaits_application(
            due=due[promise.id],
            received=promise.received_minor,
            waiting=sum(money.amount for money in waiting if _could_keep(money, promise)),
        )
    ]


def _could_keep(money: Waiting, promise: Promise) -> bool:
    return (
        money.customer_id == promise.customer_id
        and money.currency == promise.currency
        and money.came_on <= promise.last_day
    )


def _resolve(tx: WriteTx, promise: Promise, state: PromiseState) -> None:
    """What late news mends keeps the day of its first judgement; what lost its money does not.

    What lapses, since nothing was left to keep, has none: it is not counted as withdrawn too late.
    """
    if state in (PromiseState.PENDING, PromiseState.CANCELLED):
        promise.resolved_on = None
    elif promise.state == PromiseState.KEPT or promise.resolved_on is None:
        promise.resolved_on = tx.today
    promise.state = state


def _outcome(tx: WriteTx, promise: Promise, due: int) -> PromiseState:
    return outcome(
        due=due,
        received=promise.received_minor,
        last_day=promise.last_day,
        today=tx.today,
    )


def _judge(tx: WriteTx, promise: Promise, state: PromiseState) -> None:
    if state == promise.state:
        return
    tx.audit(
        f"promise.{state}",
        "promise",
        promise.id,
        customer_id=promise.customer_id,
        before={"state": promise.state},
        after={"state": state, "received_minor": promise.received_minor},
    )
    _resolve(tx, promise, state)
    tell_screens(tx, ChangeKind.PROMISE, promise.id, promise.customer_id)
