"""Disputes as the services read them, and what hangs on each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from cartera.db.queries.among import among
from cartera.db.queries.attachments import seen as seen_attachments
from cartera.db.queries.visibility import visible
from cartera.db.session import Tx
from cartera.db.tables.attachments import Attachment
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute, DisputeComment
from cartera.db.tables.receivables import Receivable
from cartera.errors import NotFound
from cartera.rules.disputes import DisputeState

# What a reader gets of one thread: the latest of it.
MAX_COMMENTS = 500


async def subject_of(tx: Tx, dispute_id: UUID) -> tuple[UUID, UUID]:
    """Customer and receivable of a dispute. Raises NotFound for what the actor cannot see."""
    found = await tx.session.execute(
        select(Dispute.customer_id, Dispute.receivable_id)
        .join(Customer, Customer.id == Dispute.customer_id)
        .where(Dispute.id == dispute_id, visible(tx))
    )
    row = found.one_or_none()
    # A portal session sees just the receivables of its link, where that names any.
    shown = tx.actor.receivable_ids
    if row is None or (shown and row.receivable_id not in shown):
        raise NotFound("dispute", "disputeId")
    return row.customer_id, row.receivable_id


async def customer_of_receivable(tx: Tx, receivable_id: UUID) -> UUID:
    """Whose debt it is. Raises NotFound for what the actor cannot see."""
    customer_id = await tx.session.scalar(
        select(Receivable.customer_id)
        .join(Customer, Customer.id == Receivable.customer_id)
        .where(Receivable.id == receivable_id, visible(tx))
    )
    shown = tx.actor.receivable_ids
    if customer_id is None or (shown and receivable_id not in shown):
        raise NotFound("receivable", "receivableId")
    return customer_id


async def as_it_is(tx: Tx, dispute_id: UUID) -> Dispute:
    """The dispute read afresh, for whoever holds the account's lock."""
    found = await tx.session.scalars(
        select(Dispute).where(Dispute.id == dispute_id).execution_options(populate_existing=True)
    )
    return found.one()


async def open_amounts(tx: Tx, receivables: Collection[UUID]) -> dict[UUID, int]:
    """How much of each receivable open disputes contest, in minor units; those without any are left out."""
    rows = await tx.session.execute(
        select(Dispute.receivable_id, func.sum(Dispute.amount_minor))
        .where(Dispute.receivable_id.in_(receivables), Dispute.state == DisputeState.OPEN)
        .group_by(Dispute.receivable_id)
    )
    return {receivable_id: int(minor) for receivable_id, minor in rows}


async def past_deadline(tx: Tx, customers: Collection[UUID]) -> list[tuple[Dispute, str]]:
    """Open disputes whose deadline has passed and whose owner has not been asked; with document numbers."""
    rows = await tx.session.execute(
        select(Dispute, Receivable.number)
        .join(Receivable, Receivable.id == Dispute.receivable_id)
        .where(
            among(Dispute.customer_id, customers),
            Dispute.state == DisputeState.OPEN,
            Dispute.deadline_on < tx.today,
            Dispute.review_task_id.is_(None),
        )
        .order_by(Dispute.deadline_on, Dispute.id)
        .execution_options(populate_existing=True)
    )
    return [(dispute, number) for dispute, number in rows]


async def of_receivables(tx: Tx, receivables: Collection[UUID]) -> dict[UUID, list[Dispute]]:
    """Each receivable's disputes, the latest first."""
    rows = await tx.session.scalars(
        select(Dispute)
        .join(Customer, Customer.id == Dispute.customer_id)
        .where(Dispute.receivable_id.in_(receivables), visible(tx))
        .order_by(Dispute.created_at.desc(), Dispute.id.desc())
    )
    return _grouped(rows, "receivable_id")


async def comments(tx: Tx, disputes: Collection[UUID]) -> dict[UUID, list[DisputeComment]]:
    """What was said in each thread, in order; of a very long one the latest ``MAX_COMMENTS``."""
    newest = func.row_number().over(
        partition_by=DisputeComment.dispute_id,
        order_by=(DisputeComment.created_at.desc(), DisputeComment.id.desc()),
    )
    ranked = (
        select(DisputeComment.id, newest.label("newest"))
        .join(Customer, Customer.id == DisputeComment.customer_id)
        .where(DisputeComment.dispute_id.in_(disputes), visible(tx))
        .subquery()
    )
    rows = await tx.session.scalars(
        select(DisputeComment)
        .join(ranked, ranked.c.id == DisputeComment.id)
        .where(ranked.c.newest <= MAX_COMMENTS)
        .order_by(DisputeComment.created_at, DisputeComment.id)
    )
    return _grouped(rows, "dispute_id")


async def attachments(tx: Tx, disputes: Collection[UUID]) -> dict[UUID, list[Attachment]]:
    """Each dispute's files that have not been removed, in the order in which they came."""
    rows = await tx.session.scalars(
        seen_attachments(tx, Attachment)
        .where(Attachment.noun == "dispute", Attachment.noun_id.in_(disputes))
        .order_by(Attachment.created_at, Attachment.id)
    )
    return _grouped(rows, "noun_id")


def _grouped(rows: Any, parent: str) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, parent)].append(row)
    return grouped
