"""Payment links and the visits that came through them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from cartera.db.session import Tx, WriteTx
from cartera.db.tables.access import PortalSession
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import PaymentLink, PaymentLinkReceivable
from cartera.rules.payments import LinkState

# A used link has nothing more to pay; until it expires it still shows the receipt.
USABLE = (LinkState.ACTIVE, LinkState.USED)


async def usable(tx: WriteTx, token_hash: bytes) -> PaymentLink | None:
    """The link of this token, locked, unless it has expired or was revoked."""
    return await tx.session.scalar(
        select(PaymentLink)
        .where(
            PaymentLink.token_hash == token_hash,
            PaymentLink.state.in_(USABLE),
            PaymentLink.expires_at > tx.now,
        )
        .with_for_update()
    )


async def visit(tx: Tx, token_hash: bytes) -> tuple[PortalSession, Customer] | None:
    """The open session of this token and its customer, while its link may be used."""
    found = await tx.session.execute(
        select(PortalSession, Customer)
        .join(PaymentLink, PaymentLink.id == PortalSession.payment_link_id)
        .join(Customer, Customer.id == PortalSession.customer_id)
        .where(
            PortalSession.token_hash == token_hash,
            PortalSession.ended_at.is_(None),
            PortalSession.expires_at > tx.now,
            PaymentLink.state.in_(USABLE),
            PaymentLink.expires_at > tx.now,
        )
    )
    row = found.one_or_none()
    return (row[0], row[1]) if row else None


async def receivable_ids(tx: Tx, link_id: UUID) -> tuple[UUID, ...]:
    """The receivables that the link names; none where it opens all of the customer's."""
    rows = await tx.session.scalars(
        select(PaymentLinkReceivable.receivable_id)
        .where(PaymentLinkReceivable.payment_link_id == link_id)
        .order_by(PaymentLinkReceivable.receivable_id)
    )
    return tuple(rows)
