"""Drift of promises: what they say has been received, beside what the entries prove (rules.promises)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from cartera.db.queries.drift import PROMISE_RULE, Drift
from cartera.db.queries.promises import evidence, pledges, promises_in_play
from cartera.db.session import Tx
from cartera.db.tables.promises import Promise
from cartera.rules.promises import Evidence, Pledge, PromiseState, received, shaken


async def promise_drift(tx: Tx, customers: Collection[UUID]) -> list[Drift]:
    """Standing promises of these customers whose received amount, or being kept, is not what money proves.

    One that was kept stays so, whatever came since, unless money that counted for it went back.
    """
    in_play = await promises_in_play(tx, customers)
    made = await pledges(tx, [promise for group in in_play.values() for promise in group])
    money = await evidence(tx, in_play) if in_play else {}
    return [
        each
        for customer_id, promises in sorted(in_play.items())
        for each in _of(promises, made, money.get(customer_id, ()))
    ]


def _of(promises: Sequence[Promise], made: dict[UUID, Pledge], money: Sequence[Evidence]) -> list[Drift]:
    proven = received([made[promise.id] for promise in promises], money)
    found = []
    for promise in sorted(promises, key=lambda promise: promise.id):
        is_kept = promise.state == PromiseState.KEPT
        stays = is_kept and not shaken(made[promise.id], money)
        should = promise.amount_minor if stays else proven[promise.id]
        if promise.received_minor != should or is_kept != (should >= promise.amount_minor):
            kept = f"{promise.received_minor}/{promise.state}"
            found.append(
                Drift(PROMISE_RULE, "promise", promise.id, kept, f"{should}/{_state(promise, should)}")
            )
    return found


def _state(promise: Promise, should: int) -> str:
    """The day decides between the states of what is not kept: those are left as they are."""
    if should >= promise.amount_minor:
        return PromiseState.KEPT
    return "not kept" if promise.state == PromiseState.KEPT else promise.state
