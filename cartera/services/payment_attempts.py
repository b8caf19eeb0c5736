"""A customer's try to pay at a gateway: started here, settled by what the provider reports.

The provider is never called inside a transaction. The attempt is committed first, under an id that is also
the provider's idempotency key: a crash, a lost answer or a second click is then taken up where it was left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cartera.actors import Actor
from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.outbox import later_once
from cartera.db.queries import payment_attempts as queries
from cartera.db.queries import portal
from cartera.db.queries.locks import lock
from cartera.db.session import Database, Tx, WriteTx
from cartera.db.tables.payments import PaymentAttempt, PaymentAttemptReceivable
from cartera.db.tables.receivables import Receivable
from cartera.errors import NotFound, Problem, Refused, refuse
from cartera.gateways.base import Checkout, CheckoutOrder, GatewayRefused, GatewayUnavailable
from cartera.gateways.registry import Gateways, NoGateway, sandbox_account
from cartera.rules.money import MAX_MINOR, Money, MoneyError, parse_amount
from cartera.rules.outbox import Lane
from cartera.rules.payment_attempts import LIFETIME, next_check
from cartera.rules.payments import UNSETTLED_ATTEMPTS, AttemptState
from cartera.rules.permissions import Scope
from cartera.services.books import settle_up

VERB = "start_attempt"
# All that the portal shows can be paid at once.
MAX_LINES = portal.MAX_RECEIVABLES
# A checkout page shows a line of text, not a list of five hundred invoices.
_NUMBERS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """What to pay of one receivable; ``amount`` is a decimal text in the receivable's own currency."""

    receivable_id: UUID
    amount: str


@dataclass(frozen=True, slots=True)
class NewAttempt:
    lines: tuple[AttemptLine, ...]
    idempotency_key: str
    gateway: str = "sandbox"


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    attempt_id: UUID
    replayed: bool


async def pay(
    db: Database,
    now: datetime,
    actor: Actor,
    gateways: Gateways,
    new: NewAttempt,
    return_url: Callable[[UUID], str],
) -> AttemptStarted:
    """Start an attempt and open its checkout at the provider; a replay takes up what was left undone.

    Raises Refused as ``start_attempt`` does, PAYMENTS_NOT_OFFERED, GATEWAY_UNAVAILABLE (the same key may be
    sent again) and GATEWAY_REFUSED.
    """
    try:
        gateway = gateways.of(actor.organization_id, new.gateway)
    except NoGateway:
        raise refuse("PAYMENTS_NOT_OFFERED") from None
    async with db.write(actor, now) as tx:
        started = await start_attempt(tx, new)
    async with db.read(actor, now) as read:
        order = await _order(read, started.attempt_id)
    if order is None:
        return started
    try:
        checkout = await gateway.start_checkout(order, return_url(started.attempt_id))
    except GatewayUnavailable:
        raise refuse("GATEWAY_UNAVAILABLE") from None
    except GatewayRefused:
        async with db.write(actor, now) as tx:
            await close_attempt(tx, started.attempt_id, AttemptState.FAILED)
        raise refuse("GATEWAY_REFUSED") from None
    async with db.write(actor, now) as tx:
        await keep_checkout(tx, started.attempt_id, checkout)
    return started


