"""What follows every change of customers' books, once, before it is committed."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from cartera.db.queries.accounts import refresh_accounts
from cartera.db.session import WriteTx
from cartera.services.plan_proof import prove_plans
from cartera.services.proof import prove_promises


async def settle_up(tx: WriteTx, customers: Collection[UUID]) -> None:
    """Bring promises and plans up to what money proves, then the account rows, which are locked."""
    await prove_promises(tx, customers)
    await prove_plans(tx, customers)
    await refresh_accounts(tx, customers)
