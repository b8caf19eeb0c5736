"""All that decides about reminders, read for many customers at a time, or for one as its message leaves.

The same statements serve planning and the truth at send, so that with no event in between both agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from cartera.db.session import Tx
from cartera.db.tables.activities import Activity
from cartera.db.tables.customers import Contact, Customer
from cartera.db.tables.disputes import Dispute
from cartera.db.tables.instruments import Instrument, InstrumentReceivable
from cartera.db.tables.messages import Message, MessageReceivable
from cartera.db.tables.payments import CreditNote, Payment, PaymentAttempt
from cartera.db.tables.plans import Instalment, Plan, PlanReceivable
from cartera.db.tables.promises import Promise, PromiseReceivable
from cartera.db.tables.receivables import Hold, Receivable
from cartera.rules.activities import ActivityKind, ActivityOutcome
from cartera.rules.contact import ANY_MEANS, REACHED, PastContact
from cartera.rules.disputes import DisputeState, payable
from cartera.rules.instruments import InstrumentRole, InstrumentState
from cartera.rules.messages import SAID, WAITING, HoldRule, Template
from cartera.rules.money import Money
from cartera.rules.payments import UNSETTLED_ATTEMPTS, AttemptState
from cartera.rules.plans import InstalmentState, PlanState
from cartera.rules.promises import PromiseState
from cartera.rules.receivables import ReceivableState
from cartera.rules.reminders import PREVENTIVE_DAYS, Debt, SetAside, Standing

# The longest stretch of running days that any rule of contact looks back on, and one.
_CONTACT_DAYS = 8
# How long a payment that a gateway has in hand keeps a reminder back before it is looked at again.
_PENDING_AGAIN = timedelta(hours=4)


@dataclass
class Dossier:
    """A customer as reminders see it. ``waiting``: the reminder that is planned or held, if one is."""

    customer: Customer
    standing: Standing
    contacts: list[Contact] = field(default_factory=list)
    past: tuple[PastContact, ...] = ()
    waiting: Message | None = None


async def dossiers(tx: Tx, customers: Collection[UUID]) -> dict[UUID, Dossier]:
    """The dossiers of these customers, as of ``tx.now``; of those who owe nothing that is due, too."""
    rows = await tx.session.scalars(select(Customer).where(Customer.id.in_(customers)).order_by(Customer.id))
    found = {row.id: row for row in rows}
    stand = await standings(tx, found.keys())
    contacts = await _contacts(tx, found.keys())
    past = await _past_contacts(tx, found.keys())
    waiting = await _waiting(tx, found.keys())
    return {
        key: Dossier(row, stand[key], contacts[key], tuple(past[key]), waiting.get(key))
        for key, row in found.items()
    }


async def customers_with_due(tx: Tx, after: UUID | None, limit: int) -> list[UUID]:
    """The next customers by id who owe something worth a reminder by its age."""
    query = (
        select(Receivable.customer_id)
        .where(Receivable.balance_minor > 0, Receivable.due_on <= tx.today + timedelta(days=PREVENTIVE_DAYS))
        .group_by(Receivable.customer_id)
        .order_by(Receivable.customer_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Receivable.customer_id > after)
    return list(await tx.session.scalars(query))


async def standings(tx: Tx, customers: Collection[UUID]) -> dict[UUID, Standing]:
    """By customer, what decides about a reminder, as of ``tx.now``."""
    aside = await _set_aside(tx, customers)
    disputed = await _disputed(tx, customers)
    listed = await _last_listed(tx, customers)
    unapplied = await _unapplied(tx, customers)
    attempts = await _attempts(tx, customers)
    held = await _held(tx, customers)
    debts: dict[UUID, list[Debt]] = defaultdict(list)
    rows = await tx.session.scalars(
        select(Receivable)
        .where(
            Receivable.customer_id.in_(customers),
            Receivable.balance_minor > 0,
            Receivable.state.in_((ReceivableState.OPEN, ReceivableState.PARTIALLY_PAID)),
            Receivable.due_on <= tx.today + timedelta(days=PREVENTIVE_DAYS),
        )
        .execution_options(populate_existing=True)
    )
    for row in rows:
        due = payable(row.balance_minor, disputed.get(row.id, 0))
        debts[row.customer_id].append(
            Debt(
                row.id,
                row.number,
                row.due_on,
                row.overdue_from,
                Money(due, row.currency),
                listed.get(row.id),
                aside.get(row.id),
            )
        )
    found = {}
    for key in customers:
        until, is_pending = attempts.get(key, (None, False))
        found[key] = Standing(debts[key], unapplied[key], until, is_pending, held.get(key))
    return found


async def _set_aside(tx: Tx, customers: Collection[UUID]) -> dict[UUID, SetAside]:
    """Receivables that are promised, in a plan, to be paid by an instrument, disputed as a whole, or held.

    Of several reasons the longest lasting. A plan with a late instalment holds nothing back.
    """
    promised = select(PromiseReceivable.receivable_id, func.max(Promise.last_day)).join(
        Promise, Promise.id == PromiseReceivable.promise_id
    )
    reasons = {
        HoldRule.PROMISED: promised.where(
            Promise.customer_id.in_(customers), Promise.state == PromiseState.PENDING
        ).group_by(PromiseReceivable.receivable_id),
        HoldRule.IN_PLAN: select(PlanReceivable.receivable_id, func.min(Instalment.last_day))
        .join(Plan, Plan.id == PlanReceivable.plan_id)
        .join(Instalment, Instalment.plan_id == Plan.id)
        .where(
            Plan.customer_id.in_(customers),
            Plan.state == PlanState.ACTIVE,
            Plan.late_count == 0,
            Instalment.state != InstalmentState.PAID,
        )
        .group_by(PlanReceivable.receivable_id),
        HoldRule.INSTRUMENT: select(InstrumentReceivable.receivable_id, func.max(Instrument.pauses_until))
        .join(Instrument, Instrument.id == InstrumentReceivable.instrument_id)
        .where(
            Instrument.customer_id.in_(customers),
            Instrument.state == InstrumentState.RECEIVED,
            Instrument.role == InstrumentRole.PAYS,
            Instrument.pauses_until >= tx.today,
        )
        .group_by(InstrumentReceivable.receivable_id),
        HoldRule.DISPUTED: select(Dispute.receivable_id, func.max(Dispute.deadline_on))
        .join(Receivable, Receivable.id == Dispute.receivable_id)
        .where(Dispute.customer_id.in_(customers), Dispute.state == DisputeState.OPEN)
        .group_by(Dispute.receivable_id, Receivable.balance_minor)
        .having(func.sum(Dispute.amount_minor) >= Receivable.balance_minor),
        HoldRule.ON_HOLD: select(Hold.receivable_id, func.max(Hold.until_on))
        .where(
            Hold.customer_id.in_(customers),
            Hold.receivable_id.is_not(None),
            Hold.released_at.is_(None),
            Hold.until_on >= tx.today,
        )
        .group_by(Hold.receivable_id),
    }
    found: dict[UUID, SetAside] = {}
    for rule, query in reasons.items():
        for receivable_id, last_day in await tx.session.execute(query):
            assert receivable_id is not None
            reason = SetAside(rule, last_day + timedelta(days=1))
            known = found.get(receivable_id)
            if known is None or known.until < reason.until:
                found[receivable_id] = reason
    return found


async def _disputed(tx: Tx, customers: Collection[UUID]) -> dict[UUID, int]:
    """How much of each receivable is in open disputes, in minor units."""
    rows = await tx.session.execute(
        select(Dispute.receivable_id, func.sum(Dispute.amount_minor))
        .where(Dispute.customer_id.in_(customers), Dispute.state == DisputeState.OPEN)
        .group_by(Dispute.receivable_id)
    )
    return {receivable_id: int(minor) for receivable_id, minor in rows}


async def _last_listed(tx: Tx, customers: Collection[UUID]) -> dict[UUID, date]:
    rows = await tx.session.execute(
        select(MessageReceivable.receivable_id, func.max(func.coalesce(Message.sent_at, Message.sending_at)))
        .join(Message, Message.id == MessageReceivable.message_id)
        .where(
            Message.customer_id.in_(customers),
            Message.template == Template.REMINDER,
            Message.state.in_(SAID),
        )
        .group_by(MessageReceivable.receivable_id)
    )
    zone = ZoneInfo(tx.organization.time_zone)
    return {receivable_id: at.astimezone(zone).date() for receivable_id, at in rows}


async def _unapplied(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[Money]]:
    found: dict[UUID, list[Money]] = defaultdict(list)
    sums: dict[tuple[UUID, str], int] = defaultdict(int)
    for noun in (Payment, CreditNote):
        rows = await tx.session.execute(
            select(noun.customer_id, noun.currency, noun.unapplied_minor).where(
                noun.customer_id.in_(customers), noun.unapplied_minor > 0
            )
        )
        for customer_id, currency, minor in rows:
            sums[customer_id, currency] += minor
    for (customer_id, currency), minor in sums.items():
        found[customer_id].append(Money(minor, currency))
    return found


async def _attempts(tx: Tx, customers: Collection[UUID]) -> dict[UUID, tuple[datetime, bool]]:
    """Until when a payment under way may still come, and whether a gateway has it in hand."""
    rows = await tx.session.execute(
        select(PaymentAttempt.customer_id, PaymentAttempt.state, PaymentAttempt.expires_at).where(
            PaymentAttempt.customer_id.in_(customers), PaymentAttempt.state.in_(UNSETTLED_ATTEMPTS)
        )
    )
    found: dict[UUID, tuple[datetime, bool]] = {}
    for customer_id, state, expires_at in rows:
        pending = state == AttemptState.PENDING
        if not pending and expires_at <= tx.now:
            continue
        until = max(expires_at, tx.now + _PENDING_AGAIN) if pending else expires_at
        known = found.get(customer_id, (until, False))
        found[customer_id] = (max(until, known[0]), pending or known[1])
    return found


async def _held(tx: Tx, customers: Collection[UUID]) -> dict[UUID, date]:
    rows = await tx.session.execute(
        select(Hold.customer_id, func.max(Hold.until_on).label("until_on"))
        .where(
            Hold.customer_id.in_(customers),
            Hold.receivable_id.is_(None),
            Hold.released_at.is_(None),
            Hold.until_on >= tx.today,
        )
        .group_by(Hold.customer_id)
    )
    return {row.customer_id: row.until_on for row in rows}


async def _contacts(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[Contact]]:
    found: dict[UUID, list[Contact]] = defaultdict(list)
    rows = await tx.session.scalars(
        select(Contact)
        .where(Contact.customer_id.in_(customers))
        .order_by(Contact.id)
        .execution_options(populate_existing=True)
    )
    for row in rows:
        found[row.customer_id].append(row)
    return found


async def _past_contacts(tx: Tx, customers: Collection[UUID]) -> dict[UUID, list[PastContact]]:
    """Attempts and contacts of the last days: what was logged, and reminders that left or may have."""
    since = tx.now - timedelta(days=_CONTACT_DAYS)
    found: dict[UUID, list[PastContact]] = defaultdict(list)
    logged = await tx.session.execute(
        select(Activity.customer_id, Activity.happened_at, Activity.kind, Activity.outcome).where(
            Activity.customer_id.in_(customers),
            Activity.happened_at >= since,
            Activity.kind.in_(ANY_MEANS),
            Activity.message_id.is_(None),
        )
    )
    for customer_id, at, kind, outcome in logged:
        reached = ActivityOutcome(outcome) in REACHED
        found[customer_id].append(PastContact(at, ActivityKind(kind), reached))
    sent_at = func.coalesce(Message.sent_at, Message.sending_at)
    sent = await tx.session.execute(
        select(Message.customer_id, sent_at, Message.channel).where(
            Message.customer_id.in_(customers),
            Message.template == Template.REMINDER,
            Message.state.in_(SAID),
            sent_at >= since,
        )
    )
    for customer_id, at, channel in sent:
        found[customer_id].append(PastContact(at, ActivityKind(channel), reached=False))
    return found


async def _waiting(tx: Tx, customers: Collection[UUID]) -> dict[UUID, Message]:
    rows = await tx.session.scalars(
        select(Message)
        .where(
            Message.customer_id.in_(customers),
            Message.template == Template.REMINDER,
            Message.state.in_(WAITING),
        )
        .order_by(Message.created_at.desc())
    )
    return {row.customer_id: row for row in rows}