async def start_attempt(tx: WriteTx, new: NewAttempt) -> AttemptStarted:
    """Write down what a portal's customer is about to pay, before the provider hears of it.

    Raises Refused: NO_LINES, TOO_MANY, RECEIVABLE_TWICE, NOT_FOUND, RECEIVABLE_NOT_OPEN,
    CURRENCIES_MIXED, AMOUNT_NOT_POSITIVE, AMOUNT_ABOVE_BALANCE or a MoneyError's code, by line.
    """
    tx.actor.require(Scope.PAYMENTS_WRITE)
    customer_id = portal.customer_of(tx)
    done = await earlier(tx, VERB, new.idempotency_key, new)
    if done is not None:
        return AttemptStarted(done["attempt"], replayed=True)
    _require_sound(new.lines)
    # Under the account's lock: a reminder that is about to leave sees the attempt, or leaves before it.
    await lock(tx, customers=[customer_id])
    payable = await portal.shown_receivables(tx, [line.receivable_id for line in new.lines])
    amounts = _amounts(new.lines, payable)
    currency = payable[new.lines[0].receivable_id].currency
    attempt = await _add_attempt(tx, customer_id, new.gateway, currency, amounts)
    # The sandbox opens an account for whoever comes; a real provider's is entered when it is set up.
    await queries.add_account(
        tx.session, f"{new.gateway}:{sandbox_account(tx.organization_id)}", tx.organization_id
    )
    await plan_check(tx, attempt)
    tx.audit(
        "payment_attempt.start",
        "payment_attempt",
        attempt.id,
        customer_id=customer_id,
        after=attempt_facts(attempt),
    )
    await remember(tx, VERB, new.idempotency_key, attempt=attempt.id)
    return AttemptStarted(attempt.id, replayed=False)


async def _add_attempt(
    tx: WriteTx, customer_id: UUID, gateway: str, currency: str, amounts: dict[UUID, int]
) -> PaymentAttempt:
    attempt = PaymentAttempt(
        organization_id=tx.organization_id,
        id=new_id(),
        customer_id=customer_id,
        payment_link_id=await portal.link_id(tx),
        gateway=gateway,
        gateway_reference=None,
        checkout_url=None,
        state=AttemptState.CREATED,
        currency=currency,
        amount_minor=sum(amounts.values()),
        created_at=tx.now,
        expires_at=tx.now + LIFETIME,
        updated_at=tx.now,
    )
    tx.session.add(attempt)
    await tx.session.flush()
    tx.session.add_all(
        PaymentAttemptReceivable(
            organization_id=tx.organization_id,
            payment_attempt_id=attempt.id,
            receivable_id=receivable_id,
            amount_minor=minor,
        )
        for receivable_id, minor in amounts.items()
    )
    return attempt


async def plan_check(tx: WriteTx, attempt: PaymentAttempt) -> bool:
    """Put the next look at an unsettled attempt in the outbox, in case its webhook never comes.

    False when looking has no more use.
    """
    due = next_check(attempt.created_at, tx.now)
    if due is None:
        return False
    key = f"{attempt.id}:{due:%Y%m%dT%H%M%S}"
    await later_once(tx, Lane.MONEY, "reconcile_attempt", key, run_at=due, payment_attempt_id=str(attempt.id))
    return True


async def keep_checkout(tx: WriteTx, attempt_id: UUID, checkout: Checkout) -> None:
    """Keep where the provider has opened the checkout. Harmless when repeated."""
    attempt = await locked_attempt(tx, attempt_id)
    attempt.gateway_reference = checkout.reference
    attempt.checkout_url = checkout.url
    attempt.updated_at = tx.now


async def close_attempt(tx: WriteTx, attempt_id: UUID, state: AttemptState) -> None:
    """End an attempt of which nothing more is to come, unless it has ended meanwhile."""
    attempt = await locked_attempt(tx, attempt_id)
    if attempt.state in UNSETTLED_ATTEMPTS:
        before = attempt_facts(attempt)
        attempt.state, attempt.updated_at = state, tx.now
        tx.audit(
            "payment_attempt.close",
            "payment_attempt",
            attempt.id,
            customer_id=attempt.customer_id,
            before=before,
            after=attempt_facts(attempt),
        )
        await give_up_waiting(tx, attempt)


async def give_up_waiting(tx: WriteTx, attempt: PaymentAttempt) -> None:
    """Judge again what had been waiting for this attempt: a promise that it might have kept, or a plan."""
    await settle_up(tx, [attempt.customer_id])


