"""Payment links and visits for tests, as if a reminder had brought the customer in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from cartera.actors import Actor
from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from cartera.services.access import Visitor
from cartera.services.payment_links import create_link
from cartera.services.portal import enter, visit
from tests.factories import Factory


async def make_link(factory: Factory, customer: Customer, *receivables: Receivable, **values: Any) -> str:
    """The token of a fresh link to all that the customer owes, or just to these receivables."""
    async with factory.write() as tx:
        link, url = await create_link(tx, customer.id, [row.id for row in receivables])
        for name, value in values.items():
            setattr(link, name, value)
    return url.rpartition("/")[2]


async def visitor(factory: Factory, customer: Customer, *receivables: Receivable) -> Actor:
    """Somebody who came in through a link."""
    opened = await enter(factory.db, await make_link(factory, customer, *receivables), factory.now, Visitor())
    assert opened is not None
    seen = await visit(factory.db, opened.secret, factory.now, Visitor())
    assert seen is not None
    return seen.actor


async def count(factory: Factory, table: type[Any]) -> int:
    """How many rows of a table the organization has."""
    async with factory.read() as tx:
        return int(await tx.session.scalar(select(func.count()).select_from(table)) or 0)
