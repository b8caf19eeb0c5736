"""Closing periods: what is told is told, and what arrives later takes effect on the first open day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from cartera.checks import check_words
from cartera.db.queries.business_day import lock_organization
from cartera.db.queries.periods import move_periods
from cartera.db.session import WriteTx
from cartera.errors import refuse
from cartera.rules.permissions import Scope


@dataclass(frozen=True, slots=True)
class Closing:
    """Close the books to and including a day."""

    through: date


@dataclass(frozen=True, slots=True)
class Reopening:
    """Open the books again after a day (None: altogether); the reason stays in the audit log."""

    after: date | None
    reason: str


async def close_period(tx: WriteTx, new: Closing) -> None:
    """Refused: PERIOD_NOT_OVER (``through`` is today or later), PERIOD_CLOSED_FURTHER."""
    tx.actor.require(Scope.BOOKS_WRITE)
    await move_periods(tx)
    organization = await lock_organization(tx)
    latest = tx.today - timedelta(days=1)
    if new.through > latest:
        raise refuse("PERIOD_NOT_OVER", "through", latest=latest.isoformat())
    if organization.closed_through and new.through <= organization.closed_through:
        raise refuse("PERIOD_CLOSED_FURTHER", "through", closed=organization.closed_through.isoformat())
    _move(tx, organization.closed_through, new.through, None)
    organization.closed_through = new.through


async def reopen_period(tx: WriteTx, new: Reopening) -> None:
    """Entries that took effect later because of it keep their day.

    Refused: PERIOD_NOT_CLOSED, WORDS_MISSING, TOO_LONG.
    """
    tx.actor.require(Scope.BOOKS_WRITE)
    reason = check_words(new.reason, "reason")
    await move_periods(tx)
    organization = await lock_organization(tx)
    closed = organization.closed_through
    if closed is None or (new.after is not None and new.after >= closed):
        raise refuse("PERIOD_NOT_CLOSED", "after")
    _move(tx, closed, new.after, reason)
    organization.closed_through = new.after


def _move(tx: WriteTx, before: date | None, after: date | None, reason: str | None) -> None:
    tx.audit(
        "period.reopen" if reason else "period.close",
        "organization",
        tx.organization_id,
        before={"closed_through": before and before.isoformat()},
        after={"closed_through": after and after.isoformat(), "reason": reason},
    )
