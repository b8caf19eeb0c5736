"""What a receipt says of a payment: where the money went and what is left."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from cartera.db.session import Tx
from cartera.db.tables.payments import Allocation
from cartera.db.tables.receivables import Receivable
from cartera.rules.money import Money


async def applied_to(tx: Tx, payment_id: UUID) -> list[tuple[str, Money, Money]]:
    """Per receivable, due first first: its number, what the payment paid of it, what is left of it now."""
    rows = await tx.session.execute(
        select(
            Receivable.number,
            Receivable.currency,
            func.sum(Allocation.amount_minor),
            Receivable.balance_minor,
        )
        .join(Allocation, Allocation.receivable_id == Receivable.id)
        .where(Allocation.payment_id == payment_id)
        .group_by(
            Receivable.id, Receivable.number, Receivable.currency, Receivable.balance_minor, Receivable.due_on
        )
        .order_by(Receivable.due_on, Receivable.number)
    )
    return [
        (number, Money(int(paid), currency), Money(left, currency))
        for number, currency, paid, left in rows
        if paid
    ]


async def owed_by(tx: Tx, customer_id: UUID) -> list[Money]:
    """All that the customer owes, one Money per currency."""
    rows = await tx.session.execute(
        select(Receivable.currency, func.sum(Receivable.balance_minor))
        .where(Receivable.customer_id == customer_id, Receivable.balance_minor > 0)
        .group_by(Receivable.currency)
        .order_by(Receivable.currency)
    )
    return [Money(int(minor), currency) for currency, minor in rows]
