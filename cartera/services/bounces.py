"""Bounced cheques and notes: the money goes back, the debts stand again, the drawer is charged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from cartera.checks import LONGEST_NAME, check_text, check_words
from cartera.db.idempotency import earlier, remember
from cartera.db.queries.instruments import links_of, policy_of
from cartera.db.queries.locks import lock
from cartera.db.session import WriteTx
from cartera.db.tables.instruments import Instrument, InstrumentPolicy
from cartera.errors import refuse
from cartera.rules.activities import TaskKind
from cartera.rules.charges import ChargeKind
from cartera.rules.instruments import (
    BounceFee,
    BounceReason,
    InstrumentKind,
    InstrumentState,
    bounce_fee,
    owes_fee,
)
from cartera.rules.money import MAX_MINOR, Money
from cartera.rules.payments import ReversalKind
from cartera.rules.permissions import Scope
from cartera.services.books import settle_up
from cartera.services.deposits import deposit_id
from cartera.services.instruments import (
    check_day,
    held,
    move,
    require_step,
)
from cartera.services.ledger import Ledger, NewCharge
from cartera.services.reversals import NewReversal, reverse_payment
from cartera.services.tasks import note_review, open_review

POLICY_RULE = "policy.bounce_fee"
GIVEN_RULE = "agreed.bounce_fee"


@dataclass(frozen=True, slots=True)
class GivenFee:
    """A fee for this one bounce, with the law or agreement that it rests on."""

    amount: Money
    source: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """``bounced_on`` None: today. Without ``fee`` the organization's policy says what is charged."""

    instrument_id: UUID
    reason: BounceReason
    bounced_on: date | None = None
    fee: GivenFee | None = None
    note: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Bounced:
    instrument_id: UUID
    charge_id: UUID | None
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Fee:
    rule: str
    source: str
    amount: Money
    # The cheque's amount, where the fee is a share of it.
    base: Money | None = None


