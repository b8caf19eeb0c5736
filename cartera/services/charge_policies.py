"""What the organization charges for lateness, and what it agreed with a customer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from cartera.db.queries import charges as queries
from cartera.db.queries.business_day import lock_organization
from cartera.db.queries.locks import lock
from cartera.db.session import WriteTx
from cartera.db.tables.charge_policies import ChargeAgreement, ChargePolicy
from cartera.errors import Problem, Refused
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.imputation import ImputationOrder
from cartera.rules.money import MAX_MINOR
from cartera.rules.permissions import Scope
from cartera.rules.waivers import NO_LIMIT, NOTHING, Limit

_MOST_PERCENT = Decimal(1000)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class NewPolicy:
    """``imputation`` None: the order of the organization's country."""

    terms: Terms
    posting: Posting = Posting.OFF
    imputation: ImputationOrder | None = None
    collector_waiver: Limit = NOTHING
    manager_waiver: Limit = NO_LIMIT


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """``terms`` None takes the agreement back; ``imputation`` None: the policy's."""

    customer_id: UUID
    terms: Terms | None
    imputation: ImputationOrder | None = None


async def set_policy(tx: WriteTx, new: NewPolicy) -> None:
    """Refused: AGREED_TERMS_MISSING, TERMS_PERCENT_OUT_OF_RANGE, WAIVER_LIMIT_OUT_OF_RANGE."""
    tx.actor.require(Scope.BOOKS_WRITE)
    problems = _about_terms(new.terms)
    problems += _about_limit(new.collector_waiver, "collectorWaiver")
    problems += _about_limit(new.manager_waiver, "managerWaiver")
    if problems:
        raise Refused(*problems)
    await lock_organization(tx)
    values = _columns(new.terms, new.imputation) | {
        "posting": new.posting,
        "collector_waiver_percent": new.collector_waiver.percent,
        "collector_waiver_minor": new.collector_waiver.minor,
        "manager_waiver_percent": new.manager_waiver.percent,
        "manager_waiver_minor": new.manager_waiver.minor,
    }
    queries.reread_terms(tx)
    row = await queries.policy(tx)
    before = _told(row, values) if row else None
    if row is None:
        tx.session.add(ChargePolicy(organization_id=tx.organization_id, **values, updated_at=tx.now))
    else:
        _change(tx, row, values)
    queries.reread_terms(tx)
    tx.audit("charge_policy.set", "charge_policy", tx.organization_id, before=before, after=_as_text(values))


async def set_agreement(tx: WriteTx, new: NewAgreement) -> None:
    """Refused: as ``set_policy``, NOT_FOUND."""
    tx.actor.require(Scope.BOOKS_WRITE)
    problems = _about_terms(new.terms) if new.terms else []
    if problems:
        raise Refused(*problems)
    await lock(tx, customers=[new.customer_id])
    row = (
        await tx.session.scalars(
            select(ChargeAgreement).where(ChargeAgreement.customer_id == new.customer_id)
        )
    ).one_or_none()
    values = _columns(new.terms, new.imputation) if new.terms else {}
    before = _told(row, _columns(Terms(Basis.NONE), None)) if row else None
    if not values:
        if row is not None:
            await tx.session.delete(row)
    elif row is None:
        tx.session.add(
            ChargeAgreement(
                organization_id=tx.organization_id,
                customer_id=new.customer_id,
                **values,
                updated_at=tx.now,
            )
        )
    else:
        _change(tx, row, values)
    queries.reread_terms(tx)
    tx.audit(
        "charge_agreement.set",
        "customer",
        new.customer_id,
        customer_id=new.customer_id,
        before=before,
        after=_as_text(values) or None,
    )


def _columns(terms: Terms, imputation: ImputationOrder | None) -> dict[str, Any]:
    return {**asdict(terms), "imputation": imputation}


def _change(tx: WriteTx, row: ChargePolicy | ChargeAgreement, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = tx.now


def _told(row: ChargePolicy | ChargeAgreement, names: dict[str, Any]) -> dict[str, Any]:
    return _as_text({name: getattr(row, name) for name in names})


def _as_text(values: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value is None else str(value) for name, value in values.items()}


def _about_terms(terms: Terms) -> list[Problem]:
    problems = []
    if terms.basis is Basis.AGREED and terms.agreed_percent is None and terms.penalty_percent is None:
        problems.append(Problem("AGREED_TERMS_MISSING", ("terms", "agreedPercent")))
    for name, percent in (
        ("agreedPercent", terms.agreed_percent),
        ("penaltyPercent", terms.penalty_percent),
        ("capPercent", terms.cap_percent),
    ):
        if percent is not None and not _is_within(percent, _MOST_PERCENT):
            problems.append(
                Problem("TERMS_PERCENT_OUT_OF_RANGE", ("terms", name), {"most": str(_MOST_PERCENT)})
            )
    return problems


def _about_limit(limit: Limit, name: str) -> list[Problem]:
    if limit.percent is not None and not _is_within(limit.percent, _HUNDRED):
        return [Problem("WAIVER_LIMIT_OUT_OF_RANGE", (name, "percent"))]
    if limit.minor is not None and not 0 <= limit.minor <= MAX_MINOR:
        return [Problem("WAIVER_LIMIT_OUT_OF_RANGE", (name, "amount"))]
    return []


def _is_within(percent: Decimal, most: Decimal) -> bool:
    return percent.is_finite() and 0 <= percent <= most and percent == round(percent, 10)
