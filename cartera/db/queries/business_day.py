"""What the beginning of a business day reads."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, select, update

from cartera.db.queries.accounts import CHUNK
from cartera.db.queries.locks import lock_many
from cartera.db.session import Tx, WriteTx
from cartera.db.tables.accounts import Account, AccountBalance
from cartera.db.tables.organizations import Organization


async def lock_organization(tx: WriteTx) -> Organization:
    """The organization's row, read afresh and locked for the rest of the transaction.

    Its key stays, so that whoever adds rows of the organization need not wait: every write adds some, and so
    many of them at once would keep any stronger lock waiting for ever.
    """
    return (
        await tx.session.scalars(
            select(Organization)
            .where(Organization.organization_id == tx.organization_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).one()


async def fall_behind(tx: WriteTx, currencies: Collection[str]) -> None:
    """Have the business day's job come once more to whoever owes, or has credit, in these currencies.

    Their account rows are locked, and of a day before until it has come.
    """
    owing = list(
        await tx.session.scalars(
            select(AccountBalance.customer_id).where(AccountBalance.currency.in_(set(currencies))).distinct()
        )
    )
    await lock_many(tx, owing)
    for start in range(0, len(owing), CHUNK):
        await tx.session.execute(
            update(Account)
            .where(Account.customer_id.in_(owing[start : start + CHUNK]))
            .values(business_day=Account.business_day - 1)
            .execution_options(synchronize_session=False)
        )


async def behind(tx: Tx, after: UUID | None, limit: int) -> list[UUID]:
    """The next customers, by id, whose account rows are of an earlier day than the business day."""
    return list(await tx.session.scalars(_behind(tx, after, limit)))


async def lock_behind(tx: WriteTx, after: UUID | None, limit: int, *, passing_by: bool) -> list[UUID]:
    """As ``behind``, with their account rows locked, by id; ``passing_by`` those that somebody holds."""
    query = _behind(tx, after, limit).with_for_update(skip_locked=passing_by)
    return list(await tx.session.scalars(query))


def _behind(tx: Tx, after: UUID | None, limit: int) -> Select[UUID]:
    query = (
        select(Account.customer_id)
        .where(Account.business_day < tx.organization.business_day)
        .order_by(Account.customer_id)
        .limit(limit)
    )
    return query if after is None else query.where(Account.customer_id > after)
