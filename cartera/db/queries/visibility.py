"""Which customers' rows an actor sees, as one SQL condition."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import aliased

from cartera.actors import Actor, ActorKind
from cartera.db.session import Tx
from cartera.db.tables.customers import Customer
from cartera.db.tables.organizations import Organization, TeamMember
from cartera.rules.permissions import CollectorScope, RowScope, row_scope


class Sight(Protocol):
    """Whose view rows are chosen for: a transaction's, or what stands in for one while SQL is compiled."""

    @property
    def actor(self) -> Actor: ...

    @property
    def organization(self) -> Organization: ...

    @property
    def now(self) -> Any:
        """The instant, or the name that it is bound by."""
        ...


async def sees(tx: Tx, customer_id: UUID) -> bool:
    """Whether the transaction's actor may see this customer's rows."""
    found = await tx.session.scalar(select(Customer.id).where(Customer.id == customer_id, visible(tx)))
    return found is not None


def sees_all(sight: Sight) -> bool:
    """Whether the transaction's actor sees the whole organization."""
    actor = sight.actor
    if actor.kind is ActorKind.PORTAL:
        return False
    scope = CollectorScope(sight.organization.collector_scope)
    return actor.role is None or row_scope(actor.role, scope) is RowScope.ALL


def visible(sight: Sight) -> ColumnElement[bool]:
    """Condition on ``Customer``: the rows that the transaction's actor may see.

    A salesperson sees own customers, a collector what the organization's policy says, a portal session
    its one customer; tokens with scopes alone and the system see the organization. A token with a role
    that is bound to a person's customers, but without the person, sees none.
    """
    actor = sight.actor
    if actor.kind is ActorKind.PORTAL:
        return Customer.id == actor.customer_id if actor.customer_id is not None else false()
    if actor.role is None or sees_all(sight):
        return true()
    if actor.member_id is None:
        return false()
    scope = row_scope(actor.role, CollectorScope(sight.organization.collector_scope))
    if scope is RowScope.SOLD:
        return Customer.salesperson_id == actor.member_id
    if scope is RowScope.ASSIGNED:
        return Customer.collector_id == actor.member_id
    mine, mate = aliased(TeamMember), aliased(TeamMember)
    team = (
        select(mate.member_id)
        .join(mine, mine.team_id == mate.team_id)
        .where(mine.member_id == actor.member_id)
    )
    return or_(Customer.collector_id == actor.member_id, Customer.collector_id.in_(team))
