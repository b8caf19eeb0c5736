"""Rows that the API tests begin with, and the query that most of them ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from cartera.db.base import new_id
from cartera.db.queries.accounts import refresh_accounts
from cartera.db.tables.activities import Task
from cartera.db.tables.customers import Customer
from cartera.db.tables.organizations import Team, TeamMember
from cartera.db.tables.promises import Promise, PromiseReceivable
from cartera.db.tables.receivables import Receivable
from tests.api.conftest import Client
from tests.factories import TODAY, Factory

NAMES = """
query ($first: Int, $after: String, $last: Int, $before: String,
       $filter: CustomerFilter, $orderBy: CustomerOrder) {
  customers(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    edges { cursor node { name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}
"""


async def names(client: Client, **variables: Any) -> list[str]:
    data = await client.ask(NAMES, **variables)
    return [edge["node"]["name"] for edge in data["customers"]["edges"]]


async def owing(factory: Factory, name: str, amount: str, **values: Any) -> Customer:
    customer = await factory.customer(name, **values)
    await factory.receivable(customer, amount)
    return customer


async def promise(factory: Factory, customer: Customer, minor: int, named: Any = None) -> Promise:
    row = Promise(
        organization_id=factory.organization_id,
        id=new_id(),
        customer_id=customer.id,
        amount_minor=minor,
        currency="MXN",
        due_on=TODAY + timedelta(days=3),
        last_day=TODAY + timedelta(days=4),
        state="pending",
        received_minor=0,
        channel="phone",
        created_at=factory.now,
    )
    async with factory.write() as tx:
        ids = named or list(
            await tx.session.scalars(select(Receivable.id).where(Receivable.customer_id == customer.id))
        )
        tx.session.add(row)
        await tx.session.flush()
        for receivable_id in ids:
            tx.session.add(
                PromiseReceivable(
                    organization_id=factory.organization_id, promise_id=row.id, receivable_id=receivable_id
                )
            )
        await refresh_accounts(tx, [customer.id])
    return row


async def task(factory: Factory, customer: Customer, hours: int) -> None:
    async with factory.write() as tx:
        tx.session.add(
            Task(
                organization_id=factory.organization_id,
                id=new_id(),
                customer_id=customer.id,
                kind="call",
                due_at=factory.now + timedelta(hours=hours),
                state="open",
                created_at=factory.now,
            )
        )
        await refresh_accounts(tx, [customer.id])


async def set_policy(factory: Factory, policy: str) -> None:
    async with factory.write() as tx:
        tx.organization.collector_scope = policy


async def join_team(factory: Factory, *members: Any) -> None:
    team = Team(organization_id=factory.organization_id, id=new_id(), name="Norte")
    async with factory.write() as tx:
        tx.session.add(team)
        await tx.session.flush()
        for member_id in members:
            tx.session.add(
                TeamMember(organization_id=factory.organization_id, team_id=team.id, member_id=member_id)
            )
