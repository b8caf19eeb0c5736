from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from cartera.actors import Actor
from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.tables.outbox import IdempotencyKey
from cartera.errors import Refused
from cartera.rules.money import Money
from tests.factories import Factory


@dataclass(frozen=True)
class Wish:
    amount: Money
    on: date = date(2026, 11, 16)
    things: tuple[UUID, ...] = ()
    note: str | None = None
    idempotency_key: str | None = None


WISH = Wish(Money(5, "MXN"))


async def do(factory: Factory, key: str | None, wish: Wish = WISH, actor: Actor | None = None) -> UUID:
    async with factory.write(actor) as tx:
        done = await earlier(tx, "wish", key, wish)
        if done is not None:
            return done["thing"]
        made = new_id()
        await remember(tx, "wish", key, thing=made, other=None)
        return made


async def test_the_same_key_and_input_give_the_same_ids(factory: Factory) -> None:
    assert await do(factory, "k") == await do(factory, "k")
    async with factory.read() as tx:
        row = (await tx.session.scalars(select(IdempotencyKey))).one()
    assert row.key == "system:test:wish:k"
    assert (row.result["type"], list(row.result["ids"])) == ("wish", ["thing"])


async def test_without_a_key_nothing_is_remembered(factory: Factory) -> None:
    assert await do(factory, None) != await do(factory, None)
    async with factory.read() as tx:
        assert (await tx.session.scalars(select(IdempotencyKey))).all() == []


@pytest.mark.parametrize(
    "other",
    [
        Wish(Money(6, "MXN")),
        Wish(Money(5, "USD")),
        Wish(Money(5, "MXN"), on=date(2026, 11, 17)),
        Wish(Money(5, "MXN"), things=(UUID(int=1),)),
        Wish(Money(5, "MXN"), note=""),
    ],
)
async def test_the_same_key_with_other_input_is_refused(factory: Factory, other: Wish) -> None:
    await do(factory, "k")
    with pytest.raises(Refused) as caught:
        await do(factory, "k", other)
    assert caught.value.problems[0].code == "IDEMPOTENCY_KEY_REUSED"


async def test_the_key_itself_is_no_part_of_the_input(factory: Factory) -> None:
    first = await do(factory, "k", Wish(Money(5, "MXN"), idempotency_key="k"))
    assert await do(factory, "k", Wish(Money(5, "MXN"))) == first


async def test_keys_belong_to_their_actor_and_verb(factory: Factory, manager: Actor) -> None:
    first = await do(factory, "k")
    assert await do(factory, "k", actor=manager) != first
    async with factory.write() as tx:
        assert await earlier(tx, "another", "k", WISH) is None
    other = await factory.other()
    assert await do(other, "k") != first


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_has_1_to_255_characters(factory: Factory, key: str) -> None:
    with pytest.raises(Refused) as caught:
        await do(factory, key)
    assert caught.value.problems[0].code == "IDEMPOTENCY_KEY_LENGTH"


async def test_what_was_rolled_back_is_done_afresh(factory: Factory) -> None:
    with pytest.raises(ZeroDivisionError):
        async with factory.write() as tx:
            assert await earlier(tx, "wish", "k", WISH) is None
            raise ZeroDivisionError
    async with factory.write() as tx:
        assert await earlier(tx, "wish", "k", WISH) is None


async def test_many_at_once_do_it_once(factory: Factory) -> None:
    assert len(set(await asyncio.gather(*(do(factory, "k") for _ in range(8))))) == 1
