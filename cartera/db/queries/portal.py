"""What a customer sees in the portal: only their own, and only what the link shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Uuid,
    all_,
    and_,
    any_,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from cartera.actors import ActorKind
from cartera.db.queries.visibility import Sight
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


def customer_of(sight: Sight) -> UUID:
    """The customer whose portal this is. Raises NotPermitted for whoever is not in one."""
    if sight.actor.kind is not ActorKind.PORTAL or sight.actor.customer_id is None:
        raise NotPermitted("portal")
    return sight.actor.customer_id


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
    told = promised_until(Receivable.id, Receivable), in_dispute(Receivable.id, Receivable)
    rows = await tx.session.execute(
        shown_documents(tx, Receivable, *told)
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
            payable=Money(payable(row.balance_minor, disputed), row.currency),
            promised_until=until,
        )
        for row, until, disputed in rows
    ]


async def totals(tx: Tx) -> list[Sum]:
    """What is open and what of it is overdue, one sum per currency."""
    rows = await tx.session.execute(sums(tx, tx.organization.business_day))
    return [Sum(Money(open_, currency), Money(late, currency)) for currency, open_, late in rows]


async def payments(tx: Tx) -> list[Paid]:
    """The latest payments, newest first, at most ``MAX_PAYMENTS``."""
    rows = await tx.session.scalars(
        shown_payments(tx, Payment)
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
            PaymentAttemptReceivable.receivable_id != all_(_named(tx)),
        )
        .correlate(PaymentAttempt)
        .exists()
    )
    query = select(PaymentAttempt).where(
        PaymentAttempt.id == attempt_id, PaymentAttempt.customer_id == customer_of(tx)
    )
    return await tx.session.scalar(query.where(~hidden) if _is_narrow(tx) else query)


async def promises(tx: Tx) -> list[Promise]:
    """Pending promises, the next one first, at most ``MAX_PROMISES``."""
    query = shown_promises(tx, Promise).order_by(Promise.due_on, Promise.id)
    return list(await tx.session.scalars(query.limit(MAX_PROMISES)))


async def promise(tx: Tx, promise_id: UUID) -> Promise:
    """A promise that the visitor has just made."""
    rows = await tx.session.scalars(
        select(Promise).where(Promise.id == promise_id, Promise.customer_id == customer_of(tx))
    )
    return rows.one()


def own_customer(tx: Tx, *columns: Any) -> Select[Any]:
    return select(*columns).where(Customer.id == customer_of(tx))


def shown_documents(sight: Sight, *columns: Any) -> Select[Any]:
    """Open receivables that the link shows."""
    return select(*columns).where(_shown(sight), Receivable.balance_minor > 0)


def promised_until(receivable_id: Any, rows: Any) -> ColumnElement[date]:
    """Of a receivable at hand in ``rows``, the last day for which a pending promise names it."""
    return (
        select(func.max(Promise.due_on))
        .join(PromiseReceivable, PromiseReceivable.promise_id == Promise.id)
        .where(PromiseReceivable.receivable_id == receivable_id, Promise.state == PromiseState.PENDING)
        .correlate(rows)
        .scalar_subquery()
    )


def in_dispute(receivable_id: Any, rows: Any) -> ColumnElement[int]:
    """Of a receivable at hand in ``rows``, what is contested, in minor units."""
    return (
        select(cast(func.coalesce(func.sum(Dispute.amount_minor), 0), BigInteger))
        .where(Dispute.receivable_id == receivable_id, Dispute.state == DisputeState.OPEN)
        .correlate(rows)
        .scalar_subquery()
    )


def sums(sight: Sight, today: date) -> Select[Any]:
    """By currency, what is open, and what of it is overdue."""
    overdue = func.sum(Receivable.balance_minor).filter(Receivable.overdue_from <= today)
    return (
        shown_documents(
            sight,
            Receivable.currency.label("currency"),
            cast(func.sum(Receivable.balance_minor), BigInteger).label("balance"),
            cast(func.coalesce(overdue, 0), BigInteger).label("overdue"),
        )
        .group_by(Receivable.currency)
        .order_by(Receivable.currency)
    )


def shown_payments(sight: Sight, *columns: Any) -> Select[Any]:
    """The customer's own. A link for chosen receivables shows a payment only where it went to those alone,
    since its amount would tell of the others."""
    own = select(*columns).select_from(Payment).where(Payment.customer_id == customer_of(sight))
    if not _is_narrow(sight):
        return own
    to = select(Allocation.id).where(Allocation.payment_id == Payment.id).correlate(Payment)
    inside = to.where(Allocation.receivable_id == any_(_named(sight)))
    outside = to.where(Allocation.receivable_id != all_(_named(sight)))
    return own.where(inside.exists(), ~outside.exists())


def shown_promises(sight: Sight, *columns: Any) -> Select[Any]:
    """Pending ones. A link for chosen receivables hides those that name others."""
    own = select(*columns).where(
        Promise.customer_id == customer_of(sight), Promise.state == PromiseState.PENDING
    )
    if not _is_narrow(sight):
        return own
    hidden = select(PromiseReceivable.receivable_id).where(
        PromiseReceivable.promise_id == Promise.id, PromiseReceivable.receivable_id != all_(_named(sight))
    )
    return own.where(~hidden.correlate(Promise).exists())


def lines(sight: Sight) -> Select[Any]:
    """The documents to which payments went, as far as they are shown: payment, number, currency and money."""
    minor = func.sum(Allocation.amount_minor)
    columns: list[Any] = [
        Allocation.payment_id,
        Receivable.number.label("number"),
        Receivable.currency.label("currency"),
        cast(minor, BigInteger).label("minor"),
    ]
    return (
        select(*columns)
        .join(Receivable, Receivable.id == Allocation.receivable_id)
        .where(_shown(sight))
        .group_by(Allocation.payment_id, Receivable.id, Receivable.number, Receivable.currency)
        .having(minor > 0)
        .order_by(func.min(Receivable.due_on), Receivable.id)
    )


def _shown(sight: Sight) -> ColumnElement[bool]:
    """Condition on ``Receivable``: those of the visitor's customer, or just the link's where it names any."""
    own = Receivable.customer_id == customer_of(sight)
    return and_(own, Receivable.id == any_(_named(sight))) if _is_narrow(sight) else own


def _is_narrow(sight: Sight) -> bool:
    """Whether the link names receivables."""
    named: Any = sight.actor.receivable_ids
    return isinstance(named, ColumnElement) or bool(named)


def _named(sight: Sight) -> ColumnElement[Any]:
    """The receivables that the link names, as an array, which a compiled statement is told later."""
    named: Any = sight.actor.receivable_ids
    return named if isinstance(named, ColumnElement) else literal(list(named), ARRAY(Uuid()))


async def _with_lines(tx: Tx, rows: list[Payment]) -> list[Paid]:
    paid = {row.id: Paid(row) for row in rows}
    found = await tx.session.execute(lines(tx).where(Allocation.payment_id.in_(paid)))
    for payment_id, number, currency, minor in found:
        paid[payment_id].lines.append((number, Money(minor, currency)))
    return list(paid.values())
