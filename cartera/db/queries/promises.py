"""Promises as the services read them: what they name, what has come in, what could still be applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Select, and_, cast, func, or_, select
from sqlalchemy.orm import aliased

from cartera.db.queries.among import among
from cartera.db.queries.visibility import visible
from cartera.db.session import Tx
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import Payment, PaymentAttempt
from cartera.db.tables.promises import Promise, PromiseReceivable
from cartera.db.tables.receivables import Entry, Receivable
from cartera.errors import NotFound
from cartera.rules.payments import AttemptState
from cartera.rules.promises import PROOF, WITHDRAWN, Evidence, Pledge, PromiseState
from cartera.rules.receivables import EntryKind


@dataclass(frozen=True, slots=True)
class Waiting:
    """Money in sight of a customer that is on no receivable yet; minor units."""

    customer_id: UUID
    currency: str
    amount: int
    came_on: date


async def promisor_of(tx: Tx, promise_id: UUID) -> UUID:
    """The customer whose promise it is. Raises NotFound for what the actor cannot see."""
    customer_id = await tx.session.scalar(
        select(Promise.customer_id)
        .join(Customer, Customer.id == Promise.customer_id)
        .where(Promise.id == promise_id, visible(tx))
    )
    if customer_id is None:
        raise NotFound("promise", "promiseId")
    return customer_id


async def pending_promises(tx: Tx, customer_id: UUID) -> list[Promise]:
    """The customer's pending promises as they are now; for whoever holds the account's lock."""
    return list(
        await tx.session.scalars(
            select(Promise)
            .where(Promise.customer_id == customer_id, Promise.state == PromiseState.PENDING)
            .execution_options(populate_existing=True)
        )
    )


async def promises_in_play(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[Promise]]:
    """By customer, all promises that stand: money may yet prove one, or be taken back from one."""
    found = await tx.session.scalars(
        select(Promise)
        .where(among(Promise.customer_id, customers), Promise.state.not_in(WITHDRAWN))
        .execution_options(populate_existing=True)
    )
    by_customer: dict[UUID, list[Promise]] = defaultdict(list)
    for promise in found:
        by_customer[promise.customer_id].append(promise)
    return by_customer


async def pledges(tx: Tx, promises: Collection[Promise]) -> dict[UUID, Pledge]:
    """The promises with the receivables that they name, as values, by id."""
    names: dict[UUID, set[UUID]] = defaultdict(set)
    rows = await tx.session.execute(
        select(PromiseReceivable.promise_id, PromiseReceivable.receivable_id)
        .join(Promise, Promise.id == PromiseReceivable.promise_id)
        .where(Promise.customer_id.in_({promise.customer_id for promise in promises}))
    )
    for promise_id, receivable_id in rows:
        names[promise_id].add(receivable_id)
    return {promise.id: _pledge(promise, frozenset(names[promise.id])) for promise in promises}


async def open_balances(tx: Tx, customer_id: UUID) -> dict[UUID, int]:
    """The balances of all that the customer owes or has promised, in minor units of each currency."""
    promised = (
        select(PromiseReceivable.receivable_id)
        .join(Promise, Promise.id == PromiseReceivable.promise_id)
        .where(Promise.customer_id == customer_id, Promise.state == PromiseState.PENDING)
    )
    rows = await tx.session.execute(
        select(Receivable.id, Receivable.balance_minor).where(
            Receivable.customer_id == customer_id,
            or_(Receivable.balance_minor > 0, Receivable.id.in_(promised)),
        )
    )
    return {row.id: row.balance_minor for row in rows}


def _pledge(promise: Promise, receivable_ids: frozenset[UUID]) -> Pledge:
    return Pledge(
        promise_id=promise.id,
        receivable_ids=receivable_ids,
        promised=promise.amount_minor,
        created_at=promise.created_at,
        due_on=promise.due_on,
        last_day=promise.last_day,
        state=PromiseState(promise.state),
        received=promise.received_minor,
    )


async def still_owed(tx: Tx, customers: Collection[UUID]) -> dict[UUID, int]:
    """By receivable that standing promises name, what of it the customer still owes, in minor units.

    That is its balance, what was given up, and what a cheque or note has taken the place of.
    """
    rows = await tx.session.execute(
        select(
            Receivable.id,
            (Receivable.balance_minor + Receivable.written_off_minor).label("minor"),
            Receivable.cancelled_minor,
        ).where(Receivable.id.in_(_named(customers)))
    )
    found, cancelled = {}, []
    for row in rows:
        found[row.id] = row.minor
        if row.cancelled_minor:
            cancelled.append(row.id)
    for receivable_id, minor in (await _substituted(tx, cancelled)).items():
        found[receivable_id] += minor
    return found


async def _substituted(tx: Tx, receivables: Collection[UUID]) -> dict[UUID, int]:
    if not receivables:
        return {}
    undone = aliased(Entry)
    rows = await tx.session.execute(
        select(Entry.receivable_id, cast(-func.sum(Entry.amount_minor), BigInteger).label("minor"))
        .outerjoin(undone, undone.id == Entry.reverses_id)
        .where(
            Entry.receivable_id.in_(receivables),
            func.coalesce(undone.kind, Entry.kind) == EntryKind.SUBSTITUTION,
        )
        .group_by(Entry.receivable_id)
    )
    return {row.receivable_id: row.minor for row in rows}


async def evidence(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[Evidence]]:
    """By customer, what has come in on the receivables that their standing promises name, and stayed."""
    reversal = aliased(Entry)
    taken_back = (
        select(func.sum(reversal.amount_minor))
        .where(reversal.reverses_id == Entry.id)
        .correlate(Entry)
        .scalar_subquery()
    )
    rows = await tx.session.execute(
        select(
            Entry.customer_id,
            Entry.receivable_id,
            cast(-Entry.amount_minor - func.coalesce(taken_back, 0), BigInteger),
            func.coalesce(Payment.received_on, Entry.value_on, Entry.effective_on),
            Entry.recorded_at,
            taken_back.is_not(None),
        )
        .outerjoin(Payment, Payment.id == Entry.payment_id)
        .where(Entry.receivable_id.in_(_named(customers)), Entry.kind.in_(PROOF))
    )
    found: dict[UUID, list[Evidence]] = defaultdict(list)
    for customer_id, receivable_id, amount, came_on, known_at, is_shaken in rows:
        found[customer_id].append(Evidence(receivable_id, amount, came_on, known_at, is_shaken))
    return found


def _named(customers: Collection[UUID]) -> Select[UUID]:
    """The receivables that these customers' standing promises name."""
    return (
        select(PromiseReceivable.receivable_id)
        .join(Promise, Promise.id == PromiseReceivable.promise_id)
        .where(Promise.customer_id.in_(customers), Promise.state.not_in(WITHDRAWN))
    )


