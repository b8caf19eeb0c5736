"""What the collectors did about a customer: contacts, promises, disputes, holds and the next action.

Told after the money, so that the two agree: a promise's state is what the allocations prove
(``rules.promises.outcome``), and who pays next week says so on the telephone today.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple
from uuid import UUID

from cartera.demo import notes
from cartera.demo.calendars import Calendar
from cartera.demo.debts import Claim, Debt
from cartera.demo.profiles import NEVER, Profile, draw_by_share
from cartera.demo.rows import Activity, Dispute, Hold, Promise, PromiseReceivable, Rows, Task
from cartera.demo.world import ACTOR, World
from cartera.rules.activities import ActivityKind, ActivityOutcome, TaskKind, TaskState
from cartera.rules.disputes import DisputeState
from cartera.rules.promises import PromiseChannel, PromiseState, outcome

_DISPUTE_DAYS = 20
# Quarters of an hour of the day; promises are made after the day's money has been booked.
_DISPUTE_SLOT = 12
_PROMISE_SLOT = 20

_OUTCOMES = {
    ActivityOutcome.PROMISED: 46,
    ActivityOutcome.REACHED: 14,
    ActivityOutcome.CALL_BACK: 12,
    ActivityOutcome.LEFT_MESSAGE: 12,
    ActivityOutcome.NO_ANSWER: 16,
}
_SILENT_OUTCOMES = {
    ActivityOutcome.NO_ANSWER: 44,
    ActivityOutcome.LEFT_MESSAGE: 22,
    ActivityOutcome.PROMISED: 12,
    ActivityOutcome.REFUSED: 14,
    ActivityOutcome.WRONG_NUMBER: 8,
}


class Person(NamedTuple):
    """The contact that the collector talks to."""

    id: UUID
    name: str


class FollowUp:
    """Walks one customer's history and writes what was done about it."""

    def __init__(
        self,
        world: World,
        rows: Rows,
        rng: Random,
        *,
        customer_id: UUID,
        profile: Profile,
        calendar: Calendar,
        collector_id: UUID,
        contact: Person,
    ) -> None:
        self.world = world
        self.rows = rows
        self.rng = rng
        self.customer_id = customer_id
        self.profile = profile
        self.calendar = calendar
        self.collector_id = collector_id
        self.contact = contact
        self.pending: int | None = None
        self.contacted = 0

    def write(self, debts: list[Debt]) -> None:
        """Activities, promises, disputes, a hold and a task, up to the evening before today."""
        for debt in debts:
            if debt.claim:
                self._dispute(debt, debt.claim)
        # A few days late is nobody's business; the collector starts after that.
        late = [debt for debt in debts if debt.due + 4 < min(debt.closed, self.world.now)]
        late.sort(key=_by_due)
        next_working = self.calendar.next_working
        day = 0
        while late:
            day = next_working[max(day + 1, late[0].due + 5)]
            if day >= self.world.now:
                break
            overdue = [debt for debt in late if _is_chased(debt, day)]
            if overdue:
                day = self._contact(day, overdue) + 4 + self.rng.getrandbits(3)
            late = [debt for debt in late if debt.closed > day]
        self._look_ahead(debts)

    def _contact(self, day: int, overdue: list[Debt]) -> int:
        """One contact about what is overdue. Returns the day until which the customer is left in peace."""
        rng = self.rng
        silent = day >= self.profile.silent_from
        result = draw_by_share(rng, _SILENT_OUTCOMES if silent else _OUTCOMES)
        if not silent and any(day < debt.closed <= day + 3 for debt in overdue) and rng.random() < 0.4:
            result = ActivityOutcome.SAYS_PAID
        if result is ActivityOutcome.PROMISED:
            return self._promise(day, overdue)
        chance = rng.random()
        if chance < 0.3:
            self._log(day, ActivityKind.EMAIL, ActivityOutcome.NONE, overdue)
        else:
            kind = ActivityKind.CALL
            if chance > 0.9 and result in (ActivityOutcome.REACHED, ActivityOutcome.CALL_BACK):
                kind = ActivityKind.WHATSAPP
            self._log(day, kind, result, overdue)
        return day

    def _promise(self, day: int, overdue: list[Debt]) -> int:
        named = self._named(day, overdue)
        if not named:
            self._log(day, ActivityKind.CALL, ActivityOutcome.REACHED, overdue)
            return day
        amount = sum(debt.payable_on(day) for debt in named)
        due = self._promised_day(day, named)
        last_day = self.world.last_day(due)
        receipts = [(on, part) for debt in named for on, part in debt.proof_after(day)]
        received = min(amount, sum(part for on, part in receipts if on <= last_day))
        # Nobody can pay what was credited or waived since (rules.promises.prove).
        still = sum(debt.owed_on(self.world.now) for debt in named)
        state = outcome(
            due=min(amount, sum(part for _, part in receipts) + still),
            received=received,
            last_day=self.world.date(last_day),
            today=self.world.timeline.today,
        )
        by_portal = self.rng.random() < 0.12
        self._record_promise(day, due, last_day, state, amount, received, named, by_portal)
        if not by_portal:
            self._log(day, ActivityKind.CALL, ActivityOutcome.PROMISED, named, amount, due)
        if state is PromiseState.PENDING:
            self.pending = last_day
        return last_day

    def _named(self, day: int, overdue: list[Debt]) -> list[Debt]:
        """What the promise covers: mostly what the customer has the money for, else the oldest.

        Nothing that a bounced cheque was to pay: nobody takes a promise for that.
        """
        same = [debt for debt in overdue if debt.currency == overdue[0].currency and not debt.bounced]
        soon = [debt for debt in same if debt.closed < day + 25]
        return (soon if soon and self.rng.random() < 0.8 else same)[:4]

    def _promised_day(self, day: int, named: list[Debt]) -> int:
        """The day that the customer names: mostly the one on which it will pay, at times one too early."""
        draw = self.rng.random
        paid_on = max(debt.closed for debt in named)
        if paid_on < self.world.now and paid_on - day < 25:
            early = paid_on - 5
            if draw() < 0.85 or early <= day:
                return paid_on
            return self.calendar.next_working[day + 1 + int(draw() * (early - day - 1))]
        return self.calendar.next_working[day + 3 + self.rng.getrandbits(3)]

    def _record_promise(
        self,
        day: int,
        due: int,
        last_day: int,
        state: PromiseState,
        amount: int,
        received: int,
        named: list[Debt],
        by_portal: bool,
    ) -> None:
        world = self.world
        promise_id = next(world.ids)
        is_pending = state is PromiseState.PENDING
        resolved = None if is_pending else self._resolved_on(state, named, day, last_day, received)
        self.rows.promise.append(
            Promise(
                promise_id,
                self.customer_id,
                amount,
                named[0].currency,
                world.date(due),
                world.date(last_day),
                state,
                received,
                PromiseChannel.PORTAL if by_portal else PromiseChannel.PHONE,
                None if by_portal else self.collector_id,
                None,
                world.moment(day, _PROMISE_SLOT),
                None if resolved is None else world.date(resolved),
            )
        )
        for debt in named:
            self.rows.promise_receivable.append(PromiseReceivable(promise_id, debt.id))

    def _resolved_on(self, state: PromiseState, named: list[Debt], day: int, last_day: int, kept: int) -> int:
        if state is not PromiseState.KEPT:
            return last_day + 1
        received = 0
        for on, part in sorted(receipt for debt in named for receipt in debt.proof_after(day)):
            received += part
            if received >= kept:
                return on
        raise AssertionError("a kept promise has been paid")

    def _dispute(self, debt: Debt, claim: Claim) -> None:
        world = self.world
        resolved = None if claim.resolved == NEVER else world.date(claim.resolved)
        self.rows.dispute.append(
            Dispute(
                next(world.ids),
                debt.id,
                self.customer_id,
                claim.reason,
                claim.amount,
                debt.currency,
                claim.state,
                self.collector_id,
                world.date(claim.opened),
                world.date(self.calendar.next_working[claim.opened + _DISPUTE_DAYS]),
                resolved,
                claim.amount if claim.state is DisputeState.ACCEPTED else None,
                notes.sentence(notes.REASONS[claim.reason]),
                world.moment(claim.opened, _DISPUTE_SLOT),
            )
        )
        facts = {
            "contact": self.contact.name,
            "amount": notes.spoken_amount(claim.amount, debt.currency),
            "documents": debt.number,
            "reason": notes.REASONS[claim.reason],
        }
        note = notes.call_note(self.rng, ActivityOutcome.DISPUTED, facts)
        self._activity(claim.opened, _DISPUTE_SLOT, ActivityKind.CALL, ActivityOutcome.DISPUTED, note)

    def _log(
        self,
        day: int,
        kind: ActivityKind,
        result: ActivityOutcome,
        about: list[Debt],
        promised: int | None = None,
        promised_on: int | None = None,
    ) -> None:
        currency = about[0].currency
        about = [debt for debt in about if debt.currency == currency]
        amount = sum(debt.balance_on(day) for debt in about) if promised is None else promised
        facts = {
            "contact": self.contact.name,
            "amount": notes.spoken_amount(amount, currency),
            "documents": notes.spoken_documents([debt.number for debt in about]),
            "day": "" if promised_on is None else notes.spoken_date(self.world.date(promised_on)),
        }
        is_email = kind is ActivityKind.EMAIL
        note = notes.email_note(self.rng, facts) if is_email else notes.call_note(self.rng, result, facts)
        slot = _PROMISE_SLOT if result is ActivityOutcome.PROMISED else self.rng.getrandbits(4)
        self._activity(day, slot, kind, result, note)

    def _activity(self, day: int, slot: int, kind: ActivityKind, result: ActivityOutcome, note: str) -> None:
        world = self.world
        happened = world.moment(day, slot)
        self.contacted = max(self.contacted, day)
        self.rows.activity.append(
            Activity(
                next(world.ids),
                self.customer_id,
                kind,
                result,
                happened,
                self.collector_id,
                self.contact.id,
                note,
                happened,
            )
        )

    def _look_ahead(self, debts: list[Debt]) -> None:
        """The next action of a customer who owes what is due; some are forgotten, as in life."""
        world, rng = self.world, self.rng
        overdue = [debt for debt in debts if debt.closed == NEVER and debt.due + 3 < world.now]
        if self.pending is not None:
            self._task(TaskKind.FOLLOW_UP, self.pending + 1, notes.CHECK_PROMISE)
        elif overdue and rng.random() < 0.75:
            kind = TaskKind.CALL if rng.random() < 0.7 else TaskKind.FOLLOW_UP
            # Some of these days have passed: what was to be done then comes first now.
            self._task(kind, world.now - 3 + rng.getrandbits(3), rng.choice(notes.NEXT_STEPS))
        if overdue and rng.random() < 0.1:
            until = self.calendar.next_working[world.now + 3 + rng.getrandbits(3)]
            self.rows.hold.append(
                Hold(
                    next(world.ids),
                    self.customer_id,
                    world.date(until),
                    rng.choice(notes.HOLDS),
                    ACTOR,
                    world.moment(world.now - 1, 12),
                )
            )

    def _task(self, kind: TaskKind, day: int, note: str) -> None:
        """A task for ``day``, or the next that is possible, noted down at the end of the last contact."""
        world = self.world
        noted = self.contacted or world.now - 5
        due = self.calendar.next_working[max(day, noted + 1)]
        self.rows.task.append(
            Task(
                next(world.ids),
                self.customer_id,
                self.collector_id,
                kind,
                world.moment(due, self.rng.getrandbits(4)),
                TaskState.OPEN,
                note,
                world.moment(noted, _PROMISE_SLOT),
            )
        )


def _by_due(debt: Debt) -> int:
    return debt.due


def _is_chased(debt: Debt, day: int) -> bool:
    """Whether a collector asks for the debt on ``day``: overdue, not being argued about, and still owed."""
    if debt.due + 4 >= day or debt.closed <= day:
        return False
    if debt.claim and debt.claim.opened <= day < debt.claim.resolved:
        return False
    return debt.payable_on(day) > 0
