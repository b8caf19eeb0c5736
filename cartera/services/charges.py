"""Charges: interest and cost enter the books, by rule or by hand, and are corrected or waived there.

Whatever is here works under the customer's lock and writes through the ledger, so that totals, entries
and charges agree. No line of interest is ever edited: a later fact has its own entry.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from cartera.checks import check_count, check_words
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries import charges as queries
from cartera.db.queries.locks import lock, lock_many
from cartera.db.queries.receivables import debtors_of
from cartera.db.session import WriteTx
from cartera.db.tables.receivables import Receivable
from cartera.errors import refuse
from cartera.rules.charge_packs import RULE_IDS
from cartera.rules.charge_rules import Posting, Proposal
from cartera.rules.charges import ChargeKind
from cartera.rules.money import MAX_MINOR, Money
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Scope
from cartera.services.assessment import Assessed, assess, check, refuse_planned, unplanned
from cartera.services.books import settle_up
from cartera.services.ledger import Ledger, NewCharge
from cartera.services.overcharges import correct_interest, overcharged

# By hand a charge may mature this long after today, as the fee of a cheque that is still at the bank.
LATEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class NewPosting:
    """Post what rules give until ``as_of``: for these receivables and rules, or for all that are overdue."""

    customer_id: UUID
    as_of: date
    receivable_ids: Collection[UUID] = ()
    rules: Collection[str] = ()
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class ChargesPosted:
    charge_ids: tuple[UUID, ...]
    replayed: bool


@dataclass(frozen=True, slots=True)
class ManualCharge:
    """A charge that a person sets; ``reason`` says why. ``due_on`` None: it matures today."""

    receivable_id: UUID
    kind: ChargeKind
    amount: Money
    reason: str
    due_on: date | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class ChargeAdded:
    charge_id: UUID
    replayed: bool


async def posting(tx: WriteTx) -> Posting:
    """Whether charges by rule enter the books; without a policy they do not."""
    policy = await queries.policy(tx)
    return Posting(policy.posting) if policy else Posting.OFF


async def post_charges(tx: WriteTx, new: NewPosting) -> ChargesPosted:
    """Post every line that the preview shows, but for rules that lack a rate; again, and nothing is added.

    Interest that a later payment showed to be too much is taken back first. Refused: POSTING_OFF,
    AS_OF_IN_FUTURE, DATE_TOO_EARLY, TOO_MANY, RULE_UNKNOWN, RECEIVABLE_IN_PLAN, NOT_FOUND,
    IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.CHARGES_WRITE)
    check_count(new.rules, "rules")
    new = replace(
        new, receivable_ids=tuple(sorted(set(new.receivable_ids))), rules=tuple(sorted(set(new.rules)))
    )
    done = await earlier(tx, "post_charges", new.idempotency_key, new)
    if done is not None:
        return ChargesPosted(tuple(done.values()), replayed=True)
    check(tx, new.as_of, new.receivable_ids)
    if not set(new.rules) <= RULE_IDS:
        raise refuse("RULE_UNKNOWN", "rules")
    if await posting(tx) is Posting.OFF:
        raise refuse("POSTING_OFF")
    receivables = await _locked(tx, new.customer_id, new.as_of, new.receivable_ids)
    await refuse_planned(tx, new.receivable_ids)
    await correct_interest(tx, receivables, tx.today)
    found = await assess(tx, await unplanned(tx, receivables.values()), new.as_of)
    wanted = [each for each in found if not new.rules or each.line.rule in new.rules]
    charge_ids = await _post(tx, receivables, wanted)
    await settle_up(tx, [new.customer_id])
    numbered = {f"charge{n}": charge_id for n, charge_id in enumerate(charge_ids)}
    await remember(tx, "post_charges", new.idempotency_key, **numbered)
    return ChargesPosted(tuple(charge_ids), replayed=False)


async def post_automatically(tx: WriteTx, after: UUID | None, limit: int) -> UUID | None:
    """Post what is due for the next customers, by id; the last of them, None when all are done.

    Single costs enter on the day they fall due, interest when its month is over (or a payment comes):
    a line a month, since a line a day would be rounded every day. Nothing where posting is not automatic,
    nor on what an active plan is about: who keeps to it is not in default, and it has interest of its own.
    """
    if await posting(tx) is not Posting.AUTOMATIC:
        return None
    customers = await queries.with_overdue(tx, after, limit)
    # Most days most of them have nothing to post: only who has is locked, and read again then.
    seen = {row.id: row for row in await queries.overdue_of(tx, customers)}
    due = await overcharged(tx, seen) | {
        seen[each.receivable_id].customer_id for each in await _due(tx, seen)
    }
    if due:
        await _post_due(tx, due)
    return customers[-1] if customers else None


async def _post_due(tx: WriteTx, customers: Collection[UUID]) -> None:
    """Lock these customers, look once more at what is due of them, and post it."""
    await lock_many(tx, customers)
    overdue = [row.id for row in await queries.overdue_of(tx, customers)]
    receivables = (await lock(tx, customers=customers, receivables=overdue)).receivables
    changed = await overcharged(tx, receivables)
    if changed:
        await correct_interest(tx, receivables, tx.today)
    found = await _due(tx, receivables)
    posted = {each.receivable_id: receivables[each.receivable_id] for each in found}
    await _post(tx, posted, found)
    await settle_up(tx, changed | {row.customer_id for row in posted.values()})


