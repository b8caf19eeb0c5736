"""What was said agrees with what was paid: promises, disputes, notes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date, timedelta
from uuid import UUID

from cartera.calendars import banking_days
from cartera.rules.activities import ActivityOutcome
from cartera.rules.disputes import DisputeState
from cartera.rules.promises import (
    PROOF,
    Evidence,
    Pledge,
    PromiseChannel,
    PromiseState,
    Proof,
    last_day,
    outcome,
    prove,
)
from cartera.rules.receivables import EntryKind
from tests.demo.conftest import TODAY, Portfolio


def test_money_proves_every_promise_as_the_books_would(portfolio: Portfolio) -> None:
    named = defaultdict(set)
    for row in portfolio.rows.promise_receivable:
        named[row.promise_id].add(row.receivable_id)
    pledges = defaultdict(list)
    for promise in portfolio.rows.promise:
        pledges[promise.customer_id].append(
            Pledge(
                promise.id,
                frozenset(named[promise.id]),
                promise.amount_minor,
                promise.created_at,
                promise.due_on,
                promise.last_day,
                PromiseState(promise.state),
            )
        )
    evidence = defaultdict(list)
    for entry in portfolio.rows.entry:
        if entry.kind in PROOF:
            evidence[entry.customer_id].append(
                Evidence(entry.receivable_id, -entry.amount_minor, entry.effective_on, entry.recorded_at)
            )
    owed = Counter({row.id: row.balance_minor + row.written_off_minor for row in portfolio.rows.receivable})
    for entry in portfolio.rows.entry:
        if entry.kind is EntryKind.SUBSTITUTION:
            owed[entry.receivable_id] -= entry.amount_minor
    proofs: dict[UUID, Proof] = {}
    for customer_id, made in pledges.items():
        proofs |= prove(made, evidence[customer_id], owed)
    for promise in portfolio.rows.promise:
        proof = proofs[promise.id]
        assert promise.received_minor == proof.received
        assert promise.state is outcome(
            due=proof.due,
            received=proof.received,
            last_day=promise.last_day,
            today=TODAY,
        )


def test_grace_is_counted_in_banking_days(portfolio: Portfolio) -> None:
    is_banking_day = banking_days("MX")
    for promise in portfolio.rows.promise:
        assert promise.last_day == last_day(promise.due_on, 2, is_banking_day)
        assert promise.created_at.date() < promise.due_on


def test_a_promise_names_overdue_receivables_that_still_owed_it(portfolio: Portfolio) -> None:
    promises = {row.id: row for row in portfolio.rows.promise}
    owed: dict[UUID, int] = defaultdict(int)
    for row in portfolio.rows.promise_receivable:
        promise = promises[row.promise_id]
        receivable = portfolio.receivables[row.receivable_id]
        made_on = promise.created_at.date()
        assert (receivable.customer_id, receivable.currency) == (promise.customer_id, promise.currency)
        assert receivable.overdue_from <= made_on
        owed[promise.id] += sum(
            entry.amount_minor for entry in portfolio.entries[receivable.id] if entry.effective_on <= made_on
        )
    assert all(0 < promise.amount_minor <= owed[promise.id] for promise in promises.values())


def test_promises_by_phone_are_in_the_call_log_with_amount_and_day(portfolio: Portfolio) -> None:
    calls = {
        (row.customer_id, row.happened_at): row.note
        for row in portfolio.rows.activity
        if row.outcome is ActivityOutcome.PROMISED
    }
    by_phone = [row for row in portfolio.rows.promise if row.channel is PromiseChannel.PHONE]
    assert len(calls) == len(by_phone) > 1_000
    for promise in by_phone:
        note = calls[promise.customer_id, promise.created_at]
        written = re.search(rf"{promise.currency} ([\d.,]+\d)", note)
        assert written
        digits = re.sub(r"\D", "", written[1])
        assert str(promise.amount_minor).startswith(digits.rstrip("0"))
        assert f"el {promise.due_on.day} de " in note


def test_accepted_disputes_are_credited_and_open_ones_still_owed(portfolio: Portfolio) -> None:
    for dispute in portfolio.rows.dispute:
        receivable = portfolio.receivables[dispute.receivable_id]
        assert 0 < dispute.amount_minor <= receivable.amount_minor
        credited = [
            entry
            for entry in portfolio.entries[receivable.id]
            if entry.kind is EntryKind.CREDIT_NOTE
            and (entry.effective_on, -entry.amount_minor) == (dispute.resolved_on, dispute.amount_minor)
        ]
        assert len(credited) == (dispute.state is DisputeState.ACCEPTED)
        if dispute.state is DisputeState.OPEN:
            assert dispute.resolved_on is None
            assert receivable.balance_minor >= dispute.amount_minor


def test_texts_are_filled_in(portfolio: Portfolio) -> None:
    notes = [row.note for row in portfolio.rows.activity]
    assert not any("{" in note or "  " in note for note in notes)
    assert len(set(notes)) > len(notes) // 2


def test_what_is_next_lies_ahead_or_has_just_come_due(portfolio: Portfolio) -> None:
    last_contact = {row.customer_id: row.happened_at.date() for row in portfolio.rows.activity}
    tasks = portfolio.rows.task
    assert all(row.created_at < row.due_at for row in tasks)
    assert all(row.due_at.date() > last_contact.get(row.customer_id, date.min) for row in tasks)
    came_due = sum(row.due_at.date() < TODAY for row in tasks)
    assert 3 < came_due < len(tasks) // 2
    assert all(row.due_at.date() >= TODAY - timedelta(days=3) for row in tasks)
    assert all(row.until_on > TODAY for row in portfolio.rows.hold)
