"""The generated books agree to the unit (DOMAIN §2)."""

from __future__ import annotations

from cartera.calendars import banking_days
from cartera.rules.aging import HolidayPolicy, overdue_from
from cartera.rules.receivables import EntryKind, ReceivableState
from tests.demo.conftest import TODAY, Portfolio


def test_entries_replay_to_the_receivable(portfolio: Portfolio) -> None:
    assert len(portfolio.rows.receivable) == 6_000
    for row in portfolio.rows.receivable:
        balance, charges = 0, 0
        story = sorted(portfolio.entries[row.id], key=lambda entry: (entry.effective_on, entry.recorded_at))
        assert story[0].kind is EntryKind.ISSUE
        for entry in story:
            balance += entry.amount_minor
            charges += entry.amount_minor if entry.kind is EntryKind.INTEREST else 0
            assert 0 <= balance <= row.amount_minor + charges
            assert entry.currency == row.currency
            assert entry.customer_id == row.customer_id
        assert charges == row.charges_minor
        assert balance == row.balance_minor == row.amount_minor + row.charges_minor - row.settled_minor


def test_state_and_day_follow_from_the_entries(portfolio: Portfolio) -> None:
    assert {row.state for row in portfolio.rows.receivable} == set(ReceivableState)
    for row in portfolio.rows.receivable:
        story = portfolio.entries[row.id]
        if row.balance_minor:
            partly = row.settled_minor > 0
            assert row.state is (ReceivableState.PARTIALLY_PAID if partly else ReceivableState.OPEN)
            assert row.settled_on is None
            continue
        assert row.settled_on == max(entry.effective_on for entry in story if entry.charge_id is None)
        kinds = {entry.kind for entry in story}
        if EntryKind.WRITE_OFF in kinds:
            assert row.state is ReceivableState.WRITTEN_OFF
        elif EntryKind.CANCELLATION in kinds:
            assert row.state is ReceivableState.CANCELLED
        else:
            assert row.state is ReceivableState.PAID


def test_every_payment_is_accounted_for(portfolio: Portfolio) -> None:
    for payment in portfolio.rows.payment:
        parts = portfolio.allocations[payment.id]
        allocated = sum(part.source_minor for part in parts)
        assert allocated == payment.allocated_minor
        assert payment.amount_minor == allocated + payment.reversed_minor + payment.unapplied_minor
        paid = [portfolio.receivables[part.receivable_id] for part in parts]
        assert {(row.customer_id, row.currency) for row in paid} == {(payment.customer_id, payment.currency)}
    assert any(payment.unapplied_minor for payment in portfolio.rows.payment)
    assert any(payment.reversed_minor for payment in portfolio.rows.payment)


def test_every_credit_note_is_accounted_for(portfolio: Portfolio) -> None:
    assert portfolio.rows.credit_note
    for note in portfolio.rows.credit_note:
        applied = sum(part.amount_minor for part in portfolio.allocations[note.id])
        assert (applied, note.amount_minor) == (note.applied_minor, applied + note.unapplied_minor)


def test_allocations_tell_what_their_entries_tell(portfolio: Portfolio) -> None:
    entries = {entry.id: entry for entry in portfolio.rows.entry}
    for part in portfolio.rows.allocation:
        entry = entries[part.entry_id]
        assert part.amount_minor == -entry.amount_minor
        assert (part.receivable_id, part.payment_id, part.credit_note_id, part.allocated_on) == (
            entry.receivable_id,
            entry.payment_id,
            entry.credit_note_id,
            entry.effective_on,
        )
    with_allocation = {EntryKind.ALLOCATION, EntryKind.CREDIT_NOTE, EntryKind.REVERSAL}
    assert len(portfolio.rows.allocation) == sum(
        entry.kind in with_allocation for entry in portfolio.rows.entry
    )


def test_reversals_undo_one_entry_each(portfolio: Portfolio) -> None:
    entries = {entry.id: entry for entry in portfolio.rows.entry}
    reversals = [entry for entry in portfolio.rows.entry if entry.kind is EntryKind.REVERSAL]
    assert reversals
    for reversal in reversals:
        assert reversal.reverses_id
        undone = entries[reversal.reverses_id]
        assert reversal.amount_minor == -undone.amount_minor
        assert reversal.effective_on > undone.effective_on
    assert len({reversal.reverses_id for reversal in reversals}) == len(reversals)


def test_days_are_plausible(portfolio: Portfolio) -> None:
    country = {row.id: row.country for row in portfolio.rows.customer}
    is_open = {each: banking_days(each) for each in ("MX", "CO", "CL")}
    for row in portfolio.rows.receivable:
        assert is_open[country[row.customer_id]](row.issued_on)
        assert row.overdue_from == overdue_from(row.due_on, HolidayPolicy.NEXT_BANKING_DAY, is_open["MX"])
    for payment in portfolio.rows.payment:
        assert is_open[country[payment.customer_id]](payment.received_on)
    for activity in portfolio.rows.activity:
        assert is_open[country[activity.customer_id]](activity.happened_at.date())
    assert max(entry.effective_on for entry in portfolio.rows.entry) < TODAY


def test_documents_are_numbered_once_and_in_order(portfolio: Portfolio) -> None:
    numbered = sorted(
        (int(row.number.rpartition("-")[2]), row.issued_on) for row in portfolio.rows.receivable
    )
    assert len({number for number, _ in numbered}) == 6_000
    days = [day for _, day in numbered]
    assert days == sorted(days)