async def _due(tx: WriteTx, receivables: Mapping[UUID, Receivable]) -> list[Assessed]:
    """What is to be posted by itself today: interest until the month's end, then single costs."""
    late = await unplanned(tx, receivables.values())
    month_end = tx.today.replace(day=1) - timedelta(days=1)
    interest = _of_interest(await assess(tx, late, month_end), is_interest=True)
    return [*interest, *_of_interest(await assess(tx, late, tx.today), is_interest=False)]


async def accrue_to(
    tx: WriteTx, ledger: Ledger, receivables: Collection[Receivable], day: date
) -> list[UUID]:
    """Post into ``ledger`` what is due until ``day``, that day included, before money of that day is imputed.

    So paying the principal never lets the interest of the running period vanish. The rows are locked and
    the caller's to write. Nothing where posting is not automatic, nor on what an active plan is about.
    Returns the new charges' ids.
    """
    late = [row for row in receivables if row.overdue_from <= day and row.balance_minor > 0]
    if not late or await posting(tx) is not Posting.AUTOMATIC:
        return []
    return _add(ledger, await assess(tx, await unplanned(tx, late), day), day)


async def add_charge(tx: WriteTx, new: ManualCharge) -> ChargeAdded:
    """Charge by hand, with a reason. Refused: WORDS_MISSING, TOO_LONG, AMOUNT_NOT_POSITIVE, TOO_LARGE,
    CURRENCY_MISMATCH, DATE_OUT_OF_RANGE, RECEIVABLE_NOT_OPEN, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.CHARGES_WRITE)
    new = replace(new, reason=check_words(new.reason, "reason"))
    done = await earlier(tx, "add_charge", new.idempotency_key, new)
    if done is not None:
        return ChargeAdded(done["charge"], replayed=True)
    if new.amount.minor <= 0:
        raise refuse("AMOUNT_NOT_POSITIVE", "amount")
    if new.amount.minor > MAX_MINOR:
        raise refuse("TOO_LARGE", "amount")
    (customer_id,) = await debtors_of(tx, [new.receivable_id], "receivableId")
    locked = await lock(tx, customers=[customer_id], receivables=[new.receivable_id])
    row = locked.receivables[new.receivable_id]
    due_on = new.due_on or tx.today
    _check_against(tx, new, row, due_on)
    ledger = await Ledger.of(tx, locked.receivables)
    charge_id = ledger.add_charge(
        row.id,
        NewCharge(
            kind=new.kind,
            rule="by_hand",
            source=new.reason,
            amount=new.amount.minor,
            due_on=due_on,
            on=tx.today,
            note=new.reason,
        ),
    )
    await ledger.write()
    _audit(tx, "charge.add", charge_id, customer_id, new.amount, new.reason)
    tell_screens(tx, ChangeKind.CUSTOMER, customer_id, customer_id)
    await settle_up(tx, [customer_id])
    await remember(tx, "add_charge", new.idempotency_key, charge=charge_id)
    return ChargeAdded(charge_id, replayed=False)


def _check_against(tx: WriteTx, new: ManualCharge, row: Receivable, due_on: date) -> None:
    if row.currency != new.amount.currency:
        raise refuse("CURRENCY_MISMATCH", "amount", currency=row.currency)
    if row.balance_minor == 0:
        raise refuse("RECEIVABLE_NOT_OPEN", "receivableId")
    if not row.issued_on <= due_on <= tx.today + timedelta(days=LATEST_DAYS):
        raise refuse("DATE_OUT_OF_RANGE", "dueOn")


async def _locked(
    tx: WriteTx, customer_id: UUID, as_of: date, only: Collection[UUID] = ()
) -> dict[UUID, Receivable]:
    """The customer's receivables that ``queries.overdue`` finds under the account's lock, locked too."""
    await lock(tx, customers=[customer_id])
    found = await queries.overdue(tx, customer_id, as_of, only)
    return (await lock(tx, customers=[customer_id], receivables=[row.id for row in found])).receivables


async def _post(tx: WriteTx, receivables: Mapping[UUID, Receivable], found: Iterable[Assessed]) -> list[UUID]:
    ledger = await Ledger.of(tx, receivables)
    charge_ids = _add(ledger, found, tx.today)
    await ledger.write()
    for charge_id in charge_ids:
        charge = ledger.charges[charge_id]
        amount = Money(charge.amount_minor, charge.currency)
        # Of the source its article, which every language calls the same.
        article = charge.source.partition(":")[0]
        _audit(tx, "charge.post", charge_id, charge.customer_id, amount, article)
    for customer_id in sorted({ledger.charges[charge_id].customer_id for charge_id in charge_ids}):
        tell_screens(tx, ChangeKind.CUSTOMER, customer_id, customer_id)
    return charge_ids


def _add(ledger: Ledger, found: Iterable[Assessed], on: date) -> list[UUID]:
    return [
        ledger.add_charge(
            each.receivable_id,
            NewCharge(
                kind=line.kind,
                rule=line.rule,
                source=line.source,
                amount=line.amount,
                due_on=line.due_on,
                on=on,
                base=line.base,
                rate=line.rate,
                day_count=line.day_count,
                from_on=line.from_on,
                to_on=line.to_on,
            ),
        )
        for each in found
        if isinstance(line := each.line, Proposal)
    ]


def _of_interest(found: Iterable[Assessed], *, is_interest: bool) -> list[Assessed]:
    return [
        each
        for each in found
        if isinstance(each.line, Proposal) and (each.line.kind is ChargeKind.INTEREST) is is_interest
    ]


def _audit(tx: WriteTx, action: str, charge_id: UUID, customer_id: UUID, amount: Money, why: str) -> None:
    tx.audit(
        action,
        "charge",
        charge_id,
        customer_id=customer_id,
        after={"amount_minor": amount.minor, "currency": amount.currency, "why": why},
    )
