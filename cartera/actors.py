"""Who acts: a member in the app, a script with a token, a customer in the portal, or the system."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from cartera.errors import NotPermitted
from cartera.rules.permissions import ROLE_SCOPES, Role, Scope


class ActorKind(StrEnum):
    MEMBER = "member"
    TOKEN = "token"  # noqa: S105 - a kind of actor, not a secret
    PORTAL = "portal"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """``name`` is the row's id, or the job's name for the system."""

    organization_id: UUID
    kind: ActorKind
    name: str
    role: Role | None = None
    scopes: frozenset[Scope] = frozenset()
    # Member rows have an id of their own: tokens and the system have none.
    member_id: UUID | None = None
    # A portal session sees one customer, and just these receivables where the link names any.
    customer_id: UUID | None = None
    receivable_ids: tuple[UUID, ...] = ()
    language: str = "es"
    address: str | None = None
    request_id: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    def can(self, scope: Scope) -> bool:
        return self.kind is ActorKind.SYSTEM or scope in self.scopes

    def require(self, scope: Scope) -> None:
        """Raises NotPermitted."""
        if not self.can(scope):
            raise NotPermitted(scope)


def system(organization_id: UUID, job: str) -> Actor:
    """The system itself, in the name of a job."""
    return Actor(organization_id, ActorKind.SYSTEM, job)


def member(
    organization_id: UUID, member_id: UUID, role: Role, *, language: str = "es", address: str | None = None
) -> Actor:
    return Actor(
        organization_id,
        ActorKind.MEMBER,
        str(member_id),
        role=role,
        scopes=ROLE_SCOPES[role],
        member_id=member_id,
        language=language,
        address=address,
    )