async def waiting_money(tx: Tx, customers: Collection[UUID]) -> list[Waiting]:
    """Unapplied money of these customers, and payments that are on their way through a gateway."""
    unapplied = await tx.session.execute(
        select(Payment.customer_id, Payment.currency, Payment.unapplied_minor, Payment.received_on).where(
            Payment.customer_id.in_(customers), Payment.unapplied_minor > 0
        )
    )
    under_way = await tx.session.execute(
        select(
            PaymentAttempt.customer_id,
            PaymentAttempt.currency,
            PaymentAttempt.amount_minor,
            PaymentAttempt.created_at,
        ).where(
            PaymentAttempt.customer_id.in_(customers),
            or_(
                PaymentAttempt.state == AttemptState.PENDING,
                and_(PaymentAttempt.state == AttemptState.CREATED, PaymentAttempt.expires_at > tx.now),
            ),
        )
    )
    zone = ZoneInfo(tx.organization.time_zone)
    return [
        *(Waiting(*row) for row in unapplied),
        *(
            Waiting(customer_id, currency, amount, started.astimezone(zone).date())
            for customer_id, currency, amount, started in under_way
        ),
    ]


async def with_matured_promise(tx: Tx, customers: Collection[UUID]) -> list[UUID]:
    """Those of the customers who have a pending promise whose last day is before the business day."""
    found = await tx.session.scalars(
        select(Promise.customer_id)
        .where(
            among(Promise.customer_id, customers),
            Promise.state == PromiseState.PENDING,
            Promise.last_day < tx.organization.business_day,
        )
        .distinct()
    )
    return list(found)
