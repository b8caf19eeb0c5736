"""The terms of a plan that somebody asks for: checked, and projected into a schedule."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from cartera.checks import check_count, check_text
from cartera.db.queries import rows
from cartera.db.queries.plans import in_active_plan, policy
from cartera.db.session import Tx
from cartera.db.tables.receivables import Receivable
from cartera.errors import NotFound, refuse
from cartera.rules.interest import DayCount
from cartera.rules.money import Money
from cartera.rules.permissions import Scope
from cartera.rules.plan_schedules import Debt, Frequency, PlanError, Schedule, Terms, due_dates, project
from cartera.rules.plans import PlanPolicy, check_policy, needs_approval

# A plan is to be signed within this many days of its proposal: what is owed changes.
LATEST_START_DAYS = 60


@dataclass(frozen=True, slots=True)
class Even:
    """``count`` instalments with equal parts of the debt, the first on ``first_on``."""

    count: int
    first_on: date
    frequency: Frequency


@dataclass(frozen=True, slots=True)
class Custom:
    """Days of one's own. ``amounts``: the debt's part in each; None: even parts."""

    due_on: tuple[date, ...]
    amounts: tuple[Money, ...] | None = None


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan for the receivables named: all of one customer and one currency.

    ``starts_on``: the day by which it is to be signed; None: today. Amounts that are None are zero.
    """

    customer_id: UUID
    receivable_ids: Collection[UUID]
    instalments: Even | Custom
    starts_on: date | None = None
    down_payment: Money | None = None
    annual_percent: Decimal = Decimal(0)
    day_count: DayCount = DayCount.ACTUAL_360
    charges_forgiven: Money | None = None
    principal_forgiven: Money | None = None
    note: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan as it would be signed. ``needs_approval``: it forgives more than this actor may grant."""

    currency: str
    debt: Debt
    terms: Terms
    schedule: Schedule
    policy: PlanPolicy
    needs_approval: bool


async def preview_plan(tx: Tx, new: NewPlan) -> Draft:
    """The schedule that a plan would have, before anybody signs; changes nothing. Refused: as ``draft``."""
    tx.actor.require(Scope.PLANS_READ)
    check_input(tx, new)
    found = await rows.by_ids(tx, set(new.receivable_ids), Receivable)
    if any(row.customer_id != new.customer_id for row in found.values()) or len(found) < len(
        set(new.receivable_ids)
    ):
        raise NotFound("receivable", "receivableIds")
    return await draft(tx, new, list(found.values()))


async def draft(tx: Tx, new: NewPlan, receivables: Collection[Receivable]) -> Draft:
    """The plan that ``new`` asks for about these receivables, as they are now.

    Refused: RECEIVABLE_NOT_OPEN, RECEIVABLE_IN_PLAN, CURRENCY_MISMATCH, and what ``project`` and
    ``check_policy`` raise.
    """
    currency = await _checked_currency(tx, new, receivables)
    debt = Debt(sum(row.principal_owed for row in receivables), sum(row.charges_owed for row in receivables))
    limits = await policy(tx)
    try:
        terms = _terms(tx, new)
        schedule = project(debt, terms)
        check_policy(limits, debt, terms)
    except PlanError as error:
        raise refuse(error.code, *error.path, **_said(error, currency)) from None
    alone = tx.actor.can(Scope.BOOKS_WRITE)
    return Draft(currency, debt, terms, schedule, limits, not alone and needs_approval(limits, debt, terms))


def check_input(tx: Tx, new: NewPlan) -> None:
    """Refused: NO_RECEIVABLES, TOO_MANY, TOO_LONG, PLAN_STARTS_IN_PAST, PLAN_STARTS_TOO_LATE."""
    if not new.receivable_ids:
        raise refuse("NO_RECEIVABLES", "receivableIds")
    check_count(new.receivable_ids, "receivableIds")
    check_text(new.note, "note")
    if new.starts_on is None:
        return
    if new.starts_on < tx.today:
        raise refuse("PLAN_STARTS_IN_PAST", "startsOn", today=tx.today.isoformat())
    latest = tx.today + timedelta(days=LATEST_START_DAYS)
    if new.starts_on > latest:
        raise refuse("PLAN_STARTS_TOO_LATE", "startsOn", latest=latest.isoformat())


async def _checked_currency(tx: Tx, new: NewPlan, receivables: Collection[Receivable]) -> str:
    currencies = sorted({row.currency for row in receivables})
    if len(currencies) > 1:
        raise refuse("CURRENCIES_MIXED", "receivableIds", currencies=", ".join(currencies))
    (currency,) = currencies
    for field, amounts in _amounts(new).items():
        if any(amount.currency != currency for amount in amounts):
            raise refuse("CURRENCY_MISMATCH", field, currency=currency)
    if any(row.balance_minor == 0 for row in receivables):
        raise refuse("RECEIVABLE_NOT_OPEN", "receivableIds")
    if await in_active_plan(tx, [row.id for row in receivables]):
        raise refuse("RECEIVABLE_IN_PLAN", "receivableIds")
    return currency


def _amounts(new: NewPlan) -> dict[str, Sequence[Money]]:
    named = {
        "downPayment": new.down_payment,
        "chargesForgiven": new.charges_forgiven,
        "principalForgiven": new.principal_forgiven,
    }
    custom = new.instalments.amounts if isinstance(new.instalments, Custom) else None
    given = {field: [amount] for field, amount in named.items() if amount is not None}
    return {**given, "instalments": list(custom or ())}


def _terms(tx: Tx, new: NewPlan) -> Terms:
    asked = new.instalments
    if isinstance(asked, Even):
        dates, amounts = due_dates(asked.first_on, asked.count, asked.frequency), None
    else:
        dates = asked.due_on
        amounts = tuple(amount.minor for amount in asked.amounts) if asked.amounts is not None else None
    return Terms(
        starts_on=new.starts_on or tx.today,
        due_dates=dates,
        amounts=amounts,
        down_payment=_minor(new.down_payment),
        annual_percent=new.annual_percent,
        day_count=new.day_count,
        charges_forgiven=_minor(new.charges_forgiven),
        principal_forgiven=_minor(new.principal_forgiven),
    )


def _minor(amount: Money | None) -> int:
    return amount.minor if amount else 0


def _said(error: PlanError, currency: str) -> dict[str, object]:
    """The error's facts, with its amount as people write it."""
    facts = dict(error.facts)
    if "expected" in facts:
        facts |= {"expected": Money(facts["expected"], currency).decimal, "currency": currency}
    return facts
