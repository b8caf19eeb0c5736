"""While the provider of payments is away, nothing is concluded and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import select

from cartera.db.tables.outbox import Inbox
from cartera.db.tables.payments import Payment, PaymentAttempt
from tests.api.paying.conftest import Site
from tests.api.paying.test_paying import checkout, choose, owing, pending_checks, require_booked, start
from tests.portals import count


@contextmanager
def provider_away(site: Site) -> Iterator[None]:
    """A file lies where the provider's folder was: every call to it fails."""
    checkouts, away = site.settings.home / "sandbox", site.settings.home / "away"
    checkouts.mkdir(exist_ok=True)
    checkouts.rename(away)
    checkouts.touch()
    yield
    checkouts.unlink()
    away.rename(checkouts)


async def test_while_the_gateway_is_away_nothing_is_concluded(site: Site) -> None:
    """An attempt whose hour is over may yet have been paid: only the provider knows."""
    customer, _, client = await owing(site)
    attempt = await checkout(site, client)
    await choose(attempt["checkoutUrl"], "approve", "drop")
    with provider_away(site):
        for hours in (2, 24):
            site.clock.move(timedelta(hours=hours))
            assert await site.work() == ["reconcile_attempt"]
    async with site.factory.read() as tx:
        row = (await tx.session.scalars(select(PaymentAttempt))).one()
    assert row.state == "created"
    site.clock.move(timedelta(hours=24))
    assert await site.work() == ["reconcile_attempt"]
    await require_booked(site, customer, attempt)


async def test_while_the_gateway_is_away_no_payment_starts_and_none_is_lost(site: Site) -> None:
    _, _, client = await owing(site)
    with provider_away(site):
        refused = await start(site, client, "100.00")
    assert [(error["__typename"], error["code"]) for error in refused["errors"]] == [
        ("ConflictError", "GATEWAY_UNAVAILABLE")
    ]
    async with site.factory.read() as tx:
        row = (await tx.session.scalars(select(PaymentAttempt))).one()
    assert (row.state, row.checkout_url) == ("created", None)
    again = await start(site, client, "100.00")
    assert again["replayed"]
    assert again["attempt"]["checkoutUrl"].startswith(f"{site.url}/sandbox/checkout/chk_")


async def test_an_attempt_that_never_got_a_page_ends_with_its_hour(site: Site) -> None:
    _, _, client = await owing(site)
    with provider_away(site):
        await start(site, client, "100.00")
        for _ in range(2):
            site.clock.move(timedelta(minutes=33))
            await site.work()
    async with site.factory.read() as tx:
        row = (await tx.session.scalars(select(PaymentAttempt))).one()
    assert row.state == "cancelled"
    assert await pending_checks(site) == 0


async def test_the_same_key_answers_even_while_the_gateway_is_away(site: Site) -> None:
    _, _, client = await owing(site)
    first = await start(site, client, "100.00")
    with provider_away(site):
        again = await start(site, client, "100.00")
    assert again == first | {"replayed": True}


async def test_while_the_gateway_is_away_an_event_waits(site: Site) -> None:
    customer, _, client = await owing(site)
    attempt = await checkout(site, client)
    await choose(attempt["checkoutUrl"], "approve")
    await site.heard(2)
    with provider_away(site):
        await site.work()
    assert await count(site.factory, Payment) == 0
    site.clock.move(timedelta(minutes=1))
    await site.work()
    await require_booked(site, customer, attempt)
    async with site.factory.read() as tx:
        outcomes = (await tx.session.scalars(select(Inbox.outcome).order_by(Inbox.outcome))).all()
    assert list(outcomes) == ["booked", "nothing_new"]
