"""The job that posts charges, run as a worker runs it once a business day has begun."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from cartera.db.tables.charges import Charge
from cartera.db.tables.outbox import Outbox
from cartera.rules.charge_rules import Basis, Posting, Terms
from cartera.rules.outbox import Lane
from cartera.services.charge_policies import NewPolicy, set_policy
from cartera.services.charges import post_automatically
from cartera.settings import Settings
from jobs import charges
from jobs.registry import JOBS
from jobs.runner import Runner
from tests.api.test_customer_details import statements
from tests.conftest import MovableClock
from tests.factories import TODAY, Factory
from tests.services.books import books_agree, row


@pytest.fixture
def runner(factory: Factory, clock: MovableClock, tmp_path: Path) -> Runner:
    settings = Settings.from_environment({"CARTERA_HOME": str(tmp_path)})
    return Runner(factory.db, clock, settings, JOBS)


async def _run(factory: Factory, runner: Runner, kind: str) -> Outbox:
    async with factory.read() as tx:
        effect = (
            await tx.session.scalars(select(Outbox).where(Outbox.kind == kind, Outbox.done_at.is_(None)))
        ).one()
    await runner.run(factory.organization_id, effect.id, effect.attempts)
    return await row(factory, Outbox, effect.id)


async def _posted(factory: Factory) -> list[int]:
    async with factory.read() as tx:
        return list(await tx.session.scalars(select(Charge.amount_minor).order_by(Charge.id)))


@pytest.mark.parametrize(
    ("posting", "posted"), [(Posting.AUTOMATIC, [230, 230, 230]), (Posting.BY_HAND, []), (Posting.OFF, [])]
)
async def test_charges_are_posted_once_the_day_has_begun(
    factory: Factory,
    runner: Runner,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    posting: Posting,
    posted: list[int],
) -> None:
    """1,000.00 due on 17 October: the fourteen days of October at 6 % are 2.30."""
    monkeypatch.setattr(charges, "CHUNK", 2)
    for _ in range(3):
        await factory.receivable(await factory.customer(), "1000.00", due_on=TODAY - timedelta(days=30))
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), posting))
    clock.move(timedelta(days=1))
    async with factory.write() as tx:
        tx.later(Lane.INTERACTIVE, "begin_business_day", key="tomorrow")
    await _run(factory, runner, "begin_business_day")

    done = await _run(factory, runner, "post_charges")

    assert (done.done_at, done.failure) == (clock.now(), None)
    assert await _posted(factory) == posted
    factory.now = clock.now()
    async with factory.write() as tx:
        tx.later(Lane.BULK, "post_charges", key="again")
    await _run(factory, runner, "post_charges")
    assert await _posted(factory) == posted
    await books_agree(factory)


async def test_a_day_without_anything_to_post_costs_as_little_for_many_lines_as_for_one(
    factory: Factory,
) -> None:
    customers = [await factory.customer() for _ in range(2)]
    for place, debts in enumerate((1, 8)):
        for _ in range(debts):
            await factory.receivable(customers[place], "1000.00", due_on=TODAY - timedelta(days=90))
    async with factory.write() as tx:
        await set_policy(tx, NewPolicy(Terms(Basis.LEGAL), Posting.AUTOMATIC))
    async with factory.write() as tx:
        await post_automatically(tx, None, 10)
    posted = await _posted(factory)
    taken = []
    after = None
    for _ in customers:
        async with factory.write() as tx:
            with statements(factory.db) as seen:
                after = await post_automatically(tx, after, 1)
        taken.append(len(seen))
    assert await _posted(factory) == posted
    assert taken[0] == taken[1] <= 30
