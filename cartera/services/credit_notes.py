"""Credit notes: record them, apply them to receivables, annul what was not used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from cartera.checks import LONGEST_AGO, LONGEST_NAME, check_text, check_words
from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries.ledger import standing
from cartera.db.queries.locks import lock
from cartera.db.queries.payments import credited_by
from cartera.db.session import WriteTx
from cartera.db.tables.payments import CreditNote
from cartera.errors import refuse
from cartera.rules.allocation import AllocationRule, Line, Share, as_told, by_rule, shares_of
from cartera.rules.imputation import ImputationOrder
from cartera.rules.money import MAX_MINOR, Money
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Scope
from cartera.services.allocations import check_currency, check_lines, check_use, wanted_receivables
from cartera.services.books import settle_up
from cartera.services.ledger import Ledger
from cartera.services.overcharges import correct_interest

_ORDER = ImputationOrder.PRINCIPAL_INTEREST_COST_BY_DOCUMENT


@dataclass(frozen=True, slots=True)
class NewCreditNote:
    """A reduction of what a customer owes. Lines say of which receivables; the rest stays unapplied.

    ``never_owed_since``: what it reduces was not owed from that day on, and bore no interest.
    """

    customer_id: UUID
    number: str
    amount: Money
    issued_on: date
    lines: Sequence[Line] = ()
    reason: str | None = None
    external_id: str | None = None
    idempotency_key: str | None = None
    never_owed_since: date | None = None


@dataclass(frozen=True, slots=True)
class CreditNoteUse:
    """What of a credit note goes where; without ``lines`` by ``rule``."""

    credit_note_id: UUID
    lines: Sequence[Line] | None = None
    rule: AllocationRule = AllocationRule.OLDEST_FIRST
    # What the lines' amounts are of, where whoever told them has said so.
    currency: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Annulment:
    """The note is void, with all that it had reduced."""

    credit_note_id: UUID
    reason: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class CreditNoteRecorded:
    credit_note_id: UUID
    replayed: bool


async def record_credit_note(tx: WriteTx, new: NewCreditNote) -> CreditNoteRecorded:
    """Book a credit note and apply its lines; entries take effect on the day on which it was issued.

    Interest that was posted since on what it says was not owed is taken back.
    Refused: AMOUNT_NOT_POSITIVE, TOO_LARGE, ISSUED_IN_FUTURE, ISSUED_LONG_AGO, WORDS_MISSING, TOO_LONG,
    CREDIT_NOTE_EXISTS, LINES_EXCEED_PAYMENT, OVER_ALLOCATED, CURRENCY_MISMATCH, and as ``check_lines``.
    """
    tx.actor.require(Scope.BOOKS_WRITE)
    _check(tx, new)
    done = await earlier(tx, "record_credit_note", new.idempotency_key, new)
    if done is not None:
        return CreditNoteRecorded(done["credit_note"], replayed=True)
    locked = await lock(
        tx,
        customers=[new.customer_id],
        receivables=[receivable_id for receivable_id, _ in new.lines],
        named_in="allocations",
    )
    note = await _add(tx, new)
    ledger = await Ledger.of(tx, locked.receivables)
    shares = _shares(ledger, new.amount, new.lines, AllocationRule.OLDEST_FIRST)
    if sum(share.spent for share in shares) < sum(amount for _, amount in new.lines):
        raise refuse("OVER_ALLOCATED", "allocations")
    ledger.allocate(note, shares, on=new.issued_on, value_on=new.never_owed_since)
    await ledger.write()
    if min(new.issued_on, new.never_owed_since or new.issued_on) < tx.today:
        await correct_interest(tx, locked.receivables, tx.today)
    await _finish(tx, note, "credit_note.record", {"reason": new.reason, "number": new.number})
    await remember(tx, "record_credit_note", new.idempotency_key, credit_note=note.id)
    return CreditNoteRecorded(note.id, replayed=False)


async def apply_credit_note(tx: WriteTx, use: CreditNoteUse) -> CreditNoteRecorded:
    """Apply what a credit note has left; entries take effect today.

    Refused: NOT_ENOUGH_CREDIT, OVER_ALLOCATED, NOTHING_TO_APPLY, CURRENCY_MISMATCH and what
    ``check_lines`` says.
    """
    tx.actor.require(Scope.PAYMENTS_WRITE)
    check_lines(use.lines)
    done = await earlier(tx, "apply_credit_note", use.idempotency_key, use)
    if done is not None:
        return CreditNoteRecorded(done["credit_note"], replayed=True)
    customer_id = await credited_by(tx, use.credit_note_id)
    await lock(tx, customers=[customer_id])
    note = await _read(tx, use.credit_note_id)
    check_currency(use.currency, note.currency)
    credit = Money(note.unapplied_minor, note.currency)
    wanted = await wanted_receivables(tx, customer_id, credit, use.lines, use.rule)
    locked = await lock(tx, customers=[customer_id], receivables=wanted, named_in="allocations")
    ledger = await Ledger.of(tx, locked.receivables)
    shares = _shares(ledger, credit, use.lines, use.rule)
    check_use(use.lines, credit, shares, "creditNoteId")
    ledger.allocate(note, shares, on=tx.today)
    await ledger.write()
    await _finish(tx, note, "credit_note.apply", {})
    await remember(tx, "apply_credit_note", use.idempotency_key, credit_note=note.id)
    return CreditNoteRecorded(note.id, replayed=False)


async def annul_credit_note(tx: WriteTx, new: Annulment) -> CreditNoteRecorded:
    """Void a credit note: what it had reduced is owed again, from today.

    Refused: WORDS_MISSING, TOO_LONG, CREDIT_NOTE_USED_IN_ERP, NOTHING_TO_REVERSE.
    """
    tx.actor.require(Scope.BOOKS_WRITE)
    reason = check_words(new.reason, "reason")
    done = await earlier(tx, "annul_credit_note", new.idempotency_key, new)
    if done is not None:
        return CreditNoteRecorded(done["credit_note"], replayed=True)
    customer_id = await credited_by(tx, new.credit_note_id)
    await lock(tx, customers=[customer_id])
    note = await _read(tx, new.credit_note_id)
    if note.applied_in_erp_minor:
        raise refuse("CREDIT_NOTE_USED_IN_ERP", "creditNoteId")
    if note.reversed_minor:
        raise refuse("NOTHING_TO_REVERSE", "creditNoteId")
    stand = await standing(tx, credit_note_id=note.id)
    locked = await lock(tx, customers=[customer_id], receivables={each.entry.receivable_id for each in stand})
    ledger = await Ledger.of(tx, locked.receivables)
    for each in stand:
        ledger.take_back(note, each, each.source_left, on=tx.today, note=reason)
    note.reversed_minor += note.unapplied_minor
    note.unapplied_minor = 0
    await ledger.write()
    await _finish(tx, note, "credit_note.annul", {"reason": reason})
    await remember(tx, "annul_credit_note", new.idempotency_key, credit_note=note.id)
    return CreditNoteRecorded(note.id, replayed=False)


def _check(tx: WriteTx, new: NewCreditNote) -> None:
    if new.amount.minor <= 0:
        raise refuse("AMOUNT_NOT_POSITIVE", "amount")
    if new.amount.minor > MAX_MINOR:
        raise refuse("TOO_LARGE", "amount")
    if new.issued_on > tx.today:
        raise refuse("ISSUED_IN_FUTURE", "issuedOn", today=tx.today.isoformat())
    if new.issued_on < tx.today - LONGEST_AGO:
        raise refuse("ISSUED_LONG_AGO", "issuedOn", earliest=(tx.today - LONGEST_AGO).isoformat())
    check_words(new.number, "number", longest=LONGEST_NAME)
    check_text(new.reason, "reason")
    check_lines(new.lines)
    if sum(amount for _, amount in new.lines) > new.amount.minor:
        raise refuse("LINES_EXCEED_PAYMENT", "allocations")


async def _add(tx: WriteTx, new: NewCreditNote) -> CreditNote:
    note_id = new_id()
    note: CreditNote | None = await tx.session.scalar(
        insert(CreditNote)
        .values(
            organization_id=tx.organization_id,
            id=note_id,
            customer_id=new.customer_id,
            external_id=new.external_id or f"cartera:{note_id}",
            number=new.number.strip(),
            issued_on=new.issued_on,
            currency=new.amount.currency,
            amount_minor=new.amount.minor,
            applied_minor=0,
            applied_in_erp_minor=0,
            reversed_minor=0,
            unapplied_minor=new.amount.minor,
            reason=new.reason,
            actor=str(tx.actor),
            recorded_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["organization_id", "external_id"])
        .returning(CreditNote)
    )
    if note is None:
        raise refuse("CREDIT_NOTE_EXISTS", "externalId")
    return note


async def _read(tx: WriteTx, credit_note_id: UUID) -> CreditNote:
    """The note as it is now; the account's lock keeps it so."""
    return (
        await tx.session.scalars(
            select(CreditNote)
            .where(CreditNote.id == credit_note_id)
            .execution_options(populate_existing=True)
        )
    ).one()


def _shares(ledger: Ledger, credit: Money, lines: Sequence[Line] | None, rule: AllocationRule) -> list[Share]:
    """A credit note reduces documents of its own currency: the sale first, then what lateness cost."""
    rows = ledger.receivables
    if any(row.currency != credit.currency for row in rows.values()):
        raise refuse("CURRENCY_MISMATCH", "allocations", currency=credit.currency)
    if lines is None:
        return shares_of(by_rule(credit.minor, [ledger.debt(each) for each in rows], rule, _ORDER))
    debts = {each: (ledger.debt(each), rows[each].currency) for each, _ in lines}
    return as_told(credit, lines, debts, _ORDER, {})


async def _finish(tx: WriteTx, note: CreditNote, action: str, facts: dict[str, Any]) -> None:
    tx.audit(
        action,
        "credit_note",
        note.id,
        customer_id=note.customer_id,
        after={
            "amount_minor": note.amount_minor,
            "currency": note.currency,
            "unapplied_minor": note.unapplied_minor,
            **facts,
        },
    )
    await settle_up(tx, [note.customer_id])
    tell_screens(tx, ChangeKind.CUSTOMER, note.customer_id, note.customer_id)
