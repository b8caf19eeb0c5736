"""Disputes: open, talk, assign and resolve what a customer contests of a receivable."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from cartera.calendars import banking_days
from cartera.checks import check_text, check_words
from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries import members
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.disputes import (
    as_it_is,
    customer_of_receivable,
    open_amounts,
    past_deadline,
    subject_of,
)
from cartera.db.queries.locks import lock
from cartera.db.queries.tasks import collectors_of
from cartera.db.session import WriteTx
from cartera.db.tables.disputes import Dispute, DisputeComment
from cartera.db.tables.receivables import Receivable
from cartera.errors import NotFound, refuse
from cartera.rules.activities import TaskKind
from cartera.rules.disputes import (
    DEADLINE_DAYS,
    LATEST_DEADLINE_DAYS,
    DisputeReason,
    DisputeState,
    deadline,
    disputable,
    may_become,
)
from cartera.rules.money import Money
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Scope
from cartera.services.tasks import NewTask, ask_review, close_review


@dataclass(frozen=True, slots=True)
class NewDispute:
    """``amount`` of one receivable is contested. Without an owner it is its customer's collector's; without
    a deadline the reason's policy sets one."""

    receivable_id: UUID
    reason: DisputeReason
    amount: Money
    note: str | None = None
    owner_id: UUID | None = None
    deadline_on: date | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class NewComment:
    dispute_id: UUID
    text: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    dispute_id: UUID
    owner_id: UUID
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class NewDeadline:
    dispute_id: UUID
    deadline_on: date
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a dispute is rejected or withdrawn, in words."""

    dispute_id: UUID
    reason: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class DisputeDone:
    dispute_id: UUID
    replayed: bool


async def open_dispute(tx: WriteTx, new: NewDispute) -> DisputeDone:
    """Note what a customer contests: that much is not chased while the dispute is open.

    Refused: AMOUNT_NOT_POSITIVE, CURRENCY_MISMATCH, RECEIVABLE_NOT_OPEN, DISPUTE_ABOVE_BALANCE,
    DEADLINE_IN_PAST, DEADLINE_TOO_FAR, TOO_LONG, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.DISPUTES_WRITE)
    done = await earlier(tx, "open_dispute", new.idempotency_key, new)
    if done is not None:
        return DisputeDone(done["dispute"], replayed=True)
    customer_id = await customer_of_receivable(tx, new.receivable_id)
    locked = await lock(tx, customers=[customer_id], receivables=[new.receivable_id])
    dispute = await open_dispute_under_lock(
        tx,
        locked.receivables[new.receivable_id],
        new.reason,
        new.amount,
        note=new.note,
        owner_id=new.owner_id,
        deadline_on=new.deadline_on,
    )
    await tx.session.flush()
    await refresh_accounts(tx, [customer_id])
    await remember(tx, "open_dispute", new.idempotency_key, dispute=dispute.id)
    return DisputeDone(dispute.id, replayed=False)


async def open_dispute_under_lock(
    tx: WriteTx,
    receivable: Receivable,
    reason: DisputeReason,
    amount: Money,
    *,
    note: str | None = None,
    owner_id: UUID | None = None,
    deadline_on: date | None = None,
) -> Dispute:
    """Add a dispute about a receivable that is locked, as it is now (a short payment's rest, for one).

    Whoever calls refreshes the account afterwards. Refused as by ``open_dispute``.
    """
    note = text_of(note, "note")
    _check_deadline(tx, deadline_on)
    await _check_amount(tx, receivable, amount)
    dispute = Dispute(
        organization_id=tx.organization_id,
        id=new_id(),
        receivable_id=receivable.id,
        customer_id=receivable.customer_id,
        reason=reason,
        amount_minor=amount.minor,
        currency=amount.currency,
        state=DisputeState.OPEN,
        owner_id=await _owner(tx, receivable.customer_id, owner_id),
        opened_on=tx.today,
        deadline_on=deadline_on or _default_deadline(tx, reason),
        resolved_on=None,
        note=note,
        created_at=tx.now,
    )
    tx.session.add(dispute)
    story = _story(dispute) | {"number": receivable.number}
    tx.audit("dispute.open", "dispute", dispute.id, customer_id=dispute.customer_id, after=story)
    tell(tx, dispute)
    return dispute


