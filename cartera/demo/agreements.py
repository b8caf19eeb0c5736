"""What collectors agreed lately: interest by hand, payment plans, cheques and notes, through the services.

Unlike the history these are few, whatever the size of the organization: somebody who opens a tab finds it
in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from cartera.db.session import WriteTx
from cartera.db.tables.accounts import Account
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.instruments import InstrumentKind, InstrumentRole
from cartera.rules.money import Money
from cartera.rules.plan_schedules import Frequency
from cartera.services.charge_policies import NewPolicy, set_policy
from cartera.services.charges import NewPosting, post_charges
from cartera.services.instruments import NewInstrument, register_instrument
from cartera.services.plan_terms import Even, NewPlan
from cartera.services.plans import PlanStep, activate_plan, propose_plan

_OF_EACH = 8
_OLDEST = 3


async def agree(tx: WriteTx) -> None:
    """Of the customers that are late, without a promise: some get a plan, some give a cheque or a note."""
    await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), Posting.BY_HAND))
    late = list(
        await tx.session.execute(
            select(Account.customer_id, Customer.name)
            .join(Customer, Customer.id == Account.customer_id)
            .where(Account.overdue_count >= _OLDEST, Account.promise_state.is_distinct_from("pending"))
            .order_by(Account.overdue_minor.desc(), Account.customer_id)
            .limit(2 * _OF_EACH)
        )
    )
    for place, (customer_id, name) in enumerate(late):
        await post_charges(tx, NewPosting(customer_id, tx.today))
        owed = await tx.session.scalars(
            select(Receivable)
            .where(Receivable.customer_id == customer_id, Receivable.balance_minor > 0)
            .order_by(Receivable.due_on, Receivable.id)
            .limit(_OLDEST)
        )
        oldest = [row for row in owed if row.overdue_from <= tx.today]
        if place % 2:
            await _give(tx, oldest[0], name, place)
        else:
            await _plan(tx, [row for row in oldest if row.currency == oldest[0].currency], place)


async def _plan(tx: WriteTx, receivables: Sequence[Receivable], place: int) -> None:
    """Every fourth is still to be signed."""
    first_on = tx.today + timedelta(days=15 + place)
    new = NewPlan(
        receivables[0].customer_id, [row.id for row in receivables], Even(4, first_on, Frequency.MONTHLY)
    )
    done = await propose_plan(tx, new)
    if place % 8:
        await activate_plan(tx, PlanStep(done.plan_id))


async def _give(tx: WriteTx, receivable: Receivable, name: str, place: int) -> None:
    """By turns a cheque to be deposited in some days, and a note as security."""
    pays = place % 4 == 1
    new = NewInstrument(
        receivable.customer_id,
        InstrumentKind.CHEQUE if pays else InstrumentKind.PROMISSORY_NOTE,
        InstrumentRole.PAYS if pays else InstrumentRole.SECURES,
        number=f"{4100 + place}",
        amount=Money(receivable.balance_minor, receivable.currency),
        due_on=tx.today + timedelta(days=3 * place),
        received_on=tx.today,
        lines=[(receivable.id, receivable.balance_minor)],
        bank="Banco del Altiplano" if pays else None,
        drawer_name=name,
    )
    await register_instrument(tx, new)
