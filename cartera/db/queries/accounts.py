"""Account rows recomputed from the books: the same SQL for one customer and for a whole organization.

Whoever changes a customer's books holds the lock of its account row and calls ``refresh_accounts`` once, at
the end. Every table reference has the organization bound, at every level (SCALE.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from cartera.db.queries.account_history_sql import HISTORY, SEGMENTS, STALE
from cartera.db.queries.accounts_sql import ACCOUNTS, BALANCES
from cartera.db.session import Tx, WriteTx
from cartera.db.tables.accounts import Account
from cartera.db.tables.organizations import ExchangeRate
from cartera.rules.money import minor_digits

# Customers per transaction of a whole organization's refresh.
CHUNK = 1000

# More customers than these are worth a plan of their own. The one for any number expects ten: a thousand
# take five times as long by it. For one customer, planning takes several times as long as all the rest.
_FEW = 50

_IDS = bindparam("ids", type_=ARRAY(Uuid()))
_STALE, _HISTORY, _BALANCES, _ACCOUNTS = (
    text(statement).bindparams(_IDS) for statement in (STALE, HISTORY, BALANCES, ACCOUNTS)
)


async def refresh_accounts(tx: WriteTx, customers: Collection[UUID], *, begins_day: bool = False) -> None:
    """Recompute the account rows of these customers as of the organization's business day.

    The caller holds their locks (``locks.lock``), or the rows are not yet in anybody's sight. ``begins_day``:
    all that a new business day asks for has been done for them; until then their rows keep the day of
    before, so that whoever does it finds them.
    """
    if not customers:
        return
    await tx.session.flush()
    rates = await base_factors(tx)
    parameters = {
        "org": tx.organization_id,
        "ids": sorted(set(customers)),
        "today": tx.organization.business_day,
        "begins_day": begins_day,
        "now": tx.now,
        "zone": tx.organization.time_zone,
        "currencies": list(rates),
        "factors": list(rates.values()),
    }
    are_many = len(customers) > _FEW
    planned = "custom" if are_many else "generic"
    await tx.session.execute(text(f"SET LOCAL plan_cache_mode = force_{planned}_plan"))
    changed = await _stale(tx, parameters) if begins_day else parameters["ids"]
    if changed:
        await tx.session.execute(_HISTORY, {**parameters, "ids": changed})
    for statement in (_BALANCES, _ACCOUNTS):
        await tx.session.execute(statement, parameters)
    if are_many:
        # After a few customers the transaction may go on with plans for any number.
        await tx.session.execute(text("SET LOCAL plan_cache_mode TO DEFAULT"))
    # Account rows that this session has read are stale now.
    for row in tx.session.identity_map.values():
        if isinstance(row, Account):
            tx.session.expire(row)


async def _stale(tx: WriteTx, parameters: Mapping[str, Any]) -> list[UUID]:
    """Those whose kept history no longer stands on the business day, though no write has come between."""
    return list(await tx.session.scalars(_STALE, parameters))


async def refresh_segments(tx: WriteTx) -> None:
    """Recompute how each segment pays; once a business day, before the accounts."""
    await tx.session.execute(
        text(SEGMENTS), {"org": tx.organization_id, "today": tx.organization.business_day}
    )


async def base_factors(tx: Tx) -> dict[str, Decimal]:
    """Minor units of the base currency for one minor unit of each currency, on the business day.

    The latest rate on or before that day; a currency without one is absent, never 1.
    """
    base = tx.organization.base_currency
    rates = await tx.session.execute(
        select(ExchangeRate.currency, ExchangeRate.rate)
        .where(ExchangeRate.quoted_on <= tx.organization.business_day)
        .order_by(ExchangeRate.currency, ExchangeRate.quoted_on.desc())
        .ext(distinct_on(ExchangeRate.currency))
    )
    factors = {
        currency: rate * Decimal(10) ** (minor_digits(base) - minor_digits(currency))
        for currency, rate in rates
    }
    return {**factors, base: Decimal(1)}
