"""Payment attempts: found by id or by the provider's reference, with what they are to pay."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cartera.db.session import Tx
from cartera.db.tables.directory import GatewayDirectory
from cartera.db.tables.payments import Payment, PaymentAttempt, PaymentAttemptReceivable, PaymentReversal
from cartera.db.tables.receivables import Receivable


async def attempt(tx: Tx, attempt_id: UUID) -> PaymentAttempt | None:
    """The attempt as it is now, also where this session has read it before."""
    query = select(PaymentAttempt).where(PaymentAttempt.id == attempt_id)
    return await tx.session.scalar(query.execution_options(populate_existing=True))


async def lines(tx: Tx, attempt_id: UUID) -> list[tuple[UUID, int]]:
    """What the customer chose to pay: receivable and minor units, oldest due first."""
    rows = await tx.session.execute(
        select(Receivable.id, PaymentAttemptReceivable.amount_minor)
        .join(Receivable, Receivable.id == PaymentAttemptReceivable.receivable_id)
        .where(PaymentAttemptReceivable.payment_attempt_id == attempt_id)
        .order_by(Receivable.due_on, Receivable.id)
    )
    return [(receivable_id, minor) for receivable_id, minor in rows]


async def document_numbers(tx: Tx, attempt_id: UUID) -> list[str]:
    """The numbers of the documents that the attempt is to pay, oldest due first."""
    return list(
        await tx.session.scalars(
            select(Receivable.number)
            .join(PaymentAttemptReceivable, Receivable.id == PaymentAttemptReceivable.receivable_id)
            .where(PaymentAttemptReceivable.payment_attempt_id == attempt_id)
            .order_by(Receivable.due_on, Receivable.id)
        )
    )


async def add_account(session: AsyncSession, account: str, organization_id: UUID) -> None:
    """Say in the directory for whom a gateway's account (``sandbox:<account>``) collects."""
    await session.execute(
        insert(GatewayDirectory)
        .values(account=account, organization_id=organization_id)
        .on_conflict_do_nothing(index_elements=["account"])
    )


async def organization_of_account(session: AsyncSession, account: str) -> UUID | None:
    """For whom a gateway's account collects; read before the organization is known."""
    return await session.scalar(
        select(GatewayDirectory.organization_id).where(GatewayDirectory.account == account)
    )


async def payment_of(tx: Tx, attempt_id: UUID) -> Payment:
    """The payment by which an attempt whose money arrived was booked, as it is now."""
    return (
        await tx.session.scalars(
            select(Payment)
            .where(Payment.payment_attempt_id == attempt_id)
            .execution_options(populate_existing=True)
        )
    ).one()


async def is_reversed(tx: Tx, external_id: str) -> bool:
    """Whether the provider's refund or chargeback of this id is on the books."""
    found = await tx.session.scalar(
        select(PaymentReversal.id).where(PaymentReversal.external_id == external_id)
    )
    return found is not None
