"""Waivers: a charge forgiven, whole or in part, by somebody who may and says why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from cartera.actors import ActorKind
from cartera.checks import check_words
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import tell_screens
from cartera.db.queries import charges as queries
from cartera.db.queries.locks import lock
from cartera.db.session import WriteTx
from cartera.db.tables.charge_policies import ChargePolicy
from cartera.db.tables.charges import Charge
from cartera.errors import refuse
from cartera.rules.money import Money
from cartera.rules.outbox import ChangeKind
from cartera.rules.permissions import Role, Scope
from cartera.rules.receivables import EntryKind
from cartera.rules.waivers import NO_LIMIT, NOTHING, Limit, refusal
from cartera.services.books import settle_up
from cartera.services.ledger import Ledger


@dataclass(frozen=True, slots=True)
class NewWaiver:
    """``amount`` minor units of the charge's currency; None: all that is open of it."""

    charge_id: UUID
    reason: str
    amount: Money | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class ChargeWaived:
    charge_id: UUID
    replayed: bool


async def waive_charge(tx: WriteTx, new: NewWaiver) -> ChargeWaived:
    """Forgive a charge as far as it is open; its line stays, with the waiver as an entry of its own.

    Refused: WORDS_MISSING, TOO_LONG, AMOUNT_NOT_POSITIVE, CURRENCY_MISMATCH, CHARGE_SETTLED,
    WAIVER_ABOVE_BALANCE, WAIVER_NEEDS_MANAGER or WAIVER_NEEDS_ADMIN (with ``most``, what is within the
    limit), NOT_FOUND, IDEMPOTENCY_KEY_REUSED.
    """
    tx.actor.require(Scope.CHARGES_WRITE)
    new = replace(new, reason=check_words(new.reason, "reason"))
    if new.amount and new.amount.minor <= 0:
        raise refuse("AMOUNT_NOT_POSITIVE", "amount")
    done = await earlier(tx, "waive_charge", new.idempotency_key, new)
    if done is not None:
        return ChargeWaived(done["charge"], replayed=True)
    found = await queries.charge_of(tx, new.charge_id)
    locked = await lock(tx, customers=[found.customer_id], receivables=[found.receivable_id])
    ledger = await Ledger.of(tx, locked.receivables)
    charge = ledger.charges[new.charge_id]
    amount = _amount(new, charge)
    await _check_limit(tx, charge, amount)
    ledger.settle(
        charge.receivable_id,
        amount,
        EntryKind.WAIVER,
        on=tx.today,
        charge_id=charge.id,
        note=new.reason,
    )
    await ledger.write()
    tx.audit(
        "charge.waive",
        "charge",
        charge.id,
        customer_id=charge.customer_id,
        before={"balance_minor": charge.balance_minor + amount, "currency": charge.currency},
        after={"balance_minor": charge.balance_minor, "waived_minor": amount, "reason": new.reason},
    )
    await settle_up(tx, [charge.customer_id])
    tell_screens(tx, ChangeKind.CUSTOMER, charge.customer_id, charge.customer_id)
    await remember(tx, "waive_charge", new.idempotency_key, charge=charge.id)
    return ChargeWaived(charge.id, replayed=False)


def _amount(new: NewWaiver, charge: Charge) -> int:
    if charge.balance_minor == 0:
        raise refuse("CHARGE_SETTLED", "chargeId")
    if new.amount is None:
        return charge.balance_minor
    if new.amount.currency != charge.currency:
        raise refuse("CURRENCY_MISMATCH", "amount", currency=charge.currency)
    if new.amount.minor > charge.balance_minor:
        balance = Money(charge.balance_minor, charge.currency)
        raise refuse("WAIVER_ABOVE_BALANCE", "amount", balance=balance.decimal, currency=balance.currency)
    return new.amount.minor


async def _check_limit(tx: WriteTx, charge: Charge, amount: int) -> None:
    if tx.actor.kind is ActorKind.SYSTEM:
        return
    too_much = refusal(
        amount,
        waived=await queries.waived(tx, charge.id),
        charged=charge.amount_minor,
        in_base=charge.currency == tx.organization.base_currency,
        role=tx.actor.role,
        limits=_limits(await queries.policy(tx)),
    )
    if too_much:
        most = Money(too_much.most, charge.currency)
        facts = {"most": most.decimal, "currency": most.currency}
        if too_much.may is Role.MANAGER:
            raise refuse("WAIVER_NEEDS_MANAGER", "amount", **facts)
        raise refuse("WAIVER_NEEDS_ADMIN", "amount", **facts)


def _limits(policy: ChargePolicy | None) -> dict[Role, Limit]:
    if policy is None:
        return {Role.COLLECTOR: NOTHING, Role.MANAGER: NO_LIMIT}
    return {
        Role.COLLECTOR: Limit(policy.collector_waiver_percent, policy.collector_waiver_minor),
        Role.MANAGER: Limit(policy.manager_waiver_percent, policy.manager_waiver_minor),
    }
