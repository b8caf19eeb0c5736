"""The hammer: many workers at once on a few customers' receivables; nothing is lost, nothing paid twice.

200 receivables of 100, 5 customers, 8 workers with connections of their own: random overlapping payments,
refunds and replays of the same keys. HAMMER_ROUNDS says how many things each worker does; few in CI.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from cartera.db.due_balances import recompute
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.queries.drift import account_drift, drift
from cartera.db.session import Database
from cartera.errors import Refused
from cartera.rules.money import Money
from cartera.rules.payments import PaymentMethod, ReversalKind
from cartera.rules.promises import PromiseChannel
from cartera.servers import Servers
from cartera.services.payments import CreditUse, NewPayment, apply_credit, record_payment
from cartera.services.promises import NewPromise, make_promise
from cartera.services.receivables import WriteOff, write_off
from cartera.services.reversals import NewReversal, reverse_payment
from tests.factories import TODAY, Factory

WORKERS, CUSTOMERS, RECEIVABLES = 8, 5, 200
ROUNDS = int(os.environ.get("HAMMER_ROUNDS", "12"))
AMOUNT = 100
ISSUED = TODAY - timedelta(days=60)


@dataclass
class Anvil:
    """Customers with their receivables, and what the workers did: by key, all that it ever answered."""

    factory: Factory
    owed: dict[UUID, list[UUID]]
    answers: dict[str, list[Any]] = field(default_factory=dict)
    asked: list[tuple[Callable[..., Awaitable[Any]], Any]] = field(default_factory=list)
    payments: list[UUID] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    async def do(self, db: Database, service: Callable[..., Awaitable[Any]], given: Any) -> None:
        """Ask once, without trying again: whatever is no refusal fails the test."""
        self.asked.append((service, given))
        try:
            async with db.write(self.factory.system, self.factory.now) as tx:
                answer = await service(tx, given)
        except Refused as refused:
            self.refused[refused.problems[0].code] += 1
            return
        self.answers.setdefault(given.idempotency_key, []).append(answer)
        if service is record_payment and not answer.replayed:
            self.payments.append(answer.payment_id)


# One invoice after another, each due a day earlier, copied from the customer's first.
_COPIES = (
    """
    INSERT INTO receivable SELECT (jsonb_populate_record(r, jsonb_build_object(
        'id', gen_random_uuid(), 'external_id', r.external_id || '-' || n, 'number', r.number || '-' || n,
        'due_on', r.due_on - n, 'overdue_from', r.overdue_from - n))).*
    FROM receivable r, generate_series(1, :copies) n
    """,
    """
    INSERT INTO entry SELECT (jsonb_populate_record(e, jsonb_build_object(
        'id', gen_random_uuid(), 'receivable_id', r.id))).*
    FROM receivable r JOIN entry e ON e.customer_id = r.customer_id AND e.receivable_id <> r.id
    """,
)


@pytest.fixture
async def anvil(factory: Factory) -> Anvil:
    customers = [await factory.customer() for _ in range(CUSTOMERS)]
    for customer in customers:
        await factory.receivable(customer, "1.00", due_on=TODAY, issued_on=ISSUED)
    async with factory.write() as tx:
        for statement in _COPIES:
            await tx.session.execute(
                text(statement), {"copies": RECEIVABLES // CUSTOMERS - 1} if ":copies" in statement else {}
            )
        await recompute(tx.session, factory.organization_id)
        await refresh_accounts(tx, [customer.id for customer in customers])
        rows = list(
            await tx.session.execute(text("SELECT customer_id, id FROM receivable ORDER BY due_on, id"))
        )
    assert len(rows) == RECEIVABLES
    owed: dict[UUID, list[UUID]] = {customer.id: [] for customer in customers}
    for customer_id, receivable_id in rows:
        owed[customer_id].append(receivable_id)
    return Anvil(factory, owed)


@asynccontextmanager
async def pools(database: Servers) -> AsyncIterator[list[Database]]:
    opened = [Database(database.app, pool_size=1) for _ in range(WORKERS)]
    yield opened
    for db in opened:
        await db.close()


def payment(anvil: Anvil, random: Random, key: str) -> NewPayment:
    customer = random.choice(list(anvil.owed))
    lines = None
    if random.random() < 0.7:
        # Towards the front of the list, so that workers want the same ones, in any order.
        chosen = random.sample(anvil.owed[customer][:20], random.randint(1, 6))
        lines = tuple((each, random.choice((40, 60, AMOUNT))) for each in chosen)
    amount = sum(each for _, each in lines or ()) or random.randint(1, 5) * AMOUNT
    return NewPayment(
        customer,
        PaymentMethod.TRANSFER,
        Money(amount, "MXN"),
        TODAY,
        external_id=f"bank:{key}",
        lines=lines,
        idempotency_key=key,
    )


def next_thing(anvil: Anvil, random: Random, key: str) -> tuple[Callable[..., Awaitable[Any]], Any]:
    """A payment, a refund, a use of credit, a write-off, or what somebody asked for already."""
    dice = random.random()
    if dice < 0.25 and anvil.asked:
        return random.choice(anvil.asked)
    if dice < 0.45 and anvil.payments:
        kind = random.choice(list(ReversalKind))
        amount = random.choice((None, 30, 70))
        target = random.choice(anvil.payments)
        return reverse_payment, NewReversal(
            target, kind, TODAY, amount=amount, external_id=f"back:{key}", idempotency_key=key
        )
    if dice < 0.55 and anvil.payments:
        return apply_credit, CreditUse(random.choice(anvil.payments), idempotency_key=key)
    if dice < 0.6:
        # Of several customers at once: more than one account row to lock.
        each = [random.choice(receivables) for receivables in anvil.owed.values()]
        return write_off, WriteOff(each, "incobrable", idempotency_key=key)
    return record_payment, payment(anvil, random, key)


async def work(anvil: Anvil, db: Database, worker: int) -> None:
    random = Random(worker)
    for number in range(ROUNDS):
        service, given = next_thing(anvil, random, f"{worker}-{number}")
        await anvil.do(db, service, given)


async def sound(anvil: Anvil) -> None:
    """No drift in any row, nobody paid too much, no money lost, every replay the same ids."""
    factory = anvil.factory
    with pytest.raises(ZeroDivisionError):
        async with factory.write() as tx:
            assert await drift(tx) == []
            assert await account_drift(tx, list(anvil.owed), columns=None) == []
            over = await tx.session.scalar(
                text(
                    "SELECT count(*) FROM (SELECT 1 FROM allocation GROUP BY receivable_id"
                    " HAVING sum(amount_minor) > 100) over_allocated"
                )
            )
            booked = await tx.session.execute(text("SELECT id, amount_minor FROM payment"))
            assert over == 0
            told = {
                answers[0].payment_id: given.amount.minor
                for service, given in anvil.asked
                if service is record_payment and (answers := anvil.answers.get(given.idempotency_key))
            }
            assert {row.id: row.amount_minor for row in booked} == told, "a payment was lost, or booked twice"
            raise ZeroDivisionError
    for answers in anvil.answers.values():
        first = sorted(answers, key=lambda each: each.replayed)[0]
        assert not first.replayed
        assert all(each == replace(first, replayed=True) for each in answers if each is not first)


async def test_eight_workers_leave_the_books_sound(anvil: Anvil, database: Servers) -> None:
    async with pools(database) as opened:
        await asyncio.gather(*(work(anvil, db, number) for number, db in enumerate(opened)))
    await sound(anvil)
    assert sum(map(len, anvil.answers.values())) + anvil.refused.total() == WORKERS * ROUNDS
    assert len(anvil.payments) > WORKERS


async def test_one_key_from_everywhere_at_once_is_done_once(anvil: Anvil, database: Servers) -> None:
    new = payment(anvil, Random(1), "the same")
    async with pools(database) as opened:
        await asyncio.gather(*(anvil.do(db, record_payment, new) for db in opened))
    assert len(anvil.payments) == 1
    assert len(anvil.answers["the same"]) == WORKERS
    await sound(anvil)


async def test_a_webhook_and_a_manual_entry_of_the_same_money_are_one_payment(
    anvil: Anvil, database: Servers
) -> None:
    """Both know the provider's id; each has a key of its own."""
    told = payment(anvil, Random(2), "webhook")
    typed = replace(told, idempotency_key="by hand")
    async with pools(database) as opened:
        await asyncio.gather(
            anvil.do(opened[0], record_payment, told), anvil.do(opened[1], record_payment, typed)
        )
    assert len(anvil.payments) == 1
    first, second = anvil.answers["webhook"][0], anvil.answers["by hand"][0]
    assert first.payment_id == second.payment_id
    assert {first.replayed, second.replayed} == {True, False}


async def test_a_promise_and_a_payment_at_the_same_moment(anvil: Anvil, database: Servers) -> None:
    """Whoever comes first, the promise ends as money proves it, and nothing is promised that is not owed."""
    customer, receivables = next(iter(anvil.owed.items()))
    async with pools(database) as opened:
        for number, receivable in enumerate(receivables[:10]):
            paid = NewPayment(
                customer,
                PaymentMethod.CASH,
                Money(AMOUNT, "MXN"),
                TODAY,
                lines=((receivable, AMOUNT),),
                idempotency_key=f"pay {number}",
            )
            word = NewPromise(
                customer,
                (receivable,),
                Money(AMOUNT, "MXN"),
                TODAY,
                PromiseChannel.PHONE,
                idempotency_key=f"promise {number}",
            )
            both = [anvil.do(opened[0], record_payment, paid), anvil.do(opened[1], make_promise, word)]
            await asyncio.gather(*both[:: (-1) ** number])
    async with anvil.factory.read() as tx:
        states = list(await tx.session.execute(text("SELECT state, received_minor FROM promise")))
    assert set(states) <= {("kept", AMOUNT)}
    assert len(states) + anvil.refused["RECEIVABLE_NOT_OPEN"] == 10
    await sound(anvil)
