"""Disputes from opening to resolution: what is chased meanwhile, who is asked, what is refused."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.base import new_id
from cartera.db.queries.reminders import standings
from cartera.db.tables.activities import Task
from cartera.db.tables.customers import Customer
from cartera.db.tables.disputes import Dispute, DisputeComment
from cartera.db.tables.outbox import AuditEntry
from cartera.db.tables.receivables import Receivable
from cartera.errors import NotPermitted, Refused
from cartera.rules.disputes import DisputeReason
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod
from cartera.services.disputes import (
    Assignment,
    Closing,
    DisputeDone,
    NewComment,
    NewDeadline,
    NewDispute,
    assign,
    comment,
    open_dispute,
    reject,
    set_deadline,
    withdraw,
)
from cartera.services.payments import NewPayment, record_payment
from tests.factories import TODAY, Factory
from tests.services.books import move, refused, row

MXN_30 = Money(30_00, "MXN")


def about(invoice: Receivable, amount: Money = MXN_30, **values: Any) -> NewDispute:
    return NewDispute(invoice.id, DisputeReason.PRICE, amount, **values)


async def opened(factory: Factory, new: NewDispute, actor: Actor | None = None) -> UUID:
    async with factory.write(actor) as tx:
        return (await open_dispute(tx, new)).dispute_id


async def chased(factory: Factory, customer: Customer) -> list[tuple[int, bool]]:
    """What a reminder would ask for of each debt, in minor units, and whether it is set aside."""
    async with factory.read() as tx:
        debts = (await standings(tx, [customer.id]))[customer.id].debts
    return [(debt.balance.minor, debt.set_aside is not None) for debt in debts]


async def audited(factory: Factory, dispute_id: UUID) -> list[str]:
    async with factory.read() as tx:
        found = await tx.session.scalars(
            select(AuditEntry.action).where(AuditEntry.noun_id == dispute_id).order_by(AuditEntry.id)
        )
        return list(found)


async def reviews(factory: Factory) -> list[tuple[UUID | None, str | None, str]]:
    async with factory.read() as tx:
        rows = await tx.session.scalars(
            select(Task).where(Task.kind == "review_dispute").order_by(Task.created_at, Task.id)
        )
        return [(task.assignee_id, task.note, task.state) for task in rows]


async def test_an_open_dispute_keeps_its_part_from_being_chased(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    dispute_id = await opened(factory, about(invoice, note="  Cobran 30 de más "), manager)
    dispute = await row(factory, Dispute, dispute_id)
    assert (dispute.state, dispute.amount_minor, dispute.currency, dispute.note) == (
        *("open", 30_00, "MXN"),
        "Cobran 30 de más",
    )
    # Five banking days after Monday the 16th, a holiday in Mexico.
    assert (dispute.opened_on, dispute.deadline_on, dispute.owner_id) == (TODAY, date(2026, 11, 23), None)
    assert await chased(factory, customer) == [(70_00, False)]
    await opened(factory, about(invoice, Money(70_00, "MXN")))
    assert await chased(factory, customer) == [(100_00, True)]
    assert await audited(factory, dispute_id) == ["dispute.open"]


async def test_it_falls_to_the_customers_collector_unless_another_is_named(
    factory: Factory, manager: Actor
) -> None:
    rosa, ana = await factory.member(), await factory.member("manager")
    invoice = await factory.receivable(await factory.customer(collector_id=rosa.id), "100.00")
    hers = await opened(factory, about(invoice), manager)
    named = await opened(factory, about(invoice, owner_id=ana.id, deadline_on=TODAY), manager)
    assert (await row(factory, Dispute, hers)).owner_id == rosa.id
    given = await row(factory, Dispute, named)
    assert (given.owner_id, given.deadline_on) == (ana.id, TODAY)


async def test_what_cannot_be_contested_is_refused(factory: Factory, manager: Actor) -> None:
    customer = await factory.customer()
    invoice = await factory.receivable(customer, "100.00")
    paid = await factory.receivable(customer, "5.00", due_on=TODAY - timedelta(days=60))
    left = await factory.member(is_active=False)
    async with factory.write() as tx:
        money = Money(5_00, "MXN")
        await record_payment(tx, NewPayment(customer.id, PaymentMethod.CASH, money, TODAY))
    await opened(factory, about(invoice, Money(80_00, "MXN")))
    stranger = await factory.other()
    theirs = await stranger.receivable(await stranger.customer(), "100.00")

    cases: list[tuple[NewDispute, str, str]] = [
        (about(invoice, Money(0, "MXN")), "AMOUNT_NOT_POSITIVE", "amount"),
        (about(invoice, Money(-1, "MXN")), "AMOUNT_NOT_POSITIVE", "amount"),
        (about(invoice, Money(20_01, "MXN")), "DISPUTE_ABOVE_BALANCE", "amount"),
        (about(invoice, Money(10**15, "MXN")), "DISPUTE_ABOVE_BALANCE", "amount"),
        (about(invoice, Money(1, "USD")), "CURRENCY_MISMATCH", "amount"),
        (about(paid, Money(1, "MXN")), "RECEIVABLE_NOT_OPEN", "receivableId"),
        (about(invoice, Money(1, "MXN"), note="x" * 2001), "TOO_LONG", "note"),
        (about(invoice, Money(1, "MXN"), note="x" * 10**6), "TOO_LONG", "note"),
        (about(invoice, Money(1, "MXN"), owner_id=new_id()), "NOT_FOUND", "ownerId"),
        (about(invoice, Money(1, "MXN"), owner_id=left.id), "NOT_FOUND", "ownerId"),
        (
            about(invoice, Money(1, "MXN"), deadline_on=TODAY - timedelta(days=1)),
            "DEADLINE_IN_PAST",
            "deadlineOn",
        ),
        (about(invoice, Money(1, "MXN"), deadline_on=date(2126, 11, 16)), "DEADLINE_TOO_FAR", "deadlineOn"),
        (about(theirs, Money(1, "MXN")), "NOT_FOUND", "receivableId"),
    ]
    for new, code, path in cases:
        async with refused(factory, code, path), factory.write(manager) as tx:
            await open_dispute(tx, new)
    await opened(factory, about(invoice, Money(20_00, "MXN")), manager)


async def test_only_who_may_and_sees_the_customer(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    rosa, viewer = await factory.actor("collector"), await factory.actor("viewer")
    dispute_id = await opened(factory, about(invoice), manager)
    async with refused(factory, "NOT_FOUND", "receivableId"), factory.write(rosa) as tx:
        await open_dispute(tx, about(invoice, Money(1, "MXN")))
    async with refused(factory, "NOT_FOUND", "disputeId"), factory.write(rosa) as tx:
        await comment(tx, NewComment(dispute_id, "Hola"))
    async with refused(factory, "NOT_PERMITTED"), factory.write(viewer) as tx:
        await comment(tx, NewComment(dispute_id, "Hola"))
    with pytest.raises(NotPermitted):
        async with factory.write(viewer) as tx:
            await open_dispute(tx, about(invoice))


async def test_the_same_key_opens_one_dispute(factory: Factory, manager: Actor, invoice: Receivable) -> None:
    new = about(invoice, Money(60_00, "MXN"), idempotency_key="k")
    async with factory.write(manager) as tx:
        first = await open_dispute(tx, new)
    async with factory.write(manager) as tx:
        again = await open_dispute(tx, new)
    assert (first.replayed, again) == (False, DisputeDone(first.dispute_id, replayed=True))
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"), factory.write(manager) as tx:
        await open_dispute(tx, about(invoice, Money(1, "MXN"), idempotency_key="k"))


async def test_two_at_once_never_contest_more_than_is_owed(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    async def one() -> str:
        try:
            await opened(factory, about(invoice, Money(60_00, "MXN")), manager)
        except Refused as problem:
            return problem.problems[0].code
        return "done"

    found = await asyncio.gather(*(one() for _ in range(6)))
    assert sorted(found) == ["DISPUTE_ABOVE_BALANCE"] * 5 + ["done"]


async def test_rejected_and_withdrawn_disputes_are_chased_again(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    wrong, given_up = [await opened(factory, about(invoice), manager) for _ in range(2)]
    assert await chased(factory, customer) == [(40_00, False)]
    await move(factory, 3)
    async with factory.write(manager) as tx:
        await reject(tx, Closing(wrong, "El precio es el del contrato"))
    assert await chased(factory, customer) == [(70_00, False)]
    async with factory.write(manager) as tx:
        await withdraw(tx, Closing(given_up))
    assert await chased(factory, customer) == [(100_00, False)]
    rejected, withdrawn = await row(factory, Dispute, wrong), await row(factory, Dispute, given_up)
    assert (rejected.state, rejected.resolution) == ("rejected", "El precio es el del contrato")
    assert (withdrawn.state, withdrawn.resolution) == ("withdrawn", None)
    assert rejected.resolved_on == withdrawn.resolved_on == TODAY + timedelta(days=3)
    assert await audited(factory, wrong) == ["dispute.open", "dispute.rejected"]
    assert await audited(factory, given_up) == ["dispute.open", "dispute.withdrawn"]


@pytest.mark.parametrize("reason", [None, "", "  \n"])
async def test_a_rejection_says_why(
    reason: str | None, factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    dispute_id = await opened(factory, about(invoice), manager)
    async with refused(factory, "WORDS_MISSING", "reason"), factory.write(manager) as tx:
        await reject(tx, Closing(dispute_id, reason))


@pytest.mark.parametrize("how", [reject, withdraw], ids=["rejected", "withdrawn"])
async def test_what_is_resolved_stays_so(
    how: Any, factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    dispute_id = await opened(factory, about(invoice), manager)
    async with factory.write(manager) as tx:
        await how(tx, Closing(dispute_id, "Porque sí", idempotency_key="k"))
    tomorrow = TODAY + timedelta(days=1)
    attempts: list[tuple[Any, Any]] = [
        (reject, Closing(dispute_id, "Otra vez")),
        (withdraw, Closing(dispute_id)),
        (assign, Assignment(dispute_id, manager.member_id or new_id())),
        (set_deadline, NewDeadline(dispute_id, tomorrow)),
    ]
    for verb, given in attempts:
        async with refused(factory, "DISPUTE_NOT_OPEN", "disputeId"), factory.write(manager) as tx:
            await verb(tx, given)
    async with factory.write(manager) as tx:
        again = await how(tx, Closing(dispute_id, "Porque sí", idempotency_key="k"))
    assert again == DisputeDone(dispute_id, replayed=True)


async def test_two_who_resolve_at_once_do_it_once(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    dispute_id = await opened(factory, about(invoice), manager)

    async def one(verb: Any) -> str:
        try:
            async with factory.write(manager) as tx:
                await verb(tx, Closing(dispute_id, "Así es"))
        except Refused as problem:
            return problem.problems[0].code
        return "done"

    found = await asyncio.gather(*(one(verb) for verb in (reject, withdraw, reject, withdraw)))
    assert sorted(found) == ["DISPUTE_NOT_OPEN"] * 3 + ["done"]
    assert len(await audited(factory, dispute_id)) == 2


async def test_the_thread_keeps_what_everybody_said(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    dispute_id = await opened(factory, about(invoice), manager)
    said = NewComment(dispute_id, " Pedí la orden de compra\n", "k")
    for _ in range(2):
        async with factory.write(manager) as tx:
            await comment(tx, said)
    async with factory.write(manager) as tx:
        await withdraw(tx, Closing(dispute_id))
    async with factory.write(manager) as tx:
        await comment(tx, NewComment(dispute_id, "x" * 2000))
    async with factory.read() as tx:
        rows = (await tx.session.scalars(select(DisputeComment).order_by(DisputeComment.id))).all()
    assert [(each.text, each.actor) for each in rows] == [
        ("Pedí la orden de compra", f"member:{manager.member_id}"),
        ("x" * 2000, f"member:{manager.member_id}"),
    ]
    for text, code in ((" ", "WORDS_MISSING"), ("x" * 2001, "TOO_LONG"), ("a\0b", "NOT_TEXT")):
        async with refused(factory, code, "text"), factory.write(manager) as tx:
            await comment(tx, NewComment(dispute_id, text))


async def test_the_owner_is_asked_once_after_the_deadline(factory: Factory, manager: Actor) -> None:
    rosa, ana = await factory.member(), await factory.member("manager")
    invoice = await factory.receivable(await factory.customer(collector_id=rosa.id), "100.00")
    dispute_id = await opened(factory, about(invoice, deadline_on=TODAY + timedelta(days=2)), manager)
    await move(factory, 2)
    assert await reviews(factory) == []
    await move(factory, 1)
    await move(factory, 1)
    assert await reviews(factory) == [(rosa.id, invoice.number, "open")]

    # Whoever gets it is asked anew, and so is its owner after another deadline.
    async with factory.write(manager) as tx:
        await assign(tx, Assignment(dispute_id, ana.id))
    assert await reviews(factory) == [(rosa.id, invoice.number, "done")]
    await move(factory, 1)
    assert (await reviews(factory))[1:] == [(ana.id, invoice.number, "open")]
    async with factory.write(manager) as tx:
        await set_deadline(tx, NewDeadline(dispute_id, TODAY + timedelta(days=7)))
    await move(factory, 2)
    assert [state for _, _, state in await reviews(factory)] == ["done", "done"]
    await move(factory, 1)
    assert (await reviews(factory))[2:] == [(ana.id, invoice.number, "open")]
    async with factory.write(manager) as tx:
        await reject(tx, Closing(dispute_id, "No procede"))
    await move(factory, 5)
    assert [state for _, _, state in await reviews(factory)] == ["done"] * 3
    assert await audited(factory, dispute_id) == [
        *("dispute.open", "dispute.assign", "dispute.deadline"),
        "dispute.rejected",
    ]


async def test_a_review_that_somebody_has_ticked_off_is_not_asked_again(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    await opened(factory, about(invoice, deadline_on=TODAY), manager)
    await move(factory, 1)
    async with factory.write() as tx:
        (task,) = await tx.session.scalars(select(Task).where(Task.kind == "review_dispute"))
        task.state, task.done_at = "done", factory.now
    await move(factory, 3)
    assert [state for _, _, state in await reviews(factory)] == ["done"]


async def test_when_less_is_owed_than_contested_nothing_is_chased_and_nothing_breaks(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    dispute_id = await opened(factory, about(invoice, Money(60_00, "MXN")), manager)
    async with factory.write() as tx:
        money = Money(70_00, "MXN")
        await record_payment(tx, NewPayment(customer.id, PaymentMethod.CASH, money, TODAY))
    assert await chased(factory, customer) == [(30_00, True)]
    async with refused(factory, "DISPUTE_ABOVE_BALANCE", "amount"), factory.write(manager) as tx:
        await open_dispute(tx, about(invoice, Money(1, "MXN")))
    async with factory.write(manager) as tx:
        await reject(tx, Closing(dispute_id, "No procede"))
    assert await chased(factory, customer) == [(30_00, False)]
