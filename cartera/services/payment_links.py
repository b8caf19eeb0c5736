"""Payment links: a secret that opens the portal for one customer, or for chosen receivables."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from secrets import token_urlsafe
from uuid import UUID

from sqlalchemy import CursorResult, any_, select, update

from cartera.db.base import new_id
from cartera.db.queries.outbox import once
from cartera.db.queries.payment_links import receivable_ids as shown_by
from cartera.db.session import WriteTx
from cartera.db.tables.directory import TokenDirectory, TokenKind
from cartera.db.tables.payments import PaymentLink, PaymentLinkReceivable
from cartera.db.tables.receivables import Receivable
from cartera.rules.payments import LinkState
from cartera.services.access import secret_hash

LINK_LIFETIME = timedelta(days=30)

# Links closed in one transaction.
EXPIRED_AT_A_TIME = 1000

# 192 bits: nobody guesses a link.
_TOKEN_BYTES = 24


async def create_link(
    tx: WriteTx, customer_id: UUID, receivable_ids: Collection[UUID] = (), *, public_url: str = ""
) -> tuple[PaymentLink, str]:
    """A fresh link and its URL; without ``receivable_ids`` it opens all that the customer owes.

    The token is in the URL and nowhere else: only its SHA-256 is kept. The caller has locked the customer.
    """
    token = token_urlsafe(_TOKEN_BYTES)
    token_hash = secret_hash(token)
    link = PaymentLink(
        organization_id=tx.organization_id,
        id=new_id(),
        customer_id=customer_id,
        token_hash=token_hash,
        state=LinkState.ACTIVE,
        created_at=tx.now,
        expires_at=tx.now + LINK_LIFETIME,
        opened_at=None,
    )
    tx.session.add(link)
    tx.session.add(
        TokenDirectory(
            token_hash=token_hash,
            kind=TokenKind.PAYMENT_LINK,
            organization_id=tx.organization_id,
            expires_at=link.expires_at,
        )
    )
    await tx.session.flush()
    tx.session.add_all(
        PaymentLinkReceivable(
            organization_id=tx.organization_id, payment_link_id=link.id, receivable_id=receivable_id
        )
        for receivable_id in sorted(set(receivable_ids))
    )
    return link, f"{public_url}/p/l/{token}"


async def mark_used(tx: WriteTx, link_id: UUID, customer_id: UUID) -> None:
    """Call a link used once nothing that it shows is open any more. The caller holds the account's lock."""
    await tx.session.flush()
    shown = await shown_by(tx, link_id)
    still_open = select(Receivable.id).where(
        Receivable.customer_id == customer_id, Receivable.balance_minor > 0
    )
    if shown:
        still_open = still_open.where(Receivable.id.in_(shown))
    if await tx.session.scalar(still_open.limit(1)) is None:
        await tx.session.execute(
            update(PaymentLink)
            .where(PaymentLink.id == link_id, PaymentLink.state == LinkState.ACTIVE)
            .values(state=LinkState.USED)
        )


async def revoke_link(tx: WriteTx, link_id: UUID) -> None:
    """Close a link that nobody has or that must open nothing any more."""
    await tx.session.execute(
        update(PaymentLink)
        .where(PaymentLink.id == link_id, PaymentLink.state == LinkState.ACTIVE)
        .values(state=LinkState.REVOKED)
    )


async def expire_links(tx: WriteTx) -> int:
    """Close a batch of the links whose time is over; how many. They open nothing from that instant anyway."""
    over = (
        select(PaymentLink.id)
        .where(PaymentLink.state == LinkState.ACTIVE, PaymentLink.expires_at <= tx.now)
        .limit(EXPIRED_AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    result = await tx.session.execute(
        update(PaymentLink)
        .where(PaymentLink.id == any_(once(over)))
        .values(state=LinkState.EXPIRED)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount
