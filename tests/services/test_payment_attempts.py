"""Starting a payment: what a visitor may ask for, once, and what reaches the provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.base import new_id
from cartera.db.tables.directory import GatewayDirectory
from cartera.db.tables.outbox import AuditEntry, Outbox
from cartera.db.tables.payments import PaymentAttempt, PaymentAttemptReceivable, PaymentLink
from cartera.errors import NotPermitted, Problem, Refused
from cartera.gateways.registry import Gateways
from cartera.services.payment_attempts import (
    MAX_LINES,
    AttemptLine,
    AttemptStarted,
    NewAttempt,
    pay,
    start_attempt,
)
from cartera.settings import Settings
from tests.factories import Factory
from tests.portals import count, visitor


async def start(
    factory: Factory, actor: Actor, *lines: tuple[UUID, str], key: str = "key-1"
) -> AttemptStarted:
    async with factory.write(actor) as tx:
        return await start_attempt(tx, NewAttempt(tuple(AttemptLine(*line) for line in lines), key))


async def refused(
    factory: Factory, actor: Actor, *lines: tuple[UUID, str], key: str = "key-1"
) -> tuple[Problem, ...]:
    """The problems with such a start, once it is sure that it left nothing behind."""
    before = [await count(factory, table) for table in (PaymentAttempt, Outbox, AuditEntry)]
    with pytest.raises(Refused) as caught:
        await start(factory, actor, *lines, key=key)
    assert [await count(factory, table) for table in (PaymentAttempt, Outbox, AuditEntry)] == before
    return caught.value.problems


async def test_an_attempt_is_written_down_with_its_lines_and_a_check(factory: Factory) -> None:
    customer = await factory.customer()
    older, newer = await factory.receivable(customer), await factory.receivable(customer, "50.50")
    actor = await visitor(factory, customer)
    started = await start(factory, actor, (newer.id, "50.50"), (older.id, "25"))
    assert not started.replayed
    async with factory.read() as tx:
        attempt = (await tx.session.scalars(select(PaymentAttempt))).one()
        lines = (await tx.session.scalars(select(PaymentAttemptReceivable))).all()
        check = (await tx.session.scalars(select(Outbox).where(Outbox.kind == "reconcile_attempt"))).one()
        link = (await tx.session.scalars(select(PaymentLink))).one()
        directory = (await tx.session.scalars(select(GatewayDirectory))).one()
    assert attempt.id == started.attempt_id
    assert (attempt.state, attempt.amount_minor, attempt.currency) == ("created", 7550, "MXN")
    assert (attempt.gateway, attempt.gateway_reference, attempt.checkout_url) == ("sandbox", None, None)
    assert (attempt.payment_link_id, attempt.customer_id) == (link.id, customer.id)
    assert attempt.expires_at == factory.now + timedelta(hours=1)
    assert {line.receivable_id: line.amount_minor for line in lines} == {older.id: 2500, newer.id: 5050}
    assert check.run_at == factory.now + timedelta(minutes=2)
    assert check.payload == {"payment_attempt_id": str(attempt.id)}
    assert directory.account == f"sandbox:{factory.organization_id.hex}"
    assert directory.organization_id == factory.organization_id


async def test_the_same_key_starts_once_and_other_input_is_refused(factory: Factory) -> None:
    customer = await factory.customer()
    bill = await factory.receivable(customer)
    actor = await visitor(factory, customer)
    first = await start(factory, actor, (bill.id, "100.00"))
    assert await start(factory, actor, (bill.id, "100.00")) == AttemptStarted(first.attempt_id, True)
    assert await refused(factory, actor, (bill.id, "99.00")) == (
        Problem("IDEMPOTENCY_KEY_REUSED", ("idempotencyKey",)),
    )
    assert await count(factory, PaymentAttempt) == 1
    second = await start(factory, actor, (bill.id, "100.00"), key="key-2")
    assert second.attempt_id != first.attempt_id


@pytest.mark.parametrize(
    ("amount", "problem"),
    [
        ("0", Problem("AMOUNT_NOT_POSITIVE", ("lines", "0", "amount"))),
        ("-1.00", Problem("AMOUNT_NOT_POSITIVE", ("lines", "0", "amount"))),
        ("1.001", Problem("TOO_PRECISE", ("lines", "0", "amount"), {"currency": "MXN"})),
        ("1,00", Problem("NOT_AN_AMOUNT", ("lines", "0", "amount"), {"currency": "MXN"})),
        ("9" * 40, Problem("TOO_LARGE", ("lines", "0", "amount"), {"currency": "MXN"})),
        (
            "100.01",
            Problem(
                "AMOUNT_ABOVE_BALANCE", ("lines", "0", "amount"), {"balance": "100.00", "currency": "MXN"}
            ),
        ),
    ],
)
async def test_an_amount_must_fit_the_balance(factory: Factory, amount: str, problem: Problem) -> None:
    customer = await factory.customer()
    bill = await factory.receivable(customer)
    actor = await visitor(factory, customer)
    assert await refused(factory, actor, (bill.id, amount)) == (problem,)


async def test_lines_must_be_some_of_one_currency_and_each_once(factory: Factory) -> None:
    customer = await factory.customer()
    pesos = await factory.receivable(customer)
    dollars = await factory.receivable(customer, currency="USD")
    actor = await visitor(factory, customer)
    assert await refused(factory, actor) == (Problem("NO_LINES", ("lines",)),)
    assert await refused(factory, actor, (pesos.id, "1"), (pesos.id, "1")) == (
        Problem("RECEIVABLE_TWICE", ("lines", "1", "receivableId")),
    )
    assert await refused(factory, actor, (pesos.id, "1"), (dollars.id, "1")) == (
        Problem("CURRENCIES_MIXED", ("lines",), {"currencies": "MXN, USD"}),
    )
    many = [(new_id(), "1") for _ in range(MAX_LINES + 1)]
    assert await refused(factory, actor, *many) == (Problem("TOO_MANY", ("lines",), {"largest": MAX_LINES}),)


async def test_a_settled_receivable_is_not_paid_again(factory: Factory) -> None:
    customer = await factory.customer()
    paid = await factory.receivable(customer, settled_minor=10000, balance_minor=0, state="paid")
    actor = await visitor(factory, customer)
    assert await refused(factory, actor, (paid.id, "1")) == (
        Problem("RECEIVABLE_NOT_OPEN", ("lines", "0", "receivableId")),
    )


async def test_what_is_not_shown_answers_like_what_does_not_exist(factory: Factory) -> None:
    customer, neighbour = await factory.customer(), await factory.customer()
    shown, hidden = await factory.receivable(customer), await factory.receivable(customer)
    foreign = await factory.receivable(neighbour)
    abroad = await factory.other()
    far = await abroad.receivable(await abroad.customer())
    actor = await visitor(factory, customer, shown)
    missing = (Problem("NOT_FOUND", ("lines", "1", "receivableId"), {"noun": "receivable"}),)
    for row_id in (hidden.id, foreign.id, far.id, new_id()):
        assert await refused(factory, actor, (shown.id, "1"), (row_id, "1")) == missing


async def test_only_a_visitor_starts_a_payment(factory: Factory, manager: Actor) -> None:
    customer = await factory.customer()
    bill = await factory.receivable(customer)
    onlooker = replace(await visitor(factory, customer), scopes=frozenset())
    for actor in (manager, onlooker):
        with pytest.raises(NotPermitted):
            await start(factory, actor, (bill.id, "1"))
    assert await count(factory, PaymentAttempt) == 0


async def test_every_wrong_line_is_named(factory: Factory) -> None:
    customer = await factory.customer()
    bills = [await factory.receivable(customer) for _ in range(3)]
    actor = await visitor(factory, customer)
    problems = await refused(factory, actor, *zip((b.id for b in bills), ("x", "1", "0"), strict=True))
    assert [(problem.code, problem.path[1]) for problem in problems] == [
        ("NOT_AN_AMOUNT", "0"),
        ("AMOUNT_NOT_POSITIVE", "2"),
    ]


async def test_a_provider_that_says_no_ends_the_attempt_and_is_not_asked_again(
    factory: Factory, tmp_path: Path
) -> None:
    customer = await factory.customer()
    bill = await factory.receivable(customer)
    actor = await visitor(factory, customer)
    calls: list[str] = []

    def says_no(request: httpx2.Request) -> httpx2.Response:
        calls.append(request.headers["idempotency-key"])
        return httpx2.Response(409)

    settings = Settings.from_environment({"CARTERA_HOME": str(tmp_path), "SECRET_KEY": "k" * 40})
    gateways = Gateways(settings, httpx2.MockTransport(says_no))
    new = NewAttempt((AttemptLine(bill.id, "100.00"),), "key-1")
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            await pay(factory.db, factory.now, actor, gateways, new, lambda _: "http://127.0.0.1/p/pago")
        assert caught.value.problems == (Problem("GATEWAY_REFUSED"),)
    async with factory.read() as tx:
        attempt = (await tx.session.scalars(select(PaymentAttempt))).one()
    assert attempt.state == "failed"
    assert calls == [str(attempt.id)]


async def test_where_no_gateway_is_set_up_nothing_starts(factory: Factory, tmp_path: Path) -> None:
    customer = await factory.customer()
    bill = await factory.receivable(customer)
    actor = await visitor(factory, customer)
    environment = {"CARTERA_HOME": str(tmp_path), "SECRET_KEY": "k" * 40}
    settings = Settings.from_environment(environment | {"PUBLIC_URL": "https://cartera.example"})
    new = NewAttempt((AttemptLine(bill.id, "100.00"),), "key-1")
    with pytest.raises(Refused) as caught:
        await pay(factory.db, factory.now, actor, Gateways(settings), new, str)
    assert caught.value.problems == (Problem("PAYMENTS_NOT_OFFERED"),)
    assert await count(factory, PaymentAttempt) == 0