async def locked_attempt(tx: WriteTx, attempt_id: UUID) -> PaymentAttempt:
    """The attempt as it is now, under the lock of its customer's account. Raises NotFound."""
    attempt = await queries.attempt(tx, attempt_id)
    if attempt is None:
        raise NotFound("payment_attempt")
    await lock(tx, customers=[attempt.customer_id])
    again = await queries.attempt(tx, attempt_id)
    assert again is not None  # attempts are never deleted
    return again


async def _order(tx: Tx, attempt_id: UUID) -> CheckoutOrder | None:
    """What to ask of the provider; None where it has answered before, or the attempt's time is over.

    Raises Refused (GATEWAY_REFUSED) where it has answered no.
    """
    attempt = await queries.attempt(tx, attempt_id)
    if attempt is None or attempt.checkout_url:
        return None
    if attempt.state == AttemptState.FAILED:
        raise refuse("GATEWAY_REFUSED")
    if attempt.state not in UNSETTLED_ATTEMPTS or tx.now >= attempt.expires_at:
        return None
    numbers = await queries.document_numbers(tx, attempt_id)
    more = len(numbers) - _NUMBERS_SHOWN
    return CheckoutOrder(
        attempt_id=attempt_id,
        money=Money(attempt.amount_minor, attempt.currency),
        seller=tx.organization.name,
        description=", ".join(numbers[:_NUMBERS_SHOWN]) + (f" +{more}" if more > 0 else ""),
        language=tx.actor.language,
        expires_at=attempt.expires_at,
    )


def _require_sound(lines: tuple[AttemptLine, ...]) -> None:
    if not lines:
        raise refuse("NO_LINES", "lines")
    if len(lines) > MAX_LINES:
        raise refuse("TOO_MANY", "lines", largest=MAX_LINES)
    seen: set[UUID] = set()
    for place, line in enumerate(lines):
        if line.receivable_id in seen:
            raise refuse("RECEIVABLE_TWICE", "lines", str(place), "receivableId")
        seen.add(line.receivable_id)


def _amounts(lines: tuple[AttemptLine, ...], payable: dict[UUID, Receivable]) -> dict[UUID, int]:
    """Minor units by receivable. Raises Refused with every line's problem."""
    amounts: dict[UUID, int] = {}
    problems: list[Problem] = []
    currencies = {payable[line.receivable_id].currency for line in lines if line.receivable_id in payable}
    if len(currencies) > 1:
        raise refuse("CURRENCIES_MIXED", "lines", currencies=", ".join(sorted(currencies)))
    for place, line in enumerate(lines):
        result = _amount(line, payable.get(line.receivable_id))
        if isinstance(result, int):
            amounts[line.receivable_id] = result
        else:
            code, name, facts = result
            problems.append(Problem(code, ("lines", str(place), name), facts))
    if problems:
        raise Refused(*problems)
    if sum(amounts.values()) > MAX_MINOR:
        raise refuse("TOO_LARGE", "lines")
    return amounts


def _amount(line: AttemptLine, receivable: Receivable | None) -> int | tuple[str, str, dict[str, Any]]:
    """Minor units to pay, or what is wrong with the line: code, field and facts."""
    if receivable is None:
        return "NOT_FOUND", "receivableId", {"noun": "receivable"}
    if receivable.balance_minor == 0:
        return "RECEIVABLE_NOT_OPEN", "receivableId", {}
    try:
        minor = parse_amount(line.amount, receivable.currency)
    except MoneyError as error:
        return error.code, "amount", {"currency": receivable.currency}
    if minor <= 0:
        return "AMOUNT_NOT_POSITIVE", "amount", {}
    if minor > receivable.balance_minor:
        balance = Money(receivable.balance_minor, receivable.currency)
        return "AMOUNT_ABOVE_BALANCE", "amount", {"balance": balance.decimal, "currency": balance.currency}
    return minor


def attempt_facts(attempt: PaymentAttempt) -> dict[str, Any]:
    money = Money(attempt.amount_minor, attempt.currency)
    return {"state": attempt.state, "amount": money.decimal, "currency": money.currency}
