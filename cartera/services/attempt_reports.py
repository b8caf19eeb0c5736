"""What a provider reports of a payment attempt becomes the attempt's state and, once, money in the books."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from cartera.actors import Actor
from cartera.db.queries import payment_attempts as queries
from cartera.db.session import Database, WriteTx
from cartera.db.tables.payments import PaymentAttempt
from cartera.gateways.base import AttemptReport, GatewayUnavailable, UnknownCheckout
from cartera.gateways.registry import Gateways
from cartera.rules.activities import TaskKind
from cartera.rules.payment_attempts import MONEY_ARRIVED, MONEY_WENT_BACK
from cartera.rules.payments import UNSETTLED_ATTEMPTS, AttemptState, supersedes
from cartera.services.payment_attempts import (
    attempt_facts,
    close_attempt,
    give_up_waiting,
    locked_attempt,
    plan_check,
)
from cartera.services.payment_links import mark_used
from cartera.services.payments import NewPayment, record_payment
from cartera.services.reversals import NewReversal, reverse_payment
from cartera.services.tasks import open_review


class Outcome(StrEnum):
    """What came of a report."""

    BOOKED = "booked"
    MOVED = "moved"
    NOTHING_NEW = "nothing_new"
    UNKNOWN_ATTEMPT = "unknown_attempt"
    UNKNOWN_CHECKOUT = "unknown_checkout"


async def apply_report(tx: WriteTx, gateway: str, report: AttemptReport) -> Outcome:
    """Move the attempt to the reported state, unless it is there or further; book what came and went back.

    Reports may repeat, race and come in any order: what the books hold in the end is the same.
    """
    known = await queries.attempt(tx, report.attempt_id)
    if known is None or known.gateway != gateway:
        return Outcome.UNKNOWN_ATTEMPT
    attempt = await locked_attempt(tx, report.attempt_id)
    outcome = await _move(tx, attempt, report)
    if await _give_back(tx, attempt, report) and outcome is Outcome.NOTHING_NEW:
        return Outcome.MOVED
    return outcome


async def _move(tx: WriteTx, attempt: PaymentAttempt, report: AttemptReport) -> Outcome:
    state = AttemptState(attempt.state)
    if not supersedes(report.state, state):
        return Outcome.NOTHING_NEW
    before = attempt_facts(attempt)
    attempt.state, attempt.updated_at = report.state, tx.now
    attempt.gateway_reference = report.reference
    tx.audit(
        "payment_attempt.report",
        "payment_attempt",
        attempt.id,
        customer_id=attempt.customer_id,
        before=before,
        after=attempt_facts(attempt),
    )
    is_booked = report.state in MONEY_ARRIVED and state not in MONEY_ARRIVED
    if is_booked:
        await _book(tx, attempt, report)
    if report.state in MONEY_WENT_BACK:
        # What was paid is owed again: a person should know before the customer is chased for it.
        await open_review(tx, [attempt.customer_id], TaskKind.REVIEW_REVERSAL)
    if report.state is not AttemptState.PENDING:
        await give_up_waiting(tx, attempt)
    return Outcome.BOOKED if is_booked else Outcome.MOVED


async def reconcile(db: Database, now: datetime, actor: Actor, gateways: Gateways, attempt_id: UUID) -> None:
    """Ask the provider how an unsettled attempt stands, since its webhook may never come.

    An attempt that nobody can pay any more is cancelled, so that it holds no reminder; while the provider
    does not answer it stays, and is asked about again.
    """
    async with db.read(actor, now) as read:
        attempt = await queries.attempt(read, attempt_id)
    if attempt is None or attempt.state not in UNSETTLED_ATTEMPTS:
        return
    report, answered = None, True
    if attempt.gateway_reference is not None:
        gateway = gateways.of(actor.organization_id, attempt.gateway)
        try:
            report = await gateway.fetch(attempt.gateway_reference)
        except UnknownCheckout:
            pass
        except GatewayUnavailable:
            answered = False
    async with db.write(actor, now) as tx:
        if report is not None:
            await apply_report(tx, attempt.gateway, report)
        attempt = await locked_attempt(tx, attempt_id)
        if attempt.state not in UNSETTLED_ATTEMPTS:
            return
        # Without a checkout at the provider the customer has no page on which to pay.
        is_void = report is None and answered and now >= attempt.expires_at
        if is_void or not await plan_check(tx, attempt):
            await close_attempt(tx, attempt_id, AttemptState.CANCELLED)


async def _give_back(tx: WriteTx, attempt: PaymentAttempt, report: AttemptReport) -> bool:
    """Book what the provider says went back; whether any of it was news.

    In the order of their instants, then the provider's, whatever the order of the reports; never more than
    the payment's rest.
    """
    if not report.returned or attempt.state not in MONEY_ARRIVED:
        return False
    is_news = False
    for each in sorted(report.returned, key=lambda back: back.happened_at):
        payment = await queries.payment_of(tx, attempt.id)
        left = payment.amount_minor - payment.reversed_minor
        known = await queries.is_reversed(tx, external_id := f"{attempt.gateway}:{each.reference}")
        if known or left == 0:
            continue
        happened_on = _business_day(tx, each.happened_at)
        await reverse_payment(
            tx,
            NewReversal(
                payment_id=payment.id,
                kind=each.kind,
                reversed_on=max(happened_on, payment.received_on),
                amount=min(each.money.minor, left),
                reason=each.reference,
                external_id=external_id,
            ),
        )
        is_news = True
    return is_news


def _business_day(tx: WriteTx, moment: datetime) -> date:
    """The day in the organization's zone; the provider's clock may run ahead of ours."""
    return min(moment.astimezone(ZoneInfo(tx.organization.time_zone)).date(), tx.today)


async def _book(tx: WriteTx, attempt: PaymentAttempt, report: AttemptReport) -> None:
    """Record what was really paid, on the lines that the customer chose."""
    await record_payment(
        tx,
        NewPayment(
            customer_id=attempt.customer_id,
            method=report.method,
            amount=report.money,
            received_on=_business_day(tx, report.happened_at),
            external_id=f"{attempt.gateway}:{report.reference}",
            reference=report.reference,
            lines=await queries.lines(tx, attempt.id),
            payment_attempt_id=attempt.id,
        ),
    )
    if attempt.payment_link_id is not None:
        await mark_used(tx, attempt.payment_link_id, attempt.customer_id)
