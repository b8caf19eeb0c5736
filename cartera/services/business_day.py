"""The business day begins: what was true until yesterday is judged, and account rows are brought up to today.

Each step is a transaction of its own and can be run again: a process that dies in between loses nothing,
and days on which no process ran need no steps of their own, since everything is told by its date.
"""

from __future__ import annotations

from uuid import UUID

from cartera.db.queries.accounts import refresh_accounts, refresh_segments
from cartera.db.queries.business_day import lock_behind, lock_organization
from cartera.db.queries.plans import with_matured_instalment
from cartera.db.queries.promises import with_matured_promise
from cartera.db.session import WriteTx
from cartera.services.disputes import review_disputes
from cartera.services.instruments import ask_for_deposits
from cartera.services.plan_proof import prove_plans
from cartera.services.proof import prove_promises

# Customers a transaction. Planning its statements takes as long as refreshing some hundred of them; whoever
# writes to one of them waits until all are refreshed.
CHUNK = 4000


async def roll_business_day(tx: WriteTx) -> None:
    """Move the business day to the date in the organization's zone, never back; learn how segments pay."""
    organization = await lock_organization(tx)
    organization.business_day = max(organization.business_day, tx.today)
    await tx.session.flush()
    await refresh_segments(tx)


async def catch_up(tx: WriteTx, after: UUID | None, *, passing_by: bool = False) -> UUID | None:
    """Bring the next customers, by id, up to the business day; the last of them, None when all are there.

    ``passing_by``: those whose books somebody is writing just now are left for later.

    Promises and instalments whose last day has passed are judged first; tasks ask for the deposit of what
    banks take now, and for a look at disputes past their deadline.
    """
    customers = await lock_behind(tx, after, CHUNK, passing_by=passing_by)
    if not customers:
        return None
    await prove_promises(tx, await with_matured_promise(tx, customers))
    await prove_plans(tx, await with_matured_instalment(tx, customers))
    await ask_for_deposits(tx, customers)
    await review_disputes(tx, customers)
    await refresh_accounts(tx, customers, begins_day=True)
    return customers[-1]
