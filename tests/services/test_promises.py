from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor, ActorKind
from cartera.db.base import new_id
from cartera.db.tables.customers import Customer
from cartera.db.tables.promises import Promise, PromiseReceivable
from cartera.db.tables.receivables import Receivable
from cartera.rules.money import Money
from cartera.rules.permissions import Scope
from cartera.rules.promises import PromiseChannel
from cartera.services.promises import PromiseMade, cancel_promise
from tests.factories import TODAY, Factory
from tests.services.books import move, outbox, refused, row
from tests.services.promising import FRIDAY, account, make, pay, promised, review_tasks, story


async def test_a_promise_names_receivables_and_counts_its_grace(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    other = await factory.receivable(customer, "50.00")
    made = await make(
        factory, replace(promised([invoice, other], "120.00"), note="Pagan el viernes"), manager
    )
    promise = await row(factory, Promise, made.promise_id)
    assert (promise.state, promise.amount_minor, promise.currency) == ("pending", 120_00, "MXN")
    assert (promise.due_on, promise.last_day) == (FRIDAY, date(2026, 11, 23))  # Monday: one banking day
    assert (promise.channel, promise.member_id, promise.note) == (
        "phone",
        manager.member_id,
        "Pagan el viernes",
    )
    async with factory.read() as tx:
        named = set(await tx.session.scalars(select(PromiseReceivable.receivable_id)))
    assert named == {invoice.id, other.id}
    (change,) = await outbox(factory, "changed")
    assert (change["change"], change["node_id"]) == ("promise", str(promise.id))


async def test_a_pending_promise_takes_its_receivables_out_of_the_ranking(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    await factory.contact(customer)
    before = await account(factory, customer)
    made = await make(factory, promised([invoice], "100.00"))
    after = await account(factory, customer)
    assert (before.priority > 0, after.priority) == (True, 0)
    assert (after.promise_id, after.promise_state, after.promise_due_on) == (
        made.promise_id,
        "pending",
        FRIDAY,
    )


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"amount": Money(0, "MXN")}, "AMOUNT_NOT_POSITIVE", "amount"),
        ({"amount": Money(100_01, "MXN")}, "PROMISE_ABOVE_BALANCE", "amount"),
        ({"amount": Money(1, "USD")}, "CURRENCY_MISMATCH", "amount"),
        ({"due_on": TODAY - timedelta(days=1)}, "PROMISE_IN_PAST", "dueOn"),
        ({"due_on": TODAY + timedelta(days=366)}, "PROMISE_TOO_FAR", "dueOn"),
        (
            {"due_on": TODAY + timedelta(days=31), "channel": PromiseChannel.PORTAL},
            "PROMISE_TOO_FAR",
            "dueOn",
        ),
        ({"receivable_ids": []}, "NO_RECEIVABLES", "receivableIds"),
        (
            {"receivable_ids": [UUID(int=n) for n in range(1001)]},
            "TOO_MANY",
            "receivableIds",
        ),
    ],
)
async def test_what_cannot_be_promised(
    factory: Factory, manager: Actor, invoice: Receivable, values: dict[str, object], code: str, path: str
) -> None:
    async with refused(factory, code, path):
        await make(factory, replace(promised([invoice], "100.00"), **values), manager)  # type: ignore[arg-type]  # cases


async def test_a_promise_for_today_and_for_the_last_portal_day_is_fine(
    factory: Factory, invoice: Receivable
) -> None:
    await make(factory, promised([invoice], "50.00", TODAY))
    late = replace(promised([invoice], "50.00", TODAY + timedelta(days=30)), channel=PromiseChannel.PORTAL)
    await make(factory, late)


