"""Accepting a dispute: what the customer rightly contests is credited, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cartera.checks import LONGEST_NAME, check_words
from cartera.db.idempotency import earlier, remember
from cartera.db.session import WriteTx
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.payments import CreditNote
from cartera.db.tables.receivables import Receivable
from cartera.errors import refuse
from cartera.rules.disputes import DisputeState, to_the_receivable
from cartera.rules.money import Money
from cartera.rules.permissions import Scope
from cartera.services.credit_notes import (
    CreditNoteUse,
    NewCreditNote,
    apply_credit_note,
    record_credit_note,
)
from cartera.services.disputes import DisputeDone, locked_open, resolve, text_of


@dataclass(frozen=True, slots=True)
class Acceptance:
    """``amount`` of what is contested, all of it by default, is credited under the credit note's number."""

    dispute_id: UUID
    credit_note_number: str
    amount: Money | None = None
    issued_on: date | None = None
    note: str | None = None
    idempotency_key: str | None = None


async def accept(tx: WriteTx, new: Acceptance) -> DisputeDone:
    """The customer is right, wholly or in part: a credit note settles that much of the receivable.

    It takes effect on its own day, so that no report of an earlier one changes; its value date is that of
    the document's issue, since what was never owed bears no interest, and what was posted is taken back.
    What has been paid of it since stays unapplied on the credit note. Refused: AMOUNT_NOT_POSITIVE,
    CURRENCY_MISMATCH, ACCEPTED_ABOVE_DISPUTED, DISPUTE_NOT_OPEN, TOO_LONG, NOT_FOUND,
    IDEMPOTENCY_KEY_REUSED, and what ``record_credit_note`` refuses, among it who may not change the books.
    """
    tx.actor.require(Scope.BOOKS_WRITE)
    done = await earlier(tx, "accept_dispute", new.idempotency_key, new)
    if done is not None:
        return DisputeDone(done["dispute"], replayed=True)
    number = check_words(new.credit_note_number, "creditNoteNumber", longest=LONGEST_NAME)
    resolution = text_of(new.note, "note")
    dispute = await locked_open(tx, new.dispute_id)
    accepted = _accepted(new, dispute)
    dispute.accepted_minor = accepted.minor
    await resolve(
        tx,
        dispute,
        DisputeState.ACCEPTED,
        resolution,
        amount_minor=accepted.minor,
        currency=accepted.currency,
        credit_note=number,
    )
    await tx.session.flush()
    dispute.credit_note_id = await _credit(tx, dispute, accepted, number, new.issued_on or tx.today)
    await remember(tx, "accept_dispute", new.idempotency_key, dispute=dispute.id)
    return DisputeDone(dispute.id, replayed=False)


def _accepted(new: Acceptance, dispute: Dispute) -> Money:
    contested = Money(dispute.amount_minor, dispute.currency)
    if new.amount is None:
        return contested
    if new.amount.minor <= 0:
        raise refuse("AMOUNT_NOT_POSITIVE", "amount")
    if new.amount.currency != contested.currency:
        raise refuse("CURRENCY_MISMATCH", "amount", currency=contested.currency)
    if contested < new.amount:
        raise refuse(
            "ACCEPTED_ABOVE_DISPUTED", "amount", disputed=contested.decimal, currency=contested.currency
        )
    return new.amount


async def _credit(tx: WriteTx, dispute: Dispute, accepted: Money, number: str, issued_on: date) -> UUID:
    receivable = await tx.session.get_one(Receivable, (tx.organization_id, dispute.receivable_id))
    settles = to_the_receivable(accepted.minor, receivable.principal_owed)
    recorded = await record_credit_note(
        tx,
        NewCreditNote(
            customer_id=dispute.customer_id,
            number=number,
            amount=accepted,
            issued_on=issued_on,
            lines=[(receivable.id, settles)] if settles else [],
            reason=dispute.resolution or dispute.reason,
            never_owed_since=receivable.issued_on,
        ),
    )
    await _credit_charges(tx, receivable, recorded.credit_note_id)
    return recorded.credit_note_id


async def _credit_charges(tx: WriteTx, receivable: Receivable, credit_note_id: UUID) -> None:
    """What is left of the credit note settles charges, once those of what was never owed are taken back."""
    note = await tx.session.get_one(CreditNote, (tx.organization_id, credit_note_id))
    settles = to_the_receivable(note.unapplied_minor, receivable.balance_minor)
    if settles:
        await apply_credit_note(tx, CreditNoteUse(credit_note_id, [(receivable.id, settles)]))