async def comment(tx: WriteTx, new: NewComment) -> DisputeDone:
    """Add to the thread, which stays open when the dispute is resolved.

    Refused: WORDS_MISSING, TOO_LONG, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.DISPUTES_WRITE)
    done = await earlier(tx, "comment_dispute", new.idempotency_key, new)
    if done is not None:
        return DisputeDone(done["dispute"], replayed=True)
    text = check_words(new.text, "text")
    customer_id, _ = await subject_of(tx, new.dispute_id)
    tx.session.add(
        DisputeComment(
            organization_id=tx.organization_id,
            id=new_id(),
            dispute_id=new.dispute_id,
            customer_id=customer_id,
            actor=str(tx.actor),
            text=text,
            created_at=tx.now,
        )
    )
    tx.audit("dispute.comment", "dispute", new.dispute_id, customer_id=customer_id)
    tell_screens(tx, ChangeKind.DISPUTE, new.dispute_id, customer_id)
    await remember(tx, "comment_dispute", new.idempotency_key, dispute=new.dispute_id)
    return DisputeDone(new.dispute_id, replayed=False)


async def assign(tx: WriteTx, new: Assignment) -> DisputeDone:
    """Give an open dispute another owner. Refused: DISPUTE_NOT_OPEN, NOT_FOUND, IDEMPOTENCY_KEY_REUSED."""
    tx.actor.require(Scope.DISPUTES_WRITE)
    done = await earlier(tx, "assign_dispute", new.idempotency_key, new)
    if done is not None:
        return DisputeDone(done["dispute"], replayed=True)
    dispute = await locked_open(tx, new.dispute_id)
    owner_id = await _owner(tx, dispute.customer_id, new.owner_id)
    if owner_id != dispute.owner_id:
        before, dispute.owner_id = dispute.owner_id, owner_id
        await ask_again(tx, dispute)
        tx.audit(
            "dispute.assign",
            "dispute",
            dispute.id,
            customer_id=dispute.customer_id,
            before={"owner_id": str(before) if before else None},
            after={"owner_id": str(owner_id)},
        )
        tell(tx, dispute)
        await refresh_accounts(tx, [dispute.customer_id])
    await remember(tx, "assign_dispute", new.idempotency_key, dispute=dispute.id)
    return DisputeDone(dispute.id, replayed=False)


async def set_deadline(tx: WriteTx, new: NewDeadline) -> DisputeDone:
    """Set by when an open dispute is to be answered; the owner is asked once it has passed.

    Refused: DISPUTE_NOT_OPEN, DEADLINE_IN_PAST, DEADLINE_TOO_FAR, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.DISPUTES_WRITE)
    done = await earlier(tx, "set_dispute_deadline", new.idempotency_key, new)
    if done is not None:
        return DisputeDone(done["dispute"], replayed=True)
    _check_deadline(tx, new.deadline_on)
    dispute = await locked_open(tx, new.dispute_id)
    if new.deadline_on != dispute.deadline_on:
        before, dispute.deadline_on = dispute.deadline_on, new.deadline_on
        await ask_again(tx, dispute)
        tx.audit(
            "dispute.deadline",
            "dispute",
            dispute.id,
            customer_id=dispute.customer_id,
            before={"deadline_on": before.isoformat()},
            after={"deadline_on": new.deadline_on.isoformat()},
        )
        tell(tx, dispute)
        await refresh_accounts(tx, [dispute.customer_id])
    await remember(tx, "set_dispute_deadline", new.idempotency_key, dispute=dispute.id)
    return DisputeDone(dispute.id, replayed=False)


async def reject(tx: WriteTx, closing: Closing) -> DisputeDone:
    """The customer is not right: chasing goes on. Refused: WORDS_MISSING, DISPUTE_NOT_OPEN, TOO_LONG,
    NOT_FOUND, IDEMPOTENCY_KEY_REUSED."""
    check_words(closing.reason, "reason")
    return await _close(tx, closing, DisputeState.REJECTED)


async def withdraw(tx: WriteTx, closing: Closing) -> DisputeDone:
    """The customer no longer contests it: chasing goes on. Refused: DISPUTE_NOT_OPEN, TOO_LONG, NOT_FOUND,
    IDEMPOTENCY_KEY_REUSED."""
    return await _close(tx, closing, DisputeState.WITHDRAWN)


async def review_disputes(tx: WriteTx, customers: Collection[UUID]) -> None:
    """Ask the owners of these customers' disputes past their deadline to answer them; each deadline once.

    For whoever holds the accounts' locks and refreshes their rows afterwards.
    """
    late = await past_deadline(tx, customers)
    collectors = await collectors_of(tx, {dispute.customer_id for dispute, _ in late})
    for dispute, number in late:
        asked = NewTask(dispute.customer_id, TaskKind.REVIEW_DISPUTE, tx.now, note=number)
        task = ask_review(tx, asked, dispute.owner_id or collectors.get(dispute.customer_id))
        # The task's row first, which the dispute's refers to.
        await tx.session.flush()
        dispute.review_task_id = task.id


