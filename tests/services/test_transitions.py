"""State changes that DOMAIN §3 does not draw: refused with a typed error, and nothing changes.

Plans, disputes and instruments have theirs in test_plans, test_disputes and test_instruments.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from cartera.actors import Actor
from cartera.db.session import WriteTx
from cartera.db.tables.customers import Customer
from cartera.db.tables.payments import PaymentAttempt, PaymentLink
from cartera.db.tables.promises import Promise
from cartera.db.tables.receivables import Receivable
from cartera.rules.disputes import DisputeReason
from cartera.rules.money import Money
from cartera.rules.payments import UNSETTLED_ATTEMPTS, AttemptState, LinkState, PaymentMethod, supersedes
from cartera.rules.promises import PromiseState
from cartera.rules.receivables import EntryKind, ReceivableState
from cartera.services.credit_notes import NewCreditNote, record_credit_note
from cartera.services.disputes import NewDispute, open_dispute
from cartera.services.payment_attempts import close_attempt
from cartera.services.payment_links import create_link, expire_links, mark_used, revoke_link
from cartera.services.payments import CreditUse, NewPayment, apply_credit, record_payment
from cartera.services.promises import cancel_promise, make_promise
from cartera.services.receivables import (
    Cancellation,
    Reinstatement,
    WriteOff,
    cancel_receivable,
    reinstate,
    write_off,
)
from tests.factories import TODAY, Factory
from tests.services.books import everything, refused, row
from tests.services.planning import book, pay
from tests.services.promising import make, promised

OPEN, PARTLY = ReceivableState.OPEN, ReceivableState.PARTIALLY_PAID
PAID, LOST, VOID = ReceivableState.PAID, ReceivableState.WRITTEN_OFF, ReceivableState.CANCELLED

Act = Callable[[WriteTx, Receivable], Awaitable[Any]]


async def _write_off(tx: WriteTx, invoice: Receivable) -> None:
    await write_off(tx, WriteOff((invoice.id,), "x"))


async def _reinstate(tx: WriteTx, invoice: Receivable) -> None:
    await reinstate(tx, Reinstatement(invoice.id, "x"))


async def _cancel(tx: WriteTx, invoice: Receivable) -> None:
    await cancel_receivable(tx, Cancellation(invoice.id, "x"))


async def _credit(tx: WriteTx, invoice: Receivable) -> None:
    note = NewCreditNote(invoice.customer_id, "NC", Money(1_00, "MXN"), TODAY, [(invoice.id, 1_00)])
    await record_credit_note(tx, note)


async def _promise(tx: WriteTx, invoice: Receivable) -> None:
    await make_promise(tx, promised([invoice], "1.00"))


async def _dispute(tx: WriteTx, invoice: Receivable) -> None:
    await open_dispute(tx, NewDispute(invoice.id, DisputeReason.PRICE, Money(1_00, "MXN")))


NOT_OPEN = "RECEIVABLE_NOT_OPEN"
# By act: its code and path in each state in which it is refused.
REFUSED: dict[Act, dict[ReceivableState, tuple[str, str]]] = {
    _write_off: dict.fromkeys((PAID, LOST, VOID), (NOT_OPEN, "receivableIds")),
    _reinstate: dict.fromkeys((OPEN, PARTLY, PAID, VOID), ("NOT_WRITTEN_OFF", "receivableId")),
    _cancel: dict.fromkeys((PAID, LOST, VOID), (NOT_OPEN, "receivableId"))
    | {PARTLY: ("RECEIVABLE_PARTLY_SETTLED", "receivableId")},
    _credit: dict.fromkeys((PAID, LOST, VOID), ("OVER_ALLOCATED", "allocations")),
    _promise: dict.fromkeys((PAID, LOST, VOID), (NOT_OPEN, "receivableIds")),
    _dispute: dict.fromkeys((PAID, LOST, VOID), (NOT_OPEN, "receivableId")),
}


async def receivable_in(factory: Factory, state: ReceivableState, customer: Customer) -> Receivable:
    invoice = await factory.receivable(customer, "100.00")
    if state in (PARTLY, PAID):
        await pay(factory, invoice, "100.00" if state is PAID else "40.00")
    elif state is not OPEN:
        kind = EntryKind.WRITE_OFF if state is LOST else EntryKind.CANCELLATION
        await book(factory, invoice, kind, 100_00)
    assert (await row(factory, Receivable, invoice.id)).state == state
    return invoice


@pytest.mark.parametrize("state", list(ReceivableState))
@pytest.mark.parametrize("act", list(REFUSED), ids=lambda act: act.__name__)
async def test_a_receivable_changes_only_as_it_is_drawn(
    factory: Factory, manager: Actor, customer: Customer, state: ReceivableState, act: Act
) -> None:
    invoice = await receivable_in(factory, state, customer)
    if state in REFUSED[act]:
        code, path = REFUSED[act][state]
        async with refused(factory, code, path), factory.write(manager) as tx:
            await act(tx, invoice)
    else:
        async with factory.write(manager) as tx:
            await act(tx, invoice)


@pytest.mark.parametrize("state", [PAID, VOID])
async def test_money_told_to_a_settled_document_stays_credit(
    factory: Factory, manager: Actor, customer: Customer, state: ReceivableState
) -> None:
    invoice = await receivable_in(factory, state, customer)
    lines = [(invoice.id, 10_00)]
    async with factory.write(manager) as tx:
        new = NewPayment(customer.id, PaymentMethod.CASH, Money(10_00, "MXN"), TODAY, lines=lines)
        payment_id = (await record_payment(tx, new)).payment_id
    assert (await row(factory, Receivable, invoice.id)).state == state
    async with refused(factory, "OVER_ALLOCATED", "allocations"), factory.write(manager) as tx:
        await apply_credit(tx, CreditUse(payment_id, lines))


@pytest.mark.parametrize("state", [each for each in PromiseState if each is not PromiseState.PENDING])
async def test_only_a_pending_promise_is_cancelled(
    factory: Factory, manager: Actor, invoice: Receivable, state: PromiseState
) -> None:
    made = await make(factory, promised([invoice], "50.00"))
    async with factory.write() as tx:
        await tx.session.execute(update(Promise).values(state=state, resolved_on=TODAY))
    async with refused(factory, "PROMISE_NOT_PENDING", "promiseId"), factory.write(manager) as tx:
        await cancel_promise(tx, made.promise_id)


@pytest.mark.parametrize("state", list(AttemptState))
async def test_an_attempt_that_has_ended_is_not_closed_again(
    factory: Factory, customer: Customer, state: AttemptState
) -> None:
    attempt = PaymentAttempt(
        organization_id=factory.organization_id,
        id=customer.id,
        customer_id=customer.id,
        gateway="sandbox",
        state=state,
        currency="MXN",
        amount_minor=100_00,
        created_at=factory.now,
        expires_at=factory.now,
        updated_at=factory.now,
    )
    async with factory.write() as tx:
        tx.session.add(attempt)
    for wanted in (AttemptState.FAILED, AttemptState.CANCELLED):
        async with factory.read() as tx:
            before = await everything(tx)
        async with factory.write() as tx:
            await close_attempt(tx, customer.id, wanted)
        async with factory.read() as tx:
            found = await tx.session.scalar(select(PaymentAttempt.state))
            if state not in UNSETTLED_ATTEMPTS:
                assert await everything(tx) == before
        assert found == (state if state not in UNSETTLED_ATTEMPTS else AttemptState.FAILED)


DRAWN = {
    AttemptState.CREATED: set(AttemptState) - {AttemptState.CREATED},
    AttemptState.PENDING: set(AttemptState) - {AttemptState.CREATED, AttemptState.PENDING},
    # Money that arrived after all is newer than any failure.
    AttemptState.FAILED: {AttemptState.SUCCEEDED, AttemptState.REFUNDED, AttemptState.CHARGED_BACK},
    AttemptState.CANCELLED: {AttemptState.SUCCEEDED, AttemptState.REFUNDED, AttemptState.CHARGED_BACK},
    AttemptState.SUCCEEDED: {AttemptState.REFUNDED, AttemptState.CHARGED_BACK},
    AttemptState.REFUNDED: {AttemptState.CHARGED_BACK},
    AttemptState.CHARGED_BACK: set(),
}


@pytest.mark.parametrize("old", list(AttemptState))
def test_a_providers_older_state_never_overrides_a_newer_one(old: AttemptState) -> None:
    assert {new for new in AttemptState if supersedes(new, old)} == DRAWN[old]


@pytest.mark.parametrize("state", [each for each in LinkState if each is not LinkState.ACTIVE])
async def test_a_link_that_is_closed_stays_as_it_is(
    factory: Factory, customer: Customer, state: LinkState
) -> None:
    async with factory.write() as tx:
        link, _ = await create_link(tx, customer.id)
        link.state = state
        link.expires_at = factory.now
    async with factory.write() as tx:
        await mark_used(tx, link.id, customer.id)
        await revoke_link(tx, link.id)
        assert await expire_links(tx) == 0
        assert await tx.session.scalar(select(PaymentLink.state)) == state
