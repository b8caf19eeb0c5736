"""Activities: what was done with a customer, and what it leads to next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.locks import lock
from cartera.db.session import WriteTx
from cartera.db.tables.activities import Activity
from cartera.db.tables.customers import Contact
from cartera.errors import NotFound, refuse
from cartera.rules.activities import ActivityKind, ActivityOutcome, TaskKind, TaskState
from cartera.rules.customers import AddressState
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Scope
from cartera.services.tasks import NewTask, add_task, check_due, close_follow_ups


@dataclass(frozen=True, slots=True)
class NextAction:
    kind: TaskKind
    due_at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True)
class NewActivity:
    """Something done by a person; ``happened_at`` None: now."""

    customer_id: UUID
    kind: ActivityKind
    outcome: ActivityOutcome = ActivityOutcome.NONE
    contact_id: UUID | None = None
    note: str | None = None
    happened_at: datetime | None = None
    next_action: NextAction | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityLogged:
    activity_id: UUID
    task_id: UUID | None
    replayed: bool


async def log_activity(tx: WriteTx, new: NewActivity) -> ActivityLogged:
    """Log an activity, with the next action if there is one.

    Whoever was in touch with a customer has done what was due by the end of the day: those follow-ups
    close. A wrong number marks the contact's telephone. Refused: ACTIVITY_IN_FUTURE, OUTCOME_OF_NOTE,
    TASK_IN_PAST, TASK_TOO_FAR, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.ACTIVITIES_WRITE)
    done = await earlier(tx, "log_activity", new.idempotency_key, new)
    if done is not None:
        return ActivityLogged(done["activity"], done.get("task"), replayed=True)
    _check_activity(tx, new)
    await lock(tx, customers=[new.customer_id])
    contact = await _contact(tx, new)
    activity_id = _add_activity(tx, new)
    if new.kind is not ActivityKind.NOTE:
        await close_follow_ups(tx, new.customer_id, TaskState.DONE, until=_end_of_today(tx))
    if contact and new.outcome is ActivityOutcome.WRONG_NUMBER:
        contact.phone_state = AddressState.WRONG
        contact.updated_at = tx.now
    task_id = None
    if new.next_action:
        wish = new.next_action
        task_id = (await add_task(tx, NewTask(new.customer_id, wish.kind, wish.due_at, wish.note))).id
    await refresh_accounts(tx, [new.customer_id])
    tell_screens(tx, ChangeKind.ACTIVITY, activity_id, new.customer_id)
    await remember(tx, "log_activity", new.idempotency_key, activity=activity_id, task=task_id)
    return ActivityLogged(activity_id, task_id, replayed=False)


def _check_activity(tx: WriteTx, new: NewActivity) -> None:
    if new.happened_at and new.happened_at > tx.now:
        raise refuse("ACTIVITY_IN_FUTURE", "happenedAt")
    if new.kind is ActivityKind.NOTE and new.outcome is not ActivityOutcome.NONE:
        raise refuse("OUTCOME_OF_NOTE", "outcome")
    if new.next_action:
        check_due(tx, new.next_action.due_at, "nextAction", "dueAt")


async def _contact(tx: WriteTx, new: NewActivity) -> Contact | None:
    if new.contact_id is None:
        return None
    contact = await tx.session.scalar(
        select(Contact).where(Contact.id == new.contact_id, Contact.customer_id == new.customer_id)
    )
    if contact is None:
        raise NotFound("contact", "contactId")
    return contact


def _add_activity(tx: WriteTx, new: NewActivity) -> UUID:
    activity = Activity(
        organization_id=tx.organization_id,
        id=new_id(),
        customer_id=new.customer_id,
        kind=new.kind,
        outcome=new.outcome,
        happened_at=new.happened_at or tx.now,
        member_id=tx.actor.member_id,
        contact_id=new.contact_id,
        message_id=None,
        note=new.note,
        recorded_at=tx.now,
    )
    tx.session.add(activity)
    tx.audit(
        "activity.log",
        "activity",
        activity.id,
        customer_id=new.customer_id,
        after={"kind": new.kind, "outcome": new.outcome},
    )
    return activity.id


def _end_of_today(tx: WriteTx) -> datetime:
    zone = ZoneInfo(tx.organization.time_zone)
    return datetime.combine(tx.today, time.max, zone)
