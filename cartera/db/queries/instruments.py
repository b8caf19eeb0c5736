"""Instruments as the services read them: whose they are, what they are for, what is due to be deposited."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import exists, or_, select

from cartera.db.queries.among import among
from cartera.db.queries.visibility import visible
from cartera.db.session import Tx
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.instruments import (
    Instrument,
    InstrumentPolicy,
    InstrumentReceivable,
    SubstitutionEntry,
)
from cartera.db.tables.plans import PlanReceivable
from cartera.db.tables.promises import Promise, PromiseReceivable
from cartera.db.tables.receivables import Entry, Receivable
from cartera.errors import NotFound
from cartera.rules.disputes import DisputeState
from cartera.rules.instruments import InstrumentRole, InstrumentState
from cartera.rules.promises import PromiseState


async def giver_of(tx: Tx, instrument_id: UUID) -> UUID:
    """The customer who gave the instrument. Raises NotFound for what the actor cannot see."""
    customer_id = await tx.session.scalar(
        select(Instrument.customer_id)
        .join(Customer, Customer.id == Instrument.customer_id)
        .where(Instrument.id == instrument_id, visible(tx))
    )
    if customer_id is None:
        raise NotFound("instrument", "instrumentId")
    return customer_id


async def afresh(tx: Tx, instrument_id: UUID) -> Instrument:
    """The instrument as it is now; for whoever holds the account's lock."""
    return (
        await tx.session.scalars(
            select(Instrument).where(Instrument.id == instrument_id).execution_options(populate_existing=True)
        )
    ).one()


async def links_of(tx: Tx, instrument_id: UUID) -> list[tuple[UUID, int]]:
    """The receivables that it is for and how much of each, in minor units; what is due first in front."""
    rows = await tx.session.execute(
        select(InstrumentReceivable.receivable_id, InstrumentReceivable.amount_minor)
        .join(Receivable, Receivable.id == InstrumentReceivable.receivable_id)
        .where(InstrumentReceivable.instrument_id == instrument_id)
        .order_by(Receivable.due_on, Receivable.id)
    )
    return [(receivable_id, minor) for receivable_id, minor in rows]


async def has_same(tx: Tx, customer_id: UUID, kind: str, bank: str | None, number: str) -> bool:
    """Whether such a paper of the customer has been received and not given back."""
    found = await tx.session.scalar(
        select(Instrument.id)
        .where(
            Instrument.customer_id == customer_id,
            Instrument.kind == kind,
            Instrument.bank.is_not_distinct_from(bank),
            Instrument.number == number,
            Instrument.state != InstrumentState.RETURNED,
        )
        .limit(1)
    )
    return found is not None


async def with_due_instrument(tx: Tx, customers: Collection[UUID]) -> set[UUID]:
    """Those of the customers of whom something in the drawer can be taken to the bank today.

    What only secures debts is left there as long as none of them is overdue.
    """
    overdue = exists().where(
        InstrumentReceivable.instrument_id == Instrument.id,
        Receivable.id == InstrumentReceivable.receivable_id,
        Receivable.balance_minor > 0,
        Receivable.overdue_from <= tx.today,
    )
    found = await tx.session.scalars(
        select(Instrument.customer_id)
        .where(
            among(Instrument.customer_id, customers),
            Instrument.state == InstrumentState.RECEIVED,
            Instrument.deposit_from <= tx.today,
            or_(Instrument.role == InstrumentRole.PAYS, overdue),
        )
        .distinct()
    )
    return set(found)


async def policy_of(tx: Tx) -> InstrumentPolicy | None:
    return (
        await tx.session.scalars(select(InstrumentPolicy).execution_options(populate_existing=True))
    ).one_or_none()


async def substitution_entries(tx: Tx, receivable_id: UUID) -> list[Entry]:
    """The entries by which originals made way for this new debt."""
    return list(
        await tx.session.scalars(
            select(Entry)
            .join(SubstitutionEntry, SubstitutionEntry.entry_id == Entry.id)
            .where(SubstitutionEntry.receivable_id == receivable_id)
            .order_by(Entry.id)
        )
    )


async def is_spoken_for(tx: Tx, receivable_id: UUID) -> bool:
    """Whether a pending promise, an active plan, an open dispute or another instrument is about it."""
    promised = (
        select(PromiseReceivable.receivable_id)
        .join(Promise, Promise.id == PromiseReceivable.promise_id)
        .where(PromiseReceivable.receivable_id == receivable_id, Promise.state == PromiseState.PENDING)
    )
    disputed = select(Dispute.receivable_id).where(
        Dispute.receivable_id == receivable_id, Dispute.state == DisputeState.OPEN
    )
    linked = (
        select(InstrumentReceivable.receivable_id)
        .join(Instrument, Instrument.id == InstrumentReceivable.instrument_id)
        .where(
            InstrumentReceivable.receivable_id == receivable_id,
            Instrument.state.not_in((InstrumentState.RETURNED, InstrumentState.SUBSTITUTED)),
        )
    )
    planned = select(PlanReceivable.receivable_id).where(
        PlanReceivable.receivable_id == receivable_id, PlanReceivable.is_active
    )
    for query in (promised, planned, disputed, linked):
        if await tx.session.scalar(query.limit(1)) is not None:
            return True
    return False
