"""What lets somebody in: members' sessions, API tokens, portal sessions. Secrets are hashed at rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped

from cartera.db.base import Base, Row, belongs_to, in_organization, index, one_of, unique
from cartera.rules.permissions import Role


class MemberSession(Row, Base):
    __tablename__ = "member_session"
    __table_args__ = (
        belongs_to("member_session", "member_id", "member"),
        unique("member_session", "token_hash"),
        index("member_session", "member_id"),
    )

    member_id: Mapped[UUID]
    token_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]


class ApiToken(Row, Base):
    """A bearer token for scripts: a role's rights, or just the scopes listed."""

    __tablename__ = "api_token"
    __table_args__ = (
        in_organization("api_token"),
        unique("api_token", "token_hash"),
        one_of("api_token", "role", Role),
    )

    name: Mapped[str]
    role: Mapped[str | None]
    scopes: Mapped[list[Any]]
    token_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class PortalSession(Row, Base):
    """A customer's visit through a payment link: sees one customer, or just the link's receivables."""

    __tablename__ = "portal_session"
    __table_args__ = (
        belongs_to("portal_session", "payment_link_id", "payment_link"),
        belongs_to("portal_session", "customer_id", "customer"),
        unique("portal_session", "token_hash"),
        index("portal_session", "expires_at"),
    )

    payment_link_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    token_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
