"""Payments as the services read them: unapplied money, and which receivables some money pays first."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select

from cartera.db.queries.visibility import visible
from cartera.db.session import Tx
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import CreditNote, Payment
from cartera.db.tables.receivables import Receivable
from cartera.errors import NotFound
from cartera.rules.money import Money


async def payer_of(tx: Tx, payment_id: UUID) -> UUID:
    """The customer whose payment it is. Raises NotFound for what the actor cannot see."""
    customer_id = await tx.session.scalar(
        select(Payment.customer_id)
        .join(Customer, Customer.id == Payment.customer_id)
        .where(Payment.id == payment_id, visible(tx))
    )
    if customer_id is None:
        raise NotFound("payment", "paymentId")
    return customer_id


async def credited_by(tx: Tx, credit_note_id: UUID) -> UUID:
    """The customer whose credit note it is. Raises NotFound for what the actor cannot see."""
    customer_id = await tx.session.scalar(
        select(CreditNote.customer_id)
        .join(Customer, Customer.id == CreditNote.customer_id)
        .where(CreditNote.id == credit_note_id, visible(tx))
    )
    if customer_id is None:
        raise NotFound("credit_note", "creditNoteId")
    return customer_id


async def by_external_ids(tx: Tx, external_ids: Collection[str]) -> dict[str, Payment]:
    """Those of some thousand payments that are on the books, by external id."""
    found = await tx.session.scalars(select(Payment).where(Payment.external_id.in_(external_ids)))
    return {payment.external_id: payment for payment in found}


async def oldest_open(tx: Tx, customer_id: UUID, money: Money) -> list[UUID]:
    """The customer's open receivables in the money's currency, due first, as many as the money can reach.

    It passes by charges that wait, so those before are counted by their principal alone.
    """
    principal = Receivable.balance_minor - Receivable.charges_minor + Receivable.charges_settled_minor
    before = func.sum(principal).over(order_by=(Receivable.due_on, Receivable.id), rows=(None, -1))
    ranked = (
        select(Receivable.id, Receivable.due_on, func.coalesce(before, 0).label("before"))
        .where(
            Receivable.customer_id == customer_id,
            Receivable.currency == money.currency,
            Receivable.balance_minor > 0,
        )
        .subquery()
    )
    return list(
        await tx.session.scalars(
            select(ranked.c.id).where(ranked.c.before < money.minor).order_by(ranked.c.due_on, ranked.c.id)
        )
    )


async def all_open(tx: Tx, customer_id: UUID, currency: str) -> list[UUID]:
    """The customer's open receivables in a currency."""
    return list(
        await tx.session.scalars(
            select(Receivable.id).where(
                Receivable.customer_id == customer_id,
                Receivable.currency == currency,
                Receivable.balance_minor > 0,
            )
        )
    )
