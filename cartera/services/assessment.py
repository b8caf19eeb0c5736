"""What could be charged on receivables as of a day, line by line; nothing is written here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from cartera.checks import LONGEST_AGO, check_count
from cartera.db.queries import charges as queries
from cartera.db.queries.plans import agreed_days, in_active_plan
from cartera.db.queries.visibility import sees
from cartera.db.session import Tx
from cartera.db.tables.charges import Charge
from cartera.db.tables.receivables import Receivable
from cartera.errors import NotFound, refuse
from cartera.rules.charge_packs import rules_for
from cartera.rules.charge_rules import (
    Figures,
    InterestRule,
    Lacking,
    Overdue,
    Posted,
    Proposal,
    Rule,
    TieredCost,
    propose,
)
from cartera.rules.charges import ChargeKind
from cartera.rules.interest import Period, Step
from cartera.rules.permissions import Scope


@dataclass(frozen=True, slots=True)
class Assessed:
    """One line for a receivable, in its currency; or what a rule lacks to be computed."""

    receivable_id: UUID
    currency: str
    line: Proposal | Lacking


async def assess_charges(
    tx: Tx, customer_id: UUID, as_of: date, receivable_ids: Collection[UUID] = ()
) -> list[Assessed]:
    """What the customer's overdue receivables could be charged until ``as_of``, and is not yet posted.

    A preview for whoever posts by hand: it is there while posting is off, too. With ``receivable_ids``
    just those, also where they were paid late meanwhile. Refused: AS_OF_IN_FUTURE, DATE_TOO_EARLY,
    TOO_MANY, RECEIVABLE_IN_PLAN, NOT_FOUND.
    """
    tx.actor.require(Scope.RECEIVABLES_READ)
    check(tx, as_of, receivable_ids)
    if not await sees(tx, customer_id):
        raise NotFound("customer", "customerId")
    found = await queries.overdue(tx, customer_id, as_of, receivable_ids)
    await refuse_planned(tx, receivable_ids)
    return await assess(tx, await unplanned(tx, found), as_of)


def check(tx: Tx, as_of: date, receivable_ids: Collection[UUID]) -> None:
    """Raises Refused: AS_OF_IN_FUTURE, DATE_TOO_EARLY, TOO_MANY."""
    if as_of > tx.today:
        raise refuse("AS_OF_IN_FUTURE", "asOf", as_of=as_of.isoformat(), today=tx.today.isoformat())
    earliest = tx.today - LONGEST_AGO
    if as_of < earliest:
        raise refuse("DATE_TOO_EARLY", "asOf", earliest=earliest.isoformat())
    check_count(receivable_ids, "receivableIds")


async def refuse_planned(tx: Tx, receivable_ids: Collection[UUID]) -> None:
    """Refuse to charge what somebody names and an active plan is about: RECEIVABLE_IN_PLAN."""
    if receivable_ids and await in_active_plan(tx, receivable_ids):
        raise refuse("RECEIVABLE_IN_PLAN", "receivableIds")


async def unplanned(tx: Tx, receivables: Collection[Receivable]) -> list[Receivable]:
    """Those that no active plan is about: who keeps to it is not in default."""
    planned = await in_active_plan(tx, [row.id for row in receivables])
    return [row for row in receivables if row.id not in planned]


async def assess(tx: Tx, receivables: Collection[Receivable], as_of: date) -> list[Assessed]:
    """As ``assess_charges``, for rows at hand: their customers' terms, entries and posted charges decide."""
    customers = {row.customer_id for row in receivables}
    ids = {row.id for row in receivables}
    terms = await queries.terms(tx, customers)
    debtors = await queries.debtor_types(tx, customers)
    rules = {
        customer: rules_for(tx.organization.country, debtors[customer], terms[customer])
        for customer in customers
    }
    if not any(rules.values()):
        return []
    posted: dict[UUID, list[Charge]] = defaultdict(list)
    for charge in await queries.charges_of(tx, ids):
        posted[charge.receivable_id].append(charge)
    steps = await queries.steps(tx, ids)
    agreed = await agreed_days(tx, ids)
    figures = await _figures(tx, receivables, rules)
    return [
        Assessed(row.id, row.currency, line)
        for row in receivables
        for line in propose(
            _as_overdue(row, steps.get(row.id, ()), posted[row.id], agreed.get(row.id, ())),
            rules[row.customer_id],
            figures,
            terms[row.customer_id],
            as_of,
        )
    ]


def _as_overdue(
    row: Receivable, steps: Sequence[Step], charges: Sequence[Charge], agreed: Sequence[Period]
) -> Overdue:
    return Overdue(
        overdue_from=row.overdue_from,
        currency=row.currency,
        amount=row.amount_minor,
        steps=steps,
        posted=[
            Posted(each.rule, ChargeKind(each.kind), each.from_on, each.to_on, each.amount_minor)
            for each in charges
        ],
        agreed=agreed,
    )


async def _figures(
    tx: Tx, receivables: Collection[Receivable], rules: Mapping[UUID, Sequence[Rule]]
) -> Figures:
    every = {rule.id: rule for each in rules.values() for rule in each}.values()
    tiered = [rule for rule in every if isinstance(rule, TieredCost)]
    return await queries.figures(
        tx,
        rates=[rule.rate_code for rule in every if isinstance(rule, InterestRule) and rule.rate_code],
        units=[rule.unit_code for rule in tiered],
        days=[row.overdue_from + timedelta(days=rule.after_days) for rule in tiered for row in receivables],
    )