async def test_paid_and_foreign_receivables_cannot_be_promised(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    open_one = await factory.receivable(customer, "10.00")
    await pay(factory, customer.id, "100.00", to=[invoice])
    async with refused(factory, "RECEIVABLE_NOT_OPEN", "receivableIds"):
        await make(factory, promised([invoice, open_one], "10.00"), manager)
    foreign = await factory.receivable(await factory.customer(), "100.00")
    async with refused(factory, "NOT_FOUND", "receivableIds"):
        await make(factory, replace(promised([open_one], "5.00"), receivable_ids=[foreign.id]), manager)


async def test_who_only_reads_promises_makes_none(factory: Factory, invoice: Receivable) -> None:
    viewer = await factory.actor("viewer")
    async with refused(factory, "NOT_PERMITTED"):
        await make(factory, promised([invoice], "100.00"), viewer)


async def test_a_portal_session_promises_just_what_its_link_shows(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    shown = await factory.receivable(customer, "50.00")
    visitor = Actor(
        factory.organization_id,
        ActorKind.PORTAL,
        str(new_id()),
        scopes=frozenset({Scope.PROMISES_WRITE}),
        customer_id=customer.id,
        receivable_ids=(shown.id,),
    )
    new = replace(promised([shown], "50.00"), channel=PromiseChannel.PORTAL)
    async with refused(factory, "NOT_FOUND", "receivableIds"):
        await make(factory, replace(new, receivable_ids=[invoice.id]), visitor)
    made = await make(factory, new, visitor)
    promise = await row(factory, Promise, made.promise_id)
    assert (promise.channel, promise.member_id, promise.state) == ("portal", None, "pending")


async def test_a_replayed_key_answers_with_the_same_promise(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    other = await factory.receivable(customer, "10.00")
    new = replace(promised([invoice, other], "100.00"), idempotency_key="k")
    first = await make(factory, new, manager)
    again = replace(new, receivable_ids=[other.id, invoice.id, other.id])
    assert await make(factory, again, manager) == PromiseMade(first.promise_id, replayed=True)
    async with refused(factory, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey"):
        await make(factory, replace(new, due_on=FRIDAY + timedelta(days=1)), manager)


async def test_the_same_key_at_once_makes_one_promise(
    factory: Factory, manager: Actor, invoice: Receivable
) -> None:
    new = replace(promised([invoice], "100.00"), idempotency_key="k")
    answers = await asyncio.gather(*(make(factory, new, manager) for _ in range(5)))
    assert len({answer.promise_id for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1


async def test_instalments_stand_side_by_side_and_a_new_word_replaces_the_old(
    factory: Factory, invoice: Receivable
) -> None:
    first = await make(factory, promised([invoice], "60.00"))
    second = await make(factory, promised([invoice], "40.00", date(2026, 11, 27)))
    assert (await story(factory, first))[0] == "pending"
    third = await make(factory, promised([invoice], "100.00", date(2026, 11, 30)))
    assert await story(factory, first) == ("renegotiated", 0, TODAY)
    assert await story(factory, second) == ("renegotiated", 0, TODAY)
    assert (await story(factory, third))[0] == "pending"


async def test_a_promise_about_one_invoice_leaves_alone_one_about_more_that_still_fits(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    large = await factory.receivable(customer, "1234.50")
    both = await make(factory, promised([invoice, large], "1000.00"))
    one = await make(factory, promised([invoice], "100.00"))
    assert await story(factory, both) == ("pending", 0, None)
    again = await make(factory, promised([invoice], "100.00", date(2026, 11, 23)))
    assert await story(factory, one) == ("renegotiated", 0, TODAY)
    assert await story(factory, both) == ("pending", 0, None)
    await make(factory, promised([large], "334.51"))
    assert await story(factory, both) == ("renegotiated", 0, TODAY)
    assert (await story(factory, again))[0] == "pending"


async def test_a_cancelled_promise_gives_its_receivables_back(
    factory: Factory, manager: Actor, customer: Customer, invoice: Receivable
) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    async with factory.write(manager) as tx:
        await cancel_promise(tx, made.promise_id, "Se equivocaron de fecha")
    assert await story(factory, made) == ("cancelled", 0, TODAY)
    found = await account(factory, customer)
    assert (found.promise_id, found.priority > 0) == (None, True)
    async with refused(factory, "PROMISE_NOT_PENDING", "promiseId"), factory.write(manager) as tx:
        await cancel_promise(tx, made.promise_id)


async def test_a_promise_that_is_withdrawn_needs_no_look_any_more(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    dollars = await factory.receivable(customer, "100.00", currency="USD")
    other = await factory.receivable(customer, "80.00")
    first = await make(factory, promised([invoice], "100.00"))
    second = await make(factory, promised([other], "80.00"))
    await pay(factory, customer.id, "100.00", on=TODAY, to=[dollars])  # fits nowhere
    await move(factory, 8)
    assert await review_tasks(factory) == ["open"]
    async with factory.write() as tx:
        await cancel_promise(tx, first.promise_id)
    assert await review_tasks(factory) == ["open"], "the other one awaits application too"
    await make(factory, promised([other], "80.00", date(2026, 11, 30)))
    assert (await story(factory, second))[0] == "renegotiated"
    assert await review_tasks(factory) == ["done"]
    found = await account(factory, customer)
    assert (found.next_action_at, found.due_rank) == (None, 0)


async def test_the_last_word_taken_back_closes_the_review(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    dollars = await factory.receivable(customer, "100.00", currency="USD")
    made = await make(factory, promised([invoice], "100.00"))
    await pay(factory, customer.id, "100.00", on=TODAY, to=[dollars])
    await move(factory, 8)
    assert await review_tasks(factory) == ["open"]
    async with factory.write() as tx:
        await cancel_promise(tx, made.promise_id)
    assert await review_tasks(factory) == ["done"]


async def test_foreign_and_missing_promises_answer_alike(factory: Factory, invoice: Receivable) -> None:
    made = await make(factory, promised([invoice], "100.00"))
    collector = await factory.actor("collector")
    stranger = await (await factory.other()).actor("manager")
    for actor, promise_id in (
        (collector, made.promise_id),
        (collector, new_id()),
        (stranger, made.promise_id),
    ):
        async with refused(factory, "NOT_FOUND", "promiseId"), factory.write(actor) as tx:
            await cancel_promise(tx, promise_id)


async def test_a_note_of_a_megabyte_is_refused(
    factory: Factory, customer: Customer, invoice: Receivable
) -> None:
    new = replace(promised([invoice], "10.00"), note="x" * 1_000_000)
    async with refused(factory, "TOO_LONG", "note"):
        await make(factory, new)
    made = await make(factory, replace(new, note=None))
    async with refused(factory, "TOO_LONG", "note"), factory.write() as tx:
        await cancel_promise(tx, made.promise_id, "x" * 1_000_000)