async def locked_open(tx: WriteTx, dispute_id: UUID) -> Dispute:
    """An open dispute under the locks of its account and receivable. Refused: DISPUTE_NOT_OPEN, NOT_FOUND."""
    customer_id, receivable_id = await subject_of(tx, dispute_id)
    await lock(tx, customers=[customer_id], receivables=[receivable_id])
    dispute = await as_it_is(tx, dispute_id)
    if dispute.state != DisputeState.OPEN:
        raise refuse("DISPUTE_NOT_OPEN", "disputeId")
    return dispute


async def resolve(
    tx: WriteTx, dispute: Dispute, state: DisputeState, resolution: str | None, **facts: Any
) -> None:
    """Move a locked dispute to where it ends; nobody needs to be asked about it any more."""
    before = DisputeState(dispute.state)
    if not may_become(before, state):
        raise refuse("DISPUTE_NOT_OPEN", "disputeId")
    dispute.state = state
    dispute.resolved_on = tx.today
    dispute.resolution = resolution
    await ask_again(tx, dispute)
    tx.audit(
        f"dispute.{state}",
        "dispute",
        dispute.id,
        customer_id=dispute.customer_id,
        before={"state": before},
        after={"state": state, "reason": resolution, **facts},
    )
    tell(tx, dispute)


def tell(tx: WriteTx, dispute: Dispute) -> None:
    """Have screens fetch a dispute again."""
    tell_screens(tx, ChangeKind.DISPUTE, dispute.id, dispute.customer_id)


async def ask_again(tx: WriteTx, dispute: Dispute) -> None:
    """Close what its owner was asked; an open dispute past its deadline is asked about on the next day."""
    if dispute.review_task_id is not None:
        await close_review(tx, dispute.customer_id, TaskKind.REVIEW_DISPUTE, dispute.review_task_id)
        dispute.review_task_id = None


def text_of(text: str | None, *path: str) -> str | None:
    """A text as it is stored, None for an empty one. Refused: TOO_LONG, NOT_TEXT."""
    check_text(text, *path)
    return (text or "").strip() or None


async def _close(tx: WriteTx, closing: Closing, state: DisputeState) -> DisputeDone:
    tx.actor.require(Scope.DISPUTES_WRITE)
    verb = f"{state}_dispute"
    done = await earlier(tx, verb, closing.idempotency_key, closing)
    if done is not None:
        return DisputeDone(done["dispute"], replayed=True)
    resolution = text_of(closing.reason, "reason")
    dispute = await locked_open(tx, closing.dispute_id)
    await resolve(tx, dispute, state, resolution)
    await tx.session.flush()
    await refresh_accounts(tx, [dispute.customer_id])
    await remember(tx, verb, closing.idempotency_key, dispute=dispute.id)
    return DisputeDone(dispute.id, replayed=False)


async def _check_amount(tx: WriteTx, receivable: Receivable, amount: Money) -> None:
    if amount.minor <= 0:
        raise refuse("AMOUNT_NOT_POSITIVE", "amount")
    if amount.currency != receivable.currency:
        raise refuse("CURRENCY_MISMATCH", "amount", currency=receivable.currency)
    if receivable.balance_minor == 0:
        raise refuse("RECEIVABLE_NOT_OPEN", "receivableId")
    others = (await open_amounts(tx, [receivable.id])).values()
    rest = Money(disputable(receivable.balance_minor, others), receivable.currency)
    if rest < amount:
        raise refuse("DISPUTE_ABOVE_BALANCE", "amount", rest=rest.decimal, currency=rest.currency)


def _check_deadline(tx: WriteTx, day: date | None) -> None:
    if day is None:
        return
    if day < tx.today:
        raise refuse("DEADLINE_IN_PAST", "deadlineOn", today=tx.today.isoformat())
    latest = tx.today + timedelta(days=LATEST_DEADLINE_DAYS)
    if day > latest:
        raise refuse("DEADLINE_TOO_FAR", "deadlineOn", latest=latest.isoformat())


def _default_deadline(tx: WriteTx, reason: DisputeReason) -> date:
    return deadline(tx.today, DEADLINE_DAYS[reason], banking_days(tx.organization.country))


async def _owner(tx: WriteTx, customer_id: UUID, wanted: UUID | None) -> UUID | None:
    """Who is to answer it: the member named, or the customer's collector."""
    if wanted is None:
        return (await collectors_of(tx, [customer_id])).get(customer_id)
    found = (await members.by_ids(tx, [wanted])).get(wanted)
    if found is None or not found.is_active:
        raise NotFound("member", "ownerId")
    return found.id


def _story(dispute: Dispute) -> dict[str, Any]:
    return {
        "receivable_id": str(dispute.receivable_id),
        "reason_code": dispute.reason,
        "amount_minor": dispute.amount_minor,
        "currency": dispute.currency,
        "owner_id": str(dispute.owner_id) if dispute.owner_id else None,
        "deadline_on": dispute.deadline_on.isoformat(),
    }
