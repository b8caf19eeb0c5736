"""What a customer sees in the portal: only their own, and only what the link shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from cartera.actors import ActorKind
from cartera.db.session import Tx
from cartera.db.tables.access import PortalSession
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.payments import Allocation, Payment, PaymentAttempt, PaymentAttemptReceivable
from cartera.db.tables.promises import Promise, PromiseReceivable
from cartera.db.tables.receivables import Receivable
from cartera.errors import NotPermitted
from cartera.rules.disputes import DisputeState, payable
from cartera.rules.money import Money
from cartera.rules.promises import PromiseState

MAX_RECEIVABLES = 500
MAX_PAYMENTS = 20
MAX_PROMISES = 50


@dataclass(frozen=True, slots=True)
class Document:
    """An open receivable, with what is known of it on the business day."""

    row: Receivable
    days_overdue: int
    is_overdue: bool
    # As a whole; of one that is contested in part the rest is payable.
    is_disputed: bool
    payable: Money
    promised_until: date | None


@dataclass(frozen=True, slots=True)
class Sum:
    balance: Money
    overdue: Money


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment and the documents to which it went: number and money."""

    row: Payment
    lines: list[tuple[str, Money]] = field(default_factory=list)


def customer_of(tx: Tx) -> UUID:
    """The customer whose portal this is. Raises NotPermitted for whoever is not in one."""
    if tx.actor.kind is not ActorKind.PORTAL or tx.actor.customer_id is None:
        raise NotPermitted("portal")
    return tx.actor.customer_id


async def link_id(tx: Tx) -> UUID | None:
    """The payment link through which the visit began."""
    return await tx.session.scalar(
        select(PortalSession.payment_link_id).where(PortalSession.id == UUID(tx.actor.name))
    )


async def customer(tx: Tx) -> Customer:
    return (await tx.session.scalars(select(Customer).where(Customer.id == customer_of(tx)))).one()


