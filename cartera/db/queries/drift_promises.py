"""Drift of promises: what they say has been received, beside what the entries prove (rules.promises)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from cartera.db.queries.drift import PROMISE_RULE, Drift
from cartera.db.queries.promises import evidence, pledges, promises_in_play, still_owed
from cartera.db.session import Tx
from cartera.db.tables.promises import Promise
from cartera.rules.promises import Evidence, Pledge, PromiseState, Proof, prove, shaken


async def promise_drift(tx: Tx, customers: Collection[UUID]) -> list[Drift]:
    """Standing promises of these customers whose received amount, or being kept, is not what money proves.

    One that was kept stays so, whatever came since, unless money that counted for it went back.
    """
    in_play = await promises_in_play(tx, customers)
    if not in_play:
        return []
    made = await pledges(tx, [promise for group in in_play.values() for promise in group])
    money, owed = await evidence(tx, in_play), await still_owed(tx, in_play)
    return [
        Drift(PROMISE_RULE, "promise", promise.id, f"{promise.received_minor}/{promise.state}", should)
        for customer_id, promises in sorted(in_play.items())
        for proofs in [prove([made[each.id] for each in promises], money.get(customer_id, ()), owed)]
        for promise in sorted(promises, key=lambda promise: promise.id)
        if (should := _should(promise, made[promise.id], money.get(customer_id, ()), proofs[promise.id]))
    ]


def _should(promise: Promise, pledge: Pledge, money: Sequence[Evidence], proof: Proof) -> str | None:
    """What it should say, where it says something else. The day decides between states that are not kept."""
    is_kept = promise.state == PromiseState.KEPT
    if is_kept and not shaken(pledge, money):
        if proof.received <= promise.received_minor <= promise.amount_minor:
            return None
        return f"{proof.received}/{PromiseState.KEPT}"
    should_be_kept = proof.received >= proof.due > 0
    if (promise.received_minor, is_kept) == (proof.received, should_be_kept):
        return None
    state = PromiseState.KEPT if should_be_kept else "not kept" if is_kept else promise.state
    return f"{proof.received}/{state}"
