"""Which customers each kind of actor sees."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from cartera.actors import Actor, ActorKind
from cartera.db.base import new_id
from cartera.db.queries.visibility import visible
from cartera.db.tables.customers import Customer
from cartera.db.tables.organizations import Organization, Team, TeamMember
from cartera.rules.permissions import Role
from tests.factories import Factory


async def names(factory: Factory, actor: Actor) -> set[str]:
    async with factory.read(actor) as tx:
        return set(await tx.session.scalars(select(Customer.name).where(visible(tx))))


@pytest.fixture
async def people(factory: Factory) -> dict[str, Actor]:
    actors = {name: await factory.actor("collector") for name in ("ana", "beto", "carla")}
    actors["sonia"] = await factory.actor("salesperson")
    async with factory.write() as tx:
        team = Team(organization_id=factory.organization_id, id=new_id(), name="Norte")
        tx.session.add(team)
        await tx.session.flush()
        for name in ("ana", "beto"):
            tx.session.add(
                TeamMember(
                    organization_id=factory.organization_id, team_id=team.id, member_id=actors[name].member_id
                )
            )
    await factory.customer("de Ana", collector_id=actors["ana"].member_id)
    await factory.customer("de Beto", collector_id=actors["beto"].member_id)
    await factory.customer("de Carla", collector_id=actors["carla"].member_id)
    await factory.customer("de nadie", salesperson_id=actors["sonia"].member_id)
    return actors


async def policy(factory: Factory, scope: str) -> None:
    async with factory.write() as tx:
        row = (await tx.session.scalars(select(Organization))).one()
        row.collector_scope = scope


async def test_a_collector_sees_what_the_policy_says(factory: Factory, people: dict[str, Actor]) -> None:
    assert await names(factory, people["ana"]) == {"de Ana"}
    await policy(factory, "team")
    assert await names(factory, people["ana"]) == {"de Ana", "de Beto"}
    assert await names(factory, people["carla"]) == {"de Carla"}
    await policy(factory, "all")
    assert len(await names(factory, people["ana"])) == 4


async def test_a_salesperson_sees_only_own_customers(factory: Factory, people: dict[str, Actor]) -> None:
    await policy(factory, "all")
    assert await names(factory, people["sonia"]) == {"de nadie"}


@pytest.mark.parametrize("role", ["admin", "manager", "viewer"])
async def test_the_others_see_the_organization(factory: Factory, people: dict[str, Actor], role: str) -> None:
    assert len(await names(factory, await factory.actor(role))) == 4


async def test_a_token_bound_to_a_person_it_lacks_sees_nobody(
    factory: Factory, people: dict[str, Actor]
) -> None:
    token = Actor(factory.organization_id, ActorKind.TOKEN, "t", role=Role.SALESPERSON)
    assert await names(factory, token) == set()
    assert len(await names(factory, replace(token, role=None))) == 4


async def test_a_portal_session_sees_its_customer(factory: Factory, people: dict[str, Actor]) -> None:
    async with factory.read() as tx:
        one = (await tx.session.scalars(select(Customer).where(Customer.name == "de Ana"))).one()
    portal = Actor(factory.organization_id, ActorKind.PORTAL, "p", customer_id=one.id)
    assert await names(factory, portal) == {"de Ana"}
    assert await names(factory, replace(portal, customer_id=None)) == set()
