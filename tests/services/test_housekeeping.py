"""Housekeeping: what is shed, what stays, and that neither the portal nor another organization notices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cartera.db.tables.access import PortalSession
from cartera.db.tables.directory import TokenDirectory
from cartera.db.tables.outbox import IdempotencyKey
from cartera.db.tables.payments import PaymentLink
from cartera.services import housekeeping, payment_links
from cartera.services.access import Visitor
from cartera.services.housekeeping import shed
from cartera.services.payment_links import LINK_LIFETIME
from cartera.services.portal import enter, visit
from tests.conftest import MovableClock
from tests.factories import Factory
from tests.office import Office
from tests.portals import count, make_link

SECOND = timedelta(seconds=1)


async def tokens(factory: Factory) -> list[str]:
    """The kinds of the organization's secrets that the directory knows."""
    async with factory.db.directory() as session:
        return list(
            await session.scalars(
                select(TokenDirectory.kind)
                .where(TokenDirectory.organization_id == factory.organization_id)
                .order_by(TokenDirectory.kind)
            )
        )


async def keys(factory: Factory) -> list[str]:
    async with factory.read() as tx:
        return list(await tx.session.scalars(select(IdempotencyKey.key).order_by(IdempotencyKey.key)))


async def use_key(factory: Factory, key: str, at: datetime) -> None:
    async with factory.write() as tx:
        tx.session.add(
            IdempotencyKey(
                organization_id=factory.organization_id, key=key, input_hash=b"", result={}, created_at=at
            )
        )


async def opened(factory: Factory, token: str) -> Any:
    return await enter(factory.db, token, factory.now, Visitor())


async def shed_all(factory: Factory) -> list[int]:
    """How much each batch shed."""
    batches = []
    while True:
        async with factory.write() as tx:
            batches.append(await shed(tx))
        if not batches[-1]:
            return batches


async def test_secrets_go_when_they_have_run_out_and_visits_some_weeks_later(factory: Factory) -> None:
    token = await make_link(factory, await factory.customer())
    session = await opened(factory, token)
    assert await tokens(factory) == ["payment_link", "portal_session"]

    factory.now = session.expires_at
    assert await shed_all(factory) == [0]
    factory.now += SECOND
    assert await shed_all(factory) == [1, 0]
    assert await tokens(factory) == ["payment_link"]
    assert await visit(factory.db, session.secret, factory.now, Visitor()) is None
    assert await opened(factory, token) is not None, "the link opens as before"

    factory.now = session.expires_at + timedelta(days=30)
    await shed_all(factory)
    assert await count(factory, PortalSession) == 2
    factory.now += SECOND
    assert await shed_all(factory) == [1, 0]
    assert await count(factory, PortalSession) == 1


async def test_a_link_that_has_run_out_answers_alike_before_and_after_and_stays_as_history(
    factory: Factory, office: Office, clock: MovableClock
) -> None:
    token = await make_link(factory, await factory.customer())
    clock.move(LINK_LIFETIME)
    factory.now = clock.now()
    before = await opened(factory, token)
    clock.move(SECOND)
    await office.look()
    factory.now = clock.now()
    assert await tokens(factory) == []
    assert (before, await opened(factory, token), await opened(factory, "x" * 32)) == (None, None, None)
    async with factory.read() as tx:
        assert list(await tx.session.scalars(select(PaymentLink.state))) == ["expired"]


async def test_keys_are_kept_for_thirty_days_and_shed_in_batches(
    factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = factory.now - timedelta(days=30)
    for number in range(5):
        await use_key(factory, f"old {number}", old - SECOND)
    await use_key(factory, "young", old)
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    assert await shed_all(factory) == [2, 2, 1, 0]
    assert await keys(factory) == ["young"]


async def test_the_clock_has_it_done_every_day_for_each_organization_by_itself(
    factory: Factory, office: Office, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    other = await factory.other()
    for each in (factory, other):
        await make_link(each, await each.customer())
        for number in range(3):
            await use_key(each, f"key {number}", each.now)
    factory.now += timedelta(days=31)
    assert await shed_all(factory) == [3, 1, 0]
    assert (await tokens(factory), await keys(factory)) == ([], [])
    assert (await tokens(other), await keys(other)) == (["payment_link"], ["key 0", "key 1", "key 2"])
    clock.move(timedelta(days=31))
    await office.look()
    assert (await tokens(other), await keys(other)) == ([], [])
    assert await office.failures() == []


async def test_links_are_closed_in_batches(
    factory: Factory, office: Office, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await factory.customer()
    for _ in range(5):
        await make_link(factory, customer)
    monkeypatch.setattr(payment_links, "EXPIRED_AT_A_TIME", 2)
    clock.move(LINK_LIFETIME)
    factory.now = clock.now()
    async with factory.write() as tx:
        assert await payment_links.expire_links(tx) == 2
    await office.look()
    async with factory.read() as tx:
        assert list(await tx.session.scalars(select(PaymentLink.state))) == ["expired"] * 5