async def bounce_instrument(tx: WriteTx, bounce: Bounce) -> Bounced:
    """The bank did not pay: reverse the money of the deposit, charge what falls due, ask a person to look.

    The fee is a charge on the first debt, by due date, that the paper was for and that is open once the
    money has gone back; where none is, the policy charges nothing, and the review says so. Refused:
    INSTRUMENT_NOT_DEPOSITED, DATE_IN_FUTURE, DATE_TOO_EARLY, TOO_LONG, AMOUNT_NOT_POSITIVE, TOO_LARGE,
    CURRENCY_MISMATCH, WORDS_MISSING, FEE_NEEDS_RECEIVABLE, NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.INSTRUMENTS_WRITE)
    tx.actor.require(Scope.BOOKS_WRITE)
    _check(bounce)
    done = await earlier(tx, "bounce_instrument", bounce.idempotency_key, bounce)
    if done is not None:
        return Bounced(done["instrument"], done.get("charge"), replayed=True)
    instrument = await held(tx, bounce.instrument_id)
    require_step(instrument, InstrumentState.BOUNCED)
    day = bounce.bounced_on or tx.today
    check_day(tx, day, instrument.deposited_on, "bouncedOn")
    fee = await _fee(tx, instrument, bounce)
    _mark(tx, instrument, bounce, day)
    await _give_back(tx, instrument, bounce, day)
    charge_id = await _charge(tx, instrument, fee, bounce, day) if fee else None
    await open_review(tx, [instrument.customer_id], TaskKind.REVIEW_REVERSAL)
    if fee and charge_id is None:
        await note_review(tx, instrument.customer_id, TaskKind.REVIEW_REVERSAL, _no_fee(instrument))
    await settle_up(tx, [instrument.customer_id])
    ids = {"instrument": instrument.id, "charge": charge_id}
    await remember(tx, "bounce_instrument", bounce.idempotency_key, **ids)
    return Bounced(instrument.id, charge_id, replayed=False)


def _check(bounce: Bounce) -> None:
    check_text(bounce.note, "note")
    if bounce.fee is None:
        return
    if bounce.fee.amount.minor <= 0:
        raise refuse("AMOUNT_NOT_POSITIVE", "fee", "amount")
    if bounce.fee.amount.minor > MAX_MINOR:
        raise refuse("TOO_LARGE", "fee", "amount")
    check_words(bounce.fee.source, "fee", "source", longest=LONGEST_NAME)


async def _fee(tx: WriteTx, instrument: Instrument, bounce: Bounce) -> _Fee | None:
    """What is charged: what the caller gives; else what the policy says, where the drawer is to blame."""
    links = await links_of(tx, instrument.id)
    if bounce.fee is not None:
        if bounce.fee.amount.currency != instrument.currency:
            raise refuse("CURRENCY_MISMATCH", "fee", "currencyCode", currency=instrument.currency)
        if not links:
            raise refuse("FEE_NEEDS_RECEIVABLE", "fee")
        return _Fee(GIVEN_RULE, bounce.fee.source.strip(), bounce.fee.amount)
    kind, cheque = InstrumentKind(instrument.kind), Money(instrument.amount_minor, instrument.currency)
    policy = await policy_of(tx)
    if policy is None or not links or not owes_fee(kind, bounce.reason, instrument.bounce_count):
        return None
    if policy.fee_currency not in (None, instrument.currency):
        return None
    amount = bounce_fee(cheque, as_rule(policy))
    return _Fee(POLICY_RULE, policy.source, amount, cheque if policy.fee_percent else None)


def as_rule(policy: InstrumentPolicy) -> BounceFee:
    if policy.fee_minor is not None:
        assert policy.fee_currency is not None
        return BounceFee(policy.source, amount=Money(policy.fee_minor, policy.fee_currency))
    return BounceFee(policy.source, percent=Decimal(policy.fee_percent or 0))


def _mark(tx: WriteTx, instrument: Instrument, bounce: Bounce, day: date) -> None:
    instrument.bounced_on = day
    instrument.bounce_reason = bounce.reason
    instrument.bounce_count += 1
    move(
        tx,
        instrument,
        InstrumentState.BOUNCED,
        bounced_on=day.isoformat(),
        reason=bounce.reason.value,
        note=bounce.note,
    )


async def _give_back(tx: WriteTx, instrument: Instrument, bounce: Bounce, day: date) -> None:
    assert instrument.payment_id is not None, "a deposit books a payment"
    locked = await lock(tx, customers=[instrument.customer_id], payments=[instrument.payment_id])
    payment = locked.payments[instrument.payment_id]
    if payment.reversed_minor == payment.amount_minor:
        return  # Somebody has taken it back by hand.
    await reverse_payment(
        tx,
        NewReversal(
            payment_id=payment.id,
            kind=ReversalKind.BOUNCE,
            amount=None,
            reversed_on=day,
            reason=bounce.note or bounce.reason.value,
            external_id=deposit_id(instrument),
        ),
    )


async def _charge(tx: WriteTx, instrument: Instrument, fee: _Fee, bounce: Bounce, day: date) -> UUID | None:
    """Charge the fee; None where the policy's finds no open debt. Refused: FEE_NEEDS_RECEIVABLE."""
    linked = [receivable_id for receivable_id, _ in await links_of(tx, instrument.id)]
    locked = await lock(tx, customers=[instrument.customer_id], receivables=linked)
    receivable_id = next((each for each in linked if locked.receivables[each].balance_minor > 0), None)
    if receivable_id is None:
        if bounce.fee is not None:
            raise refuse("FEE_NEEDS_RECEIVABLE", "fee")
        return None
    ledger = await Ledger.of(tx, locked.receivables)
    charge_id = ledger.add_charge(
        receivable_id,
        NewCharge(
            kind=ChargeKind.BOUNCE_FEE,
            rule=fee.rule,
            source=fee.source,
            amount=fee.amount.minor,
            due_on=day,
            on=day,
            base=fee.base.minor if fee.base else None,
            note=bounce.note,
        ),
    )
    await ledger.write()
    return charge_id


def _no_fee(instrument: Instrument) -> str:
    return f"{instrument.number}: sin cargo por rechazo, porque ninguna factura ligada sigue abierta"