async def shown_receivables(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Receivable]:
    """Those of the receivables that the visitor may see, open or not, as they are now."""
    rows = await tx.session.scalars(
        select(Receivable).where(Receivable.id.in_(ids), _shown(tx)).execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


async def documents(tx: Tx) -> list[Document]:
    """Open receivables that the link shows, oldest due first, at most ``MAX_RECEIVABLES``."""
    promised_until = (
        select(func.max(Promise.due_on))
        .join(PromiseReceivable, PromiseReceivable.promise_id == Promise.id)
        .where(PromiseReceivable.receivable_id == Receivable.id, Promise.state == PromiseState.PENDING)
        .correlate(Receivable)
        .scalar_subquery()
    )
    in_dispute = (
        select(func.coalesce(func.sum(Dispute.amount_minor), 0))
        .where(Dispute.receivable_id == Receivable.id, Dispute.state == DisputeState.OPEN)
        .correlate(Receivable)
        .scalar_subquery()
    )
    rows = await tx.session.execute(
        select(Receivable, promised_until, in_dispute)
        .where(_shown(tx), Receivable.balance_minor > 0)
        .order_by(Receivable.due_on, Receivable.id)
        .limit(MAX_RECEIVABLES)
    )
    today = tx.organization.business_day
    return [
        Document(
            row,
            days_overdue=(today - row.due_on).days if today >= row.overdue_from else 0,
            is_overdue=today >= row.overdue_from,
            is_disputed=disputed >= row.balance_minor,
            payable=Money(payable(row.balance_minor, int(disputed)), row.currency),
            promised_until=until,
        )
        for row, until, disputed in rows
    ]


async def totals(tx: Tx) -> list[Sum]:
    """What is open and what of it is overdue, one sum per currency."""
    overdue = func.sum(Receivable.balance_minor).filter(
        Receivable.overdue_from <= tx.organization.business_day
    )
    rows = await tx.session.execute(
        select(Receivable.currency, func.sum(Receivable.balance_minor), func.coalesce(overdue, 0))
        .where(_shown(tx), Receivable.balance_minor > 0)
        .group_by(Receivable.currency)
        .order_by(Receivable.currency)
    )
    return [Sum(Money(int(open_), currency), Money(int(late), currency)) for currency, open_, late in rows]


async def payments(tx: Tx) -> list[Paid]:
    """The latest payments, newest first, at most ``MAX_PAYMENTS``."""
    rows = await tx.session.scalars(
        select(Payment)
        .where(_payment_shown(tx))
        .order_by(Payment.received_on.desc(), Payment.id.desc())
        .limit(MAX_PAYMENTS)
    )
    return await _with_lines(tx, list(rows))


async def payment_of_attempt(tx: Tx, attempt_id: UUID) -> Paid | None:
    """The payment that came of an attempt that the visitor may see, once it is booked."""
    rows = await tx.session.scalars(
        select(Payment).where(
            Payment.payment_attempt_id == attempt_id, Payment.customer_id == customer_of(tx)
        )
    )
    found = await _with_lines(tx, list(rows))
    return found[0] if found else None


async def attempt(tx: Tx, attempt_id: UUID) -> PaymentAttempt | None:
    """An attempt of the visitor's customer, where all that it pays is shown."""
    hidden = (
        select(PaymentAttemptReceivable.receivable_id)
        .where(
            PaymentAttemptReceivable.payment_attempt_id == PaymentAttempt.id,
            PaymentAttemptReceivable.receivable_id.not_in(tx.actor.receivable_ids),
        )
        .correlate(PaymentAttempt)
        .exists()
    )
    query = select(PaymentAttempt).where(
        PaymentAttempt.id == attempt_id, PaymentAttempt.customer_id == customer_of(tx)
    )
    return await tx.session.scalar(query.where(~hidden) if tx.actor.receivable_ids else query)


async def promises(tx: Tx) -> list[Promise]:
    """Pending promises, the next one first. A link for chosen receivables hides those that name others."""
    hidden = (
        select(PromiseReceivable.receivable_id)
        .where(
            PromiseReceivable.promise_id == Promise.id,
            PromiseReceivable.receivable_id.not_in(tx.actor.receivable_ids),
        )
        .correlate(Promise)
        .exists()
    )
    query = select(Promise).where(
        Promise.customer_id == customer_of(tx), Promise.state == PromiseState.PENDING
    )
    if tx.actor.receivable_ids:
        query = query.where(~hidden)
    return list(await tx.session.scalars(query.order_by(Promise.due_on, Promise.id).limit(MAX_PROMISES)))


async def promise(tx: Tx, promise_id: UUID) -> Promise:
    """A promise that the visitor has just made."""
    rows = await tx.session.scalars(
        select(Promise).where(Promise.id == promise_id, Promise.customer_id == customer_of(tx))
    )
    return rows.one()


def _shown(tx: Tx) -> ColumnElement[bool]:
    """Condition on ``Receivable``: those of the visitor's customer, or just the link's where it names any."""
    own = Receivable.customer_id == customer_of(tx)
    return and_(own, Receivable.id.in_(tx.actor.receivable_ids)) if tx.actor.receivable_ids else own


def _payment_shown(tx: Tx) -> ColumnElement[bool]:
    """Condition on ``Payment``: the customer's own. A link for chosen receivables shows a payment only
    where it went to those alone, since its amount would tell of the others."""
    own = Payment.customer_id == customer_of(tx)
    if not tx.actor.receivable_ids:
        return own
    to = select(Allocation.id).where(Allocation.payment_id == Payment.id).correlate(Payment)
    inside = to.where(Allocation.receivable_id.in_(tx.actor.receivable_ids))
    outside = to.where(Allocation.receivable_id.not_in(tx.actor.receivable_ids))
    return and_(own, inside.exists(), ~outside.exists())


async def _with_lines(tx: Tx, rows: list[Payment]) -> list[Paid]:
    paid = {row.id: Paid(row) for row in rows}
    lines = await tx.session.execute(
        select(
            Allocation.payment_id, Receivable.number, Receivable.currency, func.sum(Allocation.amount_minor)
        )
        .join(Receivable, Receivable.id == Allocation.receivable_id)
        .where(Allocation.payment_id.in_(paid), _shown(tx))
        .group_by(Allocation.payment_id, Receivable.id, Receivable.number, Receivable.currency)
        .having(func.sum(Allocation.amount_minor) > 0)
        .order_by(func.min(Receivable.due_on), Receivable.id)
    )
    for payment_id, number, currency, minor in lines:
        assert payment_id is not None  # selected by it
        paid[payment_id].lines.append((number, Money(int(minor), currency)))
    return list(paid.values())
