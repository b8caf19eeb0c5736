"""In SQL: what other rows say of a receivable, as ``queries.receivables.facts`` says it of many."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select

from api.selection.levels import Level
from api.selection.statement import Build
from cartera.db.statements import constant
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.plans import PlanReceivable
from cartera.db.tables.promises import Promise, PromiseReceivable
from cartera.db.tables.receivables import Hold, Receivable
from cartera.rules.disputes import DisputeState
from cartera.rules.promises import PromiseState


def is_disputed(at: Level, build: Build) -> ColumnElement[bool]:
    found = select(Dispute.id).where(
        Dispute.receivable_id == at[Receivable.id], Dispute.state == constant(DisputeState.OPEN)
    )
    return found.correlate(at.rows).exists()


def is_promised(at: Level, build: Build) -> ColumnElement[bool]:
    found = (
        select(Promise.id)
        .join(PromiseReceivable, PromiseReceivable.promise_id == Promise.id)
        .where(
            PromiseReceivable.receivable_id == at[Receivable.id],
            Promise.state == constant(PromiseState.PENDING),
        )
    )
    return found.correlate(at.rows).exists()


def is_on_hold(at: Level, build: Build) -> ColumnElement[bool]:
    # Of the customer first, whose holds are few and have an index.
    found = select(Hold.id).where(
        Hold.customer_id == at[Receivable.customer_id],
        or_(Hold.receivable_id.is_(None), Hold.receivable_id == at[Receivable.id]),
        Hold.released_at.is_(None),
        Hold.until_on >= build.frame.organization.business_day,
    )
    return found.correlate(at.rows).exists()


def is_in_plan(at: Level, build: Build) -> ColumnElement[bool]:
    found = select(PlanReceivable.plan_id).where(
        PlanReceivable.receivable_id == at[Receivable.id], PlanReceivable.is_active
    )
    return found.correlate(at.rows).exists()
